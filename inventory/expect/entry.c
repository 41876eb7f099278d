/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of what may be edited, and how a row is removed. Input: members of callers' objects;
 * names go through the table, values are bound.
 */
#include <inventory/entry.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/custom.h>
#include <inventory/event.h>

#include "../hosts/history.h"
#include "differences.h"

#define MEMBERS_MAX 5

struct member {
	const char *name, *column;
	bool time;
};

static const struct kind {
	const struct collection *collection;
	const char *key; /* member and column */
	bool key_is_number;
	const char *event; /* kind of event: "delivery", "location", ... */
	const char *
		in_use; /* counts rows that refer to the row $1 (num), or NULL: cannot be removed */
	const char *users;
	struct member members[MEMBERS_MAX];
} kinds[_ENTRY_KIND_MAX] = {
	[ENTRY_DELIVERY] = {&collection_deliveries,
			    "name",
			    false,
			    "delivery",
			    "SELECT count(*) FROM delivery_line WHERE delivery_num = $1",
			    "hosts are announced by it",
			    {{"vendor", "vendor", false},
			     {"purchase_order", "purchase_order", false},
			     {"site", "site", false},
			     {"note", "note", false},
			     {"due", "due_us", true}}},
	[ENTRY_LOCATION] = {&collection_locations,
			    "num",
			    true,
			    "location",
			    "SELECT count(*) FROM location WHERE num = $1 AND 1 = 0",
			    "",
			    {{"switch", "switch_name", false},
			     {"port", "switch_port", false},
			     {"note", "note", false}}},
	[ENTRY_SKU] =
		{&collection_skus,
		 "name",
		 false,
		 "sku",
		 "SELECT count(*) FROM host WHERE sku = (SELECT name FROM sku WHERE num = $1)",
		 "hosts have it",
		 {{"note", "note", false}}},
	[ENTRY_PART] = {&collection_parts,
			"num",
			true,
			"part",
			"SELECT count(*) FROM placement WHERE part_num = $1",
			"placements say that it was in a host",
			{{NULL, NULL, false}}},
};

const struct collection *entry_collection(enum entry_kind kind)
{
	return kinds[kind].collection;
}

const char *entry_key(enum entry_kind kind)
{
	return kinds[kind].key_is_number ? "id" : kinds[kind].key;
}

const char *entry_member(enum entry_kind kind, size_t i, bool *ret_time)
{
	if (i >= MEMBERS_MAX || !kinds[kind].members[i].name)
		return NULL;
	*ret_time = kinds[kind].members[i].time;
	return kinds[kind].members[i].name;
}

/* ---- finding --------------------------------------------------------------------------------- */

struct found {
	int64_t num, revision;
};

static int find(struct db *db, const struct entry_call *call, struct found *ret, struct err *err)
{
	const struct kind *k = &kinds[call->kind];
	AUTO(db_rows) struct db_rows *rows = NULL;
	int64_t number = 0;
	bool known = !k->key_is_number || parse_i64(call->id, &number);
	autofree char *sql = xasprintf("SELECT num, revision FROM %s WHERE %s = $1",
				       k->collection->table, k->key);

	if (known)
		TRY(db_query(db, err, &rows, sql,
			     k->key_is_number ? p_int(number) : p_text(call->id)));
	int more = known ? db_rows_next(rows, err) : 0;
	if (more < 0)
		return more;
	if (more == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no %s '%.80s'", k->event, call->id);
	*ret = (struct found){db_int(rows, 0), db_int(rows, 1)};
	if (call->revision >= 0 && call->revision != ret->revision)
		return err_set(err, ERR_EXPECT_REVISION, "the %s has revision %lld, not %lld",
			       k->event, (long long)ret->revision, (long long)call->revision);
	return 0;
}

struct place {
	char *site, *row, *rack; /* NULL: of no location */
	int64_t unit;
};

static void place_done(struct place *p)
{
	free(p->site);
	free(p->row);
	free(p->rack);
}

static int find_place(struct db *db, const struct entry_call *call, int64_t num, struct place *ret,
		      struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	*ret = (struct place){0};
	if (call->kind != ENTRY_LOCATION)
		return 0;
	TRY(db_query(db, err, &rows,
		     "SELECT site, rack_row, rack, rack_unit FROM location WHERE num = $1",
		     p_int(num)));
	int more = db_rows_next(rows, err);
	if (more <= 0)
		return more;
	*ret = (struct place){xstrdup(db_text(rows, 0)), xstrdup(db_text(rows, 1)),
			      xstrdup(db_text(rows, 2)), db_int(rows, 3)};
	return 0;
}

/* A place is compared with the host that stands there. */
static int refresh_place(struct db *db, const struct place *p, struct err *err)
{
	return p->rack ? differences_refresh_place(db, p->site, p->row, p->rack, p->unit, err) : 0;
}

static int append_event(struct db *db, const struct entry_call *call, const char *verb,
			json_t *detail, const struct moment *m, struct err *err)
{
	const char *what = kinds[call->kind].event;
	autofree char *name = xasprintf("%s.%s", what, verb);
	autofree char *summary = xasprintf("%s %.100s %s by a person", what, call->id, verb);
	struct event_draft e = {0, name, call->actor, summary, detail};

	return event_append_at(db, &e, m, err);
}

/* ---- editing --------------------------------------------------------------------------------- */

struct edit {
	const struct kind *k;
	struct str sets; /* ", column = $n" */
	struct db_param params[MEMBERS_MAX + 2];
	size_t n;
	json_t *custom, *shown;
};

static int refuse(const char *key, enum err_code code, const char *what, struct err *err)
{
	autofree char *pointer = xasprintf("/%.80s", key);

	(void)err_set(err, code, "'%.80s' %s", key, what);
	return err_at(err, pointer);
}

static int read_value(const struct member *m, const json_t *v, struct db_param *ret,
		      struct err *err)
{
	const char *text = json_string_value(v);
	int64_t us = 0;

	if (json_is_null(v)) {
		*ret = m->time ? p_null() : p_text("");
		return 0;
	}
	if (!text)
		return refuse(m->name, ERR_FIELD_TYPE, "is a text", err);
	if (strlen(text) > LIMIT_NAME_BYTES)
		return refuse(m->name, ERR_FIELD_RANGE, "is too long", err);
	if (m->time && !time_parse_rfc3339(text, &us))
		return refuse(m->name, ERR_INVALID, "is a time like 2026-11-01T00:00:00Z", err);
	*ret = m->time ? p_int(us) : p_text(text);
	return 0;
}

static int add_member(struct edit *e, const char *key, json_t *v, struct err *err)
{
	for (size_t i = 0; i < MEMBERS_MAX && e->k->members[i].name; i++) {
		const struct member *m = &e->k->members[i];
		if (!str_eq(m->name, key))
			continue;
		TRY(read_value(m, v, &e->params[e->n], err));
		str_addf(&e->sets, ", %s = $%zu", m->column, ++e->n);
		(void)json_object_set(e->shown, key, v);
		return 0;
	}
	return refuse(key, ERR_FIELD_UNKNOWN, "cannot be set", err);
}

/* What is wrong with the set alone is told before its row is looked for. */
static int read_set(json_t *set, struct edit *e, struct err *err)
{
	const char *key;
	json_t *v;

	e->n = 2; /* $1: the row, $2: the moment */
	json_object_foreach (set, key, v)
		if (!str_eq(key, "custom"))
			TRY(add_member(e, key, v, err));
		else if (!json_is_object(v))
			return refuse(key, ERR_FIELD_TYPE, "is an object", err);
	return 0;
}

static int read_custom(struct db *db, const struct found *row, json_t *set, struct edit *e,
		       struct err *err)
{
	const struct custom_row custom = {db, e->k->collection->name, row->num};
	json_t *v = json_object_get(set, "custom");

	e->params[0] = p_int(row->num);
	return v ? custom_merge(&custom, v, &e->custom, e->shown, err) : 0;
}

static int write_row(struct db *db, const struct entry_call *call, const struct found *row,
		     struct edit *e, struct err *err)
{
	const struct custom_row custom = {db, e->k->collection->name, row->num};
	const char *table = e->k->collection->table;
	struct moment m;

	if (json_object_size(e->shown) == 0)
		return 0;
	TRY(moment_next(db, call->now_us, &m, err));
	TRY(history_keep(db, table, row->num, &m, err));
	e->params[1] = p_int(m.at_us);
	autofree char *sql = xasprintf(
		"UPDATE %s SET changed_us = $2, revision = revision + 1%s WHERE num = $1", table,
		e->sets.p);
	TRY(db_exec_n(db, sql, e->params, e->n, NULL, err));
	if (e->custom)
		TRY(custom_write(&custom, e->custom, &m, err));
	struct place place;
	TRY(find_place(db, call, row->num, &place, err));
	int r = refresh_place(db, &place, err);
	place_done(&place);
	TRY(r);
	return append_event(db, call, "edited", e->shown, &m, err);
}

static int edit(struct db *db, const struct entry_call *call, json_t *set, struct edit *e,
		struct err *err)
{
	struct found row;

	TRY(read_set(set, e, err));
	TRY(find(db, call, &row, err));
	TRY(read_custom(db, &row, set, e, err));
	return write_row(db, call, &row, e, err);
}

int entry_edit(struct db *db, const struct entry_call *call, json_t *set, struct err *err)
{
	autojson json_t *shown = json_object();
	struct edit e = {.k = &kinds[call->kind], .shown = shown};

	str_init(&e.sets, 4096);
	int r = db_begin(db, err);
	if (r >= 0)
		r = db_end(db, edit(db, call, set, &e, err), err);
	str_done(&e.sets);
	json_decref(e.custom);
	return r;
}

/* ---- removing -------------------------------------------------------------------------------- */

static int remove_row(struct db *db, const struct entry_call *call, struct err *err)
{
	const struct kind *k = &kinds[call->kind];
	const char *table = k->collection->table;
	struct found row;
	struct moment m;
	int64_t n = 0;

	TRY(find(db, call, &row, err));
	TRY(db_query_int(db, err, &n, 0, k->in_use, p_int(row.num)));
	if (n)
		return err_set(err, ERR_CONFLICT, "%lld %s", (long long)n, k->users);
	TRY(moment_next(db, call->now_us, &m, err));
	TRY(history_keep(db, table, row.num, &m, err));
	autojson json_t *none = json_object();
	const struct custom_row custom = {db, k->collection->name, row.num};
	TRY(custom_write(&custom, none, &m, err));
	struct place place;
	TRY(find_place(db, call, row.num, &place, err));
	autofree char *sql = xasprintf("DELETE FROM %s WHERE num = $1", table);
	int r = db_exec(db, err, sql, p_int(row.num));
	if (r >= 0)
		r = refresh_place(db, &place, err);
	place_done(&place);
	TRY(r);
	return append_event(db, call, "removed", NULL, &m, err);
}

int entry_remove(struct db *db, const struct entry_call *call, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, remove_row(db, call, err), err);
}
