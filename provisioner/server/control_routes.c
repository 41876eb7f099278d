/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health, the boot script's row, and the one command that stops all writing. Stopping is a row in
 * the store, so that a restart does not lift it; agents learn of it with their next heartbeat (5
 * s).
 */
#include "routes.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include "boot_route.h"
#include "live.h"

#define EVERYWHERE (HTTP_LISTENER_PLAIN | HTTP_LISTENER_TLS | HTTP_LISTENER_ADMIN)

static int get_healthz(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	int64_t one = 0;
	TRY(db_query_int(a->db, err, &one, 0, "SELECT 1"));
	return http_reply_json(r, 200,
			       json_pack("{s:s, s:s, s:b}", "status", "ok", "version",
					 SLIPWAY_VERSION, "stopped", (int)a->stopped));
}

static void wake(void *arg, struct live_host *h)
{
	app_host_changed(arg, h->host_num);
}

static int set_stopped(struct app *a, bool stopped, const char *who, const char *reason,
		       struct err *err)
{
	struct event_draft e = {
		.kind = stopped ? "fleet.stopped" : "fleet.resumed",
		.actor = who,
		.summary = reason[0] ? reason
			   : stopped ? "all writing was stopped"
				     : "writing may go on",
	};
	TRY(flow_setting_put(a->db, "stopped", stopped ? "1" : "0", err));
	return event_append(a->db, &e, app_now_us(a), NULL, err);
}

static int change_stopped(struct http_request *r, bool stopped, struct err *err)
{
	struct app *a = http_context(r);
	const char *reason = "";
	AUTO(json) json_t *body = NULL;
	size_t n;
	(void)http_body(r, &n);
	if (n > 0) {
		TRY(http_body_json(r, &body, err));
		struct json_reader reader = json_reader_root(body, err);
		reason = json_opt_str(&reader, "reason", 256, "");
		TRY(json_reader_end(&reader));
	}
	/* RAM first: if the store fails, writing has stopped all the same */
	if (stopped)
		a->stopped = a->stop_unstored = true;
	TRY(db_begin(a->db, err));
	TRY(db_end(a->db, set_stopped(a, stopped, http_identity(r)->who, reason, err), err));
	a->stopped = stopped;
	a->stop_unstored = false;
	log_ev(LOG_WARNING, stopped ? "fleet.stopped" : "fleet.resumed",
	       KV("who", (const char *)http_identity(r)->who), KV("reason", reason));
	live_each(a->live, wake, a);
	return http_reply_json(r, 200, json_pack("{s:b}", "stopped", (int)stopped));
}

static int post_stop_all(struct http_request *r, struct err *err)
{
	return change_stopped(r, true, err);
}

static int delete_stop_all(struct http_request *r, struct err *err)
{
	return change_stopped(r, false, err);
}

const struct http_route control_routes[] = {
	HTTP_ROUTE(GET, "/boot/v1/script", PUBLIC, 0, boot_get_script, "what this host should boot",
		   .listeners = EVERYWHERE),
	HTTP_ROUTE(GET, "/healthz", PUBLIC, 0, get_healthz, "is the daemon well, is its store",
		   .listeners = EVERYWHERE),
	HTTP_ROUTE(POST, "/api/v1/stop-all", ARM, 4 * KIB, post_stop_all,
		   "stop all writing to disks, at once"),
	HTTP_ROUTE(DELETE, "/api/v1/stop-all", ADMIN, 4 * KIB, delete_stop_all,
		   "let writing go on"),
};
const size_t n_control_routes = ARRAY_LEN(control_routes);
