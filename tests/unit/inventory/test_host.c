/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts: finding them, state changes with history and events, runs, faults, receipts. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/identity.h>
#include <inventory/run.h>

#include "store_fixture.h"

#define US 1000000LL

static int64_t make_host(struct db *db, const char *mac, const char *serial)
{
	struct err err = ERR_INIT;
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1, .system_serial = serial};
	static const struct host_birth birth = {.state = "discovered", .turn = "server"};
	struct identity who;

	if (identity_resolve(db, &e, &birth, US, &who, &err) < 0)
		fail_msg("%s", err.msg);
	return who.host_num;
}

static int64_t count(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	if (db_query_int_n(db, &(struct db_call){.sql = sql}, -1, &n, &err) < 0)
		fail_msg("%s", err.msg);
	return n;
}

static void test_finding(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct host a, h;
	int64_t num = make_host(db, "52:54:00:00:00:01", "S-1");

	(void)make_host(db, "52:54:00:00:00:02", "S-2");
	assert_int_equal(host_get(db, num, &a, &err), 0);
	const struct {
		enum host_key by;
		const char *key;
		int expect;
	} cases[] = {
		{HOST_BY_ID, a.id, 0},
		{HOST_BY_SHORT_CODE, a.short_code, 0},
		{HOST_BY_SERIAL, "S-1", 0},
		{HOST_BY_MAC, "52:54:00:00:00:01", 0},
		{HOST_BY_MAC, "52-54-00-00-00-01", 0},
		{HOST_BY_MAC, "5254.0000.0001", 0},
		{HOST_BY_MAC, "525400000001", -ERR_HOST_UNKNOWN}, /* may be a serial */
		{HOST_BY_MAC, "52:54:00:00:00:0F", -ERR_HOST_UNKNOWN},
		{HOST_BY_NUM, "1", 0},
		{HOST_BY_NUM, "-1", -ERR_HOST_UNKNOWN},
		{HOST_BY_NUM, "1 OR 1=1", -ERR_HOST_UNKNOWN},
		{HOST_BY_SERIAL, "' OR ''='", -ERR_HOST_UNKNOWN},
		{HOST_BY_SERIAL, "", -ERR_HOST_UNKNOWN},
		{HOST_BY_NAME, "", -ERR_HOST_UNKNOWN},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int r = host_find(db, cases[i].by, cases[i].key, &h, &err);
		if (r != cases[i].expect || (r == 0 && h.num != num))
			fail_msg("case %zu '%s': %d", i, cases[i].key, r);
	}
	assert_int_equal(host_find_any(db, "S-2", &h, &err), 0);
	assert_int_equal(host_find_any(db, "52:54:00:00:00:02", &h, &err), 0);
	assert_int_equal(host_find_any(db, "nobody", &h, &err), -ERR_HOST_UNKNOWN);
}

static void set(struct db *db, int64_t num, const char *name, const char *detail, int64_t now_us)
{
	struct err err = ERR_INIT;
	struct host_state_change c = {.state = name, .detail = detail, .turn = "server"};

	if (host_set_state(db, num, &c, now_us, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

static void test_state_changes_keep_history(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "52:54:00:00:00:01", "S-1");
	struct host h;

	set(db, num, "inspecting", "looking", 10 * US);
	set(db, num, "inspecting", "looking", 11 * US); /* nothing */
	set(db, num, "inspecting", "still looking", 12 * US);
	set(db, num, "testing", "", 15 * US);
	assert_int_equal(host_get(db, num, &h, &err), 0);
	assert_string_equal(h.state, "testing");
	assert_true(h.state_since_us == 15 * US);
	assert_int_equal(h.revision, 4);
	assert_int_equal(count(db, "SELECT count(*) FROM host_history"), 3);
	assert_int_equal(count(db, "SELECT count(*) FROM event WHERE kind = 'host.state'"), 2);
	assert_int_equal(count(db, "SELECT count(*) FROM event WHERE kind = 'host.detail'"), 1);
	autojson json_t *stages = NULL;
	assert_int_equal(host_stages(db, num, 20 * US, &stages, &err), 0);
	assert_true(json_number_value(json_object_get(stages, "inspecting")) == 5.0);
	assert_true(json_number_value(json_object_get(stages, "testing")) == 5.0);
}

static void test_rollback_of_the_caller_takes_all_back(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "52:54:00:00:00:01", "S-1");

	assert_int_equal(db_begin(db, &err), 0);
	set(db, num, "testing", "", 15 * US);
	db_rollback(db);
	struct host h;
	assert_int_equal(host_get(db, num, &h, &err), 0);
	assert_string_equal(h.state, "discovered");
	assert_int_equal(count(db, "SELECT count(*) FROM event"), 1);
}

static int seen(void *arg, const struct host *h, struct err *err)
{
	(void)h;
	(void)err;
	++*(int *)arg;
	return 0;
}

static void test_each_in_state(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;

	(void)make_host(db, "52:54:00:00:00:01", "S-1");
	set(db, make_host(db, "52:54:00:00:00:02", "S-2"), "ready", "", 5 * US);
	int n = 0;
	assert_int_equal(host_each_in_state(db, "discovered", seen, &n, &err), 0);
	assert_int_equal(n, 1);
}

static void test_faults(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "52:54:00:00:00:01", "S-1");
	struct fault_draft d = {.host_num = num,
				.code = "memory.ecc",
				.slot = "P1_C1",
				.part_serial = "D1",
				.action = "replace the module in P1_C1"};
	char id[37], again[37];

	assert_int_equal(fault_open(db, &d, "agent", 2 * US, id, &err), 0);
	assert_int_equal(fault_open(db, &d, "agent", 3 * US, again, &err), 0);
	assert_string_equal(id, again);
	d.slot = "P1_D1";
	assert_int_equal(fault_open(db, &d, "agent", 4 * US, again, &err), 0);
	struct host h;
	assert_int_equal(host_get(db, num, &h, &err), 0);
	assert_int_equal(h.open_faults, 2);
	autojson json_t *latest = NULL;
	assert_int_equal(fault_latest_open(db, num, &latest, &err), 0);
	assert_string_equal(json_string_value(json_object_get(latest, "slot")), "P1_D1");
	assert_int_equal(fault_close(db, id, "swapped", "bob", 5 * US, &err), 0);
	assert_int_equal(fault_close(db, id, "swapped", "bob", 5 * US, &err), 0);
	assert_int_equal(fault_close(db, "no such", "", "bob", 5 * US, &err), -ERR_NOT_FOUND);
	assert_int_equal(fault_close(db, again, "proven", "server", 6 * US, &err), 0);
	assert_int_equal(host_get(db, num, &h, &err), 0);
	assert_int_equal(h.open_faults, 0);
	d.host_num = 99;
	assert_int_equal(fault_open(db, &d, "agent", 2 * US, id, &err), -ERR_HOST_UNKNOWN);
}

static int collect(void *arg, int64_t seq, const char *body, struct err *err)
{
	(void)err;
	str_addf(arg, "%lld:%s;", (long long)seq, body);
	return 0;
}

static void test_runs_and_receipts(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "52:54:00:00:00:01", "S-1");
	struct run_draft d = {.host_num = num, .id = "", .tier = "quick", .seed = 7};
	char id[37], other[37];

	assert_int_equal(run_start(db, &d, 2 * US, id, &err), 0);
	d.id = id;
	assert_int_equal(run_start(db, &d, 2 * US, other, &err), -ERR_EXISTS);
	autojson json_t *record = json_pack("{s:i}", "a", 1);
	assert_int_equal(run_add_record(db, id, record, 3 * US, &err), 0);
	assert_int_equal(run_add_record(db, id, record, 3 * US, &err), 0);
	assert_int_equal(run_add_record(db, "none", record, 3 * US, &err), -ERR_NOT_FOUND);
	assert_int_equal(run_finish(db, id, "PASS", "", 4 * US, &err), 0);
	autostr struct str text;
	str_init(&text, 1000);
	assert_int_equal(
		run_each_record(db, &(struct run_records){id, 1, 10}, collect, &text, &err), 0);
	assert_string_equal(text.p, "2:{\"a\":1};");
	json_t *receipt = NULL;
	assert_int_equal(receipt_latest(db, num, &receipt, &err), 0);
	assert_null(receipt);
	autojson json_t *first = json_pack("{s:i}", "a", 0);
	struct receipt_draft r = {.host_num = num,
				  .work = "image",
				  .image_digest = "aa",
				  .line = "debian12",
				  .version = "0",
				  .disk_serial = "DISK",
				  .report = first,
				  .key_sha256 = ""};
	assert_int_equal(receipt_add(db, &r, 4 * US, &err), 0);
	r.image_digest = "ab";
	r.version = "1";
	r.report = record;
	r.envelope = first;
	r.key_sha256 = "00ff";
	assert_int_equal(receipt_add(db, &r, 5 * US, &err), 0);
	assert_int_equal(receipt_latest(db, num, &receipt, &err), 0);
	assert_true(json_equal(receipt, record));
	json_decref(receipt);
	assert_int_equal(receipt_latest(db, num + 1, &receipt, &err), 0);
	assert_null(receipt);
	struct host h;
	assert_int_equal(host_get(db, num, &h, &err), 0);
	assert_string_equal(h.image_line, "debian12");
	assert_int_equal(count(db, "SELECT count(*) FROM receipt"), 2);
	assert_int_equal(count(db, "SELECT count(*) FROM receipt WHERE key_sha256 = '00ff' AND "
				   "envelope = '{\"a\":0}'"),
			 1);
	/* An erased disk holds no image any more; its receipt tells no loader where to look. */
	r = (struct receipt_draft){.host_num = num,
				   .work = "erase",
				   .image_digest = "",
				   .line = "",
				   .version = "",
				   .disk_serial = "DISK",
				   .report = first,
				   .key_sha256 = "00ff"};
	assert_int_equal(receipt_add(db, &r, 6 * US, &err), 0);
	assert_int_equal(host_get(db, num, &h, &err), 0);
	assert_string_equal(h.image_line, "");
	assert_int_equal(receipt_latest(db, num, &receipt, &err), 0);
	assert_true(json_equal(receipt, record));
	json_decref(receipt);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_finding),
		T(test_state_changes_keep_history),
		T(test_rollback_of_the_caller_takes_all_back),
		T(test_each_in_state),
		T(test_faults),
		T(test_runs_and_receipts),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
