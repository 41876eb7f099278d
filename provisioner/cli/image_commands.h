/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions behind `slipway image VERB`, one file a few verbs; see image_commands.c.
 */
#ifndef CLI_IMAGE_COMMANDS_H
#define CLI_IMAGE_COMMANDS_H

#include "command.h"

int image_build_command(int argc, char **argv);
int image_sign_command(int argc, char **argv);
int image_show_command(int argc, char **argv);
int image_verify_command(int argc, char **argv);
int image_install_command(int argc, char **argv);
int image_import_command(int argc, char **argv);
int image_list_command(int argc, char **argv);
int image_remove_command(int argc, char **argv);
int image_gc_command(int argc, char **argv);
int image_fsck_command(int argc, char **argv);

#endif
