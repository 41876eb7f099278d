/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of changes. The change, its audit entry and the answer kept for its idempotency key are
 * one transaction, so a crash after the commit and before the answer is healed by asking again.
 * Input: bodies and headers from authenticated callers.
 */
#include "write.h"

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/host.h>
#include <inventory/token.h>
#include <proto/record.h>
#include "request.h"

#define HTTP_ACCEPTED 202
#define SLICE_US      2000
#define LARGE_BYTES   (64 * KIB) /* of a body: reading it is a slice by itself */

const struct field api_no_fields[] = {F_END};

struct frame {
	struct write w;
	struct json_rows rows;
	const char *key; /* or NULL */
	/* Whose key it is: "admin", or "token:ci#7". A name may be given to another token later, a
	 * number is not. */
	char caller[128];
	char request_sha256[SHA256_HEX_BYTES], body_sha256[SHA256_HEX_BYTES];
	struct idempotent kept;
	bool repeated;
	bool prepared; /* the body and the headers were read */
	bool begun;    /* a slice of the work was done */
	char *text;
	void *ask;
};

bool api_slice_is_over(const struct write *w)
{
	return clock_boot_us(&clock_system) >= w->slice_end_us;
}

static int read_body(struct frame *f, struct err *err)
{
	size_t n = 0;
	const struct http_route *route = http_request_route(f->w.request);
	const char *p = http_body(f->w.request, &n);
	const char *type = http_request_header(f->w.request, "Content-Type");
	bool csv = route->takes_csv && type && str_starts(type, "text/csv");

	if (!route->body_secret)
		sha256_hex_of(p, n, f->body_sha256);
	int cut = 0;
	if (n > 0 && !csv && route->rows_member)
		TRY(cut = json_rows_cut(p, n, route->rows_member, &f->rows, err));
	f->w.rows = cut == 1 ? &f->rows : NULL;
	if (n == 0 || csv)
		f->w.body = json_object();
	else if (cut == 1)
		f->w.body = json_incref(f->rows.rest);
	else
		TRY(http_body_json(f->w.request, &f->w.body, err));
	if (route->fields && !csv)
		f->ask = xcalloc(1, route->record_bytes);
	return 0;
}

static void add_parameter(void *arg, const char *name, const char *value)
{
	str_addf(arg, "%zu:%s=%zu:%s", strlen(name), name, strlen(value), value);
}

static void hash_request(struct frame *f)
{
	autostr struct str s;

	str_init(&s, 4 * LIMIT_URL_BYTES);
	str_addf(&s, "%s %s %s %d ", http_method(f->w.request), http_path(f->w.request),
		 f->body_sha256, f->w.dry_run);
	http_query_each(f->w.request, add_parameter, &s);
	sha256_hex_of(s.p, s.n_bytes, f->request_sha256);
}

static bool is_of_a_host(const struct http_route *route)
{
	static const char of_host[] = "/api/v1/hosts/{id}";
	char after = str_starts(route->pattern, of_host) ? route->pattern[strlen(of_host)] : 'x';

	return after == '\0' || after == '/';
}

bool api_takes_match(const struct http_route *route)
{
	return route->compares_revision || is_of_a_host(route);
}

int api_check_match(const struct http_request *r, struct err *err)
{
	if (!http_request_header(r, "If-Match") || api_takes_match(http_request_route(r)))
		return 0;
	return err_set(err, ERR_INVALID,
		       "%s %s does not take If-Match: leave the header out; nothing was changed",
		       http_method(r), http_request_route(r)->pattern);
}

static int read_headers(struct frame *f, struct err *err)
{
	const char *match = http_request_header(f->w.request, "If-Match");

	TRY(api_check_match(f->w.request, err));

	f->key = http_request_header(f->w.request, "Idempotency-Key");
	if (f->key && (!f->key[0] || strlen(f->key) > API_KEY_MAX_BYTES))
		return err_set(err, ERR_INVALID, "an Idempotency-Key has 1 to %d bytes",
			       API_KEY_MAX_BYTES);
	hash_request(f);
	f->w.revision = -1;
	if (!match || str_eq(match, "*"))
		return 0;
	match += str_starts(match, "W/") ? 2 : 0; /* nginx compressed the answer that had it */
	autofree char *digits = xstrdup(str_starts(match, "\"r") ? match + 2 : "");
	digits[strcspn(digits, "-\"")] = '\0';
	if (!parse_i64(digits, &f->w.revision))
		return err_set(err, ERR_EXPECT_REVISION, "If-Match does not hold an ETag of ours");
	return 0;
}

static const char *reason_of(const struct frame *f)
{
	return json_string_value(json_object_get(f->w.body, "reason"));
}

static int audit(struct frame *f, int status, const char *reason, struct err *err)
{
	struct audit_entry e = {.who = f->w.who,
				.peer = http_peer(f->w.request),
				.method = http_method(f->w.request),
				.path = http_path(f->w.request),
				.status = status,
				.reason = reason,
				.body_sha256 = f->body_sha256};

	return audit_append(f->w.flow->db, &e, flow_now_us(f->w.flow), err);
}

/* What was refused is written down outside the transaction that was rolled back. */
static void audit_refusal(struct frame *f, const struct err *why)
{
	struct err err = ERR_INIT;

	if (err_class(why->code) != ERR_CLASS_REJECT || f->w.dry_run)
		return;
	if (audit(f, http_status_of(why->code), err_name(why->code), &err) < 0)
		log_err(LOG_ERR, "audit.lost", &err, KV("who", f->w.who));
}

static int read_ask(struct frame *f, struct err *err)
{
	f->w.status = 200;
	f->w.ask = f->ask;
	return f->ask ? record_decode(http_request_route(f->w.request)->fields, f->w.body, f->ask,
				      err)
		      : 0;
}

/* What has begun is written down with its first slice. */
static int end_slice(struct frame *f, struct err *err)
{
	bool first = !f->begun;

	BUG_ON(!http_request_route(f->w.request)->in_slices);
	f->begun = true;
	if (first && !f->w.dry_run)
		TRY(audit(f, HTTP_ACCEPTED, reason_of(f), err));
	return 1;
}

/* The host of the path; rows of other kinds are compared by the change. */
static int check_revision(const struct frame *f, struct err *err)
{
	struct host h;

	if (f->w.revision < 0 || !is_of_a_host(http_request_route(f->w.request)))
		return 0;
	TRY(api_host(f->w.request, &h, err));
	if (h.revision == f->w.revision)
		return 0;
	return err_set(err, ERR_EXPECT_REVISION, "the host has revision %lld, not %lld",
		       (long long)h.revision, (long long)f->w.revision);
}

/* 1: the work is not at its end. */
static int apply(struct frame *f, http_change work, struct err *err)
{
	struct flow *flow = f->w.flow;
	struct idempotent_request request = {f->caller, f->key, f->request_sha256,
					     flow_now_us(flow)};

	if (f->key) {
		int found = idempotency_find(flow->db, &request, &f->kept, err);
		f->repeated = found == 1;
		if (found != 0)
			return found < 0 ? found : 0;
	}
	if (!f->begun) {
		TRY(check_revision(f, err));
		TRY(read_ask(f, err));
	}
	f->w.slice_end_us = clock_boot_us(&clock_system) + SLICE_US;
	int more = work(&f->w, err);
	if (more != 0)
		return more < 0 ? more : end_slice(f, err);
	f->text = f->w.text ? take_ptr(f->w.text) : f->w.doc ? json_text(f->w.doc) : xstrdup("");
	if (f->w.dry_run)
		return 0;
	TRY(audit(f, f->w.status, reason_of(f), err));
	if (!f->key)
		return 0;
	request.now_us = flow_now_us(flow);
	return idempotency_keep(flow->db, &request, f->w.status, f->w.etag, f->text, err);
}

static int transaction(struct frame *f, http_change work, struct err *err)
{
	struct db *db = f->w.flow->db;

	TRY(db_begin(db, err));
	int r = apply(f, work, err);
	if (r >= 0 && f->w.dry_run) {
		db_rollback(db);
		return r;
	}
	return db_end(db, r, err);
}

static int answer(struct frame *f)
{
	struct http_request *r = f->w.request;
	int status = f->repeated ? f->kept.status : f->w.status;
	const char *etag = f->repeated ? f->kept.etag : f->w.etag;
	char *text = f->repeated ? take_ptr(f->kept.body) : take_ptr(f->text);

	if (etag[0])
		http_reply_header(r, "ETag", etag);
	if (f->repeated)
		http_reply_header(r, "Idempotency-Replayed", "true");
	size_t n = strlen(text);
	if (n > 0)
		return http_reply_text(r, status, "application/json", text, n);
	free(text);
	return http_reply_empty(r, status);
}

/* "host" of "host:port"; an IPv6 address stands in brackets. */
static struct sv host_part(const char *text)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
	size_t n = end ? (size_t)(end + 1 - text) : strcspn(text, ":");

	return (struct sv){text, n};
}

/* A page of another site can make a browser send a request, but not hide where it comes from; and
 * it can send a form or a plain text without being asked, but no JSON. */
static int check_origin(const struct http_request *r, struct err *err)
{
	static const char *const of_forms[] = {"text/plain", "multipart/form-data"};
	const char *origin = http_request_header(r, "Origin");
	const char *host = http_request_header(r, "Host");
	const char *site = http_request_header(r, "Sec-Fetch-Site");
	const char *type = http_request_header(r, "Content-Type");
	const char *from = origin ? strstr(origin, "://") : NULL;

	bool listed = http_origin_is_listed(r);

	if (!listed &&
	    ((origin && (!from || !host || !sv_eq(host_part(from + 3), host_part(host)))) ||
	     (site && !str_eq(site, "same-origin") && !str_eq(site, "none"))))
		return err_set(err, ERR_AUTH_ORIGIN, "the request comes from a page of '%.80s'",
			       origin ? origin : site);
	for (size_t i = 0; type && i < ARRAY_LEN(of_forms); i++)
		if (str_starts(type, of_forms[i]))
			return err_set(err, ERR_AUTH_ORIGIN,
				       "content type '%s' is not accepted for changes",
				       of_forms[i]);
	return 0;
}

static int prepare(struct frame *f, const struct http_route *route, struct err *err)
{
	TRY(check_origin(f->w.request, err));
	TRY(api_flag(f->w.request, "dry_run", &f->w.dry_run, err));
	TRY(read_body(f, err));
	TRY(read_headers(f, err));
	if (f->key && (route->answer_secret || route->body_secret))
		return err_set(err, ERR_INVALID, "no Idempotency-Key here: %s",
			       route->answer_secret ? "the answer is shown once and not kept"
						    : "the request holds a password");
	return 0;
}

static void wake_watchers(struct frame *f)
{
	if (f->w.host_num)
		notices_host_changed(f->w.flow, f->w.host_num);
	else
		notices_events(f->w.flow);
}

static int finish(struct frame *f)
{
	if (f->w.dry_run || f->repeated)
		return answer(f);
	if (f->w.after)
		f->w.after(&f->w);
	wake_watchers(f);
	return answer(f);
}

static void frame_free(void *arg)
{
	struct frame *f = arg;

	if (f->w.free_state)
		f->w.free_state(f->w.state);
	if (f->ask)
		record_done(http_request_route(f->w.request)->fields, f->ask);
	free(f->ask);
	json_decref(f->w.body);
	json_rows_done(&f->rows);
	free(f->w.text);
	json_decref(f->w.doc);
	free(f->kept.body);
	if (f->text)
		explicit_bzero(f->text, strlen(f->text));
	free(f->text);
	free(f);
}

static void name_caller(struct frame *f, const struct http_identity *id)
{
	if (id->token_id)
		(void)snprintf(f->caller, sizeof(f->caller), "%s#%lld", id->who,
			       (long long)id->token_id);
	else
		(void)str_copy(f->caller, sizeof(f->caller), id->who);
}

static struct frame *frame_new(struct http_request *r)
{
	struct frame *f = xcalloc(1, sizeof(*f));

	f->w = (struct write){.api = http_context(r), .request = r, .who = http_identity(r)->who};
	f->w.flow = f->w.api->flow;
	name_caller(f, http_identity(r));
	return f;
}

static bool is_large(const struct http_request *r)
{
	size_t n = 0;

	(void)http_body(r, &n);
	return n > LARGE_BYTES;
}

int api_change(struct http_request *r, struct err *err)
{
	const struct http_route *route = http_request_route(r);
	struct frame *kept = route->in_slices ? http_state(r) : NULL;
	struct frame *f = kept ? kept : frame_new(r);

	if (route->in_slices && !kept)
		http_set_state(r, f, frame_free);
	int status = 0;
	if (!f->prepared) {
		status = prepare(f, route, err);
		f->prepared = status >= 0;
		if (f->prepared && route->in_slices && is_large(r))
			return http_again(r);
	}
	if (status >= 0)
		status = transaction(f, route->change, err);
	if (status < 0)
		audit_refusal(f, err);
	else if (status == 0)
		status = finish(f);
	else
		status = http_again(r);
	if (!route->in_slices)
		frame_free(f);
	return status;
}

int api_write_host(struct write *w, int64_t *ret_num, struct err *err)
{
	struct host h;

	TRY(api_host(w->request, &h, err));
	*ret_num = w->host_num = h.num;
	return 0;
}

int api_write_row(struct write *w, const struct collection *c, const char *key, const char *id,
		  struct err *err)
{
	struct query_request q = {.limit = 1};
	struct query_page page;

	TRY(query_add_filter(&q, key, id, err));
	TRY(query_run(w->flow->db, c, &q, NULL, &page, err));
	autojson json_t *list = json_loads(page.items.p, 0, NULL);
	query_page_done(&page);
	w->doc = json_incref(json_array_get(list, 0));
	(void)snprintf(w->etag, sizeof(w->etag), "\"r%lld\"",
		       (long long)json_integer_value(json_object_get(w->doc, "revision")));
	return 0;
}
