/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an order may do to one host: one const row a work. Private to order.c.
 *
 * How to add a work: a row in works[] of order_work.c (how its request is read, and how it is
 * done), its word in the comment of struct order_ask, a route that places it, a row in
 * test_second_person.c.
 */
#ifndef SERVER_FLOW_ORDER_WORK_H
#define SERVER_FLOW_ORDER_WORK_H

#include <base/err.h>
#include <proto/lifecycle.h>
#include "order.h"

struct order_work {
	const char *name;
	enum lifecycle_event event; /* that the engine is given; _HOST_EVENT_MAX: none */
	/* Permit a disk to be written; NULL for works that write none. */
	int (*arm)(struct flow *flow, const struct host *h, const struct arm_request *q,
		   struct flow_arm *ret, struct err *err);
	/* Change which machine a host is; NULL for works that do not. */
	int (*identity)(struct order *o, struct order_item *b, struct err *err);
	bool into; /* another host stays: the request names it, and it may be the one in use */
};

/* NULL: there is no such work. */
const struct order_work *order_work_find(const char *name);
/* The rest of a request, once the host is known. errors: guard.* */
MUST_CHECK int order_work_read(const struct order *o, struct order_item *b,
			       const struct arm_host_ask *ask, struct err *err);
/* Do it to one host, inside a transaction, after every guard. errors: guard.*, ERR_CONFLICT, store
 * errors */
MUST_CHECK int order_work_do(struct order *o, struct order_item *b, struct err *err);

#endif
