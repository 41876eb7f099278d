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
		table, NULL,                                                                       \
			"INSERT INTO " table "_history SELECT " table ".*, CAST($2 AS BIGINT) "    \
			"FROM " table " WHERE num = $1 AND changed_us < $2"                        \
	}

/* A table that got columns later: in stores that lack migration 152 they come after until_us in its
 * history. */
#define KEEP_NAMED(table, columns)                                                                 \
	{                                                                                          \
		table, columns,                                                                    \
			"INSERT INTO " table "_history (" columns ", until_us) SELECT " columns    \
			", CAST($2 AS BIGINT) FROM " table " WHERE num = $1 AND changed_us < $2"   \
	}
#define RUN_COLUMNS                                                                                \
	"num, id, host_num, tier, seed, state, result, started_us, ended_us, records, detail, "    \
	"changed_us, revision, retest_of"
#define FAULT_COLUMNS                                                                              \
	"num, id, host_num, state, code, part_type, part_number, part_serial, slot, action, "      \
	"detail, turn, run_id, opened_us, closed_us, closed_by, note, changed_us, revision, "      \
	"certainty, rma"

/* literals, so that each stays one entry of the statement cache */
static const struct {
	const char *table;
	const char *columns; /* NULL: the same in the history, which has until_us behind them */
	const char *sql;
} keepers[] = {
	KEEP("host"),
	KEEP("host_facts"),
	KEEP("part"),
	KEEP("sku"),
	KEEP("delivery"),
	KEEP("location"),
	KEEP("flow_order"),
	KEEP_NAMED("run", RUN_COLUMNS),
	KEEP_NAMED("fault", FAULT_COLUMNS),
};

int history_keep(struct db *db, const char *table, int64_t num, const struct moment *m,
		 struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(keepers); i++)
		if (str_eq(keepers[i].table, table))
			return db_exec(db, err, keepers[i].sql, p_int(num), p_int(m->at_us));
	return err_set(err, ERR_DB_SQL, "table '%s' has no history", table);
}

const char *history_columns(const char *table)
{
	for (size_t i = 0; i < ARRAY_LEN(keepers); i++)
		if (str_eq(keepers[i].table, table) && keepers[i].columns)
			return keepers[i].columns;
	return "*";
}
