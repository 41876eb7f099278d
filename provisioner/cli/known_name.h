/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name under which a host's SSH keys go into a known_hosts file.
 */
#ifndef CLI_KNOWN_NAME_H
#define CLI_KNOWN_NAME_H

#include <jansson.h>
#include <base/err.h>

#define KNOWN_NAMES_MAX 1000 /* hosts whose names begin like this one, that are compared */

/* *ret: the name that people gave the host, borrowed from it. What the installed system calls itself
 * does not count: a hostile host would put its key under another host's name. in: host: the server's
 * answer; same: a list of hosts whose names begin like this one. errors: ERR_INVALID (no name, or one
 * that known_hosts cannot hold), ERR_HOST_AMBIGUOUS (another host has the name; ssh ignores case). */
MUST_CHECK int known_name(const json_t *host, const json_t *same, const char **ret,
			  struct err *err);

#endif
