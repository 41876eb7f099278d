/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway host seen, let-in: machines that asked what to boot and were not let in.
 */
#ifndef CLI_HOST_SEEN_H
#define CLI_HOST_SEEN_H

/* As command_run. */
int host_seen(int argc, char **argv);
int host_let_in(int argc, char **argv);

#endif
