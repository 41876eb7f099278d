/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a statement over a collection begins: whether the joins of its filters may be inner ones.
 * Input: filters from callers.
 */
#include "sql.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "condition.h"

bool sql_lists_unknown(const char *value)
{
	size_t n = strlen(value);

	return n == 0 || value[0] == ',' || value[n - 1] == ',' || strstr(value, ",,") != NULL;
}

bool sql_is_inner(const struct collection *c, const struct query_request *q)
{
	for (size_t i = 0; i < q->n_filters; i++) {
		struct condition one;
		struct err ignored = ERR_INIT;
		if (condition_parse(&q->filters[i], &one, &ignored) < 0)
			continue;
		const struct collection_field *f = field_by_name(c, one.key, strlen(one.key));
		bool joined = f && (str_starts(f->column, "h.") || str_starts(f->column, "p."));
		if (joined && one.op != OP_NE && !sql_lists_unknown(one.value))
			return true;
	}
	return false;
}

void sql_init(struct sql *s, struct db *db, const struct collection *c,
	      const struct query_request *q, int64_t at_us)
{
	*s = (struct sql){.db = db, .c = c, .at_us = at_us, .inner = sql_is_inner(c, q)};
	str_init(&s->text, SQL_MAX_BYTES);
}
