/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spares: parts that people enter before any machine shows them. A spare has the key that an agent
 * will give it, so the host that it is put into finds this part; it is edited and removed as other
 * rows are (inventory/entry.h).
 */
#ifndef INVENTORY_SPARE_H
#define INVENTORY_SPARE_H

#include <jansson.h>
#include <base/err.h>
#include <inventory/db.h>
#include <inventory/event.h>

struct spare_draft {
	const char *type;                                              /* memory, drive, .. */
	const char *manufacturer, *part_number, *model, *serial, *wwn; /* may be "" */
	int64_t capacity_mib, capacity_bytes;                          /* -1: unknown */
	json_t *custom; /* fields that people define, "shelf" among them; borrowed; NULL: none */
	const char *actor;
	int64_t now_us;
};
/* out: *ret_num. errors: ERR_INVALID and ERR_FIELD_UNKNOWN with the pointer, ERR_EXISTS for a part
 * that is known. trust: none of the texts. */
MUST_CHECK int spare_add(struct db *db, const struct spare_draft *d, int64_t *ret_num,
			 struct err *err);
/* The part was found in a host: it lies on its shelf no more, and the host's events say where it came
 * from. Call inside the transaction, at the moment of the placement. */
MUST_CHECK int spare_used(struct db *db, int64_t part_num, int64_t host_num, const struct moment *m,
			  struct err *err);

#endif
