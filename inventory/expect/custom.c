/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Definitions of fields, and the values that rows have of them. Input: names and values of callers;
 * all are checked by custom_value.c and bound.
 */
#include <inventory/custom.h>

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "../hosts/history.h"
#include "custom_value.h"

#define CHOICES_MAX 64

const char *const custom_objects[] = {"hosts", "parts", "skus", "deliveries", "locations", NULL};

static bool has_fields(const char *object)
{
	for (const char *const *o = custom_objects; *o; o++)
		if (str_eq(*o, object))
			return true;
	return false;
}

/* ---- definitions ----------------------------------------------------------------------------- */

static int bad(const char *pointer, struct err *err, enum err_code code, const char *what)
{
	(void)err_set(err, code, "%s", what);
	return err_at(err, pointer);
}

static int check_choices(const struct custom_draft *d, enum custom_type type, struct err *err)
{
	const struct custom_kind text = {.type = CUSTOM_TEXT};
	size_t i;
	const json_t *one;

	if ((json_array_size(d->choices) > 0) != (type == CUSTOM_CHOICE))
		return bad("/choices", err, ERR_INVALID,
			   "a field of type choice needs choices, and no other has them");
	if (json_array_size(d->choices) > CHOICES_MAX)
		return bad("/choices", err, ERR_TOO_BIG, "at most 64 choices");
	json_array_foreach (d->choices, i, one)
		if (custom_value_reason(&text, one) || strchr(json_string_value(one), ','))
			return bad("/choices", err, ERR_INVALID,
				   "a choice is a text without a comma");
	return 0;
}

static int check_draft(const struct custom_draft *d, enum custom_type *ret_type, struct err *err)
{
	if (!has_fields(d->object))
		return bad("/object", err, ERR_INVALID,
			   "expected hosts, parts, skus, deliveries or locations");
	if (!custom_name_is_good(d->name))
		return bad("/name", err, ERR_INVALID,
			   "a name has 1 to 40 lower-case letters, digits and _, a letter first");
	if (!custom_type_parse(d->type, ret_type))
		return bad("/type", err, ERR_INVALID,
			   "expected text, number, date, choice, link or tags");
	if (d->unit[0] && *ret_type != CUSTOM_NUMBER)
		return bad("/unit", err, ERR_INVALID, "only numbers have a unit");
	return check_choices(d, *ret_type, err);
}

static int check_room(struct db *db, const struct custom_draft *d, bool *ret_there, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t n = 0;
	int more;

	*ret_there = false;
	TRY(db_query(db, err, &rows, "SELECT name, type FROM custom_field WHERE object = $1",
		     p_text(d->object)));
	while ((more = db_rows_next(rows, err)) == 1) {
		n++;
		if (!str_eq(db_text(rows, 0), d->name))
			continue;
		*ret_there = true;
		if (!str_eq(db_text(rows, 1), d->type))
			return bad("/type", err, ERR_EXISTS,
				   "the field is there with another type, which stays");
	}
	if (more == 0 && !*ret_there && n >= CUSTOM_FIELDS_MAX)
		return err_set(err, ERR_TOO_BIG, "at most %d fields", CUSTOM_FIELDS_MAX);
	return more;
}

static int define(struct db *db, const struct custom_draft *d, int64_t now_us, struct err *err)
{
	enum custom_type type;
	bool there;
	autofree char *choices = d->choices ? json_text(d->choices) : xstrdup("");

	TRY(check_draft(d, &type, err));
	TRY(check_room(db, d, &there, err));
	if (there)
		return db_exec(db, err,
			       "UPDATE custom_field SET unit = $3, choices = $4, about = $5 WHERE "
			       "object = $1 AND name = $2",
			       p_text(d->object), p_text(d->name), p_text(d->unit), p_text(choices),
			       p_text(d->about));
	return db_exec(db, err,
		       "INSERT INTO custom_field (object, name, type, unit, choices, about, "
		       "created_us) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		       p_text(d->object), p_text(d->name), p_text(d->type), p_text(d->unit),
		       p_text(choices), p_text(d->about), p_int(now_us));
}

int custom_define(struct db *db, const struct custom_draft *d, int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, define(db, d, now_us, err), err);
}

static int undefine(struct db *db, const char *object, const char *name, struct err *err)
{
	int64_t there = 0, used = 0;

	TRY(db_query_int(db, err, &there, 0,
			 "SELECT count(*) FROM custom_field WHERE object = $1 AND name = $2",
			 p_text(object), p_text(name)));
	if (!there)
		return err_set(err, ERR_NOT_FOUND, "%s have no field '%.40s'", object, name);
	TRY(db_query_int(db, err, &used, 0,
			 "SELECT count(*) FROM custom_value WHERE object = $1 AND name = $2 AND "
			 "until_us = 9223372036854775807",
			 p_text(object), p_text(name)));
	if (used)
		return err_set(err, ERR_EXISTS, "%lld values of '%s' are there: set them to null",
			       (long long)used, name);
	return db_exec(db, err, "DELETE FROM custom_field WHERE object = $1 AND name = $2",
		       p_text(object), p_text(name));
}

int custom_undefine(struct db *db, const char *object, const char *name, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, undefine(db, object, name, err), err);
}

static json_t *choices_json(const char *text)
{
	json_t *list = text[0] ? json_loads(text, 0, NULL) : NULL;

	return list ? list : json_array();
}

int custom_list(struct db *db, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autojson json_t *items = json_array();
	int more;

	TRY(db_query(db, err, &rows,
		     "SELECT object, name, type, unit, choices, about FROM custom_field ORDER BY "
		     "object, name"));
	while ((more = db_rows_next(rows, err)) == 1)
		(void)json_array_append_new(
			items,
			json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "object", db_text(rows, 0),
				  "name", db_text(rows, 1), "type", db_text(rows, 2), "unit",
				  db_text(rows, 3), "choices", choices_json(db_text(rows, 4)),
				  "about", db_text(rows, 5)));
	if (more == 0)
		*ret = json_pack("{s:O}", "items", items);
	return more;
}

/* ---- values ---------------------------------------------------------------------------------- */

static int load_body(const struct custom_row *row, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(row->db, err, &rows,
		     "SELECT body FROM custom_body WHERE object = $1 AND num = $2 AND until_us = "
		     "9223372036854775807",
		     p_text(row->object), p_int(row->num)));
	int more = db_rows_next(rows, err);
	*ret = more == 1 ? json_loads(db_text(rows, 0), 0, NULL) : NULL;
	if (!*ret)
		*ret = json_object();
	return more < 0 ? more : 0;
}

static int check_value(const struct custom_row *row, const char *name, const json_t *v,
		       struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autofree char *pointer = xasprintf("/custom/%.80s", name);
	struct custom_kind kind = {0};

	TRY(db_query(row->db, err, &rows,
		     "SELECT type, choices FROM custom_field WHERE object = $1 AND name = $2",
		     p_text(row->object), p_text(name)));
	int more = db_rows_next(rows, err);
	if (more < 0)
		return more;
	if (more == 0 || !custom_type_parse(db_text(rows, 0), &kind.type)) {
		(void)err_set(err, ERR_FIELD_UNKNOWN, "%s have no field '%.80s'; define it first",
			      row->object, name);
		return err_at(err, pointer);
	}
	autojson json_t *choices = choices_json(db_text(rows, 1));
	kind.choices = choices;
	const char *reason = json_is_null(v) ? NULL : custom_value_reason(&kind, v);
	if (!reason)
		return 0;
	(void)err_set(err, ERR_INVALID, "'custom.%s' is not %s", name, reason);
	return err_at(err, pointer);
}

static void note(json_t *shown, const char *name, json_t *was, json_t *is)
{
	autofree char *key = xasprintf("custom.%s", name);

	(void)json_object_set_new(
		shown, key,
		json_pack("[o, o]", was ? json_incref(was) : json_null(), json_incref(is)));
}

int custom_merge(const struct custom_row *row, json_t *set, json_t **ret, json_t *shown,
		 struct err *err)
{
	autojson json_t *body = NULL;
	const char *name;
	json_t *v;
	bool changed = false;

	*ret = NULL;
	if (!json_is_object(set))
		return bad("/custom", err, ERR_FIELD_TYPE, "'custom' is an object");
	TRY(load_body(row, &body, err));
	json_object_foreach (set, name, v) {
		json_t *was = json_object_get(body, name);
		TRY(check_value(row, name, v, err));
		bool none = json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0);
		if (none ? !was : json_equal(was, v))
			continue;
		note(shown, name, was, v);
		changed = true;
		(void)(none ? json_object_del(body, name) : json_object_set(body, name, v));
	}
	*ret = changed ? take_ptr(body) : NULL;
	return 0;
}

static int write_value(const struct custom_row *row, const char *name, const json_t *v,
		       const struct moment *m, struct err *err)
{
	size_t i;
	const json_t *one;

	json_array_foreach (v, i, one)
		TRY(write_value(row, name, one, m, err));
	if (json_is_array(v))
		return 0;
	return db_exec(row->db, err,
		       "INSERT INTO custom_value (object, num, name, text, number, from_us, "
		       "until_us) VALUES ($1, $2, $3, $4, $5, $6, 9223372036854775807)",
		       p_text(row->object), p_int(row->num), p_text(name),
		       p_text(json_is_string(v) ? json_string_value(v) : ""),
		       json_is_integer(v) ? p_int(json_integer_value(v)) : p_null(),
		       p_int(m->at_us));
}

#define CLOSE(table)                                                                               \
	"UPDATE " table " SET until_us = $3 WHERE object = $1 AND num = $2 AND until_us = "        \
	"9223372036854775807"

int custom_write(const struct custom_row *row, const json_t *body, const struct moment *m,
		 struct err *err)
{
	autofree char *text = json_text(body);
	const char *name;
	const json_t *v;

	TRY(db_exec(row->db, err, CLOSE("custom_body"), p_text(row->object), p_int(row->num),
		    p_int(m->at_us)));
	TRY(db_exec(row->db, err, CLOSE("custom_value"), p_text(row->object), p_int(row->num),
		    p_int(m->at_us)));
	if (json_object_size(body) == 0)
		return 0;
	TRY(db_exec(row->db, err,
		    "INSERT INTO custom_body (object, num, body, from_us, until_us) VALUES ($1, "
		    "$2, $3, $4, 9223372036854775807)",
		    p_text(row->object), p_int(row->num), p_text(text), p_int(m->at_us)));
	json_object_foreach ((json_t *)(uintptr_t)body, name, v)
		TRY(write_value(row, name, v, m, err));
	return 0;
}
