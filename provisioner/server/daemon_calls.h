/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fence of system calls around a daemon that was started by hand: the list of its unit. Last of
 * all that is given up, since giving up needs calls that are not on it.
 */
#ifndef SERVER_DAEMON_CALLS_H
#define SERVER_DAEMON_CALLS_H

#include <stdbool.h>
#include <base/err.h>

/* For this process and what it starts. in: is_root: it stays root, and what it starts changes its
 * user: that is allowed as well. errors: ERR_SYS */
MUST_CHECK int daemon_calls_fence(bool is_root, struct err *err);

#endif
