/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order: one image, or erasing, on one disk each of one or several hosts; all or none. Or what
 * changes which machine a host is, or whether somebody uses it: release, retire, split, merge.
 * Everything is rehearsed and undone before anything is done. A rehearsal gives a hash of all that
 * would be done, and an order that brings that hash along is refused when it is no longer so (G11).
 * What reaches too far (order_rules.h) is not done but kept until a second person approves it
 * (G12).
 *
 *  1. order_place(), or order_carry_out() for one that waited; inside a transaction.
 *  2. read what came of it. 3. order_free().
 */
#ifndef SERVER_FLOW_ORDER_H
#define SERVER_FLOW_ORDER_H

#include <base/digest.h>
#include <base/err.h>
#include <inventory/flow.h>
#include <inventory/host.h>
#include <inventory/order.h>
#include "arm.h"
#include "arm_ask.h"
#include "flow.h"
#include "order_rules.h"

#define ORDER_TTL_S (8 * 3600LL) /* an order waits for a second person so long: a shift */

/* Whose order it is, and how it was given. */
struct order_caller {
	const char *who;   /* "token:web" */
	const char *owner; /* the person that the token belongs to, "" for none */
	int64_t token_num;
	const char *agreed;    /* the second person when it is carried out, else "" */
	const char *plan_hash; /* that must fit, or "" */
	bool is_list;          /* errors point into /hosts, and the hash of a rehearsal is needed */
	bool rehearse;         /* only say what it would do */
};

enum order_outcome {
	ORDER_REHEARSED, /* nothing was done, and nothing is kept */
	ORDER_DONE,      /* the arms are made, or the work is done */
	ORDER_WAITS,     /* kept until a second person approves it */
};

struct order_item {
	struct host host; /* as it was before */
	struct host into; /* merge: the host that stays, as it was before */
	struct arm_request q;
	const char *code;           /* of the machine that is meant, as typed; "" none */
	char view[HOST_VIEW_BYTES]; /* before; "" for works that need no more than its state */
	unsigned guards;
	bool in_use;         /* of the host whose name is typed again */
	bool shared_storage; /* beside a disk to be written */
	struct flow_arm arm; /* made, or as it would be; zeros when the work needs none */
	int64_t result_num; /* the host afterwards: split: the new one, merge: the one that stays */
};

struct order_work;
struct order {
	struct flow *flow;
	const struct order_caller *caller;
	const struct order_ask *ask;
	const struct order_work *work;
	enum order_outcome outcome;
	char hash[SHA256_HEX_BYTES];      /* of what it does */
	char why[ORDER_RULES_TEXT_BYTES]; /* it needs a second person; "" */
	struct flow_order kept;           /* ORDER_WAITS */
	size_t n;
	struct order_item list[];
};

/* in: ask and caller must live as long as the order. owns: *ret is the caller's, order_free(); set
 * also after an error. errors: guard.* and store errors */
MUST_CHECK int order_place(struct flow *flow, const struct order_ask *ask,
			   const struct order_caller *caller, struct order **ret, struct err *err);
/* Do now what was ordered, if it is still the same. The arms are those of the person who ordered.
 * in: ask: the stored order's, by order_ask_of(); caller->plan_hash: the stored one.
 * errors: as above, ERR_GUARD_PLAN */
MUST_CHECK int order_carry_out(struct flow *flow, const struct order_ask *ask,
			       const struct order_caller *caller, struct order **ret,
			       struct err *err);
/* An order began to wait, or ended: whose turn its hosts are may have changed. Call in the same
 * transaction. errors: store errors */
MUST_CHECK int order_settle(struct flow *flow, const char *id, struct err *err);
/* End the orders whose time is over, and settle their hosts. */
MUST_CHECK int order_expire(struct flow *flow, struct err *err);
/* What a stored order asked for. owns: record_done(order_ask_fields, ret). */
MUST_CHECK int order_ask_of(const struct flow_order *row, struct order_ask *ret, struct err *err);
/* Does it permit disks to be written? The others change a host's row. */
bool order_makes_arms(const struct order *o);
void order_free(struct order *o);
DEFINE_AUTO(order, struct order, order_free);

#endif
