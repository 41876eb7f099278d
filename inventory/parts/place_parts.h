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

/* Where place_parts() notes what it changed; both are the caller's. */
struct parts_report {
	struct facts_change *counts;
	json_t *lists; /* gets "added", "removed", "moved", "updated"; NULL: not asked */
};
/* Opens and closes placements at the moment. */
MUST_CHECK int place_parts(struct db *db, int64_t host_num, found_parts *found,
			   const struct moment *m, const struct parts_report *report,
			   struct err *err);

#endif
