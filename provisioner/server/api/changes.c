/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events and the change feed. An event's id is the cursor: asking for everything after an id misses
 * nothing and repeats nothing, also across restarts. /changes answers at once, waits (long poll),
 * or streams (Server-Sent Events with Last-Event-ID). Input: URLs and headers.
 */
#include "request.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/account.h>
#include <inventory/store_archive.h>
#include <inventory/token.h>

#define TOPIC           "events"
#define WAIT_MAX_S      120
#define SSE_BATCH       100
#define SSE_TICK_MS     4000 /* a revoked token's stream ends within 5 s */
#define SSE_QUIET_TICKS 4

/* "id>N" as a filter without '='. */
static int add_since(struct query_request *q, int64_t since, char *buf, size_t n, struct err *err)
{
	(void)snprintf(buf, n, "id>%lld", (long long)since);
	return query_add_filter(q, buf, NULL, err);
}

static int get_events(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct query_request q = {0};
	static const char *const own[] = {"since", NULL};
	char key[32];
	int64_t since = -1;

	TRY(api_query(r, own, &q, err));
	TRY(http_query_int(r, &(struct http_int){"since", 0, INT64_MAX, -1}, &since, err));
	if (since > 0)
		TRY(store_archive_refuse_since(api->flow->db, since, err));
	if (since >= 0)
		TRY(add_since(&q, since, key, sizeof(key), err));
	return api_reply_page(r, &collection_events, &q, err);
}

/* ---- long poll ------------------------------------------------------------------------------- */

static int reply_changes(struct http_request *r, const struct query_page *page, int64_t next)
{
	autostr struct str out;

	str_init(&out, page->items.n_bytes + 128);
	str_addf(&out, "{\"items\":%s,\n\"next\":%lld}\n", page->items.p, (long long)next);
	size_t n = out.n_bytes;
	return http_reply_text(r, 200, "application/json", str_take(&out), n);
}

static int64_t last_id(const struct query_page *page, int64_t since)
{
	autojson json_t *list = json_loads(page->items.p, 0, NULL);
	const json_t *last = json_array_get(list, json_array_size(list) - 1);

	return last ? json_integer_value(json_object_get(last, "id")) : since;
}

static int read_changes(struct api *api, struct query_request *q, int64_t since,
			struct query_page *page, int64_t *ret_next, struct err *err)
{
	int64_t tick = 0, at_us = 0;
	char key[32];

	TRY(add_since(q, since, key, sizeof(key), err));
	TRY(db_begin_snapshot(api->flow->db, err));
	int status = query_run(api->flow->db, &collection_events, q, NULL, page, err);
	if (status >= 0)
		status = db_last_tick(api->flow->db, &tick, &at_us, err);
	q->n_filters--; /* key is ours */
	TRY(db_end(api->flow->db, status, err));
	*ret_next = page->next[0] ? last_id(page, since) : tick > since ? tick : since;
	return 0;
}

static int long_poll(struct http_request *r, int64_t since, struct err *err)
{
	struct api *api = http_context(r);
	struct query_request q = {0};
	struct query_page page;
	static const char *const own[] = {"since", "wait", NULL};
	int64_t wait_s = 0, next = 0;

	TRY(http_query_int(r, &(struct http_int){"wait", 0, WAIT_MAX_S, 0}, &wait_s, err));
	TRY(api_query(r, own, &q, err));
	q.sort = q.cursor = NULL;
	TRY(read_changes(api, &q, since, &page, &next, err));
	int status = page.n == 0 && wait_s > 0 && !http_wait_over(r)
			     ? http_wait(r, TOPIC, wait_s * 1000)
			     : reply_changes(r, &page, next);
	query_page_done(&page);
	return status;
}

/* ---- Server-Sent Events ---------------------------------------------------------------------- */

struct feed {
	struct api *api;
	int64_t since;
	struct http_identity asks;
	struct str out;
	size_t sent;
	unsigned quiet;
	char *strings[QUERY_FILTERS_MAX * 2 + 2];
	size_t n_strings;
	struct query_request q;
};

static void feed_free(void *arg)
{
	struct feed *f = arg;

	for (size_t i = 0; i < f->n_strings; i++)
		free(f->strings[i]);
	str_done(&f->out);
	free(f);
}

static void write_events(struct feed *f, const struct query_page *page)
{
	autojson json_t *list = json_loads(page->items.p, 0, NULL);
	size_t i;
	json_t *e;

	json_array_foreach (list, i, e) {
		autofree char *data = json_text(e);
		const char *kind = json_string_value(json_object_get(e, "kind"));
		str_addf(&f->out, "id: %lld\nevent: %s\ndata: %s\n\n",
			 (long long)json_integer_value(json_object_get(e, "id")), kind ? kind : "",
			 data);
	}
}

/* A token is revoked and a person signs out while the stream runs. */
static bool is_live(const struct feed *f)
{
	struct db *db = f->api->flow->db;
	int64_t now_us = flow_now_us(f->api->flow);

	if (f->asks.session[0])
		return account_session_is_live(db, f->asks.session, now_us);
	return !f->asks.token_id || token_is_live(db, f->asks.token_id, now_us);
}

static int feed_more(struct feed *f)
{
	struct err err = ERR_INIT;
	struct query_page page;
	int64_t next = 0;

	str_clear(&f->out);
	f->sent = 0;
	if (!is_live(f))
		return -1;
	if (read_changes(f->api, &f->q, f->since, &page, &next, &err) < 0)
		return -1;
	write_events(f, &page);
	f->since = next;
	f->quiet = page.n ? 0 : f->quiet + 1;
	if (f->quiet >= SSE_QUIET_TICKS) {
		str_add(&f->out, ": still here\n\n");
		f->quiet = 0;
	}
	query_page_done(&page);
	return str_ok(&f->out) ? 0 : -1;
}

static int64_t feed_read(void *arg, char *buf, size_t max)
{
	struct feed *f = arg;

	if (f->sent == f->out.n_bytes && feed_more(f) < 0)
		return HTTP_STREAM_END;
	size_t left = f->out.n_bytes - f->sent;
	size_t n = left < max ? left : max;
	memcpy(buf, f->out.p + f->sent, n);
	f->sent += n;
	return (int64_t)n;
}

static const char *keep(struct feed *f, const char *text)
{
	if (!text)
		return NULL;
	f->strings[f->n_strings] = xstrdup(text);
	return f->strings[f->n_strings++];
}

static int start_feed(struct http_request *r, int64_t since, struct err *err)
{
	static const char *const own[] = {"since", "wait", NULL};
	struct query_request q = {0};

	TRY(api_query(r, own, &q, err));
	struct feed *f = xcalloc(1, sizeof(*f));
	f->api = http_context(r);
	f->since = since;
	f->asks = *http_identity(r);
	f->q = (struct query_request){.limit = SSE_BATCH, .n_filters = q.n_filters};
	for (size_t i = 0; i < q.n_filters; i++)
		f->q.filters[i] = (struct query_filter){keep(f, q.filters[i].key),
							keep(f, q.filters[i].value)};
	f->q.search = keep(f, q.search);
	str_init(&f->out, 64 * MIB);
	str_addf(&f->out, "retry: 2000\nid: %lld\n\n", (long long)since);
	http_reply_header(r, "Cache-Control", "no-cache");
	http_reply_header(r, "X-Accel-Buffering", "no"); /* nginx hands it on at once */
	struct http_stream stream = {feed_read, feed_free, f, TOPIC, SSE_TICK_MS};
	return http_reply_stream(r, 200, "text/event-stream", &stream);
}

static int get_changes(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	const char *accepts = http_request_header(r, "Accept");
	const char *last = http_request_header(r, "Last-Event-ID");
	bool sse = accepts && strstr(accepts, "text/event-stream");
	int64_t since = 0, now_id = 0, at_us = 0;

	TRY(db_last_tick(api->flow->db, &now_id, &at_us, err));
	TRY(http_query_int(r, &(struct http_int){"since", 0, INT64_MAX, sse ? now_id : 0}, &since,
			   err));
	if (sse && last && !parse_i64(last, &since))
		return err_set(err, ERR_INVALID, "Last-Event-ID is a number");
	if (since > now_id) {
		(void)err_set(err, ERR_INVALID,
			      "event %lld is in the future: the feed ends at %lld; the store may "
			      "have been restored",
			      (long long)since, (long long)now_id);
		return err_at(err, "/since");
	}
	TRY(store_archive_refuse_since(api->flow->db, since, err));
	return sse ? start_feed(r, since, err) : long_poll(r, since, err);
}

const struct http_route api_change_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/events", READ, 0, get_events,
		   "what happened, oldest first; since=ID: after an event",
		   .doc = &collection_events),
	HTTP_ROUTE(GET, "/api/v1/changes", READ, 0, get_changes,
		   "the change feed: since=ID, wait=S, or text/event-stream"),
};
const size_t n_api_change_routes = sizeof(api_change_routes) / sizeof(api_change_routes[0]);
