/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway host keys HOST: the public halves of a host's SSH keys, as its installed system reported them.
 */
#ifndef CLI_HOST_KEYS_H
#define CLI_HOST_KEYS_H

int host_keys(int argc, char **argv);

#endif
