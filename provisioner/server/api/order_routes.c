/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits for a second person, and the decisions: approve (it is done now, once, if it is still
 * what was rehearsed) and refuse. Input: bodies from authenticated people; ids from URLs.
 */
#include "request.h"
#include "tables.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/account.h>
#include <inventory/token.h>
#include "order_answer.h"
#include <server/flow/order_rules.h>

#define SMALL_BODY (4 * KIB)

struct decision_ask {
	char note[257];
};

static const struct field decision_fields[] = {
	F_STR(struct decision_ask, "note", note, 0, .about = "for the record"),
	F_END,
};

static const char *owner_of(const struct write *w)
{
	return http_identity(w->request)->owner;
}

static bool is_open(const struct write *w, const struct flow_order *o)
{
	return str_eq(o->state, FLOW_ORDER_PENDING) && o->expires_us > flow_now_us(w->flow);
}

/* In the transaction that carries it out. */
static int decide(struct write *w, const struct flow_order *o, const char *state, struct err *err)
{
	const struct decision_ask *ask = w->ask;
	const struct flow_order_decision d = {state, w->who, owner_of(w), ask->note};
	bool done = false;

	TRY(flow_order_decide(w->flow->db, o->id, &d, flow_now_us(w->flow), &done, err));
	if (!done)
		return err_set(err, ERR_ORDER_OVER, "the order was decided before, or expired");
	TRY(order_settle(w->flow, o->id, err));
	if (!w->doc)
		w->doc = json_object();
	(void)json_object_set_new(w->doc, "order",
				  json_pack("{s:s, s:s, s:s}", "id", o->id, "state", state,
					    "decided_owner", owner_of(w)));
	log_ev(LOG_NOTICE, "order.decided", KV("order", (const char *)o->id), KV("state", state),
	       KV("who", w->who), KV("owner", owner_of(w)));
	return 0;
}

/* The token that placed the order, or the account of the person who was signed in: numbers of both
 * come from one clock. */
static bool caller_is_live(const struct flow *flow, int64_t num)
{
	return token_is_live(flow->db, num, flow_now_us(flow)) || account_is_live(flow->db, num);
}

static int approve(struct write *w, const struct flow_order *o, struct err *err)
{
	const struct order_people people = {
		.ordered_by = o->owner,
		.decides = owner_of(w),
		.order_is_open = is_open(w, o),
		.order_token_lives = caller_is_live(w->flow, o->token_num),
	};

	TRY(order_may_approve(&people, err));
	TRY(order_answer_carry_out(w, o, err));
	return decide(w, o, FLOW_ORDER_APPROVED, err);
}

static int approve_work(struct write *w, struct err *err)
{
	struct flow_order o;

	TRY(flow_order_get(w->flow->db, http_param(w->request, "id"), &o, err));
	int rc = approve(w, &o, err);
	flow_order_done(&o);
	return rc;
}

static int refuse_work(struct write *w, struct err *err)
{
	struct flow_order o;

	TRY(flow_order_get(w->flow->db, http_param(w->request, "id"), &o, err));
	w->host_num = o.host_num;
	int rc = decide(w, &o, FLOW_ORDER_REFUSED, err);
	flow_order_done(&o);
	return rc;
}

const struct http_route order_routes[] = {
	API_CHANGE(POST, "/api/v1/orders/{id}/approve", APPROVE, SMALL_BODY, approve_work,
		   "the second person agrees: it is done now, if it is still what was rehearsed",
		   API_BODY(decision_fields, struct decision_ask)),
	API_CHANGE(POST, "/api/v1/orders/{id}/refuse", APPROVE, SMALL_BODY, refuse_work,
		   "it shall not be done", API_BODY(decision_fields, struct decision_ask)),
};
const size_t n_order_routes = ARRAY_LEN(order_routes);
