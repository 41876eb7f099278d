/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hosts a change that is not a host's own concerns. Input: words from callers, bound.
 */
#include "differences.h"

#include <base/cleanup.h>
#include <base/vec.h>
#include <inventory/expect.h>

typedef VEC(int64_t) num_list;

static int refresh_each(struct db *db, const char *sql, const struct db_param *params, size_t n,
			struct err *err)
{
	num_list nums = {0};
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_query_n(db, sql, params, n, &rows, err);

	while (r >= 0 && (r = db_rows_next(rows, err)) == 1)
		VEC_PUSH(&nums, db_int(rows, 0));
	for (size_t i = 0; i < nums.n && r >= 0; i++)
		r = host_refresh_differences(db, nums.items[i], err);
	VEC_DONE(&nums);
	return r < 0 ? r : 0;
}

int differences_refresh_place(struct db *db, const char *site, const char *rack_row,
			      const char *rack, int64_t unit, struct err *err)
{
	const struct db_param p[] = {p_text(site), p_text(rack_row), p_text(rack), p_int(unit)};

	return refresh_each(
		db,
		"SELECT h.num FROM host h WHERE h.site = $1 AND h.rack_row = $2 AND h.rack = $3 "
		"AND h.rack_unit = $4 UNION SELECT h.num FROM location l JOIN host h ON "
		"h.switch_name = l.switch_name AND h.switch_port = l.switch_port WHERE l.site = $1 "
		"AND l.rack_row = $2 AND l.rack = $3 AND l.rack_unit = $4 AND l.switch_name <> ''",
		p, ARRAY_LEN(p), err);
}

int differences_fill(struct db *db, struct err *err)
{
	return refresh_each(db, "SELECT num FROM host ORDER BY num", NULL, 0, err);
}
