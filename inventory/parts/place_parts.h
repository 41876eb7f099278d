/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the difference between the parts that were found in a host and those known to be in it.
 * Private to the room.
 */
#ifndef INVENTORY_PLACE_PARTS_H
#define INVENTORY_PLACE_PARTS_H

#include <inventory/event.h>
#include <inventory/facts.h>
#include <base/err.h>

#include "found_part.h"

/* Opens and closes placements at the moment. detail (may be NULL) gets lists "added", "removed",
 * "moved", "updated" of what changed. */
MUST_CHECK int place_parts(struct db *db, int64_t host_num, found_parts *found,
			   const struct moment *m, struct facts_change *c, json_t *detail,
			   struct err *err);

#endif
