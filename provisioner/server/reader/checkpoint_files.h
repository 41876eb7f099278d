/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed checkpoints that lie in a folder (flow/checkpoints.h makes them), to hold the audit
 * log against.
 */
#ifndef SERVER_READER_CHECKPOINT_FILES_H
#define SERVER_READER_CHECKPOINT_FILES_H

#include <inventory/token.h>
#include <base/err.h>

/* All checkpoints of a folder, in no order. owns: *ret is the caller's (free); none is not an error.
 * errors: ERR_CHECKPOINT naming the file that was not signed by the key */
MUST_CHECK int checkpoints_read(const char *dir, const char *public_key_path,
				struct audit_mark **ret, size_t *ret_n, struct err *err);

#endif
