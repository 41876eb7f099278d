/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET .../next (long poll for a signed step) and POST .../heartbeat (progress and the lease). A
 * heartbeat writes nothing to the store. Input: the session's own agent.
 */
#include "session.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/host.h>
#include <proto/session.h>
#include <server/flow/arm.h>
#include <server/flow/burn_history.h>
#include <server/flow/engine.h>
#include <server/flow/host_advice.h>
#include <server/flow/live.h>
#include <server/flow/planner.h>

#define WAIT_MAX_S 60
/* An agent has one request that waits; what a broken connection left behind ends by itself. Each
 * holds a connection of the daemon. */
#define WAITERS_MAX 8

/* The session that held the pen is back after an interruption: go on under its arm, from the start.
 */
static int resume(struct flow *flow, const struct flow_session *s, struct err *err)
{
	struct host h;

	TRY(host_get(flow->db, s->host_num, &h, err));
	if (!str_eq(h.state, lifecycle_state_str(STATE_FAILED)))
		return 0;
	struct engine_event e = {.event = HOST_EVENT_RESUME, .actor = "agent"};
	int rc = engine_apply(flow, s->host_num, &e, err);
	return rc < 0 ? rc : 0;
}

int agent_get_next(struct http_request *r, struct err *err)
{
	static const char *const names[] = {"wait", "after", NULL};
	struct flow *flow = http_context(r);
	struct flow_session s;
	int64_t wait_s, after;
	char *envelope = NULL;
	char topic[FLOW_TOPIC_BYTES];

	TRY(http_query_only(r, names, err));
	TRY(http_query_int(r, &(struct http_int){"wait", 0, WAIT_MAX_S, 0}, &wait_s, err));
	TRY(http_query_int(r, &(struct http_int){"after", 0, INT64_MAX, 0}, &after, err));
	TRY(agent_session(r, &s, err));
	live_at(flow->live, s.host_num)->stopping =
		false; /* an agent that asks for a step runs none */
	TRY(resume(flow, &s, err));
	TRY(planner_next(flow, &s, after, &envelope, err));
	if (envelope)
		return http_reply_text(r, 200, "application/json", envelope, strlen(envelope));
	flow_topic_of_host(s.host_num, topic);
	if (wait_s == 0 || http_wait_over(r) ||
	    http_waiting(http_request_server(r), topic) >= WAITERS_MAX)
		return http_reply_empty(r, 204);
	return http_wait(r, topic, wait_s * 1000);
}

/* A step that was ended has stopped. */
static int settle(struct flow *flow, int64_t host_num, struct err *err)
{
	TRY(db_begin(flow->db, err));
	return db_end(flow->db, host_advice_settle(flow, host_num, err), err);
}

/* ---- heartbeat ------------------------------------------------------------------------------- */

/* The agent adds up its plan; what hosts of the SKU took is nearer to what is left. */
static int keep_history(struct flow *flow, struct live_host *h, struct err *err)
{
	if (!str_eq(h->stage, "burn_in"))
		return 0;
	if (!h->typical_is_read)
		TRY(burn_history_typical(flow, h->host_num, &h->typical_s, err));
	h->typical_is_read = true;
	int64_t left_s = burn_history_left(h->done, h->total, h->typical_s);
	h->eta_s = left_s >= 0 ? left_s : h->eta_s;
	return 0;
}

static int keep_progress(struct flow *flow, int64_t host_num, const char *address,
			 const struct heartbeat_request *q, struct err *err)
{
	struct live_host *h = live_at(flow->live, host_num);

	(void)text_fit(h->address, sizeof(h->address), address);
	(void)str_copy(h->stage, sizeof(h->stage), q->stage);
	(void)str_copy(h->unit, sizeof(h->unit), q->unit);
	(void)str_copy(h->message, sizeof(h->message), q->message);
	h->done = q->done;
	h->total = q->total;
	h->eta_s = q->eta_s;
	return keep_history(flow, h, err);
}

/* May this session write now? Asked of the store, so that a restart of ours forgets nothing. */
static int may_write(struct flow *flow, const struct flow_session *s, bool *ret, struct err *err)
{
	struct flow_arm arm;
	struct host h;

	*ret = false;
	TRY(host_get(flow->db, s->host_num, &h, err));
	int rc = flow_arm_open(flow->db, s->host_num, &arm, err);
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	if (rc < 0)
		return rc;
	*ret = !flow->stopped && arm.consumed_us > 0 && str_eq(arm.session_id, s->id) &&
	       str_eq(h.state, arm_state(&arm));
	live_at(flow->live, s->host_num)->writing = arm.consumed_us > 0 &&
						    str_eq(arm.session_id, s->id);
	return 0;
}

/* An agent that runs a step which was ended (a person started the host over) is told to stop. Asked
 * of the store: another appliance may have ended it. */
static int check_step(struct flow *flow, const struct flow_session *s,
		      struct heartbeat_reply *reply, struct err *err)
{
	struct live_host *h = live_at(flow->live, s->host_num);
	struct flow_plan p = {.kind = ""};
	bool was = h->stopping;

	h->stopping = false;
	if (live_works(h)) {
		int rc = flow_plan_live(flow->db, s->host_num, &p, err);
		if (rc < 0 && rc != -ERR_NOT_FOUND)
			return rc;
		err_clear(err);
		free(p.envelope);
		h->stopping = !str_eq(p.session_id, s->id) || str_eq(p.kind, "wait");
	}
	reply->stop = reply->stop || h->stopping;
	return was && !h->stopping ? settle(flow, s->host_num, err) : 0;
}

static int heartbeat(struct http_request *r, const void *message, struct err *err)
{
	const struct heartbeat_request *q = message;
	struct flow *flow = http_context(r);
	struct flow_session s;
	struct heartbeat_reply reply = {.lease_s = AGENT_LEASE_S, .stop = flow->stopped};

	TRY(agent_session(r, &s, err));
	TRY(agent_check_epoch(&s, q->epoch, err));
	TRY(may_write(flow, &s, &reply.may_write, err));
	TRY(keep_progress(flow, s.host_num, http_peer(r), q, err));
	TRY(check_step(flow, &s, &reply, err));
	reply.epoch = s.epoch;
	return http_reply_json(r, 200, record_encode(heartbeat_reply_fields, &reply));
}

int agent_post_heartbeat(struct http_request *r, struct err *err)
{
	struct heartbeat_request q = {0};

	return agent_take_message(r, heartbeat_request_fields, &q, heartbeat, err);
}
