/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `slipway help --scdoc`: the list of commands for the man page, made from the command tables. Not
 * for people; they read slipway(1).
 */
#ifndef CLI_MAN_LIST_H
#define CLI_MAN_LIST_H

#include <stdio.h>

/* Print a heading for each noun and an indented summary for each command. */
void man_list_print(FILE *to);

#endif
