/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New rows of parts. Private to the room.
 */
#ifndef INVENTORY_PART_ROW_H
#define INVENTORY_PART_ROW_H

#include <inventory/db.h>
#include <base/err.h>

#include "found_part.h"

/* The number of the next part: of none that was removed. */
MUST_CHECK int part_next_num(struct db *db, int64_t *ret, struct err *err);
/* A part that is new, under p->part_num, and what its serial says. */
MUST_CHECK int part_insert(struct db *db, const struct found_part *p, int64_t now_us,
			   struct err *err);

#endif
