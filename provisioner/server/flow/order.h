/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order: one image, or erasing, on one disk each of one or several hosts; all or none.
 * Everything is rehearsed and undone before anything is done. A rehearsal answers a hash of all
 * that would be, and who brings that hash along is refused when it is no longer so (G11). What
 * reaches too far (order_rules.h) is not done but kept until a second person approves it (G12).
 */
#ifndef SERVER_ORDER_H
#define SERVER_ORDER_H

#include <inventory/order.h>
#include <server/api/write.h>
#include "arm_ask.h"

#define ORDER_TTL_S (8 * 3600LL) /* an order waits for a second person so long: a shift */

/* How the route that brought it speaks of it. */
struct order_manner {
	const char *plan_hash; /* that must fit, or "" */
	bool is_list;          /* errors point into /hosts, and the hash of a rehearsal is needed */
};

/* Inside the frame of a change: w->dry_run rehearses. Makes the arms (201), or keeps the order for
 * a second person (202), and answers either. errors: guard.* and store errors */
int order_place(struct write *w, const struct order_ask *ask, const struct order_manner *m,
		struct err *err);
/* Do now what was ordered, if it is still the same. o is the stored order; the arms are those of
 * the person who ordered. errors: as above, ERR_GUARD_PLAN */
int order_carry_out(struct write *w, const struct flow_order *o, struct err *err);

#endif
