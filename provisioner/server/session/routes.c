/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's side of the daemon: its table of routes.
 */
#include "session.h"

#include <base/cleanup.h>
#include <base/limits.h>

#define SMALL_BODY (64 * KIB)

const struct http_route agent_routes[] = {
	HTTP_REPORT(POST, "/agent/v1/sessions", AGENT, LIMIT_JSON_BODY_BYTES, agent_post_session,
		    "open a session with evidence of which host it is",
		    .listeners = HTTP_LISTENER_TLS),
	HTTP_ROUTE(GET, "/agent/v1/sessions/{id}/next", AGENT, 0, agent_get_next,
		   "wait for the next step, as a signed plan", .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/sessions/{id}/heartbeat", AGENT, SMALL_BODY,
		    agent_post_heartbeat, "still here, this far", .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/sessions/{id}/permits", AGENT, SMALL_BODY, agent_post_permit,
		    "consume the arm: may I write?", .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/sessions/{id}/partners", AGENT, SMALL_BODY,
		    agent_post_partners, "hosts to load the network with",
		    .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/sessions/{id}/events", AGENT, LIMIT_FACTS_BYTES,
		    agent_post_events, "records of what happened, numbered",
		    .listeners = HTTP_LISTENER_TLS),
	HTTP_REPORT(POST, "/agent/v1/first-boot", PUBLIC, SMALL_BODY, agent_post_first_boot,
		    "the installed system reports, once, with its token",
		    .listeners = HTTP_LISTENER_TLS),
};
const size_t n_agent_routes = ARRAY_LEN(agent_routes);
