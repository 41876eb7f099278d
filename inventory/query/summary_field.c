/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See summary_field.h. Input: names from URLs.
 */
#include "summary_field.h"

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

int summary_fields_read(const struct collection *c, const char *text, unsigned flag,
			const char *pointer, struct summary_fields *ret, struct err *err)
{
	struct sv rest = sv_of(text ? text : "");

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		const struct collection_field *f = field_by_name(c, one.p, one.n);
		int r = 0;
		if (!f || !(f->flags & flag))
			r = err_set(err, ERR_FIELD_UNKNOWN, "cannot %s '%.*s'",
				    flag == FIELD_IS_SUM ? "sum" : "group by",
				    (int)(one.n < 80 ? one.n : 80), one.p);
		else if (ret->n == ret->max)
			r = err_set(err, ERR_TOO_BIG, "at most %zu fields", ret->max);
		if (r < 0) {
			(void)err_at(err, pointer);
			return r;
		}
		ret->items[ret->n++] = f;
	}
	return 0;
}

json_t *summary_value(const struct db_rows *rows, int column, const struct collection_field *f)
{
	if (db_is_null(rows, column))
		return json_null();
	if (f->type == COLLECTION_BOOL)
		return json_boolean(db_int(rows, column) != 0);
	if (f->type == COLLECTION_INT)
		return json_integer(db_int(rows, column));
	json_t *text = json_string(db_text(rows, column));
	return text ? text : json_null();
}

char *summary_key(const struct db_rows *rows, int column,
		  const struct collection_field *const *fields, size_t n)
{
	autojson json_t *key = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(key, summary_value(rows, column + (int)i, fields[i]));
	return json_text(key);
}

static char *key_of_item(const json_t *item, const struct collection_field *const *fields, size_t n)
{
	autojson json_t *key = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append(key, json_object_get(item, fields[i]->name));
	return json_text(key);
}

json_t *summary_index(json_t *items, const struct collection_field *const *fields, size_t n)
{
	json_t *index = json_object(), *item;
	size_t i;

	json_array_foreach (items, i, item) {
		autofree char *key = key_of_item(item, fields, n);
		(void)json_object_set(index, key, item);
	}
	return index;
}
