/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every route of agents begins with: a message is decoded, a request belongs to the session that
 * it names, by the key that opened it and by its epoch, and its key may speak for the host. Input: any machine on the network.
 */
#include "session.h"

#include <base/limits.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <proto/lifecycle.h>
#include <proto/session.h>
#include <server/flow/binding.h>
#include <server/flow/fleet.h>
#include <server/flow/host_advice.h>
#include <server/flow/live.h>

/* It was silent, and a person was sent to it. */
static int heard_again(struct flow *flow, int64_t host_num, struct err *err)
{
	struct event_draft e = {.host_num = host_num,
				.kind = "session.heard",
				.actor = "agent",
				.summary = "the agent made contact again"};

	TRY(db_begin(flow->db, err));
	int rc = event_append(flow->db, &e, flow_now_us(flow), NULL, err);
	if (rc >= 0)
		rc = host_advice_settle(flow, host_num, err);
	return db_end(flow->db, rc, err);
}

int agent_session(struct http_request *r, struct flow_session *ret, struct err *err)
{
	struct flow *flow = http_context(r);
	int rc = flow_session_get(flow->db, http_param(r, "id"), ret, err);

	if (rc == -ERR_NOT_FOUND)
		return err_set(err, ERR_SESSION_OVER, "there is no such session");
	if (rc < 0)
		return rc;
	if (!str_eq(ret->agent_key, http_client_key(r)))
		return err_set(err, ERR_SESSION_KEY, "this session was opened with another key");
	if (ret->closed_us) {
		struct flow_host f;
		TRY(flow_host_get(flow->db, ret->host_num, &f, err));
		if (f.epoch > ret->epoch)
			return err_set(err, ERR_SESSION_EPOCH, "epoch %lld is over, %lld has begun",
				       (long long)ret->epoch, (long long)f.epoch);
		return err_set(err, ERR_SESSION_OVER, "the session has ended");
	}
	struct live_host *h = live_at(flow->live, ret->host_num);
	bool is_back = h->quiet;
	h->seen_us = h->heard_us = flow_now_us(flow);
	h->quiet = false;
	if (is_back)
		TRY(heard_again(flow, ret->host_num, err));
	return fleet_tell_heard(flow, h, err);
}

int agent_check_epoch(const struct flow_session *s, int64_t epoch, struct err *err)
{
	if (epoch == s->epoch)
		return 0;
	return err_set(err, ERR_SESSION_EPOCH, "epoch %lld is not this session's %lld",
		       (long long)epoch, (long long)s->epoch);
}

int agent_may_speak(struct flow *flow, const struct flow_session *s, enum event_kind kind,
		    bool *ret, struct err *err)
{
	static const enum lifecycle_state open_to_all[] = {STATE_DISCOVERED, STATE_INSPECTING,
							   STATE_FAILED};
	struct host h;

	*ret = true;
	if (kind == EVENT_LOG || kind == EVENT_PROGRESS)
		return 0;
	TRY(host_get(flow->db, s->host_num, &h, err));
	for (size_t i = 0; i < ARRAY_LEN(open_to_all); i++)
		if (str_eq(h.state, lifecycle_state_str(open_to_all[i])))
			return 0;
	return binding_holds(flow, s, false, ret, err);
}

int agent_take_message(struct http_request *r, const struct field *fields, void *message,
		       agent_message_handler handler, struct err *err)
{
	size_t n;
	const char *body = http_body(r, &n);
	int rc = message_decode(fields, body, n, LIMIT_JSON_BODY_BYTES, message, err);

	if (rc >= 0)
		rc = handler(r, message, err);
	record_done(fields, message);
	return rc;
}
