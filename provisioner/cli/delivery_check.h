/* SPDX-License-Identifier: Apache-2.0 */
/* A verb of slipway delivery that needs a file of its own. */
#ifndef CLI_DELIVERY_CHECK_H
#define CLI_DELIVERY_CHECK_H

/* slipway delivery check; a command_run. */
int delivery_check(int argc, char **argv);

#endif
