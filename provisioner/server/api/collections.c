/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading everything but hosts: one handler serves every collection, found by the last word of its
 * path; plus one object of each, sums, exports, and the difference between two moments. Input:
 * URLs.
 */
#include "read.h"
#include "request.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/host.h>
#include <inventory/host_search.h>
#include <inventory/run.h>
#include <proto/record.h>

static const struct collection *collection_of(const struct http_request *r)
{
	return http_request_route(r)->doc;
}

static int get_collection(struct http_request *r, struct err *err)
{
	struct query_request q = {0};
	static const char *const own[] = {"history", NULL};

	TRY(api_query(r, own, &q, err));
	TRY(api_flag(r, "history", &q.all_times, err));
	return api_reply_page(r, collection_of(r), &q, err);
}

static int get_item(struct http_request *r, struct err *err)
{
	struct query_request q = {0};
	const struct collection *c = collection_of(r);
	static const char *const own[] = {"at", "fields", NULL};

	TRY(http_query_only(r, own, err));
	TRY(api_time(r, "at", &q.at_us, err));
	q.fields = http_query(r, "fields");
	q.all_times = true;
	/* a comma or a star in the path is part of the name, not filter grammar */
	const char *key = http_param(r, "id");
	if (strpbrk(key, ",*"))
		return err_set(err, ERR_NOT_FOUND, "no such one among the %s", c->name);
	TRY(query_add_filter(&q, str_eq(c->fields[0].name, "id") ? "id" : "name", key, err));
	int r2 = api_reply_one(r, c, &q, NULL, err);
	return r2 == -ERR_INVALID ? err_set(err, ERR_NOT_FOUND, "no such one among the %s", c->name)
				  : r2;
}

/* Every host and slot that a part was in. */
static int get_part_placements(struct http_request *r, struct err *err)
{
	struct query_request q = {.all_times = true};

	TRY(api_query(r, NULL, &q, err));
	TRY(query_add_filter(&q, "part_id", http_param(r, "id"), err));
	return api_reply_page(r, &collection_placements, &q, err);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static int add_record(void *arg, int64_t seq, const char *body, struct err *err)
{
	(void)err;
	(void)seq;
	str_add(arg, body);
	str_addc(arg, '\n');
	return 0;
}

static int get_run_records(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	autostr struct str out;
	int64_t after = 0, limit = 0;

	str_init(&out, 64 * MIB);
	TRY(http_query_int(r, &(struct http_int){"after", 0, INT64_MAX, 0}, &after, err));
	TRY(http_query_int(r, &(struct http_int){"limit", 1, 100000, 10000}, &limit, err));
	const struct run_records asked = {http_param(r, "id"), after, limit};
	TRY(run_each_record(api->flow->db, &asked, add_record, &out, err));
	if (!str_ok(&out))
		return err_set(err, ERR_TOO_BIG, "too many records at once: use after= and limit=");
	size_t n = out.n_bytes;
	return http_reply_text(r, 200, "application/x-ndjson", str_take(&out), n);
}

static int get_run_signatures(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *items = NULL;

	TRY(run_signatures(api->flow->db, http_param(r, "id"), &items, err));
	return http_reply_json(r, 200, json_pack("{s:o}", "items", items));
}

/* ---- sums, differences, pipelines ------------------------------------------------------------ */

static int collection_asked(const struct http_request *r, const struct collection **ret,
			    struct err *err)
{
	const char *of = http_query(r, "of");

	*ret = collection_by_name(of ? of : "hosts");
	if (*ret)
		return 0;
	(void)err_set(err, ERR_INVALID, "there is no collection '%.64s'", of);
	return err_at(err, "/of");
}

static int get_summary(struct http_request *r, struct err *err)
{
	struct read_job job = {.kind = READ_SUMMARY};
	struct api *api = http_context(r);
	bool reliability = false;
	static const char *const own[] = {"group_by", "sum", "of",          "capacity", "min_count",
					  "avg",      "min", "max",         "p50",      "p90",
					  "p95",      "p99", "reliability", NULL};

	TRY(api_query(r, own, &job.q, err));
	TRY(http_query_int(r, &(struct http_int){"min_count", 0, INT32_MAX, 0}, &job.more.min_count,
			   err));
	for (int m = 0; m < _MEASURE_MAX; m++)
		job.more.fields[m] = http_query(r, summary_measure_str((enum summary_measure)m));
	TRY(collection_asked(r, &job.of, err));
	job.group_by = http_query(r, "group_by");
	job.sum = http_query(r, "sum");
	job.capacity = job.of == &collection_hosts && !job.group_by;
	TRY(api_flag(r, "capacity", &job.capacity, err));
	TRY(api_flag(r, "reliability", &reliability, err));
	if (reliability)
		job.more.reliability_us = flow_now_us(api->flow);
	return api_read(r, &job, 200, err);
}

/* host=: named as in a path. */
static int only_host(const struct http_request *r, struct query_request *q, char num[static 24],
		     struct err *err)
{
	struct api *api = http_context(r);
	const char *name = http_query(r, "host");
	struct host h;

	if (!name)
		return 0;
	TRY(host_find_any(api->flow->db, name, &h, err));
	(void)snprintf(num, 24, "%lld", (long long)h.num);
	return query_add_filter(q, "@num", num, err);
}

static int get_diff(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct read_job job = {.kind = READ_DIFFERENCE};
	char num[24];
	static const char *const own[] = {"from", "to", "after", "host", NULL};

	TRY(api_query(r, own, &job.q, err));
	if (job.q.at_us || job.q.sort || job.q.fields || job.q.cursor || job.q.total)
		return err_set(err, ERR_INVALID,
			       "a difference takes from, to, host, filters, limit and after");
	TRY(only_host(r, &job.q, num, err));
	TRY(api_time(r, "from", &job.from_us, err));
	TRY(api_time(r, "to", &job.to_us, err));
	TRY(http_query_int(r, &(struct http_int){"after", 0, INT64_MAX, 0}, &job.after, err));
	if (!job.from_us) {
		(void)err_set(err, ERR_FIELD_MISSING, "'from' is needed");
		return err_at(err, "/from");
	}
	if (!job.to_us)
		job.to_us = flow_now_us(api->flow);
	return api_read(r, &job, 200, err);
}

static int get_pipeline(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	static const char *const own[] = {NULL};
	const char *delivery = http_param(r, "id");
	struct read_job job = {.kind = READ_PIPELINE,
			       .delivery = delivery[0] ? delivery : NULL,
			       .now_us = flow_now_us(api->flow)};

	TRY(http_query_only(r, own, err));
	return api_read(r, &job, 200, err);
}

/* ---- exports --------------------------------------------------------------------------------- */

static const struct {
	const char *suffix;
	enum export_format format;
	const char *content_type;
} formats[] = {
	{"export.ndjson", EXPORT_NDJSON, "application/x-ndjson"},
	{"export.csv", EXPORT_CSV, "text/csv; charset=utf-8"},
	{"export-netbox.csv", EXPORT_NETBOX, "text/csv; charset=utf-8"},
};

static bool wants_gzip(const struct http_request *r)
{
	const char *accepts = http_request_header(r, "Accept-Encoding");

	return accepts && strstr(accepts, "gzip") && !strstr(accepts, "gzip;q=0");
}

static int get_export(struct http_request *r, struct err *err)
{
	struct read_job job = {.kind = READ_EXPORT, .gzip = wants_gzip(r)};
	static const char *const own[] = {"of", NULL};
	size_t f = 0;

	TRY(collection_asked(r, &job.of, err));
	if (http_query(r, "sort") || http_query(r, "cursor") || http_query(r, "limit"))
		return err_set(err, ERR_INVALID, "an export has no order, limit or cursor");
	TRY(api_query(r, own, &job.q, err));
	while (f + 1 < ARRAY_LEN(formats) && !str_ends(http_path(r), formats[f].suffix))
		f++;
	job.format = formats[f].format;
	return api_read_export(r, &job, formats[f].content_type, err);
}

#define COLLECTION(name, c, about)                                                                 \
	HTTP_ROUTE(GET, "/api/v1/" name, READ, 0, get_collection, about, .doc = &(c)),             \
		HTTP_ROUTE(GET, "/api/v1/" name "/{id}", READ, 0, get_item, "one of " name,        \
			   .doc = &(c))

/* ---- many hosts by name ---------------------------------------------------------------------- */

struct search_ask {
	json_t *serials, *macs, *tags, *values;
	char fields[LIMIT_NAME_BYTES * 4];
};

static const struct field search_fields[] = {
	F_ARRAY(struct search_ask, "serials", serials, 0, HOST_SEARCH_MAX, .about = "of systems"),
	F_ARRAY(struct search_ask, "macs", macs, 0, HOST_SEARCH_MAX, .about = "in any notation"),
	F_ARRAY(struct search_ask, "tags", tags, 0, HOST_SEARCH_MAX, .about = "asset tags"),
	F_ARRAY(struct search_ask, "values", values, 0, HOST_SEARCH_MAX,
		.about = "any of these, or ids, short codes and names"),
	F_STR(struct search_ask, "fields", fields, 0, .about = "of the hosts in the answer"),
	F_END,
};

/* The request is asked again until its reader has answered: the body is read each time. */
static int post_host_search(struct http_request *r, struct err *err)
{
	autojson json_t *body = NULL;
	struct search_ask ask = {0};

	TRY(http_body_json(r, &body, err));
	int status = record_decode(search_fields, body, &ask, err);
	struct read_job job = {.kind = READ_HOST_SEARCH,
			       .of = &collection_hosts,
			       .q = {.fields = ask.fields, .limit = 1},
			       .ask = body};
	if (status >= 0)
		status = api_read(r, &job, 200, err);
	record_done(search_fields, &ask);
	return status;
}

const struct http_route api_collection_routes[] = {
	HTTP_QUESTION("/api/v1/hosts/search", MIB, post_host_search,
		      "many hosts by serial, MAC, asset tag or name; what nothing fits is named",
		      .fields = search_fields, .record_bytes = sizeof(struct search_ask)),
	COLLECTION("parts", collection_parts, "replaceable components; they outlive hosts"),
	COLLECTION("placements", collection_placements,
		   "which part is where; history=true: and was where"),
	COLLECTION("skus", collection_skus, "what a host of a kind must hold"),
	COLLECTION("deliveries", collection_deliveries, "hosts that a vendor ships together"),
	COLLECTION("expected", collection_expected, "the lines of deliveries"),
	COLLECTION("locations", collection_locations, "rack units and their switch ports"),
	COLLECTION("runs", collection_runs, "burn-in runs"),
	COLLECTION("faults", collection_faults, "repair orders"),
	COLLECTION("differences", collection_differences,
		   "expected beside found: parts, firmware, place, switch port"),
	COLLECTION("orders", collection_orders, "orders that need, or needed, a second person"),
	COLLECTION("receipts", collection_receipts, "images written and read back"),
	HTTP_ROUTE(GET, "/api/v1/parts/{id}/placements", READ, 0, get_part_placements,
		   "every host and slot that a part was in", .doc = &collection_placements),
	HTTP_ROUTE(GET, "/api/v1/runs/{id}/ocp.jsonl", READ, 0, get_run_records,
		   "the OCP records of a run, one a line"),
	HTTP_ROUTE(GET, "/api/v1/runs/{id}/signatures", READ, 0, get_run_signatures,
		   "what agents signed about the records of a run"),
	HTTP_ROUTE(GET, "/api/v1/summary", READ, 0, get_summary,
		   "counts and sums by group; without group_by, or with capacity=true, also "
		   "delivered, healthy, reserved, active"),
	HTTP_ROUTE(GET, "/api/v1/deliveries/{id}/pipeline", READ, 0, get_pipeline,
		   "hosts of a delivery by stage, times to ready from history, and a forecast"),
	HTTP_ROUTE(GET, "/api/v1/pipeline", READ, 0, get_pipeline,
		   "all hosts by stage, times to ready from history, and a forecast"),
	HTTP_ROUTE(GET, "/api/v1/diff", READ, 0, get_diff, "what changed between two moments"),
	HTTP_ROUTE(GET, "/api/v1/export.ndjson", READ, 0, get_export,
		   "a whole collection, one object a line, from one snapshot"),
	HTTP_ROUTE(GET, "/api/v1/export.csv", READ, 0, get_export,
		   "a whole collection as CSV, from one snapshot"),
	HTTP_ROUTE(GET, "/api/v1/export-netbox.csv", READ, 0, get_export,
		   "hosts in the shape of NetBox's device import"),
};
const size_t n_api_collection_routes = ARRAY_LEN(api_collection_routes);
