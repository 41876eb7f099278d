/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of `slipway host` that change a host; see host_commands.c for their rows.
 */
#ifndef CLI_HOST_VERBS_H
#define CLI_HOST_VERBS_H

/* The verb, argv[0], is the last word of the path; NAME=VALUE words are the body. */
int host_verb(int argc, char **argv);
/* The same after a question on the terminal; --yes answers it for scripts. */
int host_verb_confirmed(int argc, char **argv);
int host_set(int argc, char **argv);
int host_split(int argc, char **argv);

#endif
