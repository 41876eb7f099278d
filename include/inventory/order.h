/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders that wait for a second person: what was asked for, by whom, with the hash of what it would
 * do. Storage only: which orders need somebody else, and who may be that, is decided by the daemon,
 * which calls these inside its own transactions.
 *
 * Invariants: an order is decided once; nothing of it changes but its state; it is kept for good.
 */
#ifndef INVENTORY_ORDER_H
#define INVENTORY_ORDER_H

#include <jansson.h>
#include <inventory/flow.h>
#include <base/err.h>

#define FLOW_ORDER_PENDING  "pending"
#define FLOW_ORDER_APPROVED "approved"
#define FLOW_ORDER_REFUSED  "refused"
#define FLOW_ORDER_EXPIRED  "expired"

struct flow_order {
	char id[FLOW_ID_BYTES];
	char work[9];     /* "image", "erase" */
	int64_t host_num; /* 0: several */
	char *body;       /* what was asked for, JSON text; in flow_order_add() borrowed */
	char *secret;     /* sealed by the caller, part of what was asked for; owned as body is */
	char plan_hash[FLOW_HEX_BYTES];
	char why[129]; /* names of the rules, separated by commas */
	char reason[257];
	char who[81], owner[65]; /* the identity that asked, and the person behind it */
	int64_t token_num;
	int64_t created_us, expires_us;
	char state[17];
};

/* Of one host, by number and by the name that people know. */
struct flow_order_host {
	int64_t num;
	const char *short_code;
};
MUST_CHECK int flow_order_add(struct db *db, const struct flow_order *o,
			      const struct flow_order_host *hosts, size_t n_hosts, int64_t now_us,
			      struct err *err);
/* errors: ERR_NOT_FOUND. owns: flow_order_done(ret). */
MUST_CHECK int flow_order_get(struct db *db, const char *id, struct flow_order *ret,
			      struct err *err);

void flow_order_done(struct flow_order *o);

struct flow_order_decision {
	const char *state;       /* FLOW_ORDER_APPROVED, _REFUSED, ... */
	const char *who, *owner; /* "" when nobody decided */
	const char *note;
};
/* Once: *ret_done is false when it is not pending any more, or, to be approved, has expired. */
MUST_CHECK int flow_order_decide(struct db *db, const char *id, const struct flow_order_decision *d,
				 int64_t now_us, bool *ret_done, struct err *err);
/* Which orders: the one with this id; id "": all that wait and whose time is over by then. */
struct flow_order_hosts_of {
	const char *id;
	int64_t expired_us;
};
/* Their hosts that still exist, at most max, each once. */
MUST_CHECK int flow_order_hosts(struct db *db, const struct flow_order_hosts_of *of,
				int64_t *ret_nums, size_t max, size_t *ret_n, struct err *err);
/* What waited too long. */
MUST_CHECK int flow_orders_expire(struct db *db, int64_t now_us, struct err *err);
/* Whatever waits ends, undecided: why is a word for the state. */
MUST_CHECK int flow_orders_end(struct db *db, const char *why, int64_t now_us, struct err *err);

/* [{"id", "work", "second_person", "who", "owner", "reason", "expires", "host_count"}]: what waits
 * for this host. owns: *ret, a JSON array. */
MUST_CHECK int flow_orders_of_host(struct db *db, int64_t host_num, json_t **ret, struct err *err);

#endif
