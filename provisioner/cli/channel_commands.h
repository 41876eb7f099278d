/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions behind `slipway channel VERB`; see channel_commands.c.
 */
#ifndef CLI_CHANNEL_COMMANDS_H
#define CLI_CHANNEL_COMMANDS_H

#include <images/channel.h>
#include <base/err.h>

#include "command.h"

int channel_next_command(int argc, char **argv);
int channel_sign_command(int argc, char **argv);

/* A channel in a file, with signatures of any origin. errors: ERR_NOT_FOUND, ERR_IO,
 * ERR_IMAGE_CHANNEL */
MUST_CHECK int channel_read(const char *path, struct channel **ret, struct err *err);

#endif
