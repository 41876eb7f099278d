/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SSH host keys of an installed system: made there at the first start, so that the private halves are
 * nowhere else. Their public halves go to the inventory with the first-boot report.
 */
#ifndef AGENT_HOST_KEYS_H
#define AGENT_HOST_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <proto/ssh_host_key.h>

/* Public halves below root ("" for /). returns: how many, at most max. trust: none of the files */
size_t host_keys_read(const char *root, struct ssh_host_key *ret, size_t max);
/* Wait until there is a key, where an SSH server is installed. returns: there is one. blocks: up to
 * timeout_ms */
bool host_keys_wait(const char *root, int64_t timeout_ms);

#endif
