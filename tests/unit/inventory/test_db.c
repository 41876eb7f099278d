/* SPDX-License-Identifier: Apache-2.0 */
/* The store seam: parameters, rows, nested transactions, the clock, migrations, refusals. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <inventory/backup.h>
#include <inventory/event.h>
#include <inventory/db.h>

#include "store_fixture.h"

#define OK(call)                                                                                   \
	do {                                                                                       \
		struct err *e_ = &err;                                                             \
		err_clear(e_);                                                                     \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s (%s)", #call, e_->msg, err_name(e_->code));               \
	} while (0)

static void make_table(struct db *db)
{
	struct err err = ERR_INIT;

	OK(db_exec(db, &err, "CREATE TABLE thing (a INTEGER, t VARCHAR(40) UNIQUE, b SMALLINT)"));
}

static void test_values_round_trip(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const char text[] = "'; DROP TABLE host; -- \xc3\xa9";
	uint8_t blob[256];

	for (unsigned i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)i;
	OK(db_exec(
		db, &err,
		"INSERT INTO host_facts (num, changed_us, digest, brief, body) VALUES ($1, $2, $3, "
		"$4, $5)",
		p_int(INT64_MAX), p_int(INT64_MIN), p_text(text), p_text(""),
		p_blob(blob, sizeof(blob))));
	AUTO(db_rows) struct db_rows *rows = NULL;
	OK(db_query(
		db, &err, &rows,
		"SELECT num, changed_us, digest, brief, body, NULL FROM host_facts WHERE digest = "
		"$2 AND num = $1 AND num = $1",
		p_int(INT64_MAX), p_text(text)));
	assert_int_equal(db_rows_next(rows, &err), 1);
	assert_int_equal(db_columns(rows), 6);
	assert_true(db_int(rows, 0) == INT64_MAX);
	assert_true(db_int(rows, 1) == INT64_MIN);
	assert_string_equal(db_text(rows, 2), text);
	assert_string_equal(db_text(rows, 3), "");
	assert_false(db_is_null(rows, 3));
	assert_true(db_is_null(rows, 5));
	size_t n = 0;
	const void *p = db_blob(rows, 4, &n);
	assert_int_equal(n, sizeof(blob));
	assert_memory_equal(p, blob, n);
	assert_int_equal(db_rows_next(rows, &err), 0);
}

/* Both ways: what a caller brings, and what another program or an older version left. */
static void test_text_that_is_not_utf8_is_mended(void **state)
{
	static const struct {
		const char *name, *text, *hex, *want;
	} rows[] = {
		{"cut inside a character", "ab\xc3", "6162c3", "ab?"},
		{"a lone surrogate", "\xed\xa0\x80", "eda080", "???"},
		{"overlong", "\xc0\xaf", "c0af", "??"},
		{"good", "\xe2\x82\xac", "e282ac", "\xe2\x82\xac"},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	make_table(db);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(db_rows) struct db_rows *found = NULL;
		OK(db_exec(db, &err, "DELETE FROM thing"));
		OK(db_exec(db, &err, "INSERT INTO thing (a, t) VALUES (1, $1)",
			   p_text(rows[i].text)));
		if (!store_is_postgres()) {
			autofree char *sql = xasprintf("INSERT INTO thing (a, t) VALUES (2, "
						       "CAST(X'%s' AS TEXT))",
						       rows[i].hex);
			if (str_eq(rows[i].text, rows[i].want))
				OK(db_exec(db, &err, "DELETE FROM thing"));
			OK(db_exec(db, &err, sql));
		}
		OK(db_query(db, &err, &found,
			    "SELECT t FROM thing WHERE a = 2 OR t = $1 ORDER BY a",
			    p_text(rows[i].text)));
		int n = 0;
		for (; db_rows_next(found, &err) == 1; n++) {
			assert_string_equal(db_text(found, 0), rows[i].want);
			assert_string_equal(db_text(found, 0), rows[i].want);
		}
		assert_true(n >= 1);
	}
}

static int64_t count_things(struct db *db)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	OK(db_query_int(db, &err, &n, -1, "SELECT count(*) FROM thing"));
	return n;
}

static void test_transactions_nest(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;

	make_table(db);
	OK(db_begin(db, &err));
	OK(db_exec(db, &err, "INSERT INTO thing (a, t) VALUES (1, 'outer')"));
	OK(db_begin(db, &err));
	OK(db_exec(db, &err, "INSERT INTO thing (a, t) VALUES (2, 'inner')"));
	assert_int_equal(db_end(db, -ERR_INVALID, &err), -ERR_INVALID);
	assert_int_equal(count_things(db), 1);
	OK(db_begin(db, &err));
	OK(db_exec(db, &err, "INSERT INTO thing (a, t) VALUES (3, 'kept')"));
	OK(db_commit(db, &err));
	OK(db_commit(db, &err));
	assert_int_equal(count_things(db), 2);
	OK(db_begin(db, &err));
	OK(db_exec(db, &err, "DELETE FROM thing"));
	db_rollback(db);
	assert_int_equal(count_things(db), 2);
	assert_false(db_in_transaction(db));
}

/* Inside a transaction a failure may be told by a later statement of it, by its end at the latest.
 */
static void test_failed_statement_rolls_back_alone(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;

	make_table(db);
	OK(db_begin(db, &err));
	OK(db_exec(db, &err, "INSERT INTO thing (a, t) VALUES (1, 'x')"));
	OK(db_begin(db, &err));
	int r = db_exec(db, &err, "INSERT INTO thing (a, t) VALUES (2, 'x')");
	assert_int_equal(db_end(db, r, &err), -ERR_DB_CONSTRAINT);
	OK(db_exec(db, &err, "INSERT INTO thing (a, t) VALUES (3, 'y')"));
	OK(db_commit(db, &err));
	assert_int_equal(count_things(db), 2);
}

/* However many statements nobody waits for: those before the one that failed are taken back, those
 * after it do not run, and the connection works. */
static void test_many_statements_and_one_that_fails(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const int64_t failing[] = {0, 1, 63, 150, 299};
	int64_t n = 0;

	make_table(db);
	for (size_t k = 0; k < ARRAY_LEN(failing); k++) {
		OK(db_begin(db, &err));
		int r = 0;
		for (int64_t i = 0; i < 300 && r >= 0; i++)
			r = i == failing[k] ? db_exec(db, &err, "INSERT INTO nothing VALUES (1)")
					    : db_exec(db, &err, "INSERT INTO thing (a) VALUES ($1)",
						      p_int(i));
		assert_int_equal(db_end(db, r, &err), -ERR_DB_SQL);
		assert_false(db_in_transaction(db));
		assert_int_equal(count_things(db), 0);
	}
	OK(db_begin(db, &err));
	for (int64_t i = 0; i < 300; i++)
		OK(db_exec(db, &err, "INSERT INTO thing (a) VALUES ($1)", p_int(i)));
	OK(db_query_int(db, &err, &n, 0, "SELECT max(a) FROM thing"));
	assert_int_equal(n, 299);
	OK(db_commit(db, &err));
	assert_int_equal(count_things(db), 300);
}

static void test_clock_only_moves_forward(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const int64_t walls[] = {100, 200, 150, 150, 300};
	static const int64_t expect[] = {100, 200, 201, 202, 300};

	for (size_t i = 0; i < ARRAY_LEN(walls); i++) {
		int64_t id = 0, at = 0;
		OK(db_begin(db, &err));
		OK(db_tick(db, walls[i], &id, &at, &err));
		OK(db_commit(db, &err));
		assert_int_equal(id, i + 1);
		assert_int_equal(at, expect[i]);
	}
}

static void test_same_statement_twice_at_once(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const char sql[] = "SELECT number FROM migration WHERE number > $1 ORDER BY number";
	AUTO(db_rows) struct db_rows *outer = NULL;

	OK(db_query(db, &err, &outer, sql, p_int(0)));
	assert_int_equal(db_rows_next(outer, &err), 1);
	int64_t first = db_int(outer, 0);
	AUTO(db_rows) struct db_rows *inner = NULL;
	OK(db_query(db, &err, &inner, sql, p_int(0)));
	assert_int_equal(db_rows_next(inner, &err), 1);
	assert_int_equal(db_int(inner, 0), first);
	assert_int_equal(db_int(outer, 0), first);
}

static void test_reader_cannot_write(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	AUTO(db) struct db *reader = NULL;

	OK(db_open(f->url, DB_READONLY, &reader, &err));
	int r = db_exec(reader, &err, "DELETE FROM event");
	assert_int_equal(r, -ERR_DB_READONLY);
}

static void test_reopen_keeps_and_newer_is_refused(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	int number = db_schema_number(f->db);

	store_reopen(f, 0);
	assert_int_equal(db_schema_number(f->db), number);
	OK(db_exec(f->db, &err,
		   "INSERT INTO migration (number, name, applied_us) VALUES (99999, "
		   "'from the future', 1)"));
	db_close(take_ptr(f->db));
	struct db *db = NULL;
	assert_int_equal(db_open(f->url, 0, &db, &err), -ERR_DB_NEWER);
	assert_int_equal(db_open(f->url, DB_READONLY, &db, &err), -ERR_DB_NEWER);
}

/* The version before, beside a store that a newer one migrated: each table has a column more. */
static void grow(struct db *db, const char *table)
{
	struct err err = ERR_INIT;
	autofree char *type = xstrdup(db_is_sqlite(db) ? "INTEGER" : "BIGINT");
	autofree char *sql = xasprintf("ALTER TABLE %s ADD COLUMN later %s NOT NULL DEFAULT 0",
				       table, type);

	OK(db_exec_n(db, sql, NULL, 0, NULL, &err));
}

static void test_additive_migration_lets_the_version_before_go_on(void **state)
{
	static const char *const tables[] = {"event",        "placement",  "token",
					     "evidence",     "run_record", "receipt",
					     "flow_session", "flow_arm",   "fleet_clock"};
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	int64_t id = 0, at_us = 0;
	struct db *db = NULL;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		grow(f->db, tables[i]);
	OK(db_exec(f->db, &err,
		   "INSERT INTO migration (number, name, applied_us, additive) VALUES (99998, "
		   "'from the future', 1, 1)"));
	store_reopen(f, 0);
	OK(db_open(f->url, DB_READONLY, &db, &err));
	db_close(db);
	struct event_draft e = {0, "host.edited", "tester", "beside a newer one", NULL};
	OK(event_append(f->db, &e, 1000, NULL, &err));
	OK(db_begin(f->db, &err));
	OK(db_tick(f->db, 1000, &id, &at_us, &err));
	OK(db_commit(f->db, &err));
}

/* A daemon that runs while another appliance upgrades past it: it reads on and refuses to write. */
static void test_breaking_migration_stops_writers_that_run(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	struct event_draft e = {0, "host.edited", "tester", "too old", NULL};
	int64_t n = 0;
	struct db *db = NULL;

	OK(event_append(f->db, &e, 1000, NULL, &err));
	OK(db_exec(f->db, &err,
		   "INSERT INTO migration (number, name, applied_us) VALUES (99999, "
		   "'from the future', 1)"));
	OK(db_exec(f->db, &err, "UPDATE fleet_clock SET breaking = breaking + 1"));
	assert_int_equal(event_append(f->db, &e, 1000, NULL, &err), -ERR_DB_NEWER);
	assert_non_null(strstr(err.msg, "must be upgraded"));
	OK(db_query_int(f->db, &err, &n, 0, "SELECT count(*) FROM event"));
	assert_int_equal(n, 1);
	db_close(take_ptr(f->db));
	assert_int_equal(db_open(f->url, 0, &db, &err), -ERR_DB_NEWER);
}

/* ---- SQLite's own ---------------------------------------------------------------------------- */

static void test_second_writer_is_refused(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	struct db *db = NULL;

	if (!db_is_sqlite(f->db))
		skip();
	assert_int_equal(db_open(f->url, 0, &db, &err), -ERR_DB_LOCKED);
}

static void test_lost_file_is_not_made_anew(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	if (!db_is_sqlite(f->db))
		skip();
	db_close(take_ptr(f->db));
	assert_int_equal(unlink(f->url + strlen("sqlite:")), 0);
	struct db *db = NULL;
	assert_int_equal(db_open(f->url, DB_CREATE, &db, &err), -ERR_DB_MISSING);
}

static void test_damaged_file_is_refused(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	if (!db_is_sqlite(f->db))
		skip();
	db_close(take_ptr(f->db));
	FILE *file = fopen(f->url + strlen("sqlite:"), "r+");
	assert_non_null(file);
	char junk[8192];
	memset(junk, 0x5a, sizeof(junk));
	assert_int_equal(fseek(file, 4096 * 3, SEEK_SET), 0);
	assert_int_equal(fwrite(junk, 1, sizeof(junk), file), sizeof(junk));
	assert_int_equal(fclose(file), 0);
	struct db *db = NULL;
	assert_int_equal(db_open(f->url, DB_CHECK, &db, &err), -ERR_DB_CORRUPT);
}

static size_t count_copies(const struct store_fixture *f)
{
	DIR *list = opendir(f->dir);
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(list);
	while ((entry = readdir(list)))
		n += strstr(entry->d_name, ".before-") != NULL;
	(void)closedir(list);
	return n;
}

static void age(const struct store_fixture *f, const char *suffix, time_t days)
{
	autofree char *path = xasprintf("%s%s", f->url + strlen("sqlite:"), suffix);
	struct timespec when[2] = {{time(NULL) - days * 86400, 0}, {time(NULL) - days * 86400, 0}};

	assert_int_equal(utimensat(AT_FDCWD, path, when, 0), 0);
}

/* Two migrations are pending: 2 files would be one for each. A person's own copy stays. */
static void test_upgrade_makes_one_copy_and_removes_it_after_a_month(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	if (!db_is_sqlite(f->db))
		skip();
	OK(db_exec(f->db, &err, "DELETE FROM migration WHERE number IN (4, 7)"));
	OK(db_exec(f->db, &err, "DROP INDEX host_listed"));
	static const char *const columns[] = {"work", "key_sha256", "envelope"};
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		autofree char *sql = xasprintf("ALTER TABLE receipt DROP COLUMN %s", columns[i]);
		OK(db_exec_n(f->db, sql, NULL, 0, NULL, &err));
	}
	store_reopen(f, 0);
	assert_int_equal(count_copies(f), 1);
	age(f, ".before-0004", UPGRADE_COPY_DAYS - 1);
	autofree char *own = xasprintf("%s.before-me", f->url + strlen("sqlite:"));
	OK(file_write_atomic(own, "x", 1, 0600, &err));
	age(f, ".before-me", 400);
	store_reopen(f, 0);
	assert_int_equal(count_copies(f), 2);
	age(f, ".before-0004", UPGRADE_COPY_DAYS + 1);
	store_reopen(f, 0);
	assert_int_equal(count_copies(f), 1);
	assert_int_equal(access(own, F_OK), 0);
}

static void test_backup_opens_and_holds_everything(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	if (!db_is_sqlite(f->db))
		skip();
	int64_t id = 0, at = 0;
	OK(db_tick(f->db, 777, &id, &at, &err));
	autofree char *path = xasprintf("%s/copy.db", f->dir);
	OK(db_backup(f->db, path, &err));
	assert_int_equal(db_backup(f->db, path, &err), -ERR_EXISTS);
	autofree char *url = xasprintf("sqlite:%s", path);
	AUTO(db) struct db *copy = NULL;
	OK(db_open(url, DB_CHECK, &copy, &err));
	OK(db_last_tick(copy, &id, &at, &err));
	assert_int_equal(at, 777);
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		int expect;
	} cases[] = {
		{"mysql://x", -ERR_DB_OPEN},
		{"sqlite:relative.db", -ERR_DB_OPEN},
		{"sqlite:/nonexistent/dir/x.db", -ERR_DB_OPEN},
		{"postgresql:///x?host=/nonexistent", -ERR_DB_OPEN},
		{"", -ERR_DB_OPEN},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		struct db *db = NULL;
		assert_int_equal(db_open(cases[i].url, DB_CREATE, &db, &err), cases[i].expect);
	}
}

/* More statements than the cache holds, some of them running meanwhile. */
static void test_more_statements_than_are_kept(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct db_rows *running[8];

	for (int i = 0; i < 8; i++) {
		OK(db_query(db, &err, &running[i], "SELECT last_id + 1 FROM fleet_clock"));
		assert_int_equal(db_rows_next(running[i], &err), 1);
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1500; i++) {
			int64_t n = 0;
			autofree char *sql = xasprintf("SELECT last_id + %d FROM fleet_clock", i);
			OK(db_query_int_n(db, &(struct db_call){sql, NULL, 0}, -1, &n, &err));
			assert_int_equal(n, i);
		}
	for (int i = 0; i < 8; i++) {
		assert_int_equal(db_int(running[i], 0), 1);
		db_rows_free(running[i]);
	}
}

/* A statement over its budget fails, and leaves a connection that works. */
static void test_budget_ends_slow_statements(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const char slow[] = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
				   "WHERE x < 20000000) SELECT count(*) FROM c";
	int64_t n = 0;

	for (int round = 0; round < 2; round++) {
		OK(db_begin_snapshot(db, &err));
		db_set_budget(db, 3000);
		assert_int_equal(db_query_int(db, &err, &n, 0, slow), -ERR_DB_SLOW);
		assert_int_equal(db_end(db, -ERR_DB_SLOW, &err), -ERR_DB_SLOW);
		assert_false(db_in_transaction(db));
		db_set_budget(db, 0);
		OK(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM fleet_clock"));
		assert_int_equal(n, 1);
	}
	db_set_budget(db, 60 * 1000000LL);
	OK(db_query_int(db, &err, &n, 0, "SELECT last_id + 7 FROM fleet_clock"));
	assert_int_equal(n, 7);
	db_set_budget(db, 0);
}

/* ---- PostgreSQL's own ------------------------------------------------------------------------ */

/* Inside a transaction a lost connection is an error, also of what nobody waited for; the next
 * transaction has a new one. */
static void test_lost_connection_is_made_anew(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	AUTO(db) struct db *other = NULL;

	make_table(f->db);
	OK(db_open(f->url, 0, &other, &err));
	for (int waiting = 0; waiting < 2; waiting++) {
		int64_t pid = 0, n = 0;
		OK(db_query_int(f->db, &err, &pid, 0, "SELECT pg_backend_pid()"));
		OK(db_begin(f->db, &err));
		for (int i = 0; i < waiting; i++)
			OK(db_exec(f->db, &err, "INSERT INTO thing (a) VALUES (1)"));
		OK(db_query_int(other, &err, &n, 0,
				"SELECT CAST(pg_terminate_backend(CAST($1 AS INTEGER), 5000) AS "
				"INTEGER)",
				p_int(pid)));
		int r = db_exec(f->db, &err, "INSERT INTO thing (a) VALUES (2)");
		assert_int_equal(db_end(f->db, r, &err), -ERR_DB_LOST);
		assert_false(db_in_transaction(f->db));
		OK(db_begin(f->db, &err));
		OK(db_commit(f->db, &err));
		assert_int_equal(count_things(f->db), 0);
	}
}

static int64_t value(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	OK(db_query_int_n(db, &(struct db_call){sql, NULL, 0}, -1, &n, &err));
	return n;
}

static void tick(struct db *db)
{
	struct err err = ERR_INIT;
	int64_t id = 0, at_us = 0;

	OK(db_begin(db, &err));
	OK(db_tick(db, 1000, &id, &at_us, &err));
	OK(db_begin(db, &err)); /* taken back: the mark must not count it */
	OK(db_tick(db, 1000, &id, &at_us, &err));
	db_rollback(db);
	OK(db_commit(db, &err));
}

/* The guarded connection is closed by the server; meanwhile the store is set back to a change. */
static void lose_connection(struct db *db, struct db *other, int64_t back_to)
{
	struct err err = ERR_INIT;
	int64_t pid = value(db, "SELECT pg_backend_pid()"), n = 0;

	if (back_to)
		OK(db_exec(other, &err, "UPDATE fleet_clock SET last_id = $1", p_int(back_to)));
	OK(db_query_int(other, &err, &n, 0,
			"SELECT CAST(pg_terminate_backend(CAST($1 AS INTEGER), 5000) AS INTEGER)",
			p_int(pid)));
}

/* The loss itself is an error of the transaction that meets it. */
static void go_on(struct db *db)
{
	struct err err = ERR_INIT;
	int tries = 0;

	while (db_begin(db, &err) < 0 || db_commit(db, &err) < 0)
		assert_true(++tries < 100);
}

#define RESTORED "SELECT count(*) FROM event WHERE kind = 'store.restored'"
#define LAST     "SELECT last_id FROM fleet_clock"

/* A store that lacks acknowledged changes is noticed with the next connection, by this process or
 * the next, and made safe once; one that lacks nothing is left alone. */
static void test_store_that_went_back_is_made_safe(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	AUTO(db) struct db *other = NULL;
	autofree char *mark = xasprintf("%s/mark", f->dir);

	OK(backup_guard(f->db, mark, &err));
	OK(db_open(f->url, 0, &other, &err));
	for (int i = 0; i < 10; i++)
		tick(f->db);
	lose_connection(f->db, other, 0);
	go_on(f->db);
	assert_int_equal(value(f->db, RESTORED), 0);
	assert_int_equal(value(f->db, LAST), 10);

	lose_connection(f->db, other, 4);
	go_on(f->db);
	assert_int_equal(value(f->db, RESTORED), 1);
	assert_true(value(f->db, LAST) > 10 + BACKUP_JUMP);
	assert_int_equal(value(f->db, "SELECT count(*) FROM flow_setting WHERE key = 'stopped' AND "
				      "value = '1'"),
			 1);

	/* a dump put back under a connection that lives on */
	struct event_draft e = {0, "host.edited", "tester", "under it", NULL};
	OK(db_exec(other, &err, "UPDATE fleet_clock SET last_id = 7"));
	assert_int_equal(event_append(f->db, &e, 1000, NULL, &err), -ERR_DB_LOST);
	OK(event_append(f->db, &e, 1000, NULL, &err));
	assert_int_equal(value(f->db, RESTORED), 2);
	assert_true(value(f->db, LAST) > 10 + 2 * BACKUP_JUMP);

	OK(db_exec(other, &err, "UPDATE fleet_clock SET last_id = 7"));
	store_reopen(f, 0);
	OK(backup_guard(f->db, mark, &err));
	assert_int_equal(value(f->db, RESTORED), 3);
	assert_true(value(f->db, LAST) > 10 + 3 * BACKUP_JUMP);
	store_reopen(f, 0);
	OK(backup_guard(f->db, mark, &err));
	assert_int_equal(value(f->db, RESTORED), 3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_values_round_trip),
		T(test_text_that_is_not_utf8_is_mended),
		T(test_budget_ends_slow_statements),
		T(test_more_statements_than_are_kept),
		T(test_transactions_nest),
		T(test_failed_statement_rolls_back_alone),
		T(test_many_statements_and_one_that_fails),
		T(test_clock_only_moves_forward),
		T(test_same_statement_twice_at_once),
		T(test_reader_cannot_write),
		T(test_reopen_keeps_and_newer_is_refused),
		T(test_additive_migration_lets_the_version_before_go_on),
		T(test_breaking_migration_stops_writers_that_run),
		T(test_upgrade_makes_one_copy_and_removes_it_after_a_month),
		T(test_second_writer_is_refused),
		T(test_lost_file_is_not_made_anew),
		T(test_damaged_file_is_refused),
		T(test_backup_opens_and_holds_everything),
		cmocka_unit_test(test_urls),
	};
	static const struct CMUnitTest of_postgres[] = {T(test_lost_connection_is_made_anew),
							T(test_store_that_went_back_is_made_safe)};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (store_is_postgres())
		failed += cmocka_run_group_tests(of_postgres, NULL, NULL);
	return failed;
}
