/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks of the public API: make, show, remove, what was delivered, dead letters again. Input:
 * bodies of administrators; the secret goes in and never comes out.
 */
#include "tables.h"
#include "write.h"

#include <base/json.h>
#include <base/secret_box.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/webhook.h>
#include <proto/record.h>

static int hook_num(const struct http_request *r, int64_t *ret, struct err *err)
{
	if (!parse_i64(http_param(r, "id"), ret) || *ret <= 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such webhook");
	return 0;
}

static int get_webhooks(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *doc = NULL;

	TRY(webhook_list(api->flow->db, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int get_webhook(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *doc = NULL;
	int64_t num = 0;

	TRY(hook_num(r, &num, err));
	TRY(webhook_get(api->flow->db, num, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int get_deliveries(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *doc = NULL;
	int64_t num = 0;

	TRY(hook_num(r, &num, err));
	TRY(webhook_deliveries(api->flow->db, num, &doc, err));
	return http_reply_json(r, 200, doc);
}

struct webhook_ask {
	char name[65], url[WEBHOOK_URL_MAX_BYTES + 1], secret[WEBHOOK_SECRET_MAX_BYTES + 1];
	json_t *kinds;
	int64_t max_tries, since;
};

static const struct field webhook_fields[] = {
	F_STR(struct webhook_ask, "name", name, FIELD_NEEDED),
	F_STR(struct webhook_ask, "url", url, FIELD_NEEDED, .about = "http or https, no password"),
	F_STR(struct webhook_ask, "secret", secret, FIELD_NEEDED, .min = WEBHOOK_SECRET_MIN_BYTES,
	      .about = "signs what is sent; it is never shown"),
	F_ARRAY(struct webhook_ask, "kinds", kinds, 0, WEBHOOK_KINDS_MAX,
		.about = "host.state, fault.*, ...; default all"),
	F_INT(struct webhook_ask, "max_tries", max_tries, 0, 1, WEBHOOK_TRIES_MAX,
	      .about = "before an event becomes a dead letter; default 12"),
	F_INT(struct webhook_ask, "since", since, FIELD_NULLABLE, 0, INT64_MAX,
	      .about = "also events after this id; default from now on"),
	F_END,
};

static int create_work(struct write *w, struct err *err)
{
	const struct webhook_ask *ask = w->ask;

	if (outbound_check_url(&w->flow->outbound, ask->url, err) < 0)
		return err_at(err, "/url");
	autofree char *sealed = secret_seal(w->flow->seal_key, ask->name, ask->secret);
	struct webhook_draft d = {
		.name = ask->name,
		.url = ask->url,
		.secret = sealed,
		.kinds = ask->kinds,
		.max_tries = ask->max_tries ? ask->max_tries : WEBHOOK_TRIES_DEFAULT,
		.since = ask->since,
	};

	w->status = 201;
	return webhook_create(w->flow->db, &d, flow_now_us(w->flow), &w->doc, err);
}

static int delete_work(struct write *w, struct err *err)
{
	int64_t num = 0;

	TRY(hook_num(w->request, &num, err));
	w->status = 204;
	return webhook_remove(w->flow->db, num, err);
}

struct redeliver_ask {
	int64_t event; /* 0: all */
};

static const struct field redeliver_fields[] = {
	F_INT(struct redeliver_ask, "event", event, 0, 1, INT64_MAX, .about = "default all"),
	F_END,
};

static int redeliver_work(struct write *w, struct err *err)
{
	const struct redeliver_ask *ask = w->ask;
	int64_t num = 0, n = 0;

	TRY(hook_num(w->request, &num, err));
	TRY(webhook_redeliver(w->flow->db, num, ask->event, flow_now_us(w->flow), &n, err));
	w->status = 202;
	w->doc = json_pack("{s:I}", "again", (json_int_t)n);
	return 0;
}

const struct http_route api_webhook_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/webhooks", ADMIN, 0, get_webhooks,
		   "webhooks, without their secrets"),
	API_CHANGE(POST, "/api/v1/webhooks", ADMIN, 16 * KIB, create_work,
		   "send events to a URL, signed; its secret is never shown",
		   API_BODY(webhook_fields, struct webhook_ask)),
	HTTP_ROUTE(GET, "/api/v1/webhooks/{id}", ADMIN, 0, get_webhook, "one webhook"),
	API_CHANGE(DELETE, "/api/v1/webhooks/{id}", ADMIN, 0, delete_work,
		   "remove a webhook and its dead letters"),
	HTTP_ROUTE(GET, "/api/v1/webhooks/{id}/deliveries", ADMIN, 0, get_deliveries,
		   "the newest attempts, and the dead letters"),
	API_CHANGE(POST, "/api/v1/webhooks/{id}/redeliver", ADMIN, 4 * KIB, redeliver_work,
		   "send dead letters again: one, named by event, or all",
		   API_BODY(redeliver_fields, struct redeliver_ask)),
};
const size_t n_api_webhook_routes = ARRAY_LEN(api_webhook_routes);
