/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See summary_field.h. Input: names from URLs.
 */
#include "summary_field.h"

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
