/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's side of the daemon: its table of routes and the check that a request belongs to the
 * session that it names.
 */
#include "session.h"

#include <base/cleanup.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <server/flow/fleet.h>
#include <server/flow/live.h>

#define SMALL_BODY (64 * KIB)

const struct http_route agent_routes[] = {
	HTTP_REPORT(POST, "/agent/v1/sessions", AGENT, LIMIT_JSON_BODY_BYTES, agent_post_session,
		    "open a session with evidence of who the host is",
		    .listeners = HTTP_LISTENER_TLS),
	HTTP_ROUTE(GET, "/agent/v1/sessions/{id}/next", AGENT, 0, agent_get_next,
		   "wait for the next step, as a signed plan", .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/sessions/{id}/heartbeat", AGENT, SMALL_BODY,
		    agent_post_heartbeat, "still here, this far", .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/sessions/{id}/permits", AGENT, SMALL_BODY, agent_post_permit,
		    "consume the arm: may I write?", .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/sessions/{id}/events", AGENT, LIMIT_FACTS_BYTES,
		    agent_post_events, "records of what happened, numbered",
		    .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/first-boot", PUBLIC, SMALL_BODY, agent_post_first_boot,
		    "the installed system reports, once, with its token",
		    .listeners = HTTP_LISTENER_TLS),
};
const size_t n_agent_routes = ARRAY_LEN(agent_routes);

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
	h->seen_us = flow_now_us(flow);
	h->quiet = false;
	return fleet_tell_heard(flow, h, err);
}

int agent_check_epoch(const struct flow_session *s, int64_t epoch, struct err *err)
{
	if (epoch == s->epoch)
		return 0;
	return err_set(err, ERR_SESSION_EPOCH, "epoch %lld is not this session's %lld",
		       (long long)epoch, (long long)s->epoch);
}
