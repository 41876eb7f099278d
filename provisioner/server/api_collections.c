/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading everything but hosts: one handler serves every collection, found by the last word of its
 * path; plus one object of each, sums, exports, and the difference between two moments. Input:
 * URLs.
 */
#include "api_request.h"
#include "api_tables.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/difference.h>
#include <inventory/forecast.h>
#include <inventory/run.h>

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
		return err_set(err, ERR_NOT_FOUND, "there is no such %s", c->name);
	TRY(query_add_filter(&q, str_eq(c->fields[0].name, "id") ? "id" : "name", key, err));
	int r2 = api_reply_one(r, c, &q, NULL, err);
	return r2 == -ERR_INVALID ? err_set(err, ERR_NOT_FOUND, "there is no such %s", c->name)
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
	struct app *a = http_context(r);
	autostr struct str out;
	int64_t after = 0, limit = 0;
	str_init(&out, 64 * MIB);
	TRY(http_query_int(r, "after", 0, INT64_MAX, 0, &after, err));
	TRY(http_query_int(r, "limit", 1, 100000, 10000, &limit, err));
	TRY(run_each_record(a->db, http_param(r, "id"), after, limit, add_record, &out, err));
	if (!str_ok(&out))
		return err_set(err, ERR_TOO_BIG, "too many records at once: use after= and limit=");
	size_t n = out.n_bytes;
	return http_reply_text(r, 200, "application/x-ndjson", str_take(&out), n);
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Each count is a subset of the one before (CAP01-01). */
static const struct {
	const char *name, *key, *value;
} capacity[] = {
	{"delivered", "state!", "expected,retired"},
	{"healthy", "state", "ready,in-service"},
	{"healthy", "faults", "0"},
	{"healthy", "review", ""},
	{"reserved", "reserved_for!", ""},
	{"active", "state", "in-service"},
};

static int count_hosts(struct app *a, const struct query_request *q, int64_t *ret, struct err *err)
{
	autofree char *text = NULL;
	TRY(query_summary(a->db, &collection_hosts, q, NULL, NULL, &text, err));
	AUTO(json) json_t *doc = json_loads(text, 0, NULL);
	*ret = json_integer_value(json_object_get(json_object_get(doc, "total"), "count"));
	return 0;
}

/* Conditions of one key must all hold, so each is its own AND: "state" twice would be OR. */
static int capacity_json(struct app *a, const struct query_request *base, json_t **ret,
			 struct err *err)
{
	struct query_request q = *base;
	AUTO(json) json_t *out = json_object();
	for (size_t i = 0; i < ARRAY_LEN(capacity); i++) {
		int64_t n = 0;
		bool last = i + 1 == ARRAY_LEN(capacity) ||
			    !str_eq(capacity[i + 1].name, capacity[i].name);
		if (str_eq(capacity[i].name, "active")) /* in-service is within ready,in-service */
			for (size_t k = 0; k < q.n_filters; k++)
				if (q.filters[k].value == capacity[1].value)
					q.filters[k].value = capacity[i].value;
		if (!str_eq(capacity[i].name, "active"))
			TRY(query_add_filter(&q, capacity[i].key, capacity[i].value, err));
		if (!last)
			continue;
		TRY(count_hosts(a, &q, &n, err));
		(void)json_object_set_new(out, capacity[i].name, json_integer(n));
	}
	*ret = take_ptr(out);
	return 0;
}

static int get_summary(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	struct query_request q = {0};
	static const char *const own[] = {"group_by", "sum", "of", NULL};
	const char *of = http_query(r, "of");
	const struct collection *c = collection_by_name(of ? of : "hosts");
	autofree char *text = NULL;
	AUTO(json) json_t *counts = NULL;
	TRY(api_query(r, own, &q, err));
	if (!c)
		return err_set(err, ERR_INVALID, "there is no collection '%.64s'", of);
	TRY(query_summary(a->db, c, &q, http_query(r, "group_by"), http_query(r, "sum"), &text,
			  err));
	json_t *doc = json_loads(text, 0, NULL);
	if (c == &collection_hosts && !http_query(r, "group_by")) {
		TRY(capacity_json(a, &q, &counts, err));
		(void)json_object_set(doc, "capacity", counts);
	}
	return http_reply_json(r, 200, doc);
}

/* ---- exports --------------------------------------------------------------------------------- */

#define EXPORTS_MAX      4
#define EXPORT_MAX_BYTES (16 * MIB) /* one piece; rows are some KiB */

struct exporting {
	struct export *export;
	struct query_request q;
	char *strings[QUERY_FILTERS_MAX * 2 + 4]; /* q borrows; the request may be gone */
	size_t n_strings;
	struct str piece;
	size_t sent;
	bool ended, gzip, finished;
	z_stream z;
};
static unsigned n_exports;

static const char *keep(struct exporting *e, const char *text)
{
	if (!text)
		return NULL;
	e->strings[e->n_strings] = xstrdup(text);
	return e->strings[e->n_strings++];
}

static void exporting_free(void *arg)
{
	struct exporting *e = arg;
	export_free(e->export);
	if (e->gzip)
		(void)deflateEnd(&e->z);
	for (size_t i = 0; i < e->n_strings; i++)
		free(e->strings[i]);
	str_done(&e->piece);
	free(e);
	n_exports--;
}

/* Make sure there is something to send. */
static int refill(struct exporting *e)
{
	struct err err = ERR_INIT;
	while (e->sent == e->piece.n_bytes && !e->ended) {
		str_clear(&e->piece);
		e->sent = 0;
		int r = export_next(e->export, &e->piece, &err);
		if (r < 0 || !str_ok(&e->piece))
			return -1;
		e->ended = r == 0;
	}
	return 0;
}

static int64_t read_plain(struct exporting *e, char *buf, size_t max)
{
	if (refill(e) < 0)
		return HTTP_STREAM_ABORT;
	size_t left = e->piece.n_bytes - e->sent;
	size_t n = left < max ? left : max;
	if (n == 0)
		return HTTP_STREAM_END;
	memcpy(buf, e->piece.p + e->sent, n);
	e->sent += n;
	return (int64_t)n;
}

static int64_t read_gzip(struct exporting *e, char *buf, size_t max)
{
	e->z.next_out = (Bytef *)buf;
	e->z.avail_out = (uInt)(max < MIB ? max : MIB);
	uInt room = e->z.avail_out;
	while (e->z.avail_out == room && !e->finished) {
		if (refill(e) < 0)
			return HTTP_STREAM_ABORT;
		e->z.next_in = (Bytef *)e->piece.p + e->sent;
		e->z.avail_in = (uInt)(e->piece.n_bytes - e->sent);
		int z = deflate(&e->z, e->ended ? Z_FINISH : Z_NO_FLUSH);
		e->sent = e->piece.n_bytes - e->z.avail_in;
		if (z == Z_STREAM_END)
			e->finished = true;
		else if (z != Z_OK && z != Z_BUF_ERROR)
			return HTTP_STREAM_ABORT;
	}
	size_t n = room - e->z.avail_out;
	return n ? (int64_t)n : HTTP_STREAM_END;
}

static int64_t export_read(void *arg, char *buf, size_t max)
{
	struct exporting *e = arg;
	return e->gzip ? read_gzip(e, buf, max) : read_plain(e, buf, max);
}

static void own_strings(struct exporting *e)
{
	for (size_t i = 0; i < e->q.n_filters; i++) {
		e->q.filters[i].key = keep(e, e->q.filters[i].key);
		e->q.filters[i].value = keep(e, e->q.filters[i].value);
	}
	e->q.fields = keep(e, e->q.fields);
	e->q.search = keep(e, e->q.search);
	e->q.sort = e->q.cursor = NULL;
}

static const struct {
	const char *suffix;
	enum export_format format;
	const char *content_type;
} formats[] = {
	{"export.ndjson", EXPORT_NDJSON, "application/x-ndjson"},
	{"export.csv", EXPORT_CSV, "text/csv; charset=utf-8"},
	{"export-netbox.csv", EXPORT_NETBOX, "text/csv; charset=utf-8"},
};

static int start_export(struct http_request *r, struct exporting *e, const char **ret_type,
			struct err *err)
{
	struct app *a = http_context(r);
	static const char *const own[] = {"of", NULL};
	const char *of = http_query(r, "of");
	const struct collection *c = collection_by_name(of ? of : "hosts");
	size_t f = 0;
	struct db *reader = NULL;
	if (!c)
		return err_set(err, ERR_INVALID, "there is no collection '%.64s'", of);
	if (http_query(r, "sort") || http_query(r, "cursor") || http_query(r, "limit"))
		return err_set(err, ERR_INVALID, "an export has no order, limit or cursor");
	TRY(api_query(r, own, &e->q, err));
	while (f + 1 < ARRAY_LEN(formats) && !str_ends(http_path(r), formats[f].suffix))
		f++;
	own_strings(e);
	bool sqlite = str_eq(a->config.store, "sqlite");
	autofree char *url = sqlite ? xasprintf("sqlite:%s/slipway.db", a->config.state_dir)
				    : xstrdup(a->config.store);
	TRY(db_open(url, DB_READONLY, &reader, err));
	int status = export_new(reader, c, &e->q, formats[f].format, &e->export, err);
	if (status < 0)
		db_close(reader);
	*ret_type = formats[f].content_type;
	return status;
}

static bool wants_gzip(const struct http_request *r)
{
	const char *accepts = http_request_header(r, "Accept-Encoding");
	return accepts && strstr(accepts, "gzip") && !strstr(accepts, "gzip;q=0");
}

static int get_export(struct http_request *r, struct err *err)
{
	const char *type = NULL;
	if (n_exports >= EXPORTS_MAX) {
		http_reply_header(r, "Retry-After", "5");
		return err_set(err, ERR_BUSY, "%d exports are running already", EXPORTS_MAX);
	}
	struct exporting *e = xcalloc(1, sizeof(*e));
	n_exports++;
	str_init(&e->piece, EXPORT_MAX_BYTES);
	int status = start_export(r, e, &type, err);
	if (status >= 0 && wants_gzip(r) &&
	    deflateInit2(&e->z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK)
		e->gzip = true;
	if (status < 0) {
		exporting_free(e);
		return status;
	}
	if (e->gzip)
		http_reply_header(r, "Content-Encoding", "gzip");
	struct http_stream stream = {export_read, exporting_free, e, NULL, 1000};
	return http_reply_stream(r, 200, type, &stream);
}

/* ---- difference ------------------------------------------------------------------------------ */

static int get_diff(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	static const char *const own[] = {"from", "to", "limit", "after", NULL};
	int64_t from_us = 0, to_us = 0, limit = 0, after = 0;
	json_t *doc = NULL;
	TRY(http_query_only(r, own, err));
	TRY(api_time(r, "from", &from_us, err));
	TRY(api_time(r, "to", &to_us, err));
	TRY(http_query_int(r, "limit", 1, QUERY_LIMIT_MAX, 100, &limit, err));
	TRY(http_query_int(r, "after", 0, INT64_MAX, 0, &after, err));
	if (!from_us) {
		(void)err_set(err, ERR_FIELD_MISSING, "'from' is needed");
		return err_at(err, "/from");
	}
	TRY(difference_of(a->db, from_us, to_us ? to_us : app_now_us(a), after, limit, &doc, err));
	return http_reply_json(r, 200, doc);
}

/* ---- pipelines ------------------------------------------------------------------------------- */

static int get_pipeline(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	static const char *const own[] = {NULL};
	const char *delivery = http_param(r, "id");
	json_t *doc = NULL;
	TRY(http_query_only(r, own, err));
	TRY(pipeline_of(a->db, delivery[0] ? delivery : NULL, app_now_us(a), &doc, err));
	return http_reply_json(r, 200, doc);
}

#define COLLECTION(name, c, about)                                                                 \
	HTTP_ROUTE(GET, "/api/v1/" name, READ, 0, get_collection, about, .doc = &(c)),             \
		HTTP_ROUTE(GET, "/api/v1/" name "/{id}", READ, 0, get_item, "one of " name,        \
			   .doc = &(c))

const struct http_route api_collection_routes[] = {
	COLLECTION("parts", collection_parts, "replaceable components; they outlive hosts"),
	COLLECTION("placements", collection_placements,
		   "which part is where; history=true: and was where"),
	COLLECTION("skus", collection_skus, "what a host of a kind must hold"),
	COLLECTION("deliveries", collection_deliveries, "hosts that a vendor ships together"),
	COLLECTION("expected", collection_expected, "the lines of deliveries"),
	COLLECTION("locations", collection_locations, "rack units and their switch ports"),
	COLLECTION("runs", collection_runs, "burn-in runs"),
	COLLECTION("faults", collection_faults, "repair orders"),
	COLLECTION("receipts", collection_receipts, "images written and read back"),
	HTTP_ROUTE(GET, "/api/v1/parts/{id}/placements", READ, 0, get_part_placements,
		   "every host and slot that a part was in", .doc = &collection_placements),
	HTTP_ROUTE(GET, "/api/v1/runs/{id}/ocp.jsonl", READ, 0, get_run_records,
		   "the OCP records of a run, one a line"),
	HTTP_ROUTE(GET, "/api/v1/summary", READ, 0, get_summary,
		   "counts and sums by group; without group_by also delivered, healthy, reserved, "
		   "active"),
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
