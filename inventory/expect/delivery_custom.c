/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields that people defined, as columns of a delivery: "custom.owner". A text of a file becomes what
 * the field's type holds; what it does not hold is an error of its row. Input: cells of vendors' files
 * and members of API callers.
 */
#include "delivery_row.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/custom.h>

static json_t *tags_of(const char *text)
{
	struct sv rest = sv_of(text);
	json_t *list = json_array();

	while (rest.n > 0) {
		size_t n = 0;
		while (n < rest.n && !strchr(";,|", rest.p[n]))
			n++;
		struct sv one = sv_trim((struct sv){rest.p, n});
		if (one.n > 0)
			(void)json_array_append_new(list, json_stringn(one.p, one.n));
		n += n < rest.n;
		rest = (struct sv){rest.p + n, rest.n - n};
	}
	return list;
}

/* A number or tags that a file has as text. */
static json_t *typed(const char *type, const json_t *v)
{
	int64_t n = 0;

	if (json_is_string(v) && str_eq(type, custom_type_str(CUSTOM_NUMBER)) &&
	    parse_i64(json_string_value(v), &n))
		return json_integer(n);
	if (json_is_string(v) && str_eq(type, custom_type_str(CUSTOM_TAGS)))
		return tags_of(json_string_value(v));
	return json_deep_copy(v);
}

static int read_one(struct db *db, struct delivery_row *r, const char *name, const json_t *v,
		    struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	const struct custom_row row = {db, "hosts", r->host_num};
	autojson json_t *set = json_object(), *shown = json_object(), *ignored = NULL;
	struct err own = ERR_INIT;

	TRY(db_query(db, err, &rows,
		     "SELECT type FROM custom_field WHERE object = 'hosts' AND name = $1",
		     p_text(name)));
	int more = db_rows_next(rows, err);
	if (more < 0)
		return more;
	json_t *value = typed(more ? db_text(rows, 0) : "", v);
	(void)json_object_set_new(set, name, value);
	(void)json_object_set(r->custom, name, value);
	int merged = custom_merge(&row, set, &ignored, shown, &own);
	if (merged < 0 && err_class(own.code) != ERR_CLASS_REJECT) {
		*err = own;
		return merged;
	}
	if (merged < 0)
		delivery_refuse(r,
				delivery_finding(own.code, own.pointer + 1, NULL, "%s", own.msg));
	const char *key;
	json_t *change;
	json_object_foreach (shown, key, change)
		delivery_change(r, key, json_incref(json_array_get(change, 0)),
				json_incref(json_array_get(change, 1)));
	return 0;
}

int delivery_custom_look_up(struct db *db, struct delivery_row *r, struct err *err)
{
	autojson json_t *asked = json_deep_copy(r->custom);
	const char *name;
	json_t *v;

	json_object_foreach (asked, name, v)
		TRY(read_one(db, r, name, v, err));
	return 0;
}
