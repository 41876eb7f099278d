/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders over HTTP: from a change to flow/order.h and from what came of it to the answer. The
 * handlers of the routes that make orders (arm_routes.c, erase_routes.c) are named by
 * host_verbs.c.
 */
#ifndef SERVER_API_ORDER_ANSWER_H
#define SERVER_API_ORDER_ANSWER_H

#include <server/flow/order.h>
#include <base/err.h>
#include "write.h"

/* How the route that brought an order speaks of it. */
struct order_manner {
	const char *plan_hash; /* that must fit, or "" */
	bool is_list;          /* errors point into /hosts */
};

/* Place it and answer: 200 for a rehearsal, 201 when the arms are made, 202 when it waits for a
 * second person. errors: guard.* and store errors */
MUST_CHECK int order_answer_place(struct write *w, const struct order_ask *ask,
				  const struct order_manner *m, struct err *err);
/* Carry out one that waited, and answer with its arms. errors: the same, ERR_GUARD_PLAN */
MUST_CHECK int order_answer_carry_out(struct write *w, const struct flow_order *row,
				      struct err *err);

/* arm_routes.c */
MUST_CHECK int arm_work(struct write *w, struct err *err);
MUST_CHECK int arm_order_work(struct write *w, struct err *err);
/* erase_routes.c */
MUST_CHECK int erase_work(struct write *w, struct err *err);

#endif
