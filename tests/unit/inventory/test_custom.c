/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that people define: their types, and that a value can be asked for in every way in which
 * other fields can: filters, sorting, sums, groups, exports, the past. Rows that people entered. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/custom.h>
#include <inventory/difference.h>
#include <inventory/entry.h>
#include <inventory/expect.h>
#include <inventory/identity.h>
#include <inventory/space.h>

#include "store_fixture.h"

#define US 1000000LL
#define N  6

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

static int64_t hosts[N];

static int set_host(struct db *db, size_t i, const char *custom, int64_t now_us, struct err *err)
{
	autofree char *text = xasprintf("{\"custom\":%s}", custom);
	autojson json_t *set = json_loads(text, 0, NULL);
	bool changed = false;

	assert_non_null(set);
	const struct host_edit edit = {set, -1, "ann", now_us};
	int r = host_edit(db, hosts[i], &edit, &changed, err);
	return r < 0 ? r : changed;
}

/* Host i has price 100 * (i + 1), a warranty that ends in 2027 or 2028, the tags "even" and "all". */
static int make_rows(void **state)
{
	struct err err = ERR_INIT;

	if (store_setup(state) != 0)
		return -1;
	struct db *db = ((struct store_fixture *)*state)->db;
	for (size_t i = 0; i < N; i++) {
		autofree char *serial = xasprintf("C%zu", i);
		autofree char *custom = xasprintf(
			"{\"price\":%zu,\"warranty_end\":\"202%d-06-30\",\"tags\":[\"all\"%s],"
			"\"owner\":\"team %zu\",\"watts_nominal\":%zu,\"height_units\":2}",
			100 * (i + 1), i < 4 ? 7 : 8, i % 2 ? "" : ",\"even\"", i / 2,
			400 + 10 * i);
		struct host_evidence e = {.system_serial = serial};
		struct host_birth birth = {.state = "ready"};
		must(identity_expect(db, &e, &birth, US, &hosts[i], &err), &err);
		autojson json_t *place = json_pack("{s:s, s:s, s:s, s:i}", "site", "fra", "row",
						   i < 3 ? "A" : "B", "rack", "r1", "unit",
						   (int)(2 * i + 1));
		bool changed = false;
		const struct host_edit edit = {place, -1, "ann", 2 * US};
		must(host_edit(db, hosts[i], &edit, &changed, &err), &err);
		if (i < N - 1) /* the last has none */
			must(set_host(db, i, custom, 10 * US, &err), &err);
	}
	return 0;
}

/* ---- types ----------------------------------------------------------------------------------- */

static void test_values_have_types(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	autojson json_t *choices = json_pack("[s, s]", "gold", "silver");

	static const struct {
		const char *custom;
		int code;
	} cases[] = {
		{"{\"owner\":\"ann\"}", 0},
		{"{\"owner\":7}", ERR_INVALID},
		{"{\"owner\":\"\"}", ERR_INVALID},
		{"{\"owner\":\"a\\nb\"}", ERR_INVALID},
		{"{\"price\":7}", 0},
		{"{\"price\":\"7\"}", ERR_INVALID},
		{"{\"price\":7.5}", ERR_INVALID},
		{"{\"price\":9007199254740992}", ERR_INVALID},
		{"{\"support_end\":\"2027-02-28\"}", 0},
		{"{\"support_end\":\"2027-02-30\"}", ERR_INVALID},
		{"{\"support_end\":\"28.02.2027\"}", ERR_INVALID},
		{"{\"tags\":[\"a\",\"b\"]}", 0},
		{"{\"tags\":\"a\"}", ERR_INVALID},
		{"{\"tags\":[\"a,b\"]}", ERR_INVALID},
		{"{\"grade\":\"gold\"}", 0},
		{"{\"grade\":\"lead\"}", ERR_INVALID},
		{"{\"ticket\":\"https://tickets/7\"}", 0},
		{"{\"ticket\":\"javascript:alert(1)\"}", ERR_INVALID},
		{"{\"colour\":\"red\"}", ERR_FIELD_UNKNOWN},
		{"7", ERR_FIELD_TYPE},
	};
	const struct custom_draft grade = {"hosts", "grade", "choice", "", "", choices};
	const struct custom_draft ticket = {"hosts", "ticket", "link", "", "", NULL};

	must(custom_define(db, &grade, US, &err), &err);
	must(custom_define(db, &ticket, US, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err own = ERR_INIT;
		int r = set_host(db, 0, cases[i].custom, 20 * US, &own);
		if (cases[i].code ? r != -cases[i].code : r < 0)
			fail_msg("%s: %s", cases[i].custom, own.msg);
		if (cases[i].code && cases[i].code != ERR_FIELD_TYPE)
			assert_true(str_starts(own.pointer, "/custom/"));
	}
	must(set_host(db, 0, "{\"price\":7}", 21 * US, &err), &err);
	assert_int_equal(set_host(db, 0, "{\"price\":7}", 22 * US, &err), 0); /* nothing changed */
}

static void test_definitions(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;

	static const struct {
		struct custom_draft d;
		int code;
	} cases[] = {
		{{"hosts", "cost_centre", "text", "", "who pays", NULL}, 0},
		{{"hosts", "cost_centre", "text", "", "again", NULL}, 0},
		{{"hosts", "cost_centre", "number", "", "", NULL}, ERR_EXISTS},
		{{"hosts", "Cost", "text", "", "", NULL}, ERR_INVALID},
		{{"hosts", "a'b", "text", "", "", NULL}, ERR_INVALID},
		{{"runs", "x", "text", "", "", NULL}, ERR_INVALID},
		{{"hosts", "x", "colour", "", "", NULL}, ERR_INVALID},
		{{"hosts", "x", "choice", "", "", NULL}, ERR_INVALID},
		{{"hosts", "x", "text", "kg", "", NULL}, ERR_INVALID},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err own = ERR_INIT;
		int r = custom_define(db, &cases[i].d, US, &own);
		if (r != -cases[i].code)
			fail_msg("case %zu: %s", i, own.msg);
	}
	must(set_host(db, 0, "{\"cost_centre\":\"c1\"}", 20 * US, &err), &err);
	assert_int_equal(custom_undefine(db, "hosts", "cost_centre", &err), -ERR_EXISTS);
	err_clear(&err);
	must(set_host(db, 0, "{\"cost_centre\":null}", 21 * US, &err), &err);
	must(custom_undefine(db, "hosts", "cost_centre", &err), &err);
	assert_int_equal(custom_undefine(db, "hosts", "cost_centre", &err), -ERR_NOT_FOUND);
}

/* ---- questions ------------------------------------------------------------------------------- */

static json_t *list(struct db *db, const struct collection *c, struct query_request q)
{
	struct err err = ERR_INIT;
	struct query_page page;

	q.limit = 100;
	must(query_run(db, c, &q, NULL, &page, &err), &err);
	json_t *items = json_loads(page.items.p, 0, NULL);
	query_page_done(&page);
	return items;
}

/* "C0 C2": the serials of the rows, in order. */
static char *serials(const json_t *items)
{
	struct str out;
	size_t i;
	json_t *one;

	str_init(&out, 4096);
	json_array_foreach (items, i, one)
		str_addf(&out, "%s%s", i ? " " : "",
			 json_string_value(json_object_get(one, "serial")));
	return str_take(&out);
}

static void test_filters_and_order(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	static const struct {
		const char *key, *value, *sort, *serials;
	} cases[] = {
		{"custom.warranty_end<2028-01-01", NULL, "serial", "C0 C1 C2 C3"},
		{"custom.warranty_end", "2028-06-30", "serial", "C4"},
		{"custom.warranty_end", "2027-*", "serial", "C0 C1 C2 C3"},
		{"custom.warranty_end", "", "serial", "C5"},
		{"custom.price>300", NULL, "-custom.price", "C4 C3"},
		{"custom.price<", "200", "custom.price", "C0 C1"},
		{"custom.price", "100,300", "serial", "C0 C2"},
		{"custom.price!", "100", "serial", "C1 C2 C3 C4 C5"},
		{"custom.tags", "even", "serial", "C0 C2 C4"},
		{"custom.tags!", "even", "serial", "C1 C3 C5"},
		{"custom.owner", "team 1", "serial", "C2 C3"},
		{"custom.owner", "*", "-custom.owner,serial", "C4 C2 C3 C0 C1"},
		{"serial", "C*", "custom.price", "C5 C0 C1 C2 C3 C4"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		struct query_request q = {.sort = cases[i].sort};
		must(query_add_filter(&q, cases[i].key, cases[i].value, &err), &err);
		autojson json_t *items = list(db, &collection_hosts, q);
		autofree char *got = serials(items);
		if (!str_eq(got, cases[i].serials))
			fail_msg("%s %s: %s", cases[i].key, cases[i].value ? cases[i].value : "",
				 got);
	}
}

static void test_unknown_fields_are_refused(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct query_page page;
	struct query_request q = {.limit = 1};

	must(query_add_filter(&q, "custom.colour", "red", &err), &err);
	assert_int_equal(query_run(db, &collection_hosts, &q, NULL, &page, &err),
			 -ERR_FIELD_UNKNOWN);
	struct query_request sorted = {.limit = 1, .sort = "custom.tags"};
	err_clear(&err);
	assert_int_equal(query_run(db, &collection_hosts, &sorted, NULL, &page, &err),
			 -ERR_FIELD_UNKNOWN);
}

/* A walk over pages in the order of a field, with rows that have none. */
static void test_pages(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	autofree char *cursor = xstrdup("");
	autostr struct str got;

	str_init(&got, 4096);
	for (int i = 0; i < N; i++) {
		struct query_request q = {.limit = 1, .sort = "-custom.price", .cursor = cursor};
		struct query_page page;
		must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
		autojson json_t *items = json_loads(page.items.p, 0, NULL);
		autofree char *one = serials(items);
		str_addf(&got, "%s ", one);
		free(cursor);
		cursor = xstrdup(page.next);
		query_page_done(&page);
	}
	assert_string_equal(got.p, "C4 C3 C2 C1 C0 C5 ");
	assert_string_equal(cursor, "");
}

static void test_rows_show_them(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct query_request q = {.sort = "serial", .fields = "serial,custom.price"};
	autojson json_t *some = list(db, &collection_hosts, q);
	autofree char *first = json_text(json_array_get(some, 0));
	struct query_request whole = {.sort = "serial"};
	autojson json_t *all = list(db, &collection_hosts, whole);
	const json_t *custom = json_object_get(json_array_get(all, 1), "custom");

	assert_string_equal(first, "{\"custom\":{\"price\":100},\"serial\":\"C0\"}");
	assert_int_equal(json_integer_value(json_object_get(custom, "watts_nominal")), 410);
	assert_int_equal(json_array_size(json_object_get(custom, "tags")), 1);
	struct export_run *e = NULL;
	autostr struct str out;
	str_init(&out, MIB);
	struct query_request csv = {.fields = "serial,custom.price,custom.warranty_end"};
	must(query_add_filter(&csv, "custom.price>400", NULL, &err), &err);
	struct db *reader = NULL;
	must(db_open(((struct store_fixture *)*state)->url, DB_READONLY, &reader, &err), &err);
	must(export_new(reader, &collection_hosts, &csv, EXPORT_CSV, &e, &err), &err);
	int more = 1;
	while (more == 1)
		must(more = export_next(e, &out, &err), &err);
	export_free(e);
	assert_string_equal(out.p,
			    "serial,custom.price,custom.warranty_end\r\nC4,500,2028-06-30\r\n");
}

static void test_sums_and_groups(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct query_request q = {0};
	const struct summary_more more = {.fields = {[0] = "custom.watts_nominal"}};
	const struct summary_request what = {
		.group_by = "row,custom.owner", .sum = "custom.price", .more = &more};
	char *text = NULL;

	must(query_summary(db, &collection_hosts, &q, &what, &text, &err), &err);
	autojson json_t *doc = json_loads(text, 0, NULL);
	assert_non_null(strstr(text, "team 0"));
	json_t *total = json_object_get(doc, "total");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(total, "sum"), "custom.price")),
		1500);
	assert_int_equal(json_array_size(json_object_get(doc, "items")), 5);
	free(text);
}

/* The past shows what was, and the difference says what changed. */
static void test_the_past(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;

	must(set_host(db, 0, "{\"price\":1,\"owner\":null}", 30 * US, &err), &err);
	struct query_request then = {.sort = "serial", .at_us = 20 * US};
	must(query_add_filter(&then, "custom.price", "100", &err), &err);
	autojson json_t *items = list(db, &collection_hosts, then);
	autofree char *got = serials(items);
	assert_string_equal(got, "C0");
	const json_t *custom = json_object_get(json_array_get(items, 0), "custom");
	assert_string_equal(json_string_value(json_object_get(custom, "owner")), "team 0");
	struct query_request now = {.sort = "serial"};
	must(query_add_filter(&now, "custom.price", "100", &err), &err);
	autojson json_t *none = list(db, &collection_hosts, now);
	assert_int_equal(json_array_size(none), 0);
	json_t *diff = NULL;
	const struct query_request of = {.limit = 10};
	const struct difference_span span = {.from_us = 20 * US, .to_us = 40 * US};
	must(difference_of_hosts(db, &of, &span, &diff, &err), &err);
	autofree char *text = json_text(diff);
	json_decref(diff);
	assert_non_null(strstr(text, "\"custom\":[{"));
}

/* ---- what capacity teams ask ----------------------------------------------------------------- */

static void test_watts_and_units_left_by_row(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	autojson json_t *contents = json_pack("{s:i}", "cores", 8);
	const struct sku_draft sku = {"s1", contents, "", "ann", 11 * US};
	int64_t version = 0;

	for (int unit = 1; unit <= 12; unit++)
		for (int row = 0; row < 2; row++) {
			struct location_draft l = {.site = "fra",
						   .rack_row = row ? "B" : "A",
						   .rack = "r1",
						   .unit = unit};
			int64_t id = 0;
			must(location_put(db, &l, "ann", 12 * US, &id, &err), &err);
			autofree char *text = xasprintf("%lld", (long long)id);
			const struct entry_call call = {ENTRY_LOCATION, text, -1, "ann", 13 * US};
			autojson json_t *set = json_pack("{s:{s:i}}", "custom", "watts_budget",
							 200);
			must(entry_edit(db, &call, set, &err), &err);
		}
	json_t *doc = NULL;
	must(space_left(db, "row", "retired", &doc, &err), &err);
	const json_t *a = json_array_get(json_object_get(doc, "items"), 0);
	const json_t *b = json_array_get(json_object_get(doc, "items"), 1);
	assert_int_equal(json_integer_value(json_object_get(a, "units_left")), 12 - 6);
	assert_int_equal(json_integer_value(json_object_get(a, "watts_left")), 2400 - 1230);
	assert_null(json_object_get(b, "units_left")); /* one host's height is not known */
	assert_int_equal(json_integer_value(json_object_get(b, "hosts_without_height")), 1);
	json_decref(doc);
	/* the SKU knows it */
	must(sku_put(db, &sku, &version, &err), &err);
	const struct entry_call of_sku = {ENTRY_SKU, "s1", -1, "ann", 14 * US};
	autojson json_t *set = json_loads("{\"custom\":{\"height_units\":1,\"watts_nominal\":300}}",
					  0, NULL);
	must(entry_edit(db, &of_sku, set, &err), &err);
	autojson json_t *of_host = json_pack("{s:s}", "sku", "s1");
	bool changed = false;
	const struct host_edit edit = {of_host, -1, "ann", 15 * US};
	must(host_edit(db, hosts[N - 1], &edit, &changed, &err), &err);
	must(space_left(db, "row", "retired", &doc, &err), &err);
	b = json_array_get(json_object_get(doc, "items"), 1);
	assert_int_equal(json_integer_value(json_object_get(b, "units_left")), 12 - 5);
	assert_int_equal(json_integer_value(json_object_get(b, "watts_left")),
			 2400 - 430 - 440 - 300);
	json_decref(doc);
	assert_int_equal(space_left(db, "colour", "retired", &doc, &err), -ERR_INVALID);
}

/* ---- rows that people entered ---------------------------------------------------------------- */

static void test_entries_are_edited_and_removed(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct location_draft l = {.rack = "r9", .unit = 1, .switch_name = "sw1", .port = "1"};
	int64_t id = 0, n = 0;

	must(location_put(db, &l, "ann", 12 * US, &id, &err), &err);
	autofree char *text = xasprintf("%lld", (long long)id);
	struct entry_call call = {ENTRY_LOCATION, text, 1, "ann", 13 * US};
	autojson json_t *set = json_pack("{s:s, s:n}", "switch", "sw2", "port");
	must(entry_edit(db, &call, set, &err), &err);
	call.now_us = 14 * US;
	assert_int_equal(entry_edit(db, &call, set, &err), -ERR_EXPECT_REVISION);
	call.revision = 2;
	static const struct {
		const char *set;
		int code;
	} bad[] = {
		{"{\"rack\":\"r1\"}", ERR_FIELD_UNKNOWN},
		{"{\"switch\":7}", ERR_FIELD_TYPE},
		{"{\"custom\":{\"colour\":1}}", ERR_FIELD_UNKNOWN},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err own = ERR_INIT;
		autojson json_t *j = json_loads(bad[i].set, 0, NULL);
		assert_int_equal(entry_edit(db, &call, j, &own), -bad[i].code);
	}
	err_clear(&err);
	must(entry_remove(db, &call, &err), &err);
	assert_int_equal(entry_remove(db, &call, &err), -ERR_NOT_FOUND);
	err_clear(&err);
	must(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM location_history WHERE num = $1",
			  p_int(id)),
	     &err);
	assert_int_equal(n, 2);
	must(db_query_int(db, &err, &n, 0,
			  "SELECT count(*) FROM event WHERE kind IN ('location.edited', "
			  "'location.removed')"),
	     &err);
	assert_int_equal(n, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_rows, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_values_have_types),
		T(test_definitions),
		T(test_filters_and_order),
		T(test_unknown_fields_are_refused),
		T(test_pages),
		T(test_rows_show_them),
		T(test_sums_and_groups),
		T(test_the_past),
		T(test_watts_and_units_left_by_row),
		T(test_entries_are_edited_and_removed),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
