/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks of the public API: make, show, remove, what was delivered, dead letters again. Input:
 * bodies of administrators; the secret goes in and never comes out.
 */
#include "api_tables.h"
#include "api_write.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/webhook.h>

static int hook_num(const struct http_request *r, int64_t *ret, struct err *err)
{
	if (!parse_i64(http_param(r, "id"), ret) || *ret <= 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such webhook");
	return 0;
}

static int get_webhooks(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	json_t *doc = NULL;
	TRY(webhook_list(a->db, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int get_webhook(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	json_t *doc = NULL;
	int64_t num = 0;
	TRY(hook_num(r, &num, err));
	TRY(webhook_get(a->db, num, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int get_deliveries(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	json_t *doc = NULL;
	int64_t num = 0;
	TRY(hook_num(r, &num, err));
	TRY(webhook_deliveries(a->db, num, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int create_work(struct write *w, struct err *err)
{
	struct json_reader reader = json_reader_root(w->body, err);
	struct webhook_draft d = {
		.name = json_need_str(&reader, "name", 1, 64),
		.url = json_need_str(&reader, "url", 1, WEBHOOK_URL_MAX_BYTES),
		.secret = json_need_str(&reader, "secret", WEBHOOK_SECRET_MIN_BYTES,
					WEBHOOK_SECRET_MAX_BYTES),
		.kinds = json_opt_arr(&reader, "kinds", WEBHOOK_KINDS_MAX),
		.max_tries = json_opt_int(&reader, "max_tries", 1, WEBHOOK_TRIES_MAX,
					  WEBHOOK_TRIES_DEFAULT),
		.since = json_opt_int(&reader, "since", 0, INT64_MAX, -1),
	};
	TRY(json_reader_end(&reader));
	w->status = 201;
	return webhook_create(w->app->db, &d, app_now_us(w->app), &w->doc, err);
}

static int delete_work(struct write *w, struct err *err)
{
	int64_t num = 0;
	TRY(hook_num(w->request, &num, err));
	w->status = 204;
	return webhook_remove(w->app->db, num, err);
}

static int redeliver_work(struct write *w, struct err *err)
{
	struct json_reader reader = json_reader_root(w->body, err);
	int64_t event_id = json_opt_int(&reader, "event", 1, INT64_MAX, 0), num = 0, n = 0;
	TRY(json_reader_end(&reader));
	TRY(hook_num(w->request, &num, err));
	TRY(webhook_redeliver(w->app->db, num, event_id, app_now_us(w->app), &n, err));
	w->status = 202;
	w->doc = json_pack("{s:I}", "again", (json_int_t)n);
	return 0;
}

static int post_webhook(struct http_request *r, struct err *err)
{
	return api_write(r, create_work, err);
}

static int delete_webhook(struct http_request *r, struct err *err)
{
	return api_write(r, delete_work, err);
}

static int post_redeliver(struct http_request *r, struct err *err)
{
	return api_write(r, redeliver_work, err);
}

const struct http_route api_webhook_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/webhooks", ADMIN, 0, get_webhooks,
		   "webhooks, without their secrets"),
	HTTP_ROUTE(POST, "/api/v1/webhooks", ADMIN, 16 * KIB, post_webhook,
		   "tell a URL of events, signed; its secret is never shown"),
	HTTP_ROUTE(GET, "/api/v1/webhooks/{id}", ADMIN, 0, get_webhook, "one webhook"),
	HTTP_ROUTE(DELETE, "/api/v1/webhooks/{id}", ADMIN, 0, delete_webhook,
		   "remove a webhook and its dead letters"),
	HTTP_ROUTE(GET, "/api/v1/webhooks/{id}/deliveries", ADMIN, 0, get_deliveries,
		   "the newest attempts, and the dead letters"),
	HTTP_ROUTE(POST, "/api/v1/webhooks/{id}/redeliver", ADMIN, 4 * KIB, post_redeliver,
		   "send dead letters again: one, named by event, or all"),
};
const size_t n_api_webhook_routes = ARRAY_LEN(api_webhook_routes);
