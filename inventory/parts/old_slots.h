/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placements of older versions: a slot that was a kernel name, or a module's locator without its
 * bank, gets the name that the agent reports now, and that is not a move. Private to the room.
 */
#ifndef INVENTORY_OLD_SLOTS_H
#define INVENTORY_OLD_SLOTS_H

#include <inventory/db.h>

#include "found_part.h"

/* Did the same place only get another name? trust: none. */
bool old_slots_renamed(const char *old_slot, const struct found_part *now);
/* Are two texts of attributes the same but for the kernel's names? NULL is "". trust: none. */
bool old_slots_same_attrs(const char *a, const char *b);
/* Parts without a serial have their slot in their key: put the new slot into the keys of those that
 * are in this host, so that they are found by it. found: parts with their keys. */
MUST_CHECK int old_slots_adopt(struct db *db, int64_t host_num, const found_parts *found,
			       struct err *err);

#endif
