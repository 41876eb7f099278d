/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health, and the one command that stops all writing. Stopping is a row in the store, so that a
 * restart does not lift it; agents learn of it with their next heartbeat (5 s).
 */
#include "tables.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <proto/record.h>
#include "request.h"
#include "write.h"

#define EVERYWHERE (HTTP_LISTENER_PLAIN | HTTP_LISTENER_TLS | HTTP_LISTENER_ADMIN)

static int get_healthz(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	int64_t tick = 0, at_us = 0;

	TRY(db_last_tick(api->flow->db, &tick, &at_us, err));
	return http_reply_json(r, 200,
			       json_pack("{s:s, s:s, s:b}", "status", "ok", "version",
					 SLIPWAY_VERSION, "stopped", (int)api->flow->stopped));
}

struct stop_ask {
	char reason[257];
};

static const struct field stop_fields[] = {
	F_STR(struct stop_ask, "reason", reason, 0, .about = "for the record"),
	F_END,
};

static void stored(struct write *w, bool stopped)
{
	const struct stop_ask *ask = w->ask;

	w->flow->stopped = stopped;
	w->flow->stop_unstored = false;
	log_ev(LOG_WARNING, stopped ? "fleet.stopped" : "fleet.resumed", KV("who", w->who),
	       KV("reason", (const char *)ask->reason));
	notices_all_hosts(w->flow);
}

static void stop_stored(struct write *w)
{
	stored(w, true);
}

static void resume_stored(struct write *w)
{
	stored(w, false);
}

static int set_stopped(struct write *w, bool stopped, struct err *err)
{
	const struct stop_ask *ask = w->ask;
	struct event_draft e = {
		.kind = stopped ? "fleet.stopped" : "fleet.resumed",
		.actor = w->who,
		.summary = ask->reason[0] ? ask->reason
			   : stopped      ? "all writing was stopped"
					  : "writing may go on",
	};

	w->doc = json_pack("{s:b}", "stopped", (int)stopped);
	w->after = stopped ? stop_stored : resume_stored;
	TRY(flow_setting_put(w->flow->db, "stopped", stopped ? "1" : "0", err));
	return event_append(w->flow->db, &e, flow_now_us(w->flow), NULL, err);
}

static int stop_work(struct write *w, struct err *err)
{
	return set_stopped(w, true, err);
}

static int resume_work(struct write *w, struct err *err)
{
	return set_stopped(w, false, err);
}

/* RAM first: if the store fails, writing has stopped all the same. Who sent nonsense, stopped
 * nothing. */
static int post_stop_all(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	bool before = api->flow->stopped, unstored_before = api->flow->stop_unstored,
	     dry_run = false;

	TRY(api_flag(r, "dry_run", &dry_run, err));
	if (!dry_run)
		api->flow->stopped = api->flow->stop_unstored = true;
	int rc = api_change(r, err);
	if (rc < 0 && err_class(err->code) == ERR_CLASS_REJECT) {
		api->flow->stopped = before;
		api->flow->stop_unstored = unstored_before;
	}
	return rc;
}

const struct http_route control_routes[] = {
	HTTP_ROUTE(GET, "/healthz", PUBLIC, 0, get_healthz, "is the daemon well, is its store",
		   .listeners = EVERYWHERE),
	API_CHANGE_BY(POST, "/api/v1/stop-all", ARM, 4 * KIB, post_stop_all, stop_work,
		      "stop all writing to disks, at once", API_BODY(stop_fields, struct stop_ask)),
	API_CHANGE(DELETE, "/api/v1/stop-all", ADMIN, 4 * KIB, resume_work, "let writing go on",
		   API_BODY(stop_fields, struct stop_ask)),
};
const size_t n_control_routes = ARRAY_LEN(control_routes);
