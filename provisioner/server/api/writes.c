/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of the inventory: hosts one by one and in bulk, SKUs, locations, faults; merging and
 * splitting hosts are orders (host_orders.c). Every one runs in the frame of api_write.c. Input: bodies from authenticated
 * callers.
 */
#include "order_answer.h"
#include "request.h"
#include "tables.h"
#include "write.h"
#include <server/flow/host_use.h>

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/expect.h>
#include <inventory/identity.h>
#include <inventory/run.h>
#include <proto/record.h>

#define SMALL_BODY (64 * KIB)
#define BULK_MAX   1000

/* ---- hosts ----------------------------------------------------------------------------------- */

int api_patch_host_work(struct write *w, struct err *err)
{
	int64_t num = 0;
	bool changed = false;

	TRY(api_write_host(w, &num, err));
	const struct host_edit edit = {.set = w->body,
				       .revision = w->revision,
				       .actor = w->who,
				       .now_us = flow_now_us(w->flow)};
	TRY(host_edit(w->flow->db, num, &edit, &changed, err));
	return api_answer_host(w, num, err);
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
	const struct host_edit edit = {
		.set = set, .revision = revision, .actor = w->who, .now_us = flow_now_us(w->flow)};

	TRY(db_begin(w->flow->db, err));
	int status = json_reader_end(&r);
	if (status >= 0)
		status = host_find_any(w->flow->db, name, &h, &own);
	if (status >= 0)
		status = host_edit(w->flow->db, h.num, &edit, &changed, &own);
	status = db_end(w->flow->db, status, &own);
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

struct bulk_ask {
	json_t *items;
};

/* For readers; host_edit() checks the members, each item by itself. */
static const struct field bulk_item_fields[] = {
	{.key = "host",
	 .type = FIELD_STR,
	 .flags = FIELD_NEEDED,
	 .size = 129,
	 .about = "id, short code, MAC, serial or name"},
	{.key = "revision",
	 .type = FIELD_INT,
	 .max = INT64_MAX,
	 .about = "refused if it is another"},
	{.key = "set", .type = FIELD_JSON, .flags = FIELD_NEEDED, .about = "as in PATCH"},
	F_END,
};

static const struct field bulk_fields[] = {
	F_ARRAY(struct bulk_ask, "items", items, FIELD_NEEDED, BULK_MAX, .sub = bulk_item_fields),
	F_END,
};

/* One slice; the results until now say where it begins. */
static int bulk_work(struct write *w, struct err *err)
{
	const struct bulk_ask *ask = w->ask;
	size_t n = json_array_size(ask->items);

	if (n == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "an empty list selects nothing");
	if (!w->doc)
		w->doc = json_pack("{s:[], s:b}", "results", "dry_run", w->dry_run);
	json_t *results = json_object_get(w->doc, "results");
	size_t i = json_array_size(results);
	for (; i < n && !api_slice_is_over(w); i++)
		TRY(bulk_one(w, json_array_get(ask->items, i), results, i, err));
	return i < n;
}

/* ---- identity -------------------------------------------------------------------------------- */

struct accept_ask {
	char view[HOST_VIEW_BYTES];
};

static const struct field accept_fields[] = {
	F_STR(struct accept_ask, "view", view, 0, .about = HOST_VIEW_ABOUT),
	F_END,
};

/* What waits may be replaced by the words of whoever comes next. */
static int accept_work(struct write *w, struct err *err)
{
	const struct accept_ask *ask = w->ask;
	int64_t num = 0;
	struct host h;

	TRY(api_write_host(w, &num, err));
	TRY(host_get(w->flow->db, num, &h, err));
	TRY(host_view_check(w->flow, &h, &(struct host_view_seen){ask->view, ""}, err));
	TRY(host_may_accept(w->flow, &h, err));
	TRY(identity_accept(w->flow->db, num, w->who, flow_now_us(w->flow), err));
	return api_answer_host(w, num, err);
}

/* ---- SKUs ------------------------------------------------------------------------------------ */

/* The statuses of its hosts, in slices: a SKU may have thousands. */
static int refresh_hosts(struct write *w, const char *name, struct err *err)
{
	int64_t *after = w->state;
	int more = 1;

	if (w->dry_run)
		return 0;
	if (!after) {
		w->state = after = xcalloc(1, sizeof(*after));
		w->free_state = free;
	}
	while (more == 1 && !api_slice_is_over(w))
		TRY(more = sku_refresh_next(w->flow->db, name, after, flow_now_us(w->flow), err));
	return more;
}

static int sku_answer(struct write *w, const char *name, const char *note, json_t *contents,
		      struct err *err)
{
	int64_t version = 0;

	const struct sku_draft draft = {name, contents, note, w->who, flow_now_us(w->flow)};

	TRY(sku_put(w->flow->db, &draft, &version, err));
	w->status = 201;
	w->doc = json_pack("{s:s, s:I, s:O}", "name", name, "version", (json_int_t)version,
			   "contents", contents);
	return 0;
}

struct sku_ask {
	char name[LIMIT_NAME_BYTES + 1], note[LIMIT_NAME_BYTES + 1];
	json_t *contents;
};

/* For readers; sku_put() checks the contents. */
static const struct field sku_part_fields[] = {
	{.key = "type", .type = FIELD_STR, .flags = FIELD_NEEDED, .size = 17},
	{.key = "slot", .type = FIELD_STR, .size = LIMIT_FACT_STRING_BYTES + 1},
	{.key = "Manufacturer", .type = FIELD_STR, .size = LIMIT_FACT_STRING_BYTES + 1},
	{.key = "PartNumber", .type = FIELD_STR, .size = LIMIT_FACT_STRING_BYTES + 1},
	{.key = "Model", .type = FIELD_STR, .size = LIMIT_FACT_STRING_BYTES + 1},
	{.key = "FirmwareVersion", .type = FIELD_STR, .size = LIMIT_FACT_STRING_BYTES + 1},
	{.key = "CapacityMiB", .type = FIELD_INT, .max = INT64_MAX},
	{.key = "CapacityBytes", .type = FIELD_INT, .max = INT64_MAX},
	F_END,
};

static const struct field sku_contents_fields[] = {
	{.key = "cores", .type = FIELD_INT, .max = 1000000},
	{.key = "sockets", .type = FIELD_INT, .max = 1000},
	{.key = "MemoryMiB", .type = FIELD_INT, .max = INT64_MAX},
	{.key = "BiosVersion", .type = FIELD_STR, .size = LIMIT_FACT_STRING_BYTES + 1},
	{.key = "parts", .type = FIELD_ARRAY, .max = SKU_PARTS_MAX, .sub = sku_part_fields},
	F_END,
};

static const struct field sku_fields[] = {
	F_STR(struct sku_ask, "name", name, FIELD_NEEDED),
	F_STR(struct sku_ask, "note", note, 0),
	F_JSON(struct sku_ask, "contents", contents, FIELD_NEEDED, .sub = sku_contents_fields),
	F_END,
};

static int sku_work(struct write *w, struct err *err)
{
	const struct sku_ask *ask = w->ask;

	if (w->state || sku_answer(w, ask->name, ask->note, ask->contents, err) == 0)
		return refresh_hosts(w, ask->name, err);
	autofree char *pointer = xasprintf("/contents%s", err->pointer);
	return err->pointer[0] ? err_at(err, pointer) : -err->code;
}

static const struct field learn_fields[] = {
	F_STR(struct sku_ask, "name", name, FIELD_NEEDED, .about = "of the SKU"),
	F_STR(struct sku_ask, "note", note, 0),
	F_END,
};

static int learn_work(struct write *w, struct err *err)
{
	const struct sku_ask *ask = w->ask;
	int64_t num = 0;
	autojson json_t *contents = NULL;

	if (w->state)
		return refresh_hosts(w, ask->name, err);
	TRY(api_write_host(w, &num, err));
	TRY(sku_learn(w->flow->db, num, &contents, err));
	TRY(sku_answer(w, ask->name, ask->note, contents, err));
	return refresh_hosts(w, ask->name, err);
}

static int get_compare(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct host h;
	json_t *doc = NULL;

	TRY(api_host(r, &h, err));
	TRY(host_compare(api->flow->db, h.num, &doc, err));
	return http_reply_json(r, 200, doc);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static const struct field location_fields[] = {
	F_VIEW(struct location_draft, "site", site, 0, LIMIT_NAME_BYTES),
	F_VIEW(struct location_draft, "row", rack_row, 0, LIMIT_NAME_BYTES),
	F_VIEW(struct location_draft, "rack", rack, FIELD_NEEDED, LIMIT_NAME_BYTES),
	F_INT(struct location_draft, "unit", unit, FIELD_NEEDED, 0, 1000),
	F_VIEW(struct location_draft, "switch", switch_name, 0, LIMIT_NAME_BYTES),
	F_VIEW(struct location_draft, "port", port, 0, LIMIT_NAME_BYTES),
	F_VIEW(struct location_draft, "note", note, 0, LIMIT_NAME_BYTES),
	F_END,
};

static int location_work(struct write *w, struct err *err)
{
	int64_t id = 0;

	TRY(location_put(w->flow->db, w->ask, w->who, flow_now_us(w->flow), &id, err));
	w->status = 201;
	w->doc = json_pack("{s:I}", "id", (json_int_t)id);
	return 0;
}

struct close_ask {
	char note[501];
};

static const struct field close_fields[] = {
	F_STR(struct close_ask, "note", note, 0, .about = "what was done"),
	F_END,
};

static int close_fault_work(struct write *w, struct err *err)
{
	const struct close_ask *ask = w->ask;
	const char *id = http_param(w->request, "id");

	TRY(fault_close(w->flow->db, id, ask->note, w->who, flow_now_us(w->flow), err));
	TRY(fault_host(w->flow->db, id, &w->host_num, err));
	w->doc = json_pack("{s:s, s:s}", "id", id, "state", "closed");
	return 0;
}

struct fault_ask {
	char rma[129], note[501];
};

static const struct field fault_edit_fields[] = {
	F_STR(struct fault_ask, "rma", rma, 0,
	      .about = "the vendor's or the ticket system's reference"),
	F_STR(struct fault_ask, "note", note, 0, .about = "for the person who works on it"),
	F_END,
};

static int edit_fault_work(struct write *w, struct err *err)
{
	const struct fault_ask *ask = w->ask;
	const char *id = http_param(w->request, "id");
	const struct fault_edit e = {
		.rma = json_object_get(w->body, "rma") ? ask->rma : NULL,
		.note = json_object_get(w->body, "note") ? ask->note : NULL,
		.revision = w->revision,
	};

	TRY(fault_edit(w->flow->db, id, &e, w->who, flow_now_us(w->flow), err));
	TRY(fault_host(w->flow->db, id, &w->host_num, err));
	return api_write_row(w, &collection_faults, "id", id, err);
}

const struct http_route api_write_routes[] = {
	API_CHANGE(PATCH, "/api/v1/hosts/{id}", INVENTORY, SMALL_BODY, api_patch_host_work,
		   "set name, asset tag, SKU, place or reservation of a host"),
	API_CHANGE(POST, "/api/v1/hosts/bulk", INVENTORY, LIMIT_JSON_BODY_BYTES, bulk_work,
		   "edit many hosts, with a result per row", API_BODY(bulk_fields, struct bulk_ask),
		   .in_slices = true),
	API_CHANGE(POST, "/api/v1/hosts/{id}/accept", APPROVE, SMALL_BODY, accept_work,
		   "the evidence that waits is this host's own",
		   API_BODY(accept_fields, struct accept_ask)),
	API_CHANGE(POST, "/api/v1/hosts/{id}/merge", APPROVE, SMALL_BODY, merge_work,
		   "this host is the same machine as another",
		   API_BODY(merge_fields, struct merge_ask)),
	API_CHANGE(POST, "/api/v1/hosts/{id}/split", APPROVE, SMALL_BODY, split_work,
		   "some evidence of this host is another machine's",
		   API_BODY(split_fields, struct split_ask)),
	HTTP_ROUTE(GET, "/api/v1/hosts/{id}/compare", READ, 0, get_compare,
		   "expected against found: SKU, delivery, location"),
	API_CHANGE(POST, "/api/v1/hosts/{id}/learn-sku", INVENTORY, SMALL_BODY, learn_work,
		   "write a SKU from what a good host holds",
		   API_BODY(learn_fields, struct sku_ask), .in_slices = true),
	API_CHANGE(POST, "/api/v1/skus", INVENTORY, LIMIT_JSON_BODY_BYTES, sku_work,
		   "write a SKU; a change is a new version", API_BODY(sku_fields, struct sku_ask),
		   .in_slices = true),
	API_CHANGE(POST, "/api/v1/locations", INVENTORY, SMALL_BODY, location_work,
		   "write a rack unit and its switch port",
		   API_BODY(location_fields, struct location_draft)),
	API_CHANGE(PATCH, "/api/v1/faults/{id}", INVENTORY, SMALL_BODY, edit_fault_work,
		   "write RMA reference and note of a fault",
		   API_BODY(fault_edit_fields, struct fault_ask), .compares_revision = true),
	API_CHANGE(POST, "/api/v1/faults/{id}/close", APPROVE, SMALL_BODY, close_fault_work,
		   "a fault is repaired", API_BODY(close_fields, struct close_ask)),
};
const size_t n_api_write_routes = ARRAY_LEN(api_write_routes);
