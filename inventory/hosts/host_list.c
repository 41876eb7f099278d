/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All hosts at once, for decisions that depend on many: counted, or visited one by one.
 */
#include <inventory/host.h>

#include <inventory/db.h>

int host_each_living(struct db *db, bool (*visit)(void *arg, const struct host_traits *h),
		     void *arg, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int rc;

	TRY(db_query(db, err, &rows,
		     "SELECT h.num, h.short_code, h.serial, h.manufacturer, h.model, h.arch, "
		     "coalesce(f.macs, ''), h.review FROM host h LEFT JOIN flow_host f ON "
		     "f.host_num = h.num WHERE h.state <> 'retired' ORDER BY h.num"));
	while ((rc = db_rows_next(rows, err)) > 0) {
		const struct host_traits h = {db_int(rows, 0),  db_text(rows, 1), db_text(rows, 2),
					      db_text(rows, 3), db_text(rows, 4), db_text(rows, 5),
					      db_text(rows, 6), db_text(rows, 7)};
		if (!visit(arg, &h))
			return 0;
	}
	return rc;
}

int host_count_in(struct db *db, const char *state, int64_t *ret, struct err *err)
{
	return db_query_int(db, err, ret, 0, "SELECT count(*) FROM host WHERE state = $1",
			    p_text(state));
}

int host_count_states(struct db *db, void (*visit)(void *arg, const char *state, int64_t n),
		      void *arg, struct err *err)
{
	return db_each_count(db, "SELECT state, count(*) FROM host GROUP BY state ORDER BY state",
			     visit, arg, err);
}
