/* SPDX-License-Identifier: Apache-2.0 */
/* Edits, SKUs, deliveries and CSV, locations, the comparison of expected and found, the difference
 * of two moments. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/difference.h>
#include <inventory/expect.h>
#include <inventory/facts.h>
#include <inventory/identity.h>

#include "store_fixture.h"

#define US 1000000LL

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

static int64_t make_host(struct db *db, const char *serial, const char *mac)
{
	struct err err = ERR_INIT;
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1, .system_serial = serial};
	static const struct host_birth birth = {.state = "discovered"};
	struct identity who;

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err);
	return who.host_num;
}

static json_t *parse(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return j;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void test_csv(void **state)
{
	static const struct {
		const char *name, *text, *expect; /* NULL: ERR_CSV */
	} cases[] = {
		{"plain", "serial,unit\nA,7\nB,\n",
		 "[{\"serial\":\"A\",\"unit\":7},{\"serial\":\"B\"}]"},
		{"CRLF and byte order mark", "\xef\xbb\xbfserial\r\nA\r\n", "[{\"serial\":\"A\"}]"},
		{"quotes", "serial,rack\n\"A,\"\"1\"\"\",\"r\n1\"\n",
		 "[{\"rack\":\"r\\n1\",\"serial\":\"A,\\\"1\\\"\"}]"},
		{"several MACs", "macs\n52:54:00:00:00:01;52:54:00:00:00:02\n",
		 "[{\"macs\":[\"52:54:00:00:00:01\",\"52:54:00:00:00:02\"]}]"},
		{"no last line end", "serial\nA", "[{\"serial\":\"A\"}]"},
		{"empty lines", "serial\n\nA\n\n", "[{\"serial\":\"A\"}]"},
		{"header alone", "serial\n", "[]"},
		{"unknown column", "serial,colour\nA,red\n", NULL},
		{"a column twice", "mac,macs\nA,B\n", NULL},
		{"too few values", "serial,unit\nA\n", NULL},
		{"too many values", "serial\nA,B\n", NULL},
		{"open quote", "serial\n\"A\n", NULL},
		{"text after a quote", "serial\n\"A\"B\n", NULL},
		{"quote inside", "serial\nA\"B\n", NULL},
		{"not a number", "serial,unit\nA,x\n", NULL},
		{"not UTF-8", "serial\n\xff\xfe\n", NULL},
		{"nothing", "", NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		autojson json_t *rows = NULL;
		int r = delivery_rows_from_csv(cases[i].text, strlen(cases[i].text), &rows, &err);
		autofree char *text = r == 0 ? json_text(rows) : NULL;
		if (cases[i].expect ? !str_eq(text, cases[i].expect) : r != -ERR_CSV)
			fail_msg("%s: %s %s", cases[i].name, text ? text : "", err.msg);
	}
}

/* ---- deliveries ------------------------------------------------------------------------------ */

static json_t *import(struct db *db, const char *name, const char *rows_text, bool dry_run)
{
	struct err err = ERR_INIT;
	autojson json_t *rows = parse(rows_text);
	struct delivery_head head = {.name = name, .state = "expected"};
	AUTO(delivery_import) struct delivery_import *w = NULL;
	int r = 1;

	must(delivery_import_new(db, &head, rows, "test", dry_run, 5 * US, &w, &err), &err);
	while (r == 1)
		must(r = delivery_import_next(w, &err), &err);
	return delivery_import_result(w);
}

static int64_t count(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	must(db_query_int_n(db, sql, NULL, 0, -1, &n, &err), &err);
	return n;
}

static void test_delivery_rows_stand_alone(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char rows[] =
		"[{\"serial\":\"A\",\"rack\":\"r1\",\"unit\":3},"
		"{\"serial\":\"B1\",\"colour\":\"red\"},{\"macs\":[\"nonsense\"]},7,"
		"{\"serial\":\"To Be Filled By O.E.M.\"},{\"serial\":\"C1\",\"unit\":-1},"
		"{\"serial\":\"D1\",\"macs\":[\"52:54:00:00:00:0d\"]}]";
	autojson json_t *dry = import(db, "d1", rows, true);

	assert_int_equal(json_integer_value(json_object_get(dry, "refused")), 6);
	assert_int_equal(count(db, "SELECT count(*) FROM host"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery"), 0);
	autojson json_t *doc = import(db, "d1", rows, false);
	assert_int_equal(json_integer_value(json_object_get(doc, "accepted")), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE delivery = 'd1'"), 1);
	assert_int_equal(count(db, "SELECT hosts FROM delivery"), 1);
}

static void test_delivery_again_changes_nothing(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char rows[] =
		"[{\"serial\":\"SN-A\",\"rack\":\"r1\",\"unit\":3},{\"serial\":\"SN-B\"}]";
	autojson json_t *first = import(db, "d1", rows, false);

	assert_int_equal(json_integer_value(json_object_get(first, "accepted")), 2);
	int64_t revisions = count(db, "SELECT sum(revision) FROM host");
	autojson json_t *again = import(db, "d1", rows, false);
	assert_int_equal(json_integer_value(json_object_get(again, "accepted")), 2);
	assert_int_equal(count(db, "SELECT sum(revision) FROM host"), revisions);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery_line"), 2);
	autojson json_t *other = import(db, "d2", rows, false);
	assert_int_equal(json_integer_value(json_object_get(other, "refused")), 2);
}

/* A list that was left half-way, by a crash or a client that went away, is completed by asking
 * again; until then the delivery says what was announced. */
static void test_delivery_left_half_way(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const char rows[] = "[{\"serial\":\"SN-A\"},{\"serial\":\"SN-B\"},{\"colour\":1},{"
				   "\"serial\":\"SN-C\"}]";
	autojson json_t *list = parse(rows);
	struct delivery_head head = {.name = "d1", .state = "expected"};
	AUTO(delivery_import) struct delivery_import *w = NULL;

	must(delivery_import_new(db, &head, list, "test", false, 5 * US, &w, &err), &err);
	assert_int_equal(delivery_import_next(w, &err), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery_line"), 1);
	assert_int_equal(count(db, "SELECT hosts FROM delivery"), 4);
	autojson json_t *doc = import(db, "d1", rows, false);
	assert_int_equal(json_integer_value(json_object_get(doc, "accepted")), 3);
	assert_int_equal(json_integer_value(json_object_get(doc, "refused")), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery_line"), 3);
	assert_int_equal(count(db, "SELECT hosts FROM delivery"), 3);
	assert_int_equal(count(db, "SELECT count(*) FROM host"), 3);
}

/* What a dry run says of each row is what the import then does. */
static void test_dry_run_judges_rows_together(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char *const lists[] = {
		"[{\"serial\":\"SN-A\",\"macs\":[\"52:54:00:00:00:01\"]},"
		"{\"serial\":\"SN-A\",\"macs\":[\"52:54:00:00:00:02\"]}]",
		"[{\"serial\":\"SN-C\",\"macs\":[\"52:54:00:00:00:03\"]},"
		"{\"serial\":\"SN-D\",\"macs\":[\"52:54:00:00:00:03\"]}]",
		"[{\"macs\":[\"52:54:00:00:00:05\"]},"
		"{\"serial\":\"SN-E\",\"macs\":[\"52:54:00:00:00:05\"]},{\"serial\":\"SN-E\"}]",
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		autofree char *name = xasprintf("d%zu", i);
		autojson json_t *dry = import(db, name, lists[i], true);
		autojson json_t *wet = import(db, name, lists[i], false);
		assert_int_equal(json_integer_value(json_object_get(dry, "accepted")),
				 json_integer_value(json_object_get(wet, "accepted")));
		assert_int_equal(json_integer_value(json_object_get(dry, "refused")),
				 json_integer_value(json_object_get(wet, "refused")));
	}
}

/* ---- edits ----------------------------------------------------------------------------------- */

static void test_edits(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01");

	static const struct {
		const char *set;
		int64_t revision;
		int expect;
		bool changed;
	} cases[] = {
		{"{\"name\":\"a\",\"unit\":7}", -1, 0, true},
		{"{\"name\":\"a\",\"unit\":7}", -1, 0, false},
		{"{\"name\":\"b\"}", 1, -ERR_EXPECT_REVISION, false},
		{"{\"name\":\"b\"}", 2, 0, true},
		{"{\"unit\":null}", -1, 0, true},
		{"{\"state\":\"ready\"}", -1, -ERR_FIELD_UNKNOWN, false},
		{"{\"id\":\"x\"}", -1, -ERR_FIELD_UNKNOWN, false},
		{"{\"delivery\":\"x\"}", -1, -ERR_FIELD_UNKNOWN, false},
		{"{\"unit\":\"7\"}", -1, -ERR_FIELD_TYPE, false},
		{"{\"unit\":-1}", -1, -ERR_FIELD_RANGE, false},
		{"{\"name\":7}", -1, -ERR_FIELD_TYPE, false},
		{"{\"sku\":\"none such\"}", -1, -ERR_NOT_FOUND, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		bool changed = false;
		autojson json_t *set = parse(cases[i].set);
		int r = host_edit(db, num, set, cases[i].revision, "test", (10 + (int64_t)i) * US,
				  &changed, &err);
		if (r != cases[i].expect || changed != cases[i].changed)
			fail_msg("%s: %s", cases[i].set, err_name(-r));
	}
}

/* ---- SKUs ------------------------------------------------------------------------------------ */

static void report(struct db *db, int64_t num, const char *dimms, const char *switch_port,
		   int64_t now_us)
{
	struct err err = ERR_INIT;
	autofree char *text = xasprintf(
		"{\"memory\":{\"modules\":%s},\"nics\":[{\"Name\":\"eth0\",\"PermanentMACAddress\":"
		"\"52:54:00:00:00:01\",\"lldp\":{\"SysName\":\"sw1\",\"PortId\":\"%s\"}}]}",
		dimms, switch_port);
	autojson json_t *doc = parse(text);

	must(facts_store(db, num, doc, now_us, NULL, &err), &err);
}

#define DIMM(slot, serial, mib)                                                                    \
	"{\"DeviceLocator\":\"" slot "\",\"CapacityMiB\":" mib ",\"Manufacturer\":\"M\","          \
	"\"PartNumber\":\"P\",\"SerialNumber\":\"" serial "\"}"

static void test_sku_finds_what_is_wrong(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01"), version = 0;
	bool changed = false;
	autojson json_t *contents = NULL;

	report(db, num, "[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "1024") "]", "1", 2 * US);
	must(sku_learn(db, num, &contents, &err), &err);
	must(sku_put(db, "good", contents, "", "test", 3 * US, &version, &err), &err);
	assert_int_equal(version, 1);
	must(sku_put(db, "good", contents, "", "test", 4 * US, &version, &err), &err);
	assert_int_equal(version, 1);
	autojson json_t *set = parse("{\"sku\":\"good\"}");
	must(host_edit(db, num, set, -1, "test", 5 * US, &changed, &err), &err);
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE sku_status = 'match'"), 1);
	static const struct {
		const char *dimms, *what, *slot;
		size_t n;
	} cases[] = {
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "0") "]", "missing", "B1", 2},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("C1", "D2", "1024") "]", "moved", "B1", 1},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "2048") "]", "wrong", "B1", 2},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "1024") "," DIMM("C1", "D3",
										    "1024") "]",
		 "extra", "C1", 2},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D9", "1024") "]", NULL, NULL, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autojson json_t *doc = NULL;
		report(db, num, cases[i].dimms, "1", (10 + (int64_t)i) * US);
		must(host_compare(db, num, &doc, &err), &err);
		json_t *list = json_object_get(doc, "differences");
		autofree char *text = json_text(list);
		json_t *last = json_array_get(list, json_array_size(list) - 1);
		if (json_array_size(list) != cases[i].n ||
		    (cases[i].what &&
		     (!str_eq(json_string_value(json_object_get(last, "what")), cases[i].what) ||
		      !str_eq(json_string_value(json_object_get(last, "slot")), cases[i].slot))))
			fail_msg("case %zu: %s", i, text);
	}
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE sku_status = 'match'"), 1);
	autojson json_t *odd = parse("{\"parts\":[{\"slot\":\"A1\"}]}");
	assert_int_equal(sku_put(db, "odd", odd, "", "test", US, &version, &err),
			 -ERR_FIELD_MISSING);
	autojson json_t *unknown = parse("{\"colour\":1}");
	assert_int_equal(sku_put(db, "odd", unknown, "", "test", US, &version, &err),
			 -ERR_FIELD_UNKNOWN);
}

static void test_wrong_rack_unit_shows_by_its_switch_port(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01"), id = 0;
	bool changed = false;
	autojson json_t *at = parse("{\"rack\":\"r1\",\"unit\":3}");
	const struct location_draft right = {
		.rack = "r1", .unit = 3, .switch_name = "sw1", .port = "3"};
	const struct location_draft other = {
		.rack = "r1", .unit = 4, .switch_name = "sw1", .port = "4"};

	must(host_edit(db, num, at, -1, "test", US, &changed, &err), &err);
	must(location_put(db, &right, "test", US, &id, &err), &err);
	must(location_put(db, &other, "test", US, &id, &err), &err);
	report(db, num, "[]", "4", 2 * US);
	autojson json_t *doc = NULL;
	must(host_compare(db, num, &doc, &err), &err);
	autofree char *text = json_text(json_object_get(doc, "differences"));
	assert_non_null(strstr(text, "\"found\":{\"rack\":\"r1\",\"unit\":4}"));
	report(db, num, "[]", "3", 3 * US);
	autojson json_t *good = NULL;
	must(host_compare(db, num, &good, &err), &err);
	assert_int_equal(json_array_size(json_object_get(good, "differences")), 0);
}

static void test_difference_of_two_moments(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	bool changed = false;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01");

	report(db, num, "[" DIMM("A1", "D1", "1024") "]", "1", 10 * US);
	autojson json_t *set = parse("{\"name\":\"web\"}");
	must(host_edit(db, num, set, -1, "test", 20 * US, &changed, &err), &err);
	report(db, num, "[" DIMM("A1", "D2", "1024") "]", "1", 30 * US);
	static const struct {
		int64_t from_us, to_us;
		size_t hosts, fields, added, removed;
	} cases[] = {
		{15 * US, 40 * US, 1, 1, 1, 1},
		{15 * US, 25 * US, 1, 1, 0, 0},
		{25 * US, 40 * US, 1, 0, 1, 1},
		{35 * US, 40 * US, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autojson json_t *doc = NULL;
		must(difference_of(db, cases[i].from_us, cases[i].to_us, 0, 100, &doc, &err), &err);
		json_t *items = json_object_get(doc, "items"), *one = json_array_get(items, 0);
		autofree char *text = json_text(items);
		if (json_array_size(items) != cases[i].hosts ||
		    json_object_size(json_object_get(one, "fields")) != cases[i].fields ||
		    json_array_size(json_object_get(one, "parts_added")) != cases[i].added ||
		    json_array_size(json_object_get(one, "parts_removed")) != cases[i].removed)
			fail_msg("case %zu: %s", i, text);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		T(test_delivery_rows_stand_alone),
		T(test_delivery_again_changes_nothing),
		T(test_delivery_left_half_way),
		T(test_dry_run_judges_rows_together),
		T(test_edits),
		T(test_sku_finds_what_is_wrong),
		T(test_wrong_rack_unit_shows_by_its_switch_port),
		T(test_difference_of_two_moments),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
