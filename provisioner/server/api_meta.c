/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon says about itself in numbers, for Prometheus, and the row of the OpenAPI document
 * (openapi.c). Input: nothing from outside.
 */
#include "api_request.h"
#include "api_tables.h"
#include "dhcp_alarm.h"
#include "openapi.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

static int get_openapi(struct http_request *r, struct err *err)
{
	(void)err;
	return http_reply_json(r, 200, openapi_doc());
}

/* ---- metrics --------------------------------------------------------------------------------- */

static void label(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			str_addc(out, '\\');
		str_addc(out, *text == '\n' ? ' ' : *text);
	}
}

static int grouped(struct app *a, struct str *out, const char *metric, const char *about,
		   const char *key, const char *sql, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	str_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", metric, about, metric);
	TRY(db_query_n(a->db, sql, NULL, 0, &rows, err));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		str_addf(out, "%s{%s=\"", metric, key);
		label(out, db_text(rows, 0));
		str_addf(out, "\"} %lld\n", (long long)db_int(rows, 1));
	}
	return r;
}

static void one(struct str *out, const char *metric, const char *type, const char *about,
		long long value)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", metric, about, metric, type, metric,
		 value);
}

static int get_metrics(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	struct http_counters c = http_server_counters(http_request_server(r));
	struct rusage u;
	int64_t tick = 0, at_us = 0;
	autostr struct str out;
	str_init(&out, MIB);
	TRY(grouped(a, &out, "slipway_hosts", "Hosts by state.", "state",
		    "SELECT state, count(*) FROM host GROUP BY state ORDER BY state", err));
	TRY(grouped(a, &out, "slipway_open_faults", "Open faults by code.", "code",
		    "SELECT code, count(*) FROM fault WHERE state = 'open' GROUP BY code ORDER BY "
		    "code",
		    err));
	TRY(db_last_tick(a->db, &tick, &at_us, err));
	(void)getrusage(RUSAGE_SELF, &u);
	one(&out, "slipway_changes_total", "counter", "Changes of the inventory.", tick);
	one(&out, "slipway_http_requests_total", "counter", "Requests.", (long long)c.requests);
	one(&out, "slipway_http_client_errors_total", "counter",
	    "Answers with a status of 400 to 499.", (long long)c.status_4xx);
	one(&out, "slipway_http_server_errors_total", "counter",
	    "Answers with a status of 500 to 599.", (long long)c.status_5xx);
	one(&out, "slipway_http_waiting", "gauge", "Requests that wait.", (long long)c.waiting);
	one(&out, "slipway_http_connections", "gauge", "Open connections.",
	    (long long)c.connections);
	one(&out, "slipway_dhcp_foreign_servers", "gauge", "Other DHCP servers that answer now.",
	    dhcp_alarm_count(a->dhcp_alarm));
	one(&out, "slipway_writing_stopped", "gauge", "1 after stop-all.", a->stopped);
	one(&out, "slipway_max_resident_bytes", "gauge", "Largest resident memory.",
	    (long long)u.ru_maxrss * 1024);
	size_t n = out.n_bytes;
	return http_reply_text(r, 200, "text/plain; version=0.0.4", str_take(&out), n);
}

const struct http_route api_meta_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/openapi.json", PUBLIC, 0, get_openapi, "this document"),
	HTTP_ROUTE(GET, "/metrics", READ, 0, get_metrics, "for Prometheus"),
};
const size_t n_api_meta_routes = ARRAY_LEN(api_meta_routes);
