/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test program prints: only a whole, well-formed output with a PASS passes; a fault counts
 * whatever surrounds it.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <base/cleanup.h>
#include <base/str.h>
#include <burnin/program_lines.h>

#define FILE_TEXT                                                                                  \
	"{\"type\":\"slipway-burn-in-test/v1\",\"id\":\"own\",\"version\":\"1\",\"name\":\"x\","   \
	"\"order\":50,\"tool\":\"true\",\"judge\":\"lines\",\"seconds\":{\"quick\":5,"             \
	"\"standard\":6,\"acceptance\":7}"
#define BOUND                                                                                      \
	",\"pass\":[{\"measurement\":\"rate\",\"unit\":\"MiB/s\",\"at_least\":100,\"at_most\":"    \
	"200}]"
#define PASS "{\"diagnosis\":{\"type\":\"PASS\"}}\n"
#define RATE(v, unit)                                                                              \
	"{\"measurement\":{\"name\":\"rate\",\"value\":" v ",\"unit\":\"" unit "\",\"part\":"      \
	"\"sda\"}}\n"
#define FAIL                                                                                       \
	"{\"diagnosis\":{\"type\":\"FAIL\",\"verdict\":\"disk-read-error\",\"part\":\"Z1\","       \
	"\"message\":\"bad\"}}\n"

static const struct {
	const char *name, *members, *text;
	int status, signal;
	enum tool_verdict verdict;
	bool skipped;
	const char *says;
} rows[] = {
	{"a pass", "", PASS, 0, 0, TOOL_PASSED, false, ""},
	{"a pass with notes and blank lines", "", "{\"log\":\"hello\"}\n\n \n" PASS, 0, 0,
	 TOOL_PASSED, false, ""},
	{"the last line has no end", "", "{\"diagnosis\":{\"type\":\"PASS\"}}", 0, 0, TOOL_PASSED,
	 false, ""},
	{"nothing", "", "", 0, 0, TOOL_NOT_RUN, false, "judged nothing"},
	{"only a note", "", "{\"log\":\"all good\"}\n", 0, 0, TOOL_NOT_RUN, false,
	 "judged nothing"},
	{"only unknown", "", "{\"diagnosis\":{\"type\":\"UNKNOWN\"}}\n", 0, 0, TOOL_NOT_RUN, false,
	 "judged nothing"},
	{"garbage", "", "PASSED\n", 0, 0, TOOL_NOT_RUN, false, "not a JSON object"},
	{"garbage after a pass", "", PASS "\x80\xff\n", 0, 0, TOOL_NOT_RUN, false,
	 "not a JSON object"},
	{"a number", "", PASS "7\n", 0, 0, TOOL_NOT_RUN, false, "not a JSON object"},
	{"cut off", "", PASS "{\"diagnosis\":{\"type\":", 0, 0, TOOL_NOT_RUN, false,
	 "not a JSON object"},
	{"an empty object", "", PASS "{}\n", 0, 0, TOOL_NOT_RUN, false, "a line holds one of"},
	{"two members", "", "{\"log\":\"x\",\"diagnosis\":{\"type\":\"PASS\"}}\n", 0, 0,
	 TOOL_NOT_RUN, false, "a line holds one of"},
	{"an unknown member", "", PASS "{\"result\":\"PASS\"}\n", 0, 0, TOOL_NOT_RUN, false,
	 "result"},
	{"an unknown type", "", PASS "{\"diagnosis\":{\"type\":\"OK\"}}\n", 0, 0, TOOL_NOT_RUN,
	 false, "PASS, FAIL or UNKNOWN"},
	{"a pass, but killed", "", PASS, 0, 9, TOOL_NOT_RUN, false, "signal 9"},
	{"a pass, but another status", "", PASS, 2, 0, TOOL_NOT_RUN, false, "status 2"},
	{"status 128", "", PASS, 128, 0, TOOL_NOT_RUN, false, "status 128"},
	{"it skips", "", "{\"log\":\"no such card\"}\n", 3, 0, TOOL_NOT_RUN, true, "no such card"},
	{"it skips with garbage", "", "no such card\n", 3, 0, TOOL_NOT_RUN, false,
	 "not a JSON object"},
	{"a fault", "", FAIL, 1, 0, TOOL_FOUND_FAULT, false, "bad"},
	{"a fault, and status 0", "", PASS FAIL, 0, 0, TOOL_FOUND_FAULT, false, "bad"},
	{"a fault, then killed", "", FAIL "garb", 0, 11, TOOL_FOUND_FAULT, false, "bad"},
	{"a fault, and it skips", "", FAIL, 3, 0, TOOL_FOUND_FAULT, false, "bad"},
	{"status 1 alone", "", "{\"log\":\"lane 3 is dead\"}\n", 1, 0, TOOL_FOUND_FAULT, false,
	 "lane 3"},
	{"status 1 and nothing", "", "", 1, 0, TOOL_FOUND_FAULT, false, "named none"},
	{"inside the bounds", BOUND, PASS RATE("150", "MiB/s"), 0, 0, TOOL_PASSED, false, ""},
	{"on the edge", BOUND, PASS RATE("100", "MiB/s"), 0, 0, TOOL_PASSED, false, ""},
	{"below", BOUND, PASS RATE("99.5", "MiB/s"), 0, 0, TOOL_FOUND_FAULT, false, "99.5"},
	{"above", BOUND, PASS RATE("1e300", "MiB/s"), 0, 0, TOOL_FOUND_FAULT, false, "at most 200"},
	{"below in one of two", BOUND, PASS RATE("150", "MiB/s") RATE("1", "MiB/s"), 0, 0,
	 TOOL_FOUND_FAULT, false, "at least 100"},
	{"not measured", BOUND, PASS, 0, 0, TOOL_NOT_RUN, false, "did not measure"},
	{"another unit", BOUND, PASS RATE("150", "B/s"), 0, 0, TOOL_NOT_RUN, false,
	 "did not measure"},
	{"a value that is a text", BOUND, PASS RATE("\"150\"", "MiB/s"), 0, 0, TOOL_NOT_RUN, false,
	 "number"},
	{"a number beyond all", BOUND, PASS RATE("1e999", "MiB/s"), 0, 0, TOOL_NOT_RUN, false,
	 "not a JSON object"},
};

struct seen {
	struct burnin_finding f;
	unsigned n_found, n_measured;
};

static void found(void *arg, const struct burnin_finding *f)
{
	struct seen *s = arg;

	s->f = *f;
	s->n_found++;
}

static void measured(void *arg, const struct program_measurement *m)
{
	struct seen *s = arg;

	assert_non_null(m->component);
	s->n_measured++;
}

static void test_lines(void **state)
{
	component_list parts = {0};
	struct component *disk = component_add(&parts, COMPONENT_DISK, "sda");

	(void)state;
	(void)str_copy(disk->serial, sizeof(disk->serial), "Z1");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf(FILE_TEXT "%s}", rows[i].members);
		struct seen seen = {0};
		struct catalogue_test t;
		struct program_outcome o;

		assert_int_equal(catalogue_parse(text, strlen(text), &t, NULL), 0);
		program_lines_read(&(struct program_reader){.test = &t,
							    .components = &parts,
							    .found = found,
							    .measured = measured,
							    .arg = &seen},
				   (struct tool_end){rows[i].status, rows[i].signal}, rows[i].text,
				   strlen(rows[i].text), &o);
		CHECK_INT(rows[i].name, o.verdict, rows[i].verdict);
		CHECK_INT(rows[i].name, o.skipped, rows[i].skipped);
		CHECK_INT(rows[i].name, seen.n_found > 0, rows[i].verdict == TOOL_FOUND_FAULT);
		if (!strstr(o.message, rows[i].says))
			fail_msg("%s: '%s'", rows[i].name, o.message);
		if (strstr(rows[i].text, "disk-read-error")) {
			CHECK_INT(rows[i].name, seen.f.symptom, SYMPTOM_DISK_READ_ERROR);
			assert_ptr_equal(seen.f.component, &parts.items[0]);
		}
		catalogue_test_done(&t);
	}
	VEC_DONE(&parts);
}

/* More lines than anybody reads: no verdict, and no time lost. */
static void test_flood(void **state)
{
	static const component_list none;
	struct catalogue_test t;
	struct program_outcome o;
	struct str text;

	(void)state;
	assert_int_equal(catalogue_parse(FILE_TEXT "}", strlen(FILE_TEXT "}"), &t, NULL), 0);
	str_init(&text, 16 << 20);
	for (int i = 0; i < 200000; i++)
		str_add(&text, PASS);
	program_lines_read(&(struct program_reader){.test = &t, .components = &none},
			   TOOL_EXITED(0), text.p, text.n_bytes, &o);
	assert_int_equal(o.verdict, TOOL_NOT_RUN);
	assert_non_null(strstr(o.message, "too many lines"));
	str_done(&text);
	catalogue_test_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
