/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders over HTTP: from a change to flow/order.h and from what came of it to the answer. The
 * handlers of the routes that make orders (arm_routes.c, erase_routes.c) are named by
 * host_verbs.c.
 */
#ifndef SERVER_API_ORDER_ANSWER_H
#define SERVER_API_ORDER_ANSWER_H

#include <server/flow/host_view.h>
#include <server/flow/order.h>
#include <base/err.h>
#include "write.h"

/* How the route that brought an order speaks of it. */
struct order_manner {
	const char *plan_hash; /* that must fit, or "" */
	bool is_list;          /* errors point into /hosts */
};

/* Place it and answer: 200 for a rehearsal and, with the host, for work without arms; 201 when the
 * arms are made, 202 when it waits for a second person. errors: guard.* and store errors */
MUST_CHECK int order_answer_place(struct write *w, const struct order_ask *ask,
				  const struct order_manner *m, struct err *err);
/* Carry out one that waited, and answer with its arms, or with the host. errors: the same, ERR_GUARD_PLAN */
MUST_CHECK int order_answer_carry_out(struct write *w, const struct flow_order *row,
				      struct err *err);

/* The names of the rules that want a second person, as an array. */
MUST_CHECK json_t *order_answer_words(const char *words);
/* The answer to what waits for a second person. */
MUST_CHECK json_t *order_answer_waiting(const struct flow_order *row);

/* arm_routes.c */
MUST_CHECK int arm_work(struct write *w, struct err *err);
MUST_CHECK int arm_order_work(struct write *w, struct err *err);
/* erase_routes.c */
MUST_CHECK int erase_work(struct write *w, struct err *err);

/* host_orders.c: what the verbs on one host say, and those that become orders */
struct host_verb_ask {
	char reason[257], in_service[129], view[HOST_VIEW_BYTES];
};
#define HOST_VERB_FIELDS(S, at)                                                                    \
	F_STR(S, "reason", at reason, 0, .about = "for the host's record"),                        \
		F_STR(S, "in_service", at in_service, 0,                                           \
		      .about = "name, short code or id of a host in service, typed again"),        \
		F_STR(S, "view", at view, 0, .about = HOST_VIEW_ABOUT)
extern const struct field host_verb_fields[];
MUST_CHECK int release_work(struct write *w, struct err *err);
MUST_CHECK int retire_work(struct write *w, struct err *err);

struct merge_ask {
	char into[129];
	struct host_verb_ask verb;
};
extern const struct field merge_fields[];
MUST_CHECK int merge_work(struct write *w, struct err *err);

struct split_ask {
	json_t *values;
	struct host_verb_ask verb;
};
extern const struct field split_fields[];
MUST_CHECK int split_work(struct write *w, struct err *err);

#endif
