/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/deliveries: thousands of rows, of which each is some dozen statements, in slices of
 * the event loop's time, so that hosts that boot meanwhile are answered. Input: lists of vendors,
 * by authenticated callers.
 */
#include "request.h"
#include "tables.h"
#include "write.h"

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <inventory/delivery.h>
#include <proto/record.h>

static int due_of(const char *text, int64_t *ret_us, struct err *err)
{
	if (!text[0] || time_parse_rfc3339(text, ret_us))
		return 0;
	(void)err_set(err, ERR_INVALID, "'due' takes a time as 2026-11-01T00:00:00Z");
	return err_at(err, "/due");
}

static void import_free(void *state)
{
	delivery_import_free(state);
}

/* Takes what the source has. */
static int import_begin(struct write *w, const struct delivery_head *head,
			const struct delivery_source *source, struct err *err)
{
	const struct delivery_import_options options = {
		.actor = w->who, .dry_run = w->dry_run, .now_us = flow_now_us(w->flow)};
	struct delivery_import *import = NULL;

	TRY(delivery_import_from(w->flow->db, head, source, &options, &import, err));
	w->status = 201;
	w->state = import;
	w->free_state = import_free;
	return 0;
}

static const struct delivery_head blank_head = {
	.state = "expected", .turn = "technician", .gone = "retired"};

struct delivery_ask {
	char name[65], vendor[LIMIT_NAME_BYTES + 1], purchase_order[LIMIT_NAME_BYTES + 1];
	char site[LIMIT_NAME_BYTES + 1], note[LIMIT_NAME_BYTES + 1], due[41];
	json_t *hosts;
};

/* For readers; delivery_import() checks each row by itself. */
static const struct field delivery_row_fields[] = {
	{.key = "serial", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "macs", .type = FIELD_ARRAY, .max = DELIVERY_MACS_MAX},
	{.key = "bmc_mac", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "uuid", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "chassis",
	 .type = FIELD_STR,
	 .size = LIMIT_NAME_BYTES + 1,
	 .about = "serial of the chassis; nodes of one chassis may share rack units"},
	{.key = "sku", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "site", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "row", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "rack", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "unit", .type = FIELD_INT, .max = 1000},
	{.key = "asset_tag", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "switch", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "port", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "name", .type = FIELD_STR, .size = LIMIT_NAME_BYTES + 1},
	{.key = "custom", .type = FIELD_JSON, .about = "fields that people define of hosts"},
	F_END,
};

static const struct field delivery_fields[] = {
	F_STR(struct delivery_ask, "name", name, FIELD_NEEDED),
	F_STR(struct delivery_ask, "vendor", vendor, 0),
	F_STR(struct delivery_ask, "purchase_order", purchase_order, 0),
	F_STR(struct delivery_ask, "site", site, 0),
	F_STR(struct delivery_ask, "note", note, 0),
	F_STR(struct delivery_ask, "due", due, 0, .about = "2026-11-01T00:00:00Z"),
	F_ARRAY(struct delivery_ask, "hosts", hosts, FIELD_NEEDED, DELIVERY_ROWS_MAX,
		.sub = delivery_row_fields, .about = "each by its serial or a MAC or both"),
	F_END,
};

static int next_row(void *arg, json_t **ret_row, json_t **ret_place, struct err *err)
{
	*ret_place = NULL;
	return json_rows_next(arg, ret_row, err);
}

static int begin_json(struct write *w, struct err *err)
{
	const struct delivery_ask *ask = w->ask;
	struct delivery_head head = blank_head;

	head.name = ask->name;
	head.vendor = ask->vendor;
	head.purchase_order = ask->purchase_order;
	head.site = ask->site;
	head.note = ask->note;
	TRY(due_of(ask->due, &head.due_us, err));
	if (!w->rows)
		return err_set(err, ERR_FIELD_TYPE, "'hosts' is a list of objects");
	const struct delivery_source source = {.next = next_row, .arg = w->rows};
	return import_begin(w, &head, &source, err);
}

static int begin_csv(struct write *w, struct err *err)
{
	struct http_request *r = w->request;
	struct delivery_head head = blank_head;
	struct delivery_source source;
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
	TRY(delivery_source_from_csv(text, n, &source, err));
	return import_begin(w, &head, &source, err);
}

/* One slice. CSV has no record: the frame has not read it. */
static int delivery_work(struct write *w, struct err *err)
{
	int more = 1;

	if (!w->state)
		TRY(w->ask ? begin_json(w, err) : begin_csv(w, err));
	while (more == 1 && !api_slice_is_over(w))
		TRY(more = delivery_import_next(w->state, err));
	if (more == 0)
		w->text = delivery_import_text(w->state);
	return more;
}

const struct http_route api_delivery_routes[] = {
	API_CHANGE(POST, "/api/v1/deliveries", INVENTORY, DELIVERY_BYTES_MAX, delivery_work,
		   "announce hosts, as JSON or CSV", API_BODY(delivery_fields, struct delivery_ask),
		   .takes_csv = true, .in_slices = true, .rows_member = "hosts"),
};
const size_t n_api_delivery_routes = ARRAY_LEN(api_delivery_routes);
