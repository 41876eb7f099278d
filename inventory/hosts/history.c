/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that writes X_history. It does not decide what a change is: callers compare first.
 * Input: numbers of ours.
 */
#include "history.h"

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#define KEEP(table)                                                                                \
	{                                                                                          \
		table, "INSERT INTO " table "_history SELECT " table ".*, CAST($2 AS BIGINT) "     \
		       "FROM " table " WHERE num = $1 AND changed_us < $2"                         \
	}

/* literals, so that each stays one entry of the statement cache */
static const struct {
	const char *table;
	const char *sql;
} keepers[] = {
	KEEP("host"), KEEP("host_facts"), KEEP("part"),     KEEP("run"),        KEEP("fault"),
	KEEP("sku"),  KEEP("delivery"),   KEEP("location"), KEEP("flow_order"),
};

int history_keep(struct db *db, const char *table, int64_t num, const struct moment *m,
		 struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(keepers); i++)
		if (str_eq(keepers[i].table, table))
			return db_exec(db, err, keepers[i].sql, p_int(num), p_int(m->at_us));
	return err_set(err, ERR_DB_SQL, "table '%s' has no history", table);
}
