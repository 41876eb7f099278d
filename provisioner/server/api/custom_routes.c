/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields that people define, and the rows that people entered: deliveries, locations, SKUs, and
 * what is defined of parts (inventory/entry.h). Input: bodies and paths of authenticated callers.
 */
#include "request.h"
#include "read.h"
#include "tables.h"
#include "write.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/custom.h>
#include <inventory/entry.h>
#include <inventory/event.h>
#include <inventory/spare.h>

#define SMALL_BODY (64 * KIB)

/* ---- definitions ----------------------------------------------------------------------------- */

static int get_fields(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *doc = NULL;

	TRY(custom_list(api->flow->db, &doc, err));
	return http_reply_json(r, 200, doc);
}

struct field_ask {
	char object[17], name[CUSTOM_NAME_BYTES_MAX + 1], type[17], unit[17];
	char about[LIMIT_NAME_BYTES + 1];
	json_t *choices;
};

static const struct field field_fields[] = {
	F_STR(struct field_ask, "object", object, FIELD_NEEDED,
	      .about = "hosts, parts, skus, deliveries or locations"),
	F_STR(struct field_ask, "name", name, FIELD_NEEDED,
	      .about = "lower-case letters, digits and _; asked for as custom.NAME"),
	F_STR(struct field_ask, "type", type, FIELD_NEEDED,
	      .about = "text, number, date, choice, link or tags; it stays"),
	F_STR(struct field_ask, "unit", unit, 0, .about = "of a number"),
	F_STR(struct field_ask, "about", about, 0),
	F_ARRAY(struct field_ask, "choices", choices, 0, 64, .about = "of a choice"),
	F_END,
};

static int note_field(struct write *w, const char *kind, const char *object, const char *name,
		      struct err *err)
{
	autofree char *summary = xasprintf("field %.40s of %.16s", name, object);
	struct event_draft e = {.kind = kind, .actor = w->who, .summary = summary};

	return event_append(w->flow->db, &e, flow_now_us(w->flow), NULL, err);
}

static int define_work(struct write *w, struct err *err)
{
	const struct field_ask *ask = w->ask;
	const struct custom_draft d = {ask->object, ask->name,  ask->type,
				       ask->unit,   ask->about, ask->choices};

	TRY(custom_define(w->flow->db, &d, flow_now_us(w->flow), err));
	w->status = 201;
	w->doc = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "object", ask->object, "name",
			   ask->name, "type", ask->type, "unit", ask->unit, "about", ask->about,
			   "choices", ask->choices ? json_incref(ask->choices) : json_array());
	return note_field(w, "field.defined", ask->object, ask->name, err);
}

static int undefine_work(struct write *w, struct err *err)
{
	const char *object = http_param(w->request, "object");
	const char *name = http_param(w->request, "name");

	TRY(custom_undefine(w->flow->db, object, name, err));
	w->status = 204;
	return note_field(w, "field.removed", object, name, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static enum entry_kind kind_of(const struct write *w)
{
	const char *pattern = http_request_route(w->request)->pattern;

	for (enum entry_kind k = 0; k < _ENTRY_KIND_MAX; k++) {
		autofree char *own = xasprintf("/api/v1/%s/{id}", entry_collection(k)->name);
		if (str_eq(own, pattern))
			return k;
	}
	return ENTRY_PART;
}

static struct entry_call call_of(const struct write *w)
{
	return (struct entry_call){.kind = kind_of(w),
				   .id = http_param(w->request, "id"),
				   .revision = w->revision,
				   .actor = w->who,
				   .now_us = flow_now_us(w->flow)};
}

int api_patch_entry_work(struct write *w, struct err *err)
{
	const struct entry_call call = call_of(w);

	TRY(entry_edit(w->flow->db, &call, w->body, err));
	return api_write_row(w, entry_collection(call.kind), entry_key(call.kind), call.id, err);
}

static int remove_work(struct write *w, struct err *err)
{
	const struct entry_call call = call_of(w);

	w->status = 204;
	return entry_remove(w->flow->db, &call, err);
}

/* ---- spares ---------------------------------------------------------------------------------- */

struct part_ask {
	char type[17], manufacturer[LIMIT_NAME_BYTES + 1], part_number[LIMIT_NAME_BYTES + 1];
	char model[LIMIT_NAME_BYTES + 1], serial[LIMIT_NAME_BYTES + 1], wwn[LIMIT_NAME_BYTES + 1];
	int64_t capacity_mib, capacity_bytes;
	json_t *custom;
};

static const struct field part_fields[] = {
	F_STR(struct part_ask, "type", type, FIELD_NEEDED,
	      .about = "processor, memory, drive, nic, board or pci"),
	F_STR(struct part_ask, "Manufacturer", manufacturer, 0),
	F_STR(struct part_ask, "PartNumber", part_number, 0),
	F_STR(struct part_ask, "Model", model, 0),
	F_STR(struct part_ask, "SerialNumber", serial, 0,
	      .about = "as the machine will report it; of a network card its MAC address"),
	F_STR(struct part_ask, "WWN", wwn, 0),
	F_INT(struct part_ask, "CapacityMiB", capacity_mib, 0, 1, INT64_MAX, .about = "memory"),
	F_INT(struct part_ask, "CapacityBytes", capacity_bytes, 0, 1, INT64_MAX, .about = "drives"),
	F_JSON(struct part_ask, "custom", custom, 0,
	       .about = "fields that people define; shelf: where it lies"),
	F_END,
};

static int add_part_work(struct write *w, struct err *err)
{
	const struct part_ask *ask = w->ask;
	int64_t num = 0;
	const struct spare_draft d = {.type = ask->type,
				      .manufacturer = ask->manufacturer,
				      .part_number = ask->part_number,
				      .model = ask->model,
				      .serial = ask->serial,
				      .wwn = ask->wwn,
				      .capacity_mib = ask->capacity_mib ? ask->capacity_mib : -1,
				      .capacity_bytes = ask->capacity_bytes ? ask->capacity_bytes
									    : -1,
				      .custom = ask->custom,
				      .actor = w->who,
				      .now_us = flow_now_us(w->flow)};

	TRY(spare_add(w->flow->db, &d, &num, err));
	autofree char *id = xasprintf("%lld", (long long)num);
	w->status = 201;
	return api_write_row(w, &collection_parts, "id", id, err);
}

/* ---- room and power -------------------------------------------------------------------------- */

static int get_space(struct http_request *r, struct err *err)
{
	static const char *const own[] = {"by", NULL};
	const char *by = http_query(r, "by");
	struct read_job job = {.kind = READ_SPACE, .group_by = by ? by : "row"};

	TRY(http_query_only(r, own, err));
	return api_read(r, &job, 200, err);
}

#define ENTRY(name, what)                                                                          \
	API_CHANGE(PATCH, "/api/v1/" name "/{id}", INVENTORY, SMALL_BODY, api_patch_entry_work,    \
		   "edit " what, .compares_revision = true)
#define ENTRY_GOES(name, what)                                                                     \
	API_CHANGE(DELETE, "/api/v1/" name "/{id}", INVENTORY, 0, remove_work,                     \
		   "remove " what ", unless hosts refer to it; its history stays",                 \
		   .compares_revision = true)

const struct http_route custom_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/fields", READ, 0, get_fields,
		   "fields that people define, for hosts, parts, SKUs, deliveries and locations"),
	API_CHANGE(POST, "/api/v1/fields", INVENTORY, SMALL_BODY, define_work,
		   "define a field, or its unit, choices and description anew",
		   API_BODY(field_fields, struct field_ask)),
	API_CHANGE(DELETE, "/api/v1/fields/{object}/{name}", INVENTORY, 0, undefine_work,
		   "remove a field that no row has a value of"),
	ENTRY("deliveries", "a delivery"),
	ENTRY("locations", "a location"),
	ENTRY("skus", "the note and the defined fields of a SKU"),
	ENTRY("parts", "the defined fields of a part"),
	API_CHANGE(POST, "/api/v1/parts", INVENTORY, SMALL_BODY, add_part_work,
		   "enter a spare, before a machine shows it",
		   API_BODY(part_fields, struct part_ask)),
	ENTRY_GOES("parts", "a spare"),
	ENTRY_GOES("deliveries", "a delivery"),
	ENTRY_GOES("locations", "a location"),
	ENTRY_GOES("skus", "a SKU"),
	HTTP_ROUTE(GET, "/api/v1/space", READ, 0, get_space,
		   "rack units and watts that are left, by site, row or rack"),
};
const size_t n_custom_routes = ARRAY_LEN(custom_routes);
