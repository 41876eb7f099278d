/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help for people: the commands in groups, a noun's usage lines, and what a mistyped word may have
 * meant. Made from the tables of commands.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "command.h"

/* The row of two words; NULL when there is none. */
const struct command *help_find(const char *noun, const char *verb);
/* `slipway help [NOUN [VERB]]`; noun and verb may be NULL. Prints on standard output and returns
 * EXIT_WELL, or complains and returns EXIT_USAGE. */
int help_print(const char *noun, const char *verb);
/* Complain about words that name no command; verb may be NULL. Returns EXIT_USAGE. */
int help_unknown(const char *noun, const char *verb);

#endif
