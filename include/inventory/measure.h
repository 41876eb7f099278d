/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each host's last burn-in measured, one row a name, with the SKU and firmware that the host had
 * then. What a value means is not known here.
 */
#ifndef INVENTORY_MEASURE_H
#define INVENTORY_MEASURE_H

#include <stdint.h>
#include <base/vec.h>
#include <inventory/db.h>
#include <base/err.h>

/* What makes hosts alike. "" where it is not known. */
struct measure_like {
	char sku[129], firmware[257]; /* firmware: of the system */
};
/* errors: ERR_HOST_UNKNOWN */
MUST_CHECK int measure_like_of(struct db *db, int64_t host_num, struct measure_like *ret,
			       struct err *err);

struct measure {
	int64_t host_num;
	const char *name, *sku, *firmware;
	int64_t milli; /* thousandths of the unit that the name implies */
};
/* Replaces the host's value of that name. */
MUST_CHECK int measure_put(struct db *db, const struct measure *m, int64_t now_us, struct err *err);

typedef VEC(int64_t) measure_list;
/* Values of that name of other hosts with the same SKU and firmware, newest first, max at most. owns:
 * VEC_DONE(ret). */
MUST_CHECK int measure_peers(struct db *db, const struct measure *m, int64_t max, measure_list *ret,
			     struct err *err);

#endif
