/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What retention takes out of the store, and what it never does: rows that decide stay, each row that
 * is gone lies in a file whose hash the store has, and a question about the time before is refused.
 */
#include "tests/harness/check.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/store_archive.h>
#include <inventory/collection.h>
#include <inventory/event.h>
#include <inventory/facts.h>
#include <inventory/host.h>
#include <inventory/identity.h>
#include <inventory/run.h>

#include "store_fixture.h"

#define US     1000000LL
#define DAY_US (86400 * US)
#define BEGIN  (1767225600 * US) /* 2026-01-01 */

struct bench {
	struct store_fixture store;
	char dir[32];
	int64_t now_us;
};

static void must(int status, const struct err *err)
{
	if (status < 0)
		fail_msg("%s at '%s'", err->msg, err->pointer);
}

static int setup(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	store_open(&b.store);
	(void)str_copy(b.dir, sizeof(b.dir), "/tmp/slipway-archive-XXXXXX");
	b.now_us = BEGIN;
	*state = &b;
	return mkdtemp(b.dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	DIR *d = opendir(b->dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(b->dir);
	store_close(&b->store);
	return 0;
}

/* ---- a past ---------------------------------------------------------------------------------- */

static void report(struct bench *b, int64_t num, int memory_mib)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = json_pack("{s:{s:s}, s:{s:[{s:s, s:s, s:i}]}}", "system", "Model",
					 "R1", "memory", "modules", "DeviceLocator", "A1",
					 "SerialNumber", "D1", "CapacityMiB", memory_mib);

	must(facts_store(b->store.db, num, doc, b->now_us += US, NULL, &err), &err);
}

static void enter(struct bench *b, int64_t num, const char *state)
{
	struct err err = ERR_INIT;
	const struct host_state_change c = {.state = state, .detail = "", .turn = "server"};

	must(host_set_state(b->store.db, num, &c, b->now_us += US, NULL, &err), &err);
}

static void tell(struct bench *b, int64_t num, const char *kind)
{
	struct err err = ERR_INIT;
	const struct event_draft e = {num, kind, "t", "", NULL};

	must(db_begin(b->store.db, &err), &err);
	must(db_end(b->store.db, event_append(b->store.db, &e, b->now_us += US, NULL, &err), &err),
	     &err);
}

static int64_t make_host(struct bench *b, const char *serial)
{
	static const struct host_birth birth = {.state = "discovered"};
	struct host_evidence e = {.system_serial = serial};
	struct err err = ERR_INIT;
	struct identity who;

	must(identity_resolve(b->store.db, &e, &birth, b->now_us += US, &who, &err), &err);
	return who.host_num;
}

static void live(struct bench *b, int64_t num, int days)
{
	for (int day = 0; day < days; day++) {
		report(b, num, 1024 + day);
		enter(b, num, day % 2 ? "testing" : "failed");
		tell(b, num, "permit.granted");
		b->now_us += DAY_US;
	}
}

static int64_t count(struct bench *b, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = 0;

	must(db_query_int_n(b->store.db, &(const struct db_call){sql, NULL, 0}, 0, &n, &err), &err);
	return n;
}

/* ---- archiving ------------------------------------------------------------------------------- */

static json_t *write_one(struct bench *b, enum archive_kind kind, int64_t before_us)
{
	struct err err = ERR_INIT;
	struct db *reader = NULL;
	json_t *written = NULL;

	must(db_open(b->store.url, DB_READONLY, &reader, &err), &err);
	must(store_archive_write(reader, kind, before_us, b->dir, &written, &err), &err);
	db_close(reader);
	return written;
}

/* All of a kind. Returns how many rows left. */
static int64_t archive_all(struct bench *b, enum archive_kind kind, int64_t before_us)
{
	struct err err = ERR_INIT;
	int64_t rows = 0, n;

	do {
		autojson json_t *written = write_one(b, kind, before_us);
		size_t at = 0;
		int more = 1;
		n = json_integer_value(json_object_get(written, "rows"));
		if (n > 0)
			must(store_archive_keep(b->store.db, written, b->now_us, &err), &err);
		while (n > 0 && more == 1)
			must(more = store_archive_remove(b->store.db, written, 7, &at, &err), &err);
		rows += n;
	} while (n > 0);
	return rows;
}

static void test_events_leave_and_those_that_decide_stay(void **state)
{
	struct bench *b = *state;
	int64_t num = make_host(b, "S1");

	live(b, num, 10);
	int64_t permits = count(b, "SELECT count(*) FROM event WHERE kind = 'permit.granted'");
	int64_t states = count(b, "SELECT count(*) FROM event WHERE kind = 'host.state'");
	assert_int_equal(permits, 10);
	assert_true(states >= 10);
	assert_int_equal(archive_all(b, ARCHIVE_EVENTS, BEGIN), 0);
	assert_true(archive_all(b, ARCHIVE_EVENTS, b->now_us + DAY_US) > 8);
	assert_int_equal(count(b, "SELECT count(*) FROM event WHERE kind = 'permit.granted'"), 10);
	assert_int_equal(count(b, "SELECT count(*) FROM event WHERE kind = 'host.state'"), 1);
	assert_int_equal(count(b, "SELECT count(*) FROM event e WHERE kind = 'host.state' AND "
				  "state_to = (SELECT state FROM host)"),
			 1);
	assert_int_equal(archive_all(b, ARCHIVE_EVENTS, b->now_us + DAY_US), 0);
}

static void test_versions_leave_and_their_time_is_refused(void **state)
{
	struct bench *b = *state;
	struct db *db = b->store.db;
	struct err err = ERR_INIT;
	int64_t num = make_host(b, "S1"), before_us = 0;
	autojson json_t *facts = NULL;

	live(b, num, 10);
	before_us = BEGIN + 5 * DAY_US;
	int64_t had = count(b, "SELECT count(*) FROM host_history");
	assert_true(archive_all(b, ARCHIVE_HISTORY, before_us) > 8);
	assert_in_range(count(b, "SELECT count(*) FROM host_history"), 1, had - 4);
	struct query_request q = {.limit = 10, .at_us = before_us - 1};
	struct query_page page;
	CHECK_ERR("a list of then", query_run(db, &collection_hosts, &q, NULL, &page, &err),
		  ERR_ARCHIVED);
	assert_string_equal(err.pointer, "/at");
	char *text = NULL;
	const struct summary_request sums = {.group_by = "state"};
	CHECK_ERR("sums of then", query_summary(db, &collection_hosts, &q, &sums, &text, &err),
		  ERR_ARCHIVED);
	CHECK_ERR("facts of then", facts_load(db, num, before_us - 1, &facts, &err), ERR_ARCHIVED);
	q.at_us = before_us;
	must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
	assert_int_equal(page.n, 1);
	query_page_done(&page);
	must(facts_load(db, num, before_us, &facts, &err), &err);
}

/* What was deleted can be read again, with tools that everybody has. */
static void test_a_file_holds_what_left(void **state)
{
	struct bench *b = *state;
	struct err err = ERR_INIT;
	int64_t num = make_host(b, "S1");
	autofree char *packed = NULL;
	autofree char *text = xcalloc(1, MIB);
	size_t n = 0;

	live(b, num, 4);
	autojson json_t *written = write_one(b, ARCHIVE_HISTORY, b->now_us);
	const char *file = json_string_value(json_object_get(written, "file"));
	autofree char *path = xasprintf("%s/%s", b->dir, file);
	assert_string_equal(json_string_value(json_object_get(written, "table")),
			    "host_facts_history");
	must(file_read(path, MIB, &packed, &n, &err), &err);
	assert_false(ZSTD_isError(ZSTD_decompress(text, MIB - 1, packed, n)));
	assert_int_equal(strchr(text, '\n') != NULL, true);
	text[strcspn(text, "\n")] = '\0';
	autojson json_t *row = json_loads(text, 0, NULL);
	const json_t *modules = json_object_get(
		json_object_get(json_object_get(json_object_get(row, "row"), "body"), "memory"),
		"modules");
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(modules, 0), "CapacityMiB")),
		1024);
	assert_int_equal(count(b, "SELECT count(*) FROM archive"), 0); /* nothing was kept yet */
	assert_int_equal(count(b, "SELECT count(*) FROM host_facts_history"), 3);
}

static json_t *check_one(struct bench *b)
{
	struct err err = ERR_INIT;
	json_t *verdict = NULL;
	int64_t id = count(b, "SELECT min(id) FROM archive");

	must(store_archive_check(b->store.db, id, b->dir, &verdict, &err), &err);
	return verdict;
}

static void spoil(const char *path, long at)
{
	FILE *f = fopen(path, "r+b");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	int byte = fgetc(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	assert_int_equal(fputc(byte ^ 1, f), byte ^ 1);
	(void)fclose(f);
}

static void test_a_check_finds_what_was_changed(void **state)
{
	struct bench *b = *state;
	struct err err = ERR_INIT;
	int64_t num = make_host(b, "S1");
	struct archive_totals totals;
	autojson json_t *list = NULL;

	live(b, num, 6);
	assert_true(archive_all(b, ARCHIVE_EVENTS, b->now_us) > 0);
	must(store_archive_list(b->store.db, &list, &err), &err);
	must(store_archive_totals(b->store.db, &totals, &err), &err);
	const json_t *one = json_array_get(json_object_get(list, "items"), 0);
	assert_int_equal(totals.archives, 1);
	assert_int_equal(totals.rows, json_integer_value(json_object_get(one, "rows")));
	autofree char *path = xasprintf("%s/%s", b->dir,
					json_string_value(json_object_get(one, "file")));
	autojson json_t *good = check_one(b);
	assert_true(json_is_true(json_object_get(good, "whole")));
	assert_int_equal(json_integer_value(json_object_get(good, "rows")), totals.rows);
	for (long at = 0; at < totals.bytes; at += totals.bytes / 7) {
		spoil(path, at);
		autojson json_t *bad = check_one(b);
		assert_true(json_is_false(json_object_get(bad, "whole")));
		spoil(path, at);
	}
	assert_int_equal(truncate(path, totals.bytes - 3), 0);
	autojson json_t *cut = check_one(b);
	assert_true(json_is_false(json_object_get(cut, "whole")));
	assert_int_equal(unlink(path), 0);
	autojson json_t *gone = check_one(b);
	assert_true(json_is_false(json_object_get(gone, "whole")));
	json_t *none = NULL;
	CHECK_ERR("no such archive", store_archive_check(b->store.db, 1, b->dir, &none, &err),
		  ERR_NOT_FOUND);
}

/* A walk of the feed from before would miss what left without a word. */
static void test_the_feed_says_what_it_lacks(void **state)
{
	struct bench *b = *state;
	struct err err = ERR_INIT;
	int64_t num = make_host(b, "S1");

	live(b, num, 3);
	must(store_archive_refuse_since(b->store.db, 1, &err), &err);
	assert_true(archive_all(b, ARCHIVE_EVENTS, b->now_us) > 0);
	CHECK_ERR("from before", store_archive_refuse_since(b->store.db, 1, &err), ERR_ARCHIVED);
	must(store_archive_refuse_since(b->store.db, 0, &err), &err); /* all that there is */
	must(store_archive_refuse_since(b->store.db, count(b, "SELECT max(id) FROM event"), &err),
	     &err);
}

static void end_run(struct bench *b, int64_t num, char id[static 37])
{
	struct err err = ERR_INIT;
	const struct run_draft d = {.host_num = num, .id = "", .tier = "quick"};
	autojson json_t *record = json_pack("{s:i}", "sequenceNumber", 1);

	must(run_start(b->store.db, &d, b->now_us += US, id, &err), &err);
	must(run_add_record(b->store.db, id, record, b->now_us += US, &err), &err);
	must(run_finish(b->store.db, id, "PASS", "", b->now_us += US, &err), &err);
	b->now_us += DAY_US;
}

/* Each host keeps the records of its last whole run, and of runs that open orders refer to. */
static void test_records_that_decide_stay(void **state)
{
	struct bench *b = *state;
	struct err err = ERR_INIT;
	char ids[4][37], fault[37];
	int64_t num = make_host(b, "S1");

	for (int i = 0; i < 4; i++)
		end_run(b, num, ids[i]);
	const struct fault_draft f = {.host_num = num,
				      .code = "drive.failed",
				      .part_type = "drive",
				      .slot = "1",
				      .action = "replace it",
				      .run_id = ids[1]};
	must(fault_open(b->store.db, &f, "t", b->now_us += US, fault, &err), &err);
	assert_int_equal(archive_all(b, ARCHIVE_RECORDS, b->now_us), 2);
	assert_int_equal(count(b, "SELECT count(*) FROM run_record"), 2);
	must(fault_close(b->store.db, fault, "", "t", b->now_us += US, &err), &err);
	assert_int_equal(archive_all(b, ARCHIVE_RECORDS, b->now_us), 1);
	assert_int_equal(count(b, "SELECT count(*) FROM run"), 4);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_events_leave_and_those_that_decide_stay),
		T(test_versions_leave_and_their_time_is_refused),
		T(test_a_file_holds_what_left),
		T(test_a_check_finds_what_was_changed),
		T(test_the_feed_says_what_it_lacks),
		T(test_records_that_decide_stay),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
