/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The differences of each host as rows of a table (collection_differences), which questions about
 * the whole fleet read. Private to the room.
 */
#ifndef INVENTORY_DIFFERENCES_H
#define INVENTORY_DIFFERENCES_H

#include <jansson.h>
#include <inventory/db.h>
#include <base/err.h>

/* Write what changed of host_compare()'s list; a difference that stays keeps the time since when it
 * is known. Inside a transaction. */
MUST_CHECK int differences_store(struct db *db, int64_t host_num, const json_t *differences,
				 struct err *err);
/* Compare the hosts that a rack unit, or its switch port, of the floor plan concerns. */
MUST_CHECK int differences_refresh_place(struct db *db, const char *site, const char *rack_row,
					 const char *rack, int64_t unit, struct err *err);
/* For upgrade_finish(): every host. */
MUST_CHECK int differences_fill(struct db *db, struct err *err);

#endif
