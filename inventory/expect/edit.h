/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting members of a host, for edits by people and for imports. Private to the room.
 */
#ifndef INVENTORY_EDIT_H
#define INVENTORY_EDIT_H

#include <inventory/expect.h>
#include <base/err.h>

/* internal: members that only imports set are allowed, and a SKU need not exist yet. */
MUST_CHECK int host_edit_members(struct db *db, int64_t num, const struct host_edit *edit,
				 bool internal, bool *ret_changed, struct err *err);

#endif
