/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed checkpoints of the audit log. Each is a file of its own under state_dir/audit, an event
 * (so webhooks carry it off this machine), and a line of the daemon's log: who makes the chain anew
 * in the store must reach all of these. Made every hour in which something was written, and on
 * demand.
 */
#ifndef SERVER_CHECKPOINTS_H
#define SERVER_CHECKPOINTS_H

#include <inventory/token.h>
#include "app.h"

/* Sign the log up to now. out: {"rows", "last_id", "hash", "at", "envelope"}, the caller's. May be
 * called inside a transaction. errors: ERR_CRYPTO, ERR_IO, store errors */
int checkpoint_make(struct app *a, const char *actor, json_t **ret, struct err *err);
/* Once a tick. Errors are logged. */
void checkpoint_tick(struct app *a);

/* All checkpoints of a folder, in no order. owns: *ret is the caller's (free); none is no error.
 * errors: ERR_CHECKPOINT naming the file that was not signed by the key */
int checkpoints_read(const char *dir, const char *public_key_path, struct audit_mark **ret,
		     size_t *ret_n, struct err *err);

#endif
