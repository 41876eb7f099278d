/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log against somebody who writes to the store: a chain that was made anew, with every
 * hash right, is not the one that was signed. And what was refused at the door is in the log, but
 * knocking does not fill it.
 */
#include "tests/harness/check.h"

#include <dirent.h>
#include <unistd.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/token.h>
#include <proto/checkpoint.h>
#include "tests/harness/server_bench.h"

#define CHECKPOINTS "/api/v1/audit/checkpoints"

static struct server_bench bench;

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	for (int i = 0; i < 3; i++) {
		autofree char *body = xasprintf("{\"rack\":\"r1\",\"unit\":%d}", i);
		assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/locations", body),
				 201);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	server_bench_close(&bench);
	return 0;
}

static bool is_whole(void)
{
	assert_int_equal(server_bench_admin(&bench, "GET", "/api/v1/audit/check", NULL), 200);
	return json_is_true(json_object_get(bench.reply, "whole"));
}

static const char *finding(void)
{
	return json_string_value(json_object_get(bench.reply, "finding"));
}

/* ---- pages ----------------------------------------------------------------------------------- */

static int64_t id_at(size_t i)
{
	json_t *items = json_object_get(bench.reply, "items");

	return (int64_t)json_integer_value(json_object_get(json_array_get(items, i), "id"));
}

static size_t rows_of(const char *query)
{
	autofree char *path = xasprintf("/api/v1/audit%s", query);

	CHECK_INT(query, server_bench_admin(&bench, "GET", path, NULL), 200);
	return json_array_size(json_object_get(bench.reply, "items"));
}

/* Oldest first to copy the log, newest first to read it; each page goes on from "next". */
static void test_pages(void **state)
{
	int64_t ids[3];

	(void)state;
	assert_int_equal(rows_of(""), 3);
	for (size_t i = 0; i < 3; i++)
		ids[i] = id_at(i);
	CHECK("oldest first", ids[0] < ids[1] && ids[1] < ids[2]);
	assert_int_equal(rows_of("?before=0&limit=2"), 2);
	CHECK_INT("the newest", id_at(0), ids[2]);
	CHECK_INT("the one before", id_at(1), ids[1]);
	json_int_t next = json_integer_value(json_object_get(bench.reply, "next"));
	autofree char *rest = xasprintf("?before=%lld&limit=2", (long long)next);
	assert_int_equal(rows_of(rest), 1);
	CHECK_INT("the last", id_at(0), ids[0]);
	autofree char *later = xasprintf("?after=%lld", (long long)ids[1]);
	assert_int_equal(rows_of(later), 1);
	CHECK_INT("after", id_at(0), ids[2]);
	CHECK_INT("both", server_bench_admin(&bench, "GET", "/api/v1/audit?after=0&before=0", NULL),
		  400);
	CHECK_INT("no id", server_bench_admin(&bench, "GET", "/api/v1/audit?before=-1", NULL), 400);
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

/* The log as somebody would like it, with all hashes right. */
static void make_anew(int n_rows)
{
	struct err err = ERR_INIT;
	struct db *db = NULL;

	server_bench_stop(&bench);
	assert_int_equal(db_open(bench.store, 0, &db, &err), 0);
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(db_exec(db, &err, "DELETE FROM audit"), 0);
	assert_int_equal(db_exec(db, &err,
				 "UPDATE audit_head SET n_rows = 0, hash = '0000000000000000000000"
				 "000000000000000000000000000000000000000000'"),
			 0);
	for (int i = 0; i < n_rows; i++) {
		struct audit_entry e = {.who = "nobody",
					.peer = "local",
					.method = "POST",
					.path = "/x",
					.status = 200};
		assert_int_equal(audit_append(db, &e, 1000000, &err), 0);
	}
	assert_int_equal(db_end(db, 0, &err), 0);
	db_close(db);
	server_bench_start(&bench);
}

static void untouched(void)
{
}

static void anew(void)
{
	make_anew(4);
}

static void anew_and_shorter(void)
{
	make_anew(2);
}

static void anew_and_longer(void)
{
	make_anew(9);
}

static char *audit_dir(void)
{
	return xasprintf("%s/state/audit", bench.dir);
}

/* What the checkpoint would have to say. */
static void change_the_file_too(void)
{
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t n = 0;
	autofree char *dir = audit_dir();
	autofree char *path = xasprintf("%s/%012d.json", dir, 3);

	assert_int_equal(file_read(path, CHECKPOINT_MAX_BYTES, &text, &n, &err), 0);
	autojson json_t *envelope = json_loads(text, 0, NULL);
	free(text);
	autofree char *payload = base64_encode("{\"rows\":2}", 10);
	(void)json_object_set_new(envelope, "payload", json_string(payload));
	autofree char *changed = json_text(envelope);
	assert_int_equal(file_write_atomic(path, changed, strlen(changed), 0600, &err), 0);
}

static void test_checkpoints(void **state)
{
	static const struct {
		const char *name;
		void (*change)(void);
		bool whole;
		const char *says;
	} rows[] = {
		{"as it was", untouched, true, ""},
		{"all rows made anew", anew, false, "is not the one that was signed"},
		{"made anew, and shorter", anew_and_shorter, false, "3 rows were signed, 2 are"},
		{"made anew, and longer", anew_and_longer, false, "is not the one that was signed"},
		{"the checkpoint was changed", change_the_file_too, false, "no good signature"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, server_bench_admin(&bench, "POST", CHECKPOINTS, NULL), 201);
		CHECK_INT(rows[i].name, json_integer_value(json_object_get(bench.reply, "rows")),
			  3);
		CHECK(rows[i].name, is_whole());
		rows[i].change();
		CHECK_INT(rows[i].name, is_whole(), rows[i].whole);
		CHECK(rows[i].name, strstr(finding(), rows[i].says));
		teardown(NULL);
		setup(NULL);
	}
}

/* It is made by itself, lies outside the store, and goes to whoever follows events. */
static void test_made_by_itself(void **state)
{
	autofree char *dir = audit_dir();
	autofree char *path = xasprintf("%s/%012d.json", dir, 3);

	(void)state;
	server_bench_crash(&bench);
	server_bench_tick(&bench);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(server_bench_number(
				 &bench,
				 "SELECT count(*) FROM event WHERE kind = 'audit.checkpoint' AND "
				 "detail LIKE '%envelope%'"),
			 1);
	assert_true(is_whole());
	assert_int_equal(json_integer_value(json_object_get(bench.reply, "signed_rows")), 3);
}

/* ---- at the door ----------------------------------------------------------------------------- */

static long refused(const char *who, int status, const char *code)
{
	autofree char *sql = xasprintf("SELECT count(*) FROM audit WHERE who = '%s' AND status = "
				       "%d AND reason LIKE '%s%%'",
				       who, status, code);

	return server_bench_number(&bench, sql);
}

static void test_refusals_at_the_door(void **state)
{
	static const char wrong[] =
		"slw_0000000000000000000000000000000000000000000000000000000000000000";
	char reader[80];

	(void)state;
	server_bench_token(&bench, "reader", "", "\"read\"", reader, sizeof(reader));
	assert_int_equal(server_bench_as(&bench, reader, "GET", "/api/v1/tokens", NULL), 403);
	assert_int_equal(server_bench_as(&bench, wrong, "GET", "/api/v1/hosts", NULL), 401);
	assert_int_equal(server_bench_as(&bench, NULL, "POST", "/api/v1/stop-all", "{}"), 401);
	assert_int_equal(refused("token:reader", 403, "auth.scope"), 1);
	assert_int_equal(refused("nobody", 401, "auth.token"), 1);
	assert_int_equal(refused("nobody", 401, "auth.missing"), 1);
	assert_true(is_whole());
}

/* Two hundred knocks are a few rows. */
static void test_knocking_fills_nothing(void **state)
{
	char reader[80];

	(void)state;
	server_bench_token(&bench, "reader", "", "\"read\"", reader, sizeof(reader));
	for (int i = 0; i < 200; i++)
		assert_int_equal(server_bench_as(&bench, reader, "GET", "/api/v1/tokens", NULL),
				 403);
	long rows = refused("token:reader", 403, "auth.scope");
	CHECK("some", rows > 0);
	CHECK("not many", rows <= 12);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_pages),
		T(test_checkpoints),
		T(test_made_by_itself),
		T(test_refusals_at_the_door),
		T(test_knocking_fills_nothing),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
