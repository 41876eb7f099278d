/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of the inventory: hosts one by one and in bulk, identity decisions, SKUs, deliveries,
 * locations, faults. Every one runs in the frame of api_write.c. Input: bodies from authenticated
 * callers.
 */
#include "api_request.h"
#include "api_tables.h"
#include "api_write.h"

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/expect.h>
#include <inventory/identity.h>
#include <inventory/run.h>
#include <proto/lifecycle.h>

#define SMALL_BODY (64 * KIB)
#define BULK_MAX   1000

/* ---- hosts ----------------------------------------------------------------------------------- */

static int host_answer(struct write *w, int64_t num, struct err *err)
{
	struct query_request q = {.limit = 1};
	struct query_page page;
	struct host h;
	TRY(host_get(w->app->db, num, &h, err));
	TRY(query_add_filter(&q, "id", h.id, err));
	TRY(query_run(w->app->db, &collection_hosts, &q, NULL, &page, err));
	AUTO(json) json_t *list = json_loads(page.items.p, 0, NULL);
	query_page_done(&page);
	w->doc = json_incref(json_array_get(list, 0));
	(void)snprintf(w->etag, sizeof(w->etag), "\"r%lld\"", (long long)h.revision);
	return 0;
}

static int patch_host_work(struct write *w, struct err *err)
{
	int64_t num = 0;
	bool changed = false;
	TRY(api_write_host(w, &num, err));
	TRY(host_edit(w->app->db, num, w->body, w->revision, w->who, app_now_us(w->app), &changed,
		      err));
	return host_answer(w, num, err);
}

static int patch_host(struct http_request *r, struct err *err)
{
	return api_write(r, patch_host_work, err);
}

static int bulk_one(struct write *w, json_t *item, json_t *results, size_t i, struct err *err)
{
	struct err own = ERR_INIT;
	struct host h = {0};
	bool changed = false;
	struct json_reader r = json_reader_root(item, &own);
	const char *name = json_need_str(&r, "host", 1, 128);
	int64_t revision = json_opt_int(&r, "revision", 0, INT64_MAX, -1);
	json_t *set = json_need_obj(&r, "set");
	TRY(db_begin(w->app->db, err));
	int status = json_reader_end(&r);
	if (status >= 0)
		status = host_find_any(w->app->db, name, &h, &own);
	if (status >= 0)
		status = host_edit(w->app->db, h.num, set, revision, w->who, app_now_us(w->app),
				   &changed, &own);
	status = db_end(w->app->db, status, &own);
	if (status < 0 && err_class(own.code) != ERR_CLASS_REJECT) {
		*err = own;
		return status;
	}
	json_t *j = json_pack("{s:i, s:i}", "index", (int)i, "status",
			      status < 0 ? http_status_of(-status) : 200);
	if (status < 0) {
		(void)json_object_set_new(j, "code", json_string(err_name(own.code)));
		(void)json_object_set_new(j, "detail", json_string(own.msg));
		if (own.pointer[0])
			(void)json_object_set_new(j, "pointer", json_string(own.pointer));
	} else {
		(void)json_object_set_new(j, "host_id", json_string(h.id));
		(void)json_object_set_new(j, "changed", json_boolean(changed));
	}
	(void)json_array_append_new(results, j);
	return 0;
}

static int bulk_work(struct write *w, struct err *err)
{
	struct json_reader r = json_reader_root(w->body, err);
	json_t *items = json_need_arr(&r, "items", BULK_MAX);
	size_t i;
	json_t *item;
	TRY(json_reader_end(&r));
	if (json_array_size(items) == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "an empty list selects nothing");
	json_t *results = json_array();
	w->doc = json_pack("{s:o, s:b}", "results", results, "dry_run", w->dry_run);
	json_array_foreach (items, i, item)
		TRY(bulk_one(w, item, results, i, err));
	return 0;
}

static int post_bulk(struct http_request *r, struct err *err)
{
	return api_write(r, bulk_work, err);
}

/* ---- identity -------------------------------------------------------------------------------- */

static int accept_work(struct write *w, struct err *err)
{
	int64_t num = 0;
	TRY(api_write_host(w, &num, err));
	TRY(identity_accept(w->app->db, num, w->who, app_now_us(w->app), err));
	return host_answer(w, num, err);
}

static int post_accept(struct http_request *r, struct err *err)
{
	return api_write(r, accept_work, err);
}

static int merge_work(struct write *w, struct err *err)
{
	int64_t num = 0;
	struct host into;
	struct json_reader r = json_reader_root(w->body, err);
	const char *name = json_need_str(&r, "into", 1, 128);
	TRY(json_reader_end(&r));
	TRY(api_write_host(w, &num, err));
	TRY(host_find_any(w->app->db, name, &into, err));
	TRY(identity_merge(w->app->db, num, into.num, w->who, app_now_us(w->app), err));
	w->host_num = into.num;
	return host_answer(w, into.num, err);
}

static int post_merge(struct http_request *r, struct err *err)
{
	return api_write(r, merge_work, err);
}

static int split_work(struct write *w, struct err *err)
{
	int64_t num = 0, made = 0;
	const char *values[64];
	size_t i;
	json_t *j;
	struct json_reader r = json_reader_root(w->body, err);
	json_t *list = json_need_arr(&r, "values", ARRAY_LEN(values));
	TRY(json_reader_end(&r));
	json_array_foreach (list, i, j) {
		values[i] = json_string_value(j);
		if (!values[i])
			return err_set(err, ERR_FIELD_TYPE, "'values' holds texts");
	}
	struct host_birth birth = {.state = lifecycle_state_str(STATE_DISCOVERED),
				   .detail = "split from another host",
				   .turn = "operator",
				   .actor = w->who};
	TRY(api_write_host(w, &num, err));
	TRY(identity_split(w->app->db, num, values, json_array_size(list), &birth,
			   app_now_us(w->app), &made, err));
	w->status = 201;
	return host_answer(w, made, err);
}

static int post_split(struct http_request *r, struct err *err)
{
	return api_write(r, split_work, err);
}

/* ---- SKUs ------------------------------------------------------------------------------------ */

static int sku_answer(struct write *w, const char *name, const char *note, json_t *contents,
		      struct err *err)
{
	int64_t version = 0;
	TRY(sku_put(w->app->db, name, contents, note, w->who, app_now_us(w->app), &version, err));
	w->status = 201;
	w->doc = json_pack("{s:s, s:I, s:O}", "name", name, "version", (json_int_t)version,
			   "contents", contents);
	return 0;
}

static int sku_work(struct write *w, struct err *err)
{
	struct json_reader r = json_reader_root(w->body, err);
	const char *name = json_need_str(&r, "name", 1, LIMIT_NAME_BYTES);
	const char *note = json_opt_str(&r, "note", LIMIT_NAME_BYTES, "");
	json_t *contents = json_need_obj(&r, "contents");
	TRY(json_reader_end(&r));
	return sku_answer(w, name, note, contents, err);
}

static int post_sku(struct http_request *r, struct err *err)
{
	return api_write(r, sku_work, err);
}

static int learn_work(struct write *w, struct err *err)
{
	int64_t num = 0;
	AUTO(json) json_t *contents = NULL;
	struct json_reader r = json_reader_root(w->body, err);
	const char *name = json_need_str(&r, "name", 1, LIMIT_NAME_BYTES);
	const char *note = json_opt_str(&r, "note", LIMIT_NAME_BYTES, "");
	TRY(json_reader_end(&r));
	TRY(api_write_host(w, &num, err));
	TRY(sku_learn(w->app->db, num, &contents, err));
	return sku_answer(w, name, note, contents, err);
}

static int post_learn(struct http_request *r, struct err *err)
{
	return api_write(r, learn_work, err);
}

static int get_compare(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	struct host h;
	json_t *doc = NULL;
	TRY(api_host(r, &h, err));
	TRY(host_compare(a->db, h.num, &doc, err));
	return http_reply_json(r, 200, doc);
}

/* ---- deliveries ------------------------------------------------------------------------------ */

static int due_of(const char *text, int64_t *ret_us, struct err *err)
{
	if (!text[0] || time_parse_rfc3339(text, ret_us))
		return 0;
	(void)err_set(err, ERR_INVALID, "'due' takes a time as 2026-11-01T00:00:00Z");
	return err_at(err, "/due");
}

static int import_work(struct write *w, const struct delivery_head *head, json_t *rows,
		       struct err *err)
{
	w->status = 201;
	return delivery_import(w->app->db, head, rows, w->who, w->dry_run, app_now_us(w->app),
			       &w->doc, err);
}

static const struct delivery_head blank_head = {.state = "expected", .turn = "technician"};

static int delivery_json_work(struct write *w, struct err *err)
{
	struct delivery_head head = blank_head;
	struct json_reader r = json_reader_root(w->body, err);
	head.name = json_need_str(&r, "name", 1, 64);
	head.vendor = json_opt_str(&r, "vendor", LIMIT_NAME_BYTES, "");
	head.purchase_order = json_opt_str(&r, "purchase_order", LIMIT_NAME_BYTES, "");
	head.site = json_opt_str(&r, "site", LIMIT_NAME_BYTES, "");
	head.note = json_opt_str(&r, "note", LIMIT_NAME_BYTES, "");
	const char *due = json_opt_str(&r, "due", 40, "");
	json_t *rows = json_need_arr(&r, "hosts", DELIVERY_ROWS_MAX);
	TRY(json_reader_end(&r));
	TRY(due_of(due, &head.due_us, err));
	return import_work(w, &head, rows, err);
}

static int delivery_csv_work(struct write *w, struct err *err)
{
	struct http_request *r = w->request;
	struct delivery_head head = blank_head;
	AUTO(json) json_t *rows = NULL;
	size_t n = 0;
	const char *text = http_body(r, &n), *due = http_query(r, "due");
	static const char *const own[] = {"name", "vendor", "purchase_order", "site",
					  "note", "due",    "dry_run",        NULL};
	TRY(http_query_only(r, own, err));
	head.name = http_query(r, "name");
	head.vendor = http_query(r, "vendor");
	head.purchase_order = http_query(r, "purchase_order");
	head.site = http_query(r, "site");
	head.note = http_query(r, "note");
	TRY(due_of(due ? due : "", &head.due_us, err));
	TRY(delivery_rows_from_csv(text, n, &rows, err));
	return import_work(w, &head, rows, err);
}

static int post_delivery(struct http_request *r, struct err *err)
{
	const char *type = http_request_header(r, "Content-Type");
	bool csv = type && str_starts(type, "text/csv");
	return api_write(r, csv ? delivery_csv_work : delivery_json_work, err);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static int location_work(struct write *w, struct err *err)
{
	int64_t id = 0;
	TRY(location_put(w->app->db, w->body, w->who, app_now_us(w->app), &id, err));
	w->status = 201;
	w->doc = json_pack("{s:I}", "id", (json_int_t)id);
	return 0;
}

static int post_location(struct http_request *r, struct err *err)
{
	return api_write(r, location_work, err);
}

static int close_fault_work(struct write *w, struct err *err)
{
	struct json_reader r = json_reader_root(w->body, err);
	const char *note = json_opt_str(&r, "note", 500, "");
	TRY(json_reader_end(&r));
	const char *id = http_param(w->request, "id");
	TRY(fault_close(w->app->db, id, note, w->who, app_now_us(w->app), err));
	TRY(db_query_int(w->app->db, err, &w->host_num, 0,
			 "SELECT host_num FROM fault WHERE id = $1", P_TEXT(id)));
	w->doc = json_pack("{s:s, s:s}", "id", id, "state", "closed");
	return 0;
}

static int post_close_fault(struct http_request *r, struct err *err)
{
	return api_write(r, close_fault_work, err);
}

const struct http_route api_write_routes[] = {
	HTTP_ROUTE(PATCH, "/api/v1/hosts/{id}", INVENTORY, SMALL_BODY, patch_host,
		   "set name, asset tag, SKU, place or reservation of a host"),
	HTTP_ROUTE(POST, "/api/v1/hosts/bulk", INVENTORY, LIMIT_JSON_BODY_BYTES, post_bulk,
		   "edit many hosts, with a result per row"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/accept", APPROVE, SMALL_BODY, post_accept,
		   "the evidence that waits is this host's own"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/merge", APPROVE, SMALL_BODY, post_merge,
		   "this host is the same machine as another"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/split", APPROVE, SMALL_BODY, post_split,
		   "some evidence of this host is another machine's"),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/compare", READ, 0, get_compare,
		   "expected against found: SKU, delivery, location"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/learn-sku", INVENTORY, SMALL_BODY, post_learn,
		   "write a SKU from what a good host holds"),
	HTTP_ROUTE(POST, "/api/v1/skus", INVENTORY, LIMIT_JSON_BODY_BYTES, post_sku,
		   "write a SKU; a change is a new version"),
	HTTP_ROUTE(POST, "/api/v1/deliveries", INVENTORY, DELIVERY_BYTES_MAX, post_delivery,
		   "announce hosts, as JSON or CSV"),
	HTTP_ROUTE(POST, "/api/v1/locations", INVENTORY, SMALL_BODY, post_location,
		   "write a rack unit and its switch port"),
	HTTP_ROUTE(POST, "/api/v1/faults/{id}/close", APPROVE, SMALL_BODY, post_close_fault,
		   "a fault is repaired"),
};
const size_t n_api_write_routes = ARRAY_LEN(api_write_routes);
