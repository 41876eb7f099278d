/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that people entered, edited and removed one by one: deliveries, locations, SKUs, and what
 * people define of parts (inventory/custom.h). Hosts have inventory/expect.h. Each change keeps the
 * history and is one event.
 */
#ifndef INVENTORY_ENTRY_H
#define INVENTORY_ENTRY_H

#include <jansson.h>
#include <base/err.h>
#include <inventory/collection.h>
#include <inventory/db.h>

enum entry_kind { ENTRY_DELIVERY, ENTRY_LOCATION, ENTRY_SKU, ENTRY_PART, _ENTRY_KIND_MAX };

/* The collection of the kind, whose `id` of a path is `entry_key`: a name or a number. */
const struct collection *entry_collection(enum entry_kind kind);
const char *entry_key(enum entry_kind kind);
/* The i-th member that may be set besides "custom", or NULL. ret_time: a time, not a text. */
const char *entry_member(enum entry_kind kind, size_t i, bool *ret_time);

struct entry_call {
	enum entry_kind kind;
	const char *id;   /* of the path; from outside */
	int64_t revision; /* refused if it is another; -1: any */
	const char *actor;
	int64_t now_us;
};
/* Set members of a row; null takes a value away. set: a caller's. errors: ERR_NOT_FOUND,
 * ERR_EXPECT_REVISION, ERR_FIELD_UNKNOWN, ERR_FIELD_TYPE, ERR_FIELD_RANGE with the pointer */
MUST_CHECK int entry_edit(struct db *db, const struct entry_call *call, json_t *set,
			  struct err *err);
/* Remove a row; its history stays. errors: as entry_edit(), ERR_CONFLICT while hosts, or
 * placements of a part, refer to it */
MUST_CHECK int entry_remove(struct db *db, const struct entry_call *call, struct err *err);

#endif
