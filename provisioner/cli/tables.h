/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of command tables, one a noun, in the order in which help shows them.
 */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include "command.h"

static const struct command *const command_tables[] = {
	host_commands,       order_commands,   export_commands, inventory_commands,
	receipt_commands,    image_commands,   root_commands,   channel_commands,
	profile_commands,    webhook_commands, audit_commands,  lifecycle_commands,
	completion_commands,
};

#endif
