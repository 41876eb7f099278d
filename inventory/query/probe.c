/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is what a filter asks for rare or common? SQLite's statistics are averages, so it is counted, up
 * to a small number, in the index that would be used. PostgreSQL keeps the common values itself.
 * Input: filters that were read before; values are bound.
 */
#include "condition.h"

#include <string.h>

#include <base/json.h>

#define RARE 2000

/* Index entries are counted, no more than RARE. */
int probe_is_rare(struct sql *probe, const struct collection_field *f, const struct condition *c,
		  bool *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = condition_add(probe, f, c, err);

	str_addf(&probe->text, " LIMIT %d) few", RARE);
	if (r >= 0)
		r = sql_query(probe, probe->db, &rows, err);
	if (r >= 0)
		r = db_rows_next(rows, err);
	*ret = r == 1 && db_int(rows, 0) < RARE;
	db_rows_free(take_ptr(rows));
	sql_done(probe);
	return r < 0 ? r : 0;
}

int sql_probe(struct db *db, const struct collection *c, const struct query_request *q,
	      enum sql_amount *ret, struct err *err)
{
	*ret = SQL_AMOUNT_UNKNOWN;
	for (size_t i = 0; i < q->n_filters && *ret != SQL_FEW && db_is_sqlite(db); i++) {
		struct condition one;
		struct sql probe;
		bool rare = false;
		TRY(condition_parse(&q->filters[i], &one, err));
		const struct collection_field *f = field_by_name(c, one.key, strlen(one.key));
		if (!f || !(f->flags & FIELD_IS_PROBED) || one.op != OP_EQ ||
		    condition_is_repeated(q, &one))
			continue;
		sql_init(&probe, db, c, q, 0);
		str_addf(&probe.text, "SELECT count(*) FROM (SELECT 1 FROM %s t WHERE ", c->table);
		TRY(probe_is_rare(&probe, f, &one, &rare, err));
		*ret = rare ? SQL_FEW : SQL_MANY;
	}
	return 0;
}
