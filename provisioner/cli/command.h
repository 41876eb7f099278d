/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a `slipway NOUN VERB` command.
 *
 * How to add a command:
 *  1. Write a function of type command_run in NOUN_commands.c, or in a file of its own that
 *     NOUN_commands.h declares. It reads its words with option_table.h (options, positional words)
 *     and name_value.h (NAME=VALUE), and calls the server with api.h. A list or a page of a
 *     collection needs no function: add a row to collections.c and use collection_list and
 *     collection_show.
 *  2. Add a row to the noun's table NOUN_commands[], which ends with an empty row. For a new noun,
 *     declare the table below and add it to a group in tables.h.
 *  3. Add new files to rules.mk.
 * Help, completion and the man page are made from the rows.
 *
 * Exit codes are in enum exit_code; command_fail() maps an error to them and prints it once.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <base/err.h>

enum exit_code {
	EXIT_WELL = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_CONFLICT = 4, /* also: refused by a guard rail */
	EXIT_UNREACHABLE = 5,
	EXIT_PENDING = 6, /* the order waits for a second person */
	EXIT_OUTPUT = 7,  /* standard output could not be written */
};

/* argv[0] is the verb, or the noun of a command without one. Returns an exit code. */
typedef int (*command_run)(int argc, char **argv);

struct command {
	const char *noun;
	const char *verb;      /* "" when the noun alone is the command: `slipway doctor` */
	const char *arguments; /* "[--json] FILE", as in the usage line */
	const char *summary;   /* one line, lower case, no full stop */
	command_run run;
};

/* Call first: notes --json, which also holds for errors. */
void command_init(int argc, char **argv);
/* Run a command and write out what it printed; returns its exit code, or EXIT_OUTPUT. */
int command_start(const struct command *c, int argc, char **argv);
/* The command that is running; NULL before the first. */
const struct command *command_current(void);

/* Print "slipway: message [code]" and the hint on standard error, or one JSON object there when the
 * command line holds --json; returns the exit code of the error. */
int command_fail(const struct err *err);
/* The same for a wrong command line, with the usage line; returns EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int command_usage(const char *complaint, ...);

/* "slipway NOUN VERB ARGUMENTS". The caller frees. */
MUST_CHECK char *command_line_of(const struct command *c);

extern const struct command image_commands[];
extern const struct command root_commands[];
extern const struct command channel_commands[];
extern const struct command lifecycle_commands[];
extern const struct command burnin_commands[];
extern const struct command host_commands[];
extern const struct command part_commands[];
extern const struct command spare_commands[];
extern const struct command delivery_commands[];
extern const struct command field_commands[];
extern const struct command fault_commands[];
extern const struct command event_commands[];
extern const struct command token_commands[];
extern const struct command user_commands[];
extern const struct command summary_commands[];
extern const struct command appliance_commands[];
extern const struct command receipt_commands[];
extern const struct command profile_commands[];
extern const struct command webhook_commands[];
extern const struct command order_commands[];
extern const struct command export_commands[];
extern const struct command audit_commands[];
extern const struct command doctor_commands[];
extern const struct command simulate_commands[];
extern const struct command completion_commands[];

#endif
