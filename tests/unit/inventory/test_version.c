/* SPDX-License-Identifier: Apache-2.0 */
/* Versions: their order, ranges over them that leave out what is unknown, and sorting by them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/facts.h>
#include <inventory/identity.h>

#include "../../../inventory/parts/version.h"
#include "store_fixture.h"

#define US 1000000LL

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

/* ---- the order ------------------------------------------------------------------------------- */

static void test_order(void **state)
{
	static const struct {
		const char *less, *more; /* equal: two spellings of one version */
		bool equal;
	} cases[] = {
		{"2.9.0", "2.13.0", false},
		{"2.13", "2.13.1", false},
		{"2.13", "2.13.0", true},
		{"v2.13.0", "2.13.0", true},
		{"02.013", "2.13", true},
		{"1.0-rc1", "1.0", false},
		{"1.0-rc1", "1.0-rc2", false},
		{"1.0~beta", "1.0", false},
		{"1.0~1", "1.0", false},
		{"1.0~1", "1.0~2", false},
		{"1.9", "1.10.2", false}, /* Dell's */
		{"A09", "A10", false},
		{"2.4.8", "2.19.1", false},
		{"07/16/2020", "01/02/2021", false}, /* as SMBIOS writes dates */
		{"02/09/2020", "10/01/2020", false},
		{"16/07/2020", "01/02/2021", false},
		{"7/4/2020", "07/04/2020", true},
		{"12/31/2019", "1/1/2020", false},
		{"1594857600", "1626393600", false},
		{"P01", "P1", true},
		{"U46 v1.9", "U46 v1.44", false},
		{"1.0b2", "1.0b10", false},
		{"1.0", "1.0a", false},
		{"1.0a", "1.0b", false},
		{"1.0a", "1.1", false},
		{"1.0", "1.0.1", false},
		{"0.9", "1", false},
		{"0", "0.1", false},
		{"GXA7401Q", "gxa7401q", true},
		{"GXA7301Q", "GXA7401Q", false},
		{"F9", "F13", false},
		{"U30 v2.36 (07/16/2020)", "U30 v2.40 (01/02/2020)", false},
		{"20230105", "20231201", false},
		{"2023-01-05", "2023-12-01", false},
		{"1.99999999999999999999999999999999", "1.100000000000000000000000000000000000",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char less[VERSION_KEY_BYTES], more[VERSION_KEY_BYTES];
		version_key(cases[i].less, less);
		version_key(cases[i].more, more);
		int order = strcmp(less, more);
		if (cases[i].equal ? order != 0 : order >= 0)
			fail_msg("%s %s: %s %s", cases[i].less, cases[i].more, less, more);
	}
}

static void test_hostile_texts(void **state)
{
	char key[VERSION_KEY_BYTES], low[VERSION_KEY_BYTES], high[VERSION_KEY_BYTES], text[4096];

	(void)state;
	version_key("", key);
	assert_string_equal(key, "");
	version_key("--..", key);
	assert_string_equal(key, "");
	memset(text, '9', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	version_key(text, key);
	assert_int_equal(strlen(key), 1 + 2 + 99 + 1);
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 2 ? 'x' : '\xff';
	version_key(text, key);
	version_key_family(key, low, high);
	assert_true(strcmp(low, key) <= 0 && strcmp(key, high) < 0);
}

/* ---- in the store ---------------------------------------------------------------------------- */

static void make_host(struct db *db, unsigned i, const char *bios, const char *drive)
{
	struct err err = ERR_INIT;
	autofree char *serial = xasprintf("SN-%u", i);
	struct host_evidence e = {.system_serial = serial};
	static const struct host_birth birth = {.state = "ready"};
	struct identity who;
	autofree char *text = xasprintf(
		"{\"system\":{\"BiosVersion\":\"%s\"},\"drives\":[{\"Name\":\"sda\",\"Model\":\"M\","
		"\"SerialNumber\":\"D-%u\",\"Revision\":\"%s\"}]}",
		bios, i, drive);

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err);
	autojson json_t *doc = json_loads(text, 0, NULL);
	assert_non_null(doc);
	must(facts_store(db, who.host_num, doc, (10 + i) * US, NULL, &err), &err);
}

static int page(struct db *db, const char *filter, const char *sort, struct query_page *ret,
		struct err *err)
{
	struct query_request q = {.limit = 100, .sort = sort, .fields = "BiosVersion"};

	if (filter)
		must(query_add_filter(&q, filter, NULL, err), err);
	return query_run(db, &collection_hosts, &q, NULL, ret, err);
}

static void make_hosts(struct db *db)
{
	static const char *const bios[] = {"2.9.0", "2.13.0", "2.13.1", "10.0",
					   "F13",   "",       "1.0-rc1"};

	for (unsigned i = 0; i < ARRAY_LEN(bios); i++)
		make_host(db, i, bios[i], i % 2 ? "GX9" : "GX12");
}

static void test_ranges(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	static const struct {
		const char *filter;
		int n; /* -1: refused */
	} cases[] = {
		{"BiosVersion<2.13.0", 2}, /* neither the unknown one nor F13 */
		{"BiosVersion>2.9", 3},
		{"BiosVersion<3", 4},
		{"BiosVersion>2.13", 2},
		{"BiosVersion<F14", 1},
		{"BiosVersion<---", -1},
		{"drives.Revision<GX10", 3},
		{"drives.Revision>GX10", 4},
		{"serial<SN-3", 3},
		{"asset_tag<zzz", 0}, /* no host has one */
		{"name<zzz", 0},
	};

	make_hosts(db);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		struct query_page p;
		int r = page(db, cases[i].filter, NULL, &p, &err);
		if ((cases[i].n < 0) != (r < 0) || (r >= 0 && (int)p.n != cases[i].n))
			fail_msg("%s: %zu %s", cases[i].filter, r < 0 ? 0 : p.n, err.msg);
		if (r >= 0)
			query_page_done(&p);
	}
}

static void test_sorting(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct query_page p;

	make_hosts(db);
	must(page(db, "BiosVersion>0", "-BiosVersion", &p, &err), &err);
	assert_string_equal(p.items.p,
			    "[{\"BiosVersion\":\"10.0\"},\n{\"BiosVersion\":\"2.13.1\"},\n"
			    "{\"BiosVersion\":\"2.13.0\"},\n{\"BiosVersion\":\"2.9.0\"},\n"
			    "{\"BiosVersion\":\"1.0-rc1\"}]");
	query_page_done(&p);
}

/* A cursor of a walk by version goes on where the page ended. */
static void test_walk(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct query_request q = {.limit = 2, .sort = "BiosVersion", .fields = "BiosVersion"};
	char cursor[QUERY_CURSOR_MAX_BYTES] = "";
	size_t n = 0;

	make_hosts(db);
	do {
		struct query_page p;
		q.cursor = cursor;
		must(query_run(db, &collection_hosts, &q, NULL, &p, &err), &err);
		n += p.n;
		assert_true(str_copy(cursor, sizeof(cursor), p.next));
		query_page_done(&p);
	} while (cursor[0]);
	assert_int_equal(n, 7);
}

/* Texts that were stored before the table existed get their keys with the migration. */
static void test_fill(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t n = 0;

	make_hosts(db);
	must(db_exec(db, &err, "DELETE FROM version_key"), &err);
	must(version_fill_all(db, &err), &err);
	must(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM version_key"), &err);
	assert_int_equal(n, 8); /* six of BIOS, two of drives */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_hostile_texts),
		T(test_ranges),
		T(test_sorting),
		T(test_walk),
		T(test_fill),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
