/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of changes. The deed, its audit entry and the answer kept for its idempotency key are
 * one transaction, so a crash after the commit and before the answer is healed by asking again.
 * Input: bodies and headers from authenticated callers.
 */
#include "api_write.h"

#include <stdio.h>
#include <string.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/host.h>
#include <inventory/token.h>
#include "api_request.h"

#define KEY_MAX_BYTES 128

struct frame {
	struct write w;
	const char *key; /* or NULL */
	char request_sha256[SHA256_HEX_BYTES], body_sha256[SHA256_HEX_BYTES];
	struct idempotent kept;
	bool repeated;
	char *text;
};

static int read_body(struct frame *f, struct err *err)
{
	size_t n = 0;
	const char *p = http_body(f->w.request, &n);
	const char *type = http_request_header(f->w.request, "Content-Type");
	sha256_hex_of(p, n, f->body_sha256);
	if (n == 0 || (type && str_starts(type, "text/csv"))) {
		f->w.body = json_object();
		return 0;
	}
	return http_body_json(f->w.request, &f->w.body, err);
}

static int read_headers(struct frame *f, struct err *err)
{
	const char *match = http_request_header(f->w.request, "If-Match");
	f->key = http_request_header(f->w.request, "Idempotency-Key");
	if (f->key && (!f->key[0] || strlen(f->key) > KEY_MAX_BYTES))
		return err_set(err, ERR_INVALID, "an Idempotency-Key has 1 to %d bytes",
			       KEY_MAX_BYTES);
	autofree char *text = xasprintf("%s %s %s %d", http_method(f->w.request),
					http_path(f->w.request), f->body_sha256, f->w.dry_run);
	sha256_hex_of(text, strlen(text), f->request_sha256);
	f->w.revision = -1;
	if (!match || str_eq(match, "*"))
		return 0;
	autofree char *digits = xstrdup(str_starts(match, "\"r") ? match + 2 : "");
	digits[strcspn(digits, "\"")] = '\0';
	if (!parse_i64(digits, &f->w.revision))
		return err_set(err, ERR_EXPECT_REVISION, "If-Match does not hold an ETag of ours");
	return 0;
}

static int audit(struct frame *f, struct err *err)
{
	const char *reason = json_string_value(json_object_get(f->w.body, "reason"));
	struct audit_entry e = {.who = f->w.who,
				.peer = http_peer(f->w.request),
				.method = http_method(f->w.request),
				.path = http_path(f->w.request),
				.status = f->w.status,
				.reason = reason,
				.body_sha256 = f->body_sha256};
	return audit_append(f->w.app->db, &e, app_now_us(f->w.app), err);
}

static int deed(struct frame *f, write_work work, struct err *err)
{
	struct app *a = f->w.app;
	if (f->key) {
		int found = idempotency_find(a->db, f->w.who, f->key, f->request_sha256,
					     app_now_us(a), &f->kept, err);
		f->repeated = found == 1;
		if (found != 0)
			return found < 0 ? found : 0;
	}
	f->w.status = 200;
	TRY(work(&f->w, err));
	f->text = f->w.doc ? json_text(f->w.doc) : xstrdup("");
	if (f->w.dry_run)
		return 0;
	TRY(audit(f, err));
	if (!f->key)
		return 0;
	return idempotency_keep(a->db, f->w.who, f->key, f->request_sha256, f->w.status, f->w.etag,
				f->text, app_now_us(a), err);
}

static int transaction(struct frame *f, write_work work, struct err *err)
{
	struct db *db = f->w.app->db;
	TRY(db_begin(db, err));
	int r = deed(f, work, err);
	if (r >= 0 && f->w.dry_run) {
		db_rollback(db);
		return 0;
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

static int run(struct frame *f, write_work work, struct err *err)
{
	TRY(api_flag(f->w.request, "dry_run", &f->w.dry_run, err));
	TRY(read_body(f, err));
	TRY(read_headers(f, err));
	TRY(transaction(f, work, err));
	if (!f->w.dry_run && !f->repeated) {
		if (f->w.host_num)
			app_host_changed(f->w.app, f->w.host_num);
		else
			http_notify(f->w.app->http, "events");
	}
	return answer(f);
}

int api_write(struct http_request *r, write_work work, struct err *err)
{
	struct frame f = {
		.w = {.app = http_context(r), .request = r, .who = http_identity(r)->who}};
	int status = run(&f, work, err);
	json_decref(f.w.body);
	json_decref(f.w.doc);
	free(f.kept.body);
	free(f.text);
	return status;
}

int api_write_host(struct write *w, int64_t *ret_num, struct err *err)
{
	struct host h;
	TRY(api_host(w->request, &h, err));
	*ret_num = w->host_num = h.num;
	return 0;
}
