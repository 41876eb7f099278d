/* SPDX-License-Identifier: Apache-2.0 */
/* Spares: entered by people, found in a host by the same key, removed only while no host had them;
 * and what serials of parts say of their lots. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/entry.h>
#include <inventory/facts.h>
#include <inventory/identity.h>
#include <inventory/spare.h>

#include "store_fixture.h"

#define US 1000000LL
#define T0 (1796083200LL * US) /* 2026-12-01 */

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

static int64_t count(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	must(db_query_int_n(db, &(struct db_call){.sql = sql}, -1, &n, &err), &err);
	return n;
}

static struct spare_draft a_drive(const char *serial, json_t *custom)
{
	return (struct spare_draft){.type = "drive",
				    .manufacturer = "INTEL",
				    .part_number = "",
				    .model = "SSDPE2KX010T8",
				    .serial = serial,
				    .wwn = "",
				    .capacity_mib = -1,
				    .capacity_bytes = 1000204886016,
				    .custom = custom,
				    .actor = "ann",
				    .now_us = T0};
}

/* Into the host with the one MAC; its id. */
static struct identity found_in_a_host(struct db *db, const char *serial, int64_t now_us)
{
	struct err err = ERR_INIT;
	const char *macs[] = {"52:54:00:00:00:01"};
	struct host_evidence e = {.macs = macs, .n_macs = 1};
	static const struct host_birth birth = {.state = "discovered"};
	struct identity who;
	struct facts_change c;
	autojson json_t *doc = json_pack(
		"{s:{s:s}, s:[{s:s,s:s,s:s,s:s,s:I}]}", "system", "Manufacturer", "Acme", "drives",
		"Name", "nvme0n1", "Manufacturer", "INTEL", "Model", "SSDPE2KX010T8",
		"SerialNumber", serial, "CapacityBytes", (json_int_t)1000204886016);

	must(identity_resolve(db, &e, &birth, now_us, &who, &err), &err);
	must(facts_store(db, who.host_num, doc, now_us, &c, &err), &err);
	return who;
}

/* How many parts a question gives, and the first of them. */
static size_t ask(struct db *db, const char *key, const char *value, char **ret_items)
{
	struct err err = ERR_INIT;
	struct query_request q = {.limit = 10};
	struct query_page page;

	must(query_add_filter(&q, key, value, &err), &err);
	must(query_run(db, &collection_parts, &q, NULL, &page, &err), &err);
	size_t n = page.n;
	if (ret_items)
		*ret_items = xstrdup(page.items.p);
	query_page_done(&page);
	return n;
}

static void test_from_shelf_to_host(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	autojson json_t *custom = json_pack("{s:s}", "shelf", "fra/S3");
	struct spare_draft d = a_drive("BTLJ816300JG1P0FGN", custom);
	int64_t num = 0;
	autofree char *items = NULL;

	must(spare_add(db, &d, &num, &err), &err);
	assert_int_equal(ask(db, "spare", "true", NULL), 1);
	assert_int_equal(ask(db, "custom.shelf", "fra/S3", &items), 1);
	assert_non_null(strstr(items, "\"lot\":\"BTLJ816\""));
	assert_non_null(strstr(items, "\"made\":\"2018-W16\""));
	assert_int_equal(ask(db, "lot", "BTLJ816", NULL), 1);
	assert_int_equal(ask(db, "made>", "2018-W01", NULL), 1);
	assert_int_equal(ask(db, "made<", "2018-W01", NULL), 0);
	assert_int_equal(spare_add(db, &d, &num, &err), -ERR_EXISTS);
	(void)found_in_a_host(db, d.serial, T0 + US);
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE type = 'drive'"), 1);
	assert_int_equal(ask(db, "spare", "true", NULL), 0);
	assert_int_equal(ask(db, "custom.shelf", "fra/S3", NULL), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM event WHERE kind = 'part.installed' AND "
				   "host_num IS NOT NULL"),
			 1);
	assert_int_equal(count(db, "SELECT count(*) FROM placement"), 1);
}

/* Most serials tell no lot: such a part is listed under its host all the same. */
static void test_parts_of_a_host(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char *const serials[] = {"BTLJ816300JG1P0FGN", "S1"};

	for (size_t i = 0; i < 2; i++) {
		struct identity who = found_in_a_host(db, serials[i], T0 + (int64_t)i * US);
		assert_int_equal(ask(db, "host_id", who.host_id, NULL), 1);
		assert_int_equal(ask(db, "type", "drive", NULL), i + 1);
	}
}

static void test_removal(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct spare_draft d = a_drive("S1", NULL);
	int64_t one = 0, two = 0;

	must(spare_add(db, &d, &one, &err), &err);
	autofree char *id = xasprintf("%lld", (long long)one);
	struct entry_call call = {ENTRY_PART, id, -1, "ann", T0 + US};
	must(entry_remove(db, &call, &err), &err);
	assert_int_equal(count(db, "SELECT count(*) FROM part"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM part_history"), 1);
	d.serial = "S2";
	must(spare_add(db, &d, &two, &err), &err);
	assert_int_not_equal(one, two); /* the history of the first is not the second's */
	(void)found_in_a_host(db, "S2", T0 + 2 * US);
	autofree char *other = xasprintf("%lld", (long long)two);
	call.id = other;
	assert_int_equal(entry_remove(db, &call, &err), -ERR_CONFLICT);
}

static void test_refusals(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	static const struct {
		const char *type, *manufacturer, *serial, *pointer;
	} cases[] = {
		{"disk", "INTEL", "S1", "/type"},
		{"drive", "INTEL", "", "/SerialNumber"},
		{"drive", "INTEL", "0123456789", "/SerialNumber"},
		{"drive", "", "S1", "/Manufacturer"},
		{"nic", "INTEL", "S1", "/SerialNumber"},
		{"nic", "INTEL", "ff:ff:ff:ff:ff:ff", "/SerialNumber"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		struct spare_draft d = a_drive(cases[i].serial, NULL);
		int64_t num = 0;
		d.type = cases[i].type;
		d.manufacturer = cases[i].manufacturer;
		d.model = "";
		if (spare_add(db, &d, &num, &err) != -ERR_INVALID ||
		    !str_eq(err.pointer, cases[i].pointer))
			fail_msg("%s %s: %s at %s", d.type, d.serial, err.msg, err.pointer);
	}
	assert_int_equal(count(db, "SELECT count(*) FROM part"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_from_shelf_to_host, store_setup,
						store_teardown),
		cmocka_unit_test_setup_teardown(test_parts_of_a_host, store_setup, store_teardown),
		cmocka_unit_test_setup_teardown(test_removal, store_setup, store_teardown),
		cmocka_unit_test_setup_teardown(test_refusals, store_setup, store_teardown),
	};

	return cmocka_run_group_tests_name("inventory/spare", tests, NULL, NULL);
}
