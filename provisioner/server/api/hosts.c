/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading hosts: the list, one host with its stages and fault, its facts, events, parts, evidence.
 * Input: URLs; a host may be named by id, short code, MAC, serial or name.
 */
#include "request.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/facts.h>
#include <inventory/identity.h>
#include <inventory/order.h>
#include <inventory/run.h>
#include <server/flow/binding.h>
#include <server/flow/burn_gate.h>
#include <server/flow/host_advice.h>
#include <server/flow/host_use.h>
#include <server/flow/host_view.h>

static int get_hosts(struct http_request *r, struct err *err)
{
	struct query_request q = {0};

	TRY(api_query(r, NULL, &q, err));
	return api_reply_page(r, &collection_hosts, &q, err);
}

static void member(struct str *out, const char *name, const json_t *value)
{
	autofree char *text = json_is_null(value) ? xstrdup("null") : json_text(value);

	str_addf(out, ",\"%s\":%s", name, text);
}

static int add_advice(struct api *api, const struct host *h, struct str *out, struct err *err)
{
	struct host_advice a;

	TRY(host_advice(api->flow, h, &a, err));
	autojson json_t *doc = json_pack("{s:s, s:s, s:o, s:o, s:s}", "title", a.title, "turn",
					 a.turn, "why", json_string_of(a.why), "action",
					 json_string_of(a.action), "command", a.command);
	member(out, "advice", doc);
	return 0;
}

static int add_what_one_host_has(struct api *api, const struct host *h, struct str *out,
				 struct err *err)
{
	autojson json_t *stages = NULL;
	autojson json_t *fault = NULL;
	autojson json_t *waiver = NULL;
	autojson json_t *orders = NULL;
	autojson json_t *receipt = NULL;
	autojson json_t *codes = NULL;
	char view[HOST_VIEW_BYTES];
	bool in_use = false;

	TRY(host_in_use(api->flow, h, &in_use, err));
	str_addf(out, ",\"in_use\":%s", in_use ? "true" : "false");
	TRY(host_stages(api->flow->db, h->num, flow_now_us(api->flow), &stages, err));
	TRY(add_advice(api, h, out, err));
	TRY(burn_gate_waiver(api->flow, h->num, &waiver, err));
	member(out, "burn_in_waived", waiver);
	TRY(fault_latest_open(api->flow->db, h->num, &fault, err));
	TRY(flow_orders_of_host(api->flow->db, h->num, &orders, err));
	TRY(receipt_brief(api->flow->db, h->num, &receipt, err));
	member(out, "fault", fault);
	member(out, "orders", orders);
	member(out, "receipt", receipt);
	TRY(binding_json(api->flow, h->num, &codes, err));
	member(out, "codes", codes);
	TRY(host_view(api->flow, h, "", view, err));
	str_addf(out, ",\"view\":\"%s\"", view);
	if (!h->image_digest[0])
		str_add(out, ",\"image\":null");
	member(out, API_CLOCK_MEMBER, stages);
	return 0;
}

static int get_host(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct query_request q = {0};
	struct host h;
	autostr struct str more;

	str_init(&more, 64 * 1024);
	static const char *const own[] = {"at", "fields", NULL};
	TRY(http_query_only(r, own, err));
	TRY(api_host(r, &h, err));
	TRY(api_time(r, "at", &q.at_us, err));
	q.fields = http_query(r, "fields");
	if (!q.at_us && !q.fields)
		TRY(add_what_one_host_has(api, &h, &more, err));
	char num[24];
	snprintf(num, sizeof(num), "%lld", (long long)h.num);
	TRY(query_add_filter(&q, "@num", num, err)); /* the key of the present and of the past */
	return api_reply_one(r, &collection_hosts, &q, more.p, err);
}

static int get_facts(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct host h;
	int64_t at_us = 0;
	json_t *doc = NULL;

	TRY(api_host(r, &h, err));
	TRY(api_time(r, "at", &at_us, err));
	TRY(facts_load(api->flow->db, h.num, at_us, &doc, err));
	if (!at_us && facts_add_relayed(api->flow->db, h.num, doc, err) < 0) {
		json_decref(doc);
		return -(int)err->code;
	}
	return http_reply_json(r, 200, doc);
}

/* A collection of one host: the same filters, sorting and paging as the whole. */
static int reply_of_host(struct http_request *r, const struct collection *c, struct err *err)
{
	struct query_request q = {0};
	struct host h;
	static const char *const own[] = {"history", NULL};

	TRY(api_host(r, &h, err));
	TRY(api_query(r, own, &q, err));
	TRY(api_flag(r, "history", &q.all_times, err));
	TRY(query_add_filter(&q, "host_id", h.id, err));
	return api_reply_page(r, c, &q, err);
}

static int get_host_events(struct http_request *r, struct err *err)
{
	return reply_of_host(r, &collection_events, err);
}

static int get_host_parts(struct http_request *r, struct err *err)
{
	return reply_of_host(r, &collection_parts, err);
}

static int get_host_placements(struct http_request *r, struct err *err)
{
	return reply_of_host(r, &collection_placements, err);
}

static int get_host_runs(struct http_request *r, struct err *err)
{
	return reply_of_host(r, &collection_runs, err);
}

static int get_host_faults(struct http_request *r, struct err *err)
{
	return reply_of_host(r, &collection_faults, err);
}

static int get_host_receipts(struct http_request *r, struct err *err)
{
	return reply_of_host(r, &collection_receipts, err);
}

static int get_evidence(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct host h;
	json_t *doc = NULL;

	TRY(api_host(r, &h, err));
	TRY(identity_evidence(api->flow->db, h.num, &doc, err));
	return http_reply_json(r, 200, doc);
}

const struct http_route api_host_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/hosts", READ, 0, get_hosts, "hosts, with filters on any field",
		   .doc = &collection_hosts),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}", READ, 0, get_host,
		   "one host, by id, short code, MAC, serial or name"),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/events", READ, 0, get_host_events,
		   "what happened to a host", .doc = &collection_events),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/facts", READ, 0, get_facts,
		   "the whole facts document of a host"),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/parts", READ, 0, get_host_parts, "parts in a host",
		   .doc = &collection_parts),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/placements", READ, 0, get_host_placements,
		   "slots of a host and what is in them", .doc = &collection_placements),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/runs", READ, 0, get_host_runs, "burn-in runs of a host",
		   .doc = &collection_runs),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/faults", READ, 0, get_host_faults, "faults of a host",
		   .doc = &collection_faults),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/receipts", READ, 0, get_host_receipts,
		   "images written to a host", .doc = &collection_receipts),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/evidence", READ, 0, get_evidence,
		   "what a host showed about its identity, and what waits for a decision"),
};
const size_t n_api_host_routes = ARRAY_LEN(api_host_routes);
