/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the routes of the agent's side share: finding the session of a request and making sure that
 * it is its own. The routes are in agent_*.c, their table in agent_routes.c.
 */
#ifndef SERVER_AGENT_H
#define SERVER_AGENT_H

#include <inventory/flow.h>
#include <proto/events.h>
#include <proto/record.h>
#include <server/flow/flow.h>
#include <server/http/http.h>
#include <base/err.h>

#define AGENT_HEARTBEAT_S 5
#define AGENT_LEASE_S     30
#define AGENT_GRACE_S     120 /* after the lease, before a silent writer counts as interrupted */

/* The open session named in the path, if the request carries its key. Notes contact with the host.
 * errors: ERR_SESSION_OVER (410), ERR_SESSION_EPOCH (409), ERR_SESSION_KEY (403) */
MUST_CHECK int agent_session(struct http_request *r, struct flow_session *ret, struct err *err);
/* The same, and the epoch that the body names must be the session's. */
MUST_CHECK int agent_check_epoch(const struct flow_session *s, int64_t epoch, struct err *err);

/* May events of this kind from this session say something of its host? Log lines and progress are the
 * session's own. Of the rest a key that nobody bound may speak for a host that is only looked at (it
 * waits for approval, or failed), not for one that has work or is at rest. */
MUST_CHECK int agent_may_speak(struct flow *flow, const struct flow_session *s,
			       enum event_kind kind, bool *ret, struct err *err);

/* Decode the body of a request into a zeroed message, hand it to the route's handler and free it.
 * trust: none of the body. errors: of message_decode() and of the handler */
typedef int (*agent_message_handler)(struct http_request *r, const void *message, struct err *err);
MUST_CHECK int agent_take_message(struct http_request *r, const struct field *fields, void *message,
				  agent_message_handler handler, struct err *err);

/* Is there room for the session that is asked for? To be asked before anything is written.
 * errors: ERR_BUSY. trust: none */
struct open_ask {
	int64_t host_num; /* the host whose evidence it shows; 0: of none that the store knows */
	const char *agent_key, *address;
};
MUST_CHECK int agent_open_budget(struct flow *flow, const struct open_ask *ask, struct err *err);

MUST_CHECK int agent_post_session(struct http_request *r, struct err *err);
MUST_CHECK int agent_get_next(struct http_request *r, struct err *err);
MUST_CHECK int agent_post_heartbeat(struct http_request *r, struct err *err);
MUST_CHECK int agent_post_permit(struct http_request *r, struct err *err);
MUST_CHECK int agent_post_partners(struct http_request *r, struct err *err);
MUST_CHECK int agent_post_events(struct http_request *r, struct err *err);
MUST_CHECK int agent_post_first_boot(struct http_request *r, struct err *err);

extern const struct http_route agent_routes[];
extern const size_t n_agent_routes;

#endif
