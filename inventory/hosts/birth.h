/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a host's row. Private to the room.
 */
#ifndef INVENTORY_BIRTH_H
#define INVENTORY_BIRTH_H

#include <inventory/identity.h>
#include <base/err.h>

/* Insert a row with a fresh id and short code, and append host.new. */
MUST_CHECK int host_make(struct db *db, const struct host_evidence *e,
			 const struct host_birth *birth, int64_t now_us, int64_t *ret_num,
			 struct err *err);

#endif
