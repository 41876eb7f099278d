/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See host_search.h. Values are looked up by groups, one statement for each way in which a host may be
 * called, then the hosts that were found are read by groups. Input: lists of people, bound.
 */
#include <inventory/host_search.h>

#include <stdio.h>
#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <base/vec.h>
#include <inventory/collection.h>

#include "custom_field.h"

#define GROUP 64

static const char default_fields[] = "id,short_code,name,serial,asset_tag,state,sku,site,row,rack,"
				     "unit";

enum { BY_SERIAL = 1, BY_MAC = 2, BY_TAG = 4, BY_NAME = 8 };

/* How a value may name a host: a column of host, or a MAC. */
static const struct {
	int by;
	const char *sql; /* up to its list of values */
} ways[] = {
	{BY_SERIAL, "SELECT num, serial FROM host WHERE serial IN ("},
	{BY_MAC, "SELECT host_num, value FROM evidence WHERE kind = 'mac' AND value IN ("},
	{BY_TAG, "SELECT num, asset_tag FROM host WHERE asset_tag IN ("},
	{BY_NAME, "SELECT num, name FROM host WHERE name IN ("},
	{BY_NAME, "SELECT num, short_code FROM host WHERE short_code IN ("},
	{BY_NAME, "SELECT num, id FROM host WHERE id IN ("},
};

static const struct {
	const char *member;
	int by;
} lists[] = {{"serials", BY_SERIAL},
	     {"macs", BY_MAC},
	     {"tags", BY_TAG},
	     {"values", BY_SERIAL | BY_MAC | BY_TAG | BY_NAME}};

typedef VEC(int64_t) num_list;

struct asked {
	const char *shown; /* as it was asked, borrowed */
	char *text;        /* without blanks around it, owned */
	char mac[MAC_TEXT_BYTES];
	int by;
	num_list hosts;
};
typedef VEC(struct asked) asked_list;

/* ---- reading --------------------------------------------------------------------------------- */

static int refuse(struct err *err, enum err_code code, const char *member, const char *what)
{
	autofree char *pointer = xasprintf("/%s", member);

	(void)err_set(err, code, "'%s' %s", member, what);
	return err_at(err, pointer);
}

static int add_asked(asked_list *list, const json_t *value, const char *member, int by,
		     struct err *err)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) > LIMIT_NAME_BYTES)
		return refuse(err, ERR_FIELD_TYPE, member, "is a list of texts");
	if (list->n == HOST_SEARCH_MAX)
		return refuse(err, ERR_TOO_BIG, member, "makes more than 10000 values");
	struct asked a = {.shown = text, .by = by};
	struct sv trimmed = sv_trim(sv_of(text));
	a.text = xstrndup(trimmed.p, trimmed.n);
	if (by & BY_MAC)
		(void)hw_mac_parse(trimmed, MAC_ANY, a.mac);
	VEC_PUSH(list, a);
	return 0;
}

static int read_asked(const json_t *ask, asked_list *list, struct err *err)
{
	for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
		const json_t *values = json_object_get(ask, lists[k].member);
		size_t i;
		json_t *one;
		if (values && !json_is_array(values))
			return refuse(err, ERR_FIELD_TYPE, lists[k].member, "is a list of texts");
		json_array_foreach (values, i, one)
			TRY(add_asked(list, one, lists[k].member, lists[k].by, err));
	}
	if (list->n == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "an empty list selects nothing");
	return 0;
}

static void asked_done(asked_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].text);
		VEC_DONE(&list->items[i].hosts);
	}
	VEC_DONE(list);
}

/* ---- finding --------------------------------------------------------------------------------- */

static const char *spelling(const struct asked *a, int by)
{
	return !(a->by & by) ? "" : by == BY_MAC ? a->mac : a->text;
}

static void note_host(struct asked *a, int64_t num)
{
	for (size_t i = 0; i < a->hosts.n; i++)
		if (a->hosts.items[i] == num)
			return;
	VEC_PUSH(&a->hosts, num);
}

static int find_group(struct db *db, size_t way, struct asked *group, size_t n, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_param params[GROUP];
	autostr struct str sql;
	int r;

	/* always as many, so that the statement stays one */
	str_init(&sql, 4096);
	str_add(&sql, ways[way].sql);
	for (size_t i = 0; i < GROUP; i++) {
		const char *text = spelling(&group[i % n], ways[way].by);
		params[i] = text[0] ? p_text(text) : p_null();
		str_addf(&sql, "%s$%zu", i ? ", " : "", i + 1);
	}
	str_addc(&sql, ')');
	TRY(db_query_n(db, sql.p, params, GROUP, &rows, err));
	while ((r = db_rows_next(rows, err)) == 1)
		for (size_t i = 0; i < n; i++)
			if (str_eq(spelling(&group[i], ways[way].by), db_text(rows, 1)))
				note_host(&group[i], db_int(rows, 0));
	return r;
}

static int find_all(struct db *db, asked_list *list, struct err *err)
{
	for (size_t at = 0; at < list->n; at += GROUP) {
		size_t n = list->n - at < GROUP ? list->n - at : GROUP;
		for (size_t way = 0; way < ARRAY_LEN(ways); way++)
			TRY(find_group(db, way, &list->items[at], n, err));
	}
	return 0;
}

/* ---- the hosts ------------------------------------------------------------------------------- */

struct row_note {
	json_t *nums; /* of the rows of a page, in their order */
};

static void note_num(void *arg, int64_t num, struct str *out)
{
	struct row_note *w = arg;

	(void)out;
	(void)json_array_append_new(w->nums, json_integer(num));
}

/* by_num: "NUM" to the host's object. */
static int read_group(struct db *db, const int64_t *nums, size_t n, const char *fields,
		      json_t *by_num, struct err *err)
{
	struct row_note note = {json_array()};
	const struct query_extra extra = {note_num, &note};
	struct query_request q = {.limit = GROUP, .fields = fields};
	struct query_page page;
	autostr struct str keys;

	str_init(&keys, GROUP * 24);
	for (size_t i = 0; i < n; i++)
		str_addf(&keys, "%s%lld", i ? "," : "", (long long)nums[i]);
	int r = query_add_filter(&q, "@num", keys.p, err);
	if (r >= 0)
		r = query_run(db, &collection_hosts, &q, &extra, &page, err);
	if (r >= 0) {
		autojson json_t *items = json_loads(page.items.p, 0, NULL);
		for (size_t i = 0; i < json_array_size(note.nums); i++) {
			char key[24];
			(void)snprintf(key, sizeof(key), "%lld",
				       (long long)json_integer_value(json_array_get(note.nums, i)));
			(void)json_object_set(by_num, key, json_array_get(items, i));
		}
		query_page_done(&page);
	}
	json_decref(note.nums);
	return r;
}

static int read_hosts(struct db *db, const asked_list *list, const char *fields, json_t *by_num,
		      struct err *err)
{
	int64_t nums[GROUP];
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->items[i].hosts.n; k++) {
			nums[n++] = list->items[i].hosts.items[k];
			if (n < GROUP)
				continue;
			TRY(read_group(db, nums, n, fields, by_num, err));
			n = 0;
		}
	return n ? read_group(db, nums, n, fields, by_num, err) : 0;
}

static json_t *answer(const asked_list *list, const json_t *by_num)
{
	json_t *items = json_array(), *unmatched = json_array(), *ambiguous = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct asked *a = &list->items[i];
		if (a->hosts.n != 1)
			(void)json_array_append_new(a->hosts.n ? ambiguous : unmatched,
						    json_string(a->shown));
		for (size_t k = 0; k < a->hosts.n; k++) {
			char key[24];
			(void)snprintf(key, sizeof(key), "%lld", (long long)a->hosts.items[k]);
			json_t *one = json_pack("{s:s}", "value", a->shown);
			(void)json_object_update(one, json_object_get(by_num, key));
			(void)json_array_append_new(items, one);
		}
	}
	return json_pack("{s:o, s:o, s:o}", "items", items, "unmatched", unmatched, "ambiguous",
			 ambiguous);
}

static int search(struct db *db, asked_list *list, const char *fields, json_t **ret,
		  struct err *err)
{
	autojson json_t *by_num = json_object();

	const struct query_request of_fields = {.fields = fields};

	TRY(custom_fields_load(db, &of_fields, NULL, 0, err));
	TRY(find_all(db, list, err));
	TRY(read_hosts(db, list, fields && fields[0] ? fields : default_fields, by_num, err));
	*ret = answer(list, by_num);
	return 0;
}

int host_search(struct db *db, const json_t *ask, const char *fields, json_t **ret, struct err *err)
{
	asked_list list = {0};
	int r = read_asked(ask, &list, err);

	if (r >= 0)
		r = db_begin_snapshot(db, err);
	if (r >= 0)
		r = db_end(db, search(db, &list, fields, ret, err), err);
	asked_done(&list);
	return r;
}
