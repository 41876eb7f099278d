/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions behind `slipway root VERB`; see root_commands.c.
 */
#ifndef CLI_ROOT_COMMANDS_H
#define CLI_ROOT_COMMANDS_H

#include "command.h"

int root_init_command(int argc, char **argv);
int root_add_key_command(int argc, char **argv);
int root_revoke_command(int argc, char **argv);
int root_rotate_command(int argc, char **argv);
int root_sign_command(int argc, char **argv);
int root_show_command(int argc, char **argv);
int root_verify_command(int argc, char **argv);

#endif
