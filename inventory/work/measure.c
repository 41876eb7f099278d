/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of run_measure; see measure.h. Input: names that agents chose, as text.
 */
#include <inventory/measure.h>

#include <base/cleanup.h>
#include <base/text.h>

int measure_like_of(struct db *db, int64_t host_num, struct measure_like *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	*ret = (struct measure_like){0};
	TRY(db_query(db, err, &rows, "SELECT sku, bios_version FROM host WHERE num = $1",
		     p_int(host_num)));
	int r = db_rows_next(rows, err);
	if (r == 0)
		return err_set(err, ERR_HOST_UNKNOWN, "no host has the number %lld",
			       (long long)host_num);
	if (r < 0)
		return r;
	(void)text_fit(ret->sku, sizeof(ret->sku), db_text(rows, 0));
	(void)text_fit(ret->firmware, sizeof(ret->firmware), db_text(rows, 1));
	return 0;
}

int measure_put(struct db *db, const struct measure *m, int64_t now_us, struct err *err)
{
	return db_exec(db, err,
		       "INSERT INTO run_measure (host_num, name, sku, firmware, milli, at_us) "
		       "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (host_num, name) DO UPDATE SET "
		       "sku = excluded.sku, firmware = excluded.firmware, milli = excluded.milli, "
		       "at_us = excluded.at_us",
		       p_int(m->host_num), p_text(m->name), p_text(m->sku), p_text(m->firmware),
		       p_int(m->milli), p_int(now_us));
}

int measure_peers(struct db *db, const struct measure *m, int64_t max, measure_list *ret,
		  struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT milli FROM run_measure WHERE sku = $1 AND firmware = $2 AND name = $3 "
		     "AND host_num <> $4 ORDER BY at_us DESC LIMIT $5",
		     p_text(m->sku), p_text(m->firmware), p_text(m->name), p_int(m->host_num),
		     p_int(max)));
	while ((r = db_rows_next(rows, err)) == 1)
		VEC_PUSH(ret, db_int(rows, 0));
	return r;
}
