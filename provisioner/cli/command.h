/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a `slipway NOUN VERB` command.
 *
 * How to add a command: 1. write NOUN_VERB.c (or a NOUN_*.c that holds a few small verbs) with a
 * function of type command_run. 2. add a row to the noun's table, NOUN_commands[] in
 * NOUN_commands.c, which ends with an all-NULL row; a new noun also gets a line in main.c. 3. add
 * it to rules.mk. Help, completion and `slipway help` are made from the rows.
 *
 * Exit codes: 0 well, 1 failed, 2 wrong usage, 3 not found, 4 conflict or refused by a guard,
 * 5 server unreachable, 6 not done yet: a second person must agree. command_fail() maps an error to
 * them and prints it once.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <base/err.h>

enum {
	EXIT_WELL = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_CONFLICT = 4,
	EXIT_UNREACHABLE = 5,
	EXIT_PENDING = 6,
};

/* argv[0] is the verb; options are parsed with getopt_long by the command. Returns an exit code. */
typedef int (*command_run)(int argc, char **argv);

struct command {
	const char *noun;
	const char *verb;
	const char *arguments; /* "[--json] FILE", as in the usage line */
	const char *summary;   /* one line, lower case, no full stop */
	command_run run;
};

/* Print "slipway: message (code)" and the hint on standard error; returns the exit code. */
int command_fail(const struct err *err);
/* Print the usage line of the command that is running, after a complaint; returns EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int command_usage(const char *complaint, ...);

extern const struct command image_commands[];
extern const struct command root_commands[];
extern const struct command channel_commands[];
extern const struct command lifecycle_commands[];
extern const struct command host_commands[];
extern const struct command inventory_commands[];
extern const struct command receipt_commands[];
extern const struct command profile_commands[];
extern const struct command webhook_commands[];
extern const struct command order_commands[];
extern const struct command export_commands[];
extern const struct command audit_commands[];
extern const struct command completion_commands[];

#endif
