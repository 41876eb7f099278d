/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon says about itself in numbers, for Prometheus, and the row of the OpenAPI document
 * (openapi.c). Input: nothing from outside.
 */
#include "request.h"
#include "tables.h"
#include "deprecated.h"
#include "doctor.h"
#include "error_manual.h"
#include "openapi.h"
#include <server/reader/readers.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/store_archive.h>
#include <inventory/host.h>
#include <inventory/run.h>
#include <proto/advice.h>

/* It says the same until the daemon ends, and anybody may ask: it is written once. */
static struct {
	char *text, tag[SHA256_HEX_BYTES + 2];
} description;

void api_describe(const struct http_server *server)
{
	char hex[SHA256_HEX_BYTES];
	autojson json_t *doc = openapi_doc(http_server_tables(server));

	(void)openapi_mark_deprecated(doc, api_deprecations);
	free(description.text);
	description.text = json_text(doc);
	sha256_hex_of(description.text, strlen(description.text), hex);
	(void)snprintf(description.tag, sizeof(description.tag), "\"%.32s\"", hex);
}

static int get_openapi(struct http_request *r, struct err *err)
{
	(void)err;
	if (!description.text)
		api_describe(http_request_server(r));
	http_reply_header(r, "ETag", description.tag);
	return http_reply_text(r, 200, "application/json", xstrdup(description.text),
			       strlen(description.text));
}

/* ---- words ----------------------------------------------------------------------------------- */

static json_t *titles_of(enum lifecycle_state state)
{
	return json_pack("{s:s, s:s, s:s}", "server", advice_title(state, "server"), "technician",
			 advice_title(state, "technician"), "operator",
			 advice_title(state, "operator"));
}

/* What the states are called, for those who show hosts: no client has words of its own. */
static int get_lifecycle(struct http_request *r, struct err *err)
{
	json_t *items = json_array();

	(void)err;
	for (int s = 0; s < _STATE_MAX; s++) {
		const struct lifecycle_state_row *row = lifecycle_row((enum lifecycle_state)s);

		(void)json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:o}", "state",
							     row->name, "title", row->title,
							     "meaning", row->meaning, "titles",
							     titles_of((enum lifecycle_state)s)));
	}
	return http_reply_json(r, 200, json_pack("{s:o}", "items", items));
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

/* A gauge with a value for each word of one label. */
struct gauge {
	const char *metric, *about, *label;
	struct str *out;
};

static void begin_gauge(const struct gauge *g)
{
	str_addf(g->out, "# HELP %s %s\n# TYPE %s gauge\n", g->metric, g->about, g->metric);
}

static void add_to_gauge(void *arg, const char *word, int64_t n)
{
	const struct gauge *g = arg;

	str_addf(g->out, "%s{%s=\"", g->metric, g->label);
	label(g->out, word);
	str_addf(g->out, "\"} %lld\n", (long long)n);
}

static int add_gauges(const struct api *api, struct str *out, struct err *err)
{
	struct gauge hosts = {"slipway_hosts", "Hosts by state.", "state", out};
	struct gauge faults = {"slipway_open_faults", "Open faults by code.", "code", out};

	begin_gauge(&hosts);
	TRY(host_count_states(api->flow->db, add_to_gauge, &hosts, err));
	begin_gauge(&faults);
	return fault_count_codes(api->flow->db, add_to_gauge, &faults, err);
}

struct number {
	const char *metric, *type, *about;
	int64_t value;
};

static void add_numbers(struct str *out, const struct number *list, size_t n)
{
	for (const struct number *m = list; m < list + n; m++)
		str_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", m->metric, m->about,
			 m->metric, m->type, m->metric, (long long)m->value);
}

static void add_http(const struct http_server *server, struct str *out)
{
	struct http_counters c = http_server_counters(server);
	const struct number list[] = {
		{"slipway_http_requests_total", "counter", "Requests.", (int64_t)c.requests},
		{"slipway_http_client_errors_total", "counter",
		 "Answers with a status of 400 to 499.", (int64_t)c.status_4xx},
		{"slipway_http_server_errors_total", "counter",
		 "Answers with a status of 500 to 599.", (int64_t)c.status_5xx},
		{"slipway_http_waiting", "gauge", "Requests that wait.", (int64_t)c.waiting},
		{"slipway_http_connections", "gauge", "Open connections.", (int64_t)c.connections},
	};

	add_numbers(out, list, ARRAY_LEN(list));
}

static int add_store(const struct api *api, struct str *out, struct err *err)
{
	struct archive_totals archived = {0};
	int64_t bytes = 0;

	TRY(store_bytes(api->flow->db, &bytes, err));
	TRY(store_archive_totals(api->flow->db, &archived, err));
	const struct number list[] = {
		{"slipway_store_bytes", "gauge", "Size of the store on its disk.", bytes},
		{"slipway_archives", "gauge", "Archives of rows that left the store by age.",
		 archived.archives},
		{"slipway_archived_rows_total", "counter", "Rows that left the store by age.",
		 archived.rows},
		{"slipway_archive_bytes", "gauge", "Size of the archives.", archived.bytes},
	};

	add_numbers(out, list, ARRAY_LEN(list));
	return 0;
}

static void add_readers(const struct api *api, struct str *out)
{
	struct readers_counters c = api->readers ? readers_counters(api->readers)
						 : (struct readers_counters){0};
	const struct number list[] = {
		{"slipway_readers", "gauge", "Reader processes.", c.running},
		{"slipway_readers_max", "gauge", "Reader processes at most.",
		 api->readers ? READERS_MAX : 0},
		{"slipway_readers_busy", "gauge", "Reader processes at work.", c.at_work},
		{"slipway_readers_queue", "gauge", "Requests that wait for a reader.",
		 (int64_t)http_waiting(api->http, READERS_TOPIC)},
		{"slipway_reader_questions_total", "counter", "Questions given to a reader.",
		 (int64_t)c.asked},
		{"slipway_reader_refusals_total", "counter",
		 "Times a question found all readers at work.", (int64_t)c.refused},
		{"slipway_readers_killed_total", "counter",
		 "Readers ended at work: too slow, or their client went away.", (int64_t)c.killed},
	};

	add_numbers(out, list, ARRAY_LEN(list));
}

static int get_metrics(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct rusage u;
	int64_t tick = 0, at_us = 0;
	autostr struct str out;

	str_init(&out, MIB);
	TRY(add_gauges(api, &out, err));
	TRY(add_store(api, &out, err));
	TRY(db_last_tick(api->flow->db, &tick, &at_us, err));
	(void)getrusage(RUSAGE_SELF, &u);
	const struct number list[] = {
		{"slipway_changes_total", "counter", "Changes of the inventory.", tick},
		{"slipway_dhcp_foreign_servers", "gauge", "Other DHCP servers that answer now.",
		 api->foreign_dhcp_servers ? api->foreign_dhcp_servers(api->foreign_dhcp_arg) : 0},
		{"slipway_writing_stopped", "gauge", "1 after stop-all.", api->flow->stopped},
		{"slipway_channel_expires_seconds", "gauge",
		 "When the channel in force expires, since 1970; 0 without one.",
		 api->flow->channel.expires_s},
		{"slipway_max_resident_bytes", "gauge", "Largest resident memory.",
		 u.ru_maxrss * 1024},
	};
	add_numbers(&out, list, ARRAY_LEN(list));
	add_http(api->http, &out);
	add_readers(api, &out);
	TRY(doctor_gauges(api, &out, err));
	size_t n = out.n_bytes;
	return http_reply_text(r, 200, "text/plain; version=0.0.4", str_take(&out), n);
}

const struct http_route api_meta_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/openapi.json", PUBLIC, 0, get_openapi, "this document"),
	HTTP_ROUTE(GET, "/api/v1/lifecycle", READ, 0, get_lifecycle,
		   "the states of a host, and what they are called by whose turn it is"),
	HTTP_ROUTE(
		GET, "/api/v1/errors", PUBLIC, 0, error_manual_list,
		"the manual of errors: every code, what it means and what to do; a page for browsers"),
	HTTP_ROUTE(GET, "/api/v1/errors/{code}", PUBLIC, 0, error_manual_one,
		   "one error code, the type of a problem leads here; a page for browsers"),
	HTTP_ROUTE(GET, "/metrics", READ, 0, get_metrics, "for Prometheus"),
};
const size_t n_api_meta_routes = ARRAY_LEN(api_meta_routes);
