/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people may say about a host, as a table of members. One change, one event, whatever the
 * number of members. Input: a JSON object from a caller.
 */
#include <inventory/expect.h>

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/custom.h>
#include <inventory/host.h>

#include "../hosts/host_row.h"
#include "edit.h"

static const struct {
	const char *name, *column;
	bool number, internal;
} members[] = {
	{"name", "name", false, false},        {"asset_tag", "asset_tag", false, false},
	{"sku", "sku", false, false},          {"site", "site", false, false},
	{"row", "rack_row", false, false},     {"rack", "rack", false, false},
	{"unit", "rack_unit", true, false},    {"reserved_for", "reserved_for", false, false},
	{"delivery", "delivery", false, true}, /* by imports only */
};

const char *host_editable(size_t i, bool *ret_number)
{
	for (size_t k = 0; k < ARRAY_LEN(members); k++) {
		if (members[k].internal || i-- > 0)
			continue;
		*ret_number = members[k].number;
		return members[k].name;
	}
	return NULL;
}

/* What an edit comes to: the members whose value it changes. */
struct edit_plan {
	size_t n;
	unsigned member[ARRAY_LEN(members)];
	struct db_param value[ARRAY_LEN(members)];
	json_t *custom; /* all that people defined, when it changes; owned */
	json_t *shown;  /* {name: [was, is]} */
};

static int find_member(const char *key, bool internal, unsigned *ret, struct err *err)
{
	for (unsigned i = 0; i < ARRAY_LEN(members); i++) {
		if (!str_eq(members[i].name, key) || (members[i].internal && !internal))
			continue;
		*ret = i;
		return 0;
	}
	autofree char *pointer = xasprintf("/%.80s", key);
	(void)err_set(err, ERR_FIELD_UNKNOWN, "'%.80s' cannot be set", key);
	return err_at(err, pointer);
}

static int read_value(const char *key, unsigned i, const json_t *j, struct db_param *ret,
		      struct err *err)
{
	autofree char *pointer = xasprintf("/%.80s", key);

	if (json_is_null(j)) {
		*ret = members[i].number ? p_null() : p_text("");
		return 0;
	}
	if (members[i].number ? !json_is_integer(j) : !json_is_string(j)) {
		(void)err_set(err, ERR_FIELD_TYPE, "'%s' is %s", key,
			      members[i].number ? "a whole number" : "a text");
		return err_at(err, pointer);
	}
	int64_t v = json_integer_value(j);
	size_t n = json_string_length(j);
	if (members[i].number ? v < 0 || v > HOST_UNIT_MAX : n > LIMIT_NAME_BYTES) {
		(void)err_set(err, ERR_FIELD_RANGE, "'%s' is out of its range", key);
		return err_at(err, pointer);
	}
	*ret = members[i].number ? p_int(v) : p_text(json_string_value(j));
	return 0;
}

static json_t *shown_value(const struct db_rows *rows, int column, bool number)
{
	if (db_is_null(rows, column) || (!number && !db_text(rows, column)[0]))
		return json_null();
	return number ? json_integer(db_int(rows, column)) : json_string(db_text(rows, column));
}

static bool same_value(const struct db_rows *rows, int column, const struct db_param *p)
{
	if (p->type == DB_NULL || db_is_null(rows, column))
		return p->type == DB_NULL && db_is_null(rows, column);
	return p->type == DB_INT ? db_int(rows, column) == p->i
				 : str_eq(db_text(rows, column), p->p);
}

static const char current_sql[] = "SELECT revision, name, asset_tag, sku, site, rack_row, rack, "
				  "rack_unit, reserved_for, delivery FROM host WHERE num = $1";

static int plan(struct db *db, int64_t num, const struct host_edit *edit, bool internal,
		struct edit_plan *e, struct err *err)
{
	const char *key;
	json_t *value;
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, current_sql, p_int(num)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_HOST_UNKNOWN, "there is no such host");
	if (edit->revision >= 0 && db_int(rows, 0) != edit->revision)
		return err_set(err, ERR_EXPECT_REVISION, "the host has revision %lld, not %lld",
			       (long long)db_int(rows, 0), (long long)edit->revision);
	json_object_foreach (edit->set, key, value) {
		unsigned i = 0;
		struct db_param p;
		const struct custom_row row = {db, "hosts", num};
		if (str_eq(key, "custom")) {
			TRY(custom_merge(&row, value, &e->custom, e->shown, err));
			continue;
		}
		TRY(find_member(key, internal, &i, err));
		TRY(read_value(key, i, value, &p, err));
		if (same_value(rows, 1 + (int)i, &p))
			continue;
		json_t *pair = json_pack("[o, O]", shown_value(rows, 1 + (int)i, members[i].number),
					 value);
		(void)json_object_set_new(e->shown, key, pair ? pair : json_null());
		e->member[e->n] = i;
		e->value[e->n++] = p;
	}
	return 0;
}

static int check_sku(struct db *db, const struct edit_plan *e, struct err *err)
{
	for (size_t k = 0; k < e->n; k++) {
		int64_t n = 0;
		if (!str_eq(members[e->member[k]].name, "sku") || e->value[k].n_bytes == 0)
			continue;
		TRY(db_query_int_n(db,
				   &(struct db_call){"SELECT count(*) FROM sku WHERE name = $1",
						     &e->value[k], 1},
				   0, &n, err));
		if (n == 0) {
			(void)err_set(err, ERR_NOT_FOUND, "there is no SKU '%.80s'",
				      (const char *)e->value[k].p);
			return err_at(err, "/sku");
		}
	}
	return 0;
}

static int write_edit(struct db *db, int64_t num, const struct host_edit *edit,
		      const struct edit_plan *e, struct err *err)
{
	struct moment m;
	struct db_param params[ARRAY_LEN(members) + 2];
	autostr struct str sql;

	str_init(&sql, 4096);
	TRY(host_change_begin(db, num, edit->now_us, &m, err));
	str_add(&sql, "UPDATE host SET changed_us = $2, revision = revision + 1");
	params[0] = p_int(num);
	params[1] = p_int(m.at_us);
	for (size_t k = 0; k < e->n; k++) {
		str_addf(&sql, ", %s = $%zu", members[e->member[k]].column, k + 3);
		params[k + 2] = e->value[k];
	}
	str_add(&sql, " WHERE num = $1");
	TRY(db_exec_n(db, sql.p, params, e->n + 2, NULL, err));
	const struct custom_row row = {db, "hosts", num};
	if (e->custom)
		TRY(custom_write(&row, e->custom, &m, err));
	TRY(host_refresh_sku_status(db, num, err));
	struct event_draft d = {num, "host.edited", edit->actor, "edited by a person", e->shown};
	return event_append_at(db, &d, &m, err);
}

int host_edit_members(struct db *db, int64_t num, const struct host_edit *edit, bool internal,
		      bool *ret_changed, struct err *err)
{
	autojson json_t *shown = json_object();
	struct edit_plan e = {.shown = shown};
	int r = plan(db, num, edit, internal, &e, err);

	if (r >= 0 && !internal)
		r = check_sku(db, &e, err);
	*ret_changed = r >= 0 && (e.n > 0 || e.custom);
	if (*ret_changed)
		r = write_edit(db, num, edit, &e, err);
	json_decref(e.custom);
	return r;
}

int host_edit(struct db *db, int64_t num, const struct host_edit *edit, bool *ret_changed,
	      struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, host_edit_members(db, num, edit, false, ret_changed, err), err);
}
