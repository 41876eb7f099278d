/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway burnin verify: were the records of a run signed by the agent that made them?
 */
#ifndef CLI_BURNIN_VERIFY_H
#define CLI_BURNIN_VERIFY_H

/* A command_run: a run of the server, or its records and signatures as files, without a server. */
int burnin_verify(int argc, char **argv);

#endif
