/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version before works beside this one on one store: what it wrote by the place of columns still
 * lands where it belongs, in each table that has a history.
 */
#include "tests/harness/check.h"

#include <string.h>

#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/identity.h>
#include <inventory/run.h>

#include "store_fixture.h"

#define US 1000000LL

static void must(int status, const struct err *err, const char *what)
{
	if (status < 0)
		fail_msg("%s: %s", what, err->msg);
}

static int columns_of(struct db *db, const char *table, char names[64][64])
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autofree char *sql = xasprintf("SELECT * FROM %s WHERE 1 = 0", table);
	struct err err = ERR_INIT;

	must(db_query_n(db, sql, NULL, 0, &rows, &err), &err, table);
	must(db_rows_next(rows, &err), &err, table);
	int n = db_columns(rows);
	assert_in_range(n, 1, 64);
	for (int i = 0; i < n; i++)
		assert_true(str_copy(names[i], 64, db_column_name(rows, i)));
	return n;
}

/* The rule of db.h: new columns of X and X_history at the same place, until_us behind them. */
static void test_histories_have_the_columns_of_their_table_in_order(void **state)
{
	static const char *const tables[] = {"host",     "host_facts", "part", "sku",  "delivery",
					     "location", "flow_order", "run",  "fault"};
	struct db *db = ((struct store_fixture *)*state)->db;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		static char now[64][64], then[64][64];
		autofree char *history = xasprintf("%s_history", tables[i]);
		int n = columns_of(db, tables[i], now);
		assert_int_equal(columns_of(db, history, then), n + 1);
		for (int c = 0; c < n; c++)
			if (!str_eq(now[c], then[c]))
				fail_msg("%s: column %d is %s, and %s in the history", tables[i], c,
					 now[c], then[c]);
		assert_string_equal(then[n], "until_us");
	}
}

/* As versions before migration 130 kept a row that changes. */
#define KEEP(table)                                                                                \
	"INSERT INTO " table "_history SELECT " table ".*, CAST($2 AS BIGINT) FROM " table         \
	" WHERE num = $1 AND changed_us < $2"

static void test_statements_of_the_version_before(void **state)
{
	static const struct host_birth birth = {.state = "testing"};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct host_evidence e = {.system_serial = "S1"};
	struct err err = ERR_INIT;
	struct identity who;
	char run[37], fault[37];
	int64_t n = 0;

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err, "a host");
	const struct run_draft d = {.host_num = who.host_num, .id = "", .tier = "quick"};
	must(run_start(db, &d, 2 * US, run, &err), &err, "a run");
	const struct fault_draft f = {
		.host_num = who.host_num, .code = "c", .part_type = "", .action = "a"};
	must(fault_open(db, &f, "t", 3 * US, fault, &err), &err, "a fault");
	must(db_query_int(db, &err, &n, 0, "SELECT max(num) FROM run"), &err, "run");
	must(db_exec(db, &err, KEEP("run"), p_int(n), p_int(9 * US)), &err, "run");
	must(db_query_int(db, &err, &n, 0, "SELECT max(num) FROM fault"), &err, "fault");
	must(db_exec(db, &err, KEEP("fault"), p_int(n), p_int(9 * US)), &err, "fault");
	must(db_query_int(db, &err, &n, 0,
			  "SELECT count(*) FROM run_history r, fault_history f WHERE r.until_us = "
			  "9000000 AND f.until_us = 9000000 AND r.retest_of = '' AND f.rma = ''"),
	     &err, "what was kept");
	assert_int_equal(n, 1);
}

static void test_migrations_since_the_rule_are_additive(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t n = 0;

	must(db_query_int(db, &err, &n, 0,
			  "SELECT count(*) FROM migration WHERE number >= 130 AND additive = 0"),
	     &err, "migrations");
	assert_int_equal(n, 0);
	must(db_query_int(
		     db, &err, &n, 0,
		     "SELECT breaking - (SELECT count(*) FROM migration WHERE additive = 0) FROM "
		     "fleet_clock"),
	     &err, "the fleet's clock");
	assert_int_equal(n, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_histories_have_the_columns_of_their_table_in_order),
		T(test_statements_of_the_version_before),
		T(test_migrations_since_the_rule_are_additive),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rolling upgrade", tests, NULL, NULL);
}
