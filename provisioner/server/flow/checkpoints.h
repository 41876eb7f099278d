/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed checkpoints of the audit log. Each is a file of its own under state_dir/audit, an event
 * (so webhooks carry it off this machine), and a line of the daemon's log: who makes the chain anew
 * in the store must reach all of these. Made every hour in which something was written, and on
 * demand.
 */
#ifndef SERVER_CHECKPOINTS_H
#define SERVER_CHECKPOINTS_H

#include <base/err.h>

#include "flow.h"

/* Sign the log up to now. out: {"rows", "last_id", "hash", "at", "envelope"}, the caller's. May be
 * called inside a transaction. errors: ERR_CRYPTO, ERR_IO, store errors */
MUST_CHECK int checkpoint_make(struct flow *flow, const char *actor, json_t **ret, struct err *err);
/* Once a tick. Errors are logged. */
void checkpoint_tick(struct flow *flow);

#endif
