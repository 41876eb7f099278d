/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of commands in the groups and the order in which help shows them. In a header, so that
 * the file that defines a table need not depend on the files that walk all of them.
 */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include <stddef.h>

#include <base/cleanup.h>

#include "command.h"

#define GROUP_TABLES_MAX 8

struct command_group {
	const char *title;
	const struct command *tables[GROUP_TABLES_MAX + 1]; /* NULL ends the list */
};

static const struct command_group command_groups[] = {
	{"Hosts and orders",
	 {host_commands, order_commands, fault_commands, burnin_commands, lifecycle_commands,
	  simulate_commands}},
	{"Inventory",
	 {part_commands, spare_commands, delivery_commands, field_commands, summary_commands,
	  export_commands, event_commands, receipt_commands}},
	{"Images and trust", {image_commands, root_commands, channel_commands}},
	{"Appliance",
	 {doctor_commands, profile_commands, webhook_commands, user_commands, token_commands,
	  audit_commands, appliance_commands}},
	{"This command", {completion_commands}},
};

/* Row number n of a group; NULL after the last. */
static inline const struct command *command_of_group(const struct command_group *g, size_t n)
{
	for (size_t t = 0; g->tables[t]; t++)
		for (const struct command *c = g->tables[t]; c->noun; c++)
			if (n-- == 0)
				return c;
	return NULL;
}

/* Row number n of all groups; NULL after the last. */
static inline const struct command *command_at(size_t n)
{
	for (size_t g = 0; g < ARRAY_LEN(command_groups); g++)
		for (size_t i = 0; command_of_group(&command_groups[g], i); i++)
			if (n-- == 0)
				return command_of_group(&command_groups[g], i);
	return NULL;
}

#endif
