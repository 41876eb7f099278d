/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: the shape that report.json promises, the summary line, JUnit with escaping, the table.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <vm-lab/report.h>

/* clang-format off */
#define CHECKS(passed) "\"checks\":[{\"name\":\"state\",\"passed\":" passed ",\"detail\":\"is <x> & \\\"y\\\"\"}]"
#define HOST(name, state, passed) \
	"{\"name\":\"" name "\",\"arch\":\"x86_64\",\"firmware\":\"uefi\",\"serial\":\"S1\",\"cpu\":\"\",\"memory_mib\":1024," \
	"\"disks\":2,\"image_digest\":\"\",\"decoy_unchanged\":" passed ",\"state_detail\":\"why\",\"state\":\"" state "\"," \
	"\"passed\":" passed ",\"stages\":{\"contact\":31.5,\"total\":200}," CHECKS(passed) "}"
#define RESULT(name, passed, hosts) \
	"{\"name\":\"" name "\",\"passed\":" passed ",\"trouble\":\"\",\"took_s\":12.34,\"hosts\":[" hosts "]}"
/* clang-format on */

static const struct {
	const char *name, *results, *summary;
	int passed, failed;
} rows[] = {
	{"nothing", "[]", "lab: 0 ready, 0 failed\n", 0, 0},
	{"two ready",
	 "[" RESULT("s", "true", HOST("a", "ready", "true") "," HOST("b", "ready", "true")) "]",
	 "lab: 2 ready, 0 failed\n", 1, 0},
	{"ready, but the decoy changed", "[" RESULT("s", "false", HOST("a", "ready", "false")) "]",
	 "lab: 0 ready, 1 failed\n", 0, 1},
	{"stopped as expected",
	 "[" RESULT("s", "true", HOST("a", "ready", "true")) "," RESULT(
		 "t", "true", HOST("a", "failed", "true")) "]",
	 "lab: 1 ready, 0 failed, 1 stopped as expected\n", 2, 0},
	{"not played", "[" RESULT("s", "false", "") "]",
	 "lab: 0 ready, 0 failed, 1 scenarios not played\n", 0, 1},
};

static json_t *report_of_row(size_t i)
{
	autojson json_t *results = json_loads(rows[i].results, 0, NULL);

	assert_non_null(results);
	return report_document(results);
}

static void counts_and_sums_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *report = report_of_row(i);
		autostr struct str summary;

		str_init(&summary, 4096);
		report_summary(report, &summary);
		CHECK_STR(rows[i].name, summary.p, rows[i].summary);
		CHECK_INT(rows[i].name, json_integer_value(json_object_get(report, "passed")),
			  rows[i].passed);
		CHECK_INT(rows[i].name, json_integer_value(json_object_get(report, "failed")),
			  rows[i].failed);
	}
}

static void junit_escapes_and_counts(void **state)
{
	autojson json_t *report = report_of_row(2);
	autofree char *xml = NULL;

	(void)state;
	assert_int_equal(0, report_junit(report, &xml, NULL));
	assert_non_null(
		strstr(xml, "<testsuite name=\"s\" tests=\"2\" failures=\"1\" time=\"12.3\">"));
	assert_non_null(strstr(xml, "<testcase classname=\"s\" name=\"a: state\">"));
	assert_non_null(strstr(xml, "<failure message=\"is &lt;x&gt; &amp; &quot;y&quot;\"/>"));
}

static void table_shows_what_broke(void **state)
{
	autojson json_t *report = report_of_row(2);
	autostr struct str table;

	(void)state;
	str_init(&table, 65536);
	report_table(json_array_get(json_object_get(report, "scenarios"), 0), &table);
	assert_non_null(strstr(table.p, "s: FAILED"));
	assert_non_null(strstr(table.p, " BAD "));
	assert_non_null(strstr(table.p, "31.5"));
	assert_non_null(strstr(table.p, "a: state: is <x>"));
	assert_non_null(strstr(table.p, "the server says: why"));
	for (const char *line = table.p, *end; (end = strchr(line, '\n')); line = end + 1)
		CHECK("fits a console", end - line <= 100);
}

static void a_lost_scenario_failed(void **state)
{
	autojson json_t *results = json_array();
	autojson json_t *report = NULL;

	(void)state;
	(void)json_array_append_new(results, report_lost("s", "the worker ended"));
	report = report_document(results);
	assert_int_equal(1, json_integer_value(json_object_get(report, "failed")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_sums_up),
		cmocka_unit_test(junit_escapes_and_counts),
		cmocka_unit_test(table_shows_what_broke),
		cmocka_unit_test(a_lost_scenario_failed),
	};

	return cmocka_run_group_tests_name("lab report", tests, NULL, NULL);
}
