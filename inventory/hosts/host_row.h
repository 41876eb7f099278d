/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How struct host lies in a row, and how a change of a host begins. Private to the room.
 */
#ifndef INVENTORY_HOST_ROW_H
#define INVENTORY_HOST_ROW_H

#include <inventory/host.h>
#include <base/err.h>

#define LIMIT_KEY_BYTES 256

/* in the order of host_from_row() */
#define HOST_ROW_COLUMNS                                                                           \
	"num, id, short_code, name, state, state_since_us, state_detail, turn, deadline_us, "      \
	"arch, "                                                                                   \
	"firmware, manufacturer, model, serial, uuid, sku, delivery, image_digest, image_line, "   \
	"image_version, faults, weak, review, created_us, changed_us, revision"
void host_from_row(const struct db_rows *r, struct host *h);

/* Take a moment and keep the version before it. The caller updates changed_us and revision, and
 * appends one event at the moment. */
MUST_CHECK int host_change_begin(struct db *db, int64_t num, int64_t now_us, struct moment *ret,
				 struct err *err);

#endif
