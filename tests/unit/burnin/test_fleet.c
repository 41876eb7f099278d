/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts beside their like: how many others it takes, what is noise, and what a run measured.
 */
#include <tests/harness/check.h>

#include <burnin/fleet.h>

#define MANY 12

static const struct {
	const char *name;
	int64_t peers[MANY];
	size_t n_peers;
	int64_t value;
	enum fleet_place place;
} rows[] = {
	{"seven are too few", {100, 100, 100, 100, 100, 100, 100}, 7, 1, FLEET_FEW},
	{"eight alike, and one half as fast",
	 {100, 100, 100, 100, 100, 100, 100, 100},
	 8,
	 50,
	 FLEET_LOW},
	{"what is closer than 5 % is noise",
	 {100, 100, 100, 100, 100, 100, 100, 100},
	 8,
	 96,
	 FLEET_WITHIN},
	{"a little farther", {100, 100, 100, 100, 100, 100, 100, 100}, 8, 94, FLEET_LOW},
	{"hotter than all", {60, 61, 59, 60, 62, 61, 60, 59}, 8, 95, FLEET_HIGH},
	{"a wide spread is normal here", {50, 60, 70, 80, 90, 100, 110, 120}, 8, 150, FLEET_WITHIN},
	{"one bad host does not widen it", {100, 101, 99, 100, 102, 98, 100, 9}, 8, 60, FLEET_LOW},
	{"an even count, the middle of two", {10, 10, 10, 10, 12, 12, 12, 12}, 8, 11, FLEET_WITHIN},
	{"zero for all", {0, 0, 0, 0, 0, 0, 0, 0}, 8, 0, FLEET_WITHIN},
	{"above zero for all", {0, 0, 0, 0, 0, 0, 0, 0}, 8, 1, FLEET_HIGH},
	{"below zero", {-20, -20, -20, -20, -20, -20, -20, -20}, 8, -40, FLEET_LOW},
	{"twelve in any order",
	 {5, 900, 901, 899, 900, 902, 898, 7, 900, 901, 900, 899},
	 12,
	 880,
	 FLEET_WITHIN},
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t peers[MANY];
		struct fleet_answer answer;

		for (size_t k = 0; k < rows[i].n_peers; k++)
			peers[k] = rows[i].peers[k] * 1000;
		fleet_judge(peers, rows[i].n_peers, rows[i].value * 1000, &answer);
		CHECK_INT(rows[i].name, answer.place, rows[i].place);
		CHECK_INT(rows[i].name, answer.n_peers, rows[i].n_peers);
	}
}

#define M(step, name, value, unit, part)                                                           \
	"{\"testStepArtifact\":{\"testStepId\":\"" step "\",\"measurement\":{\"name\":\"" name     \
	"\",\"value\":" value ",\"unit\":\"" unit "\",\"hardwareInfoId\":\"" part "\"}}}"

static void test_values(void **state)
{
	static const char *const records[] = {
		"{\"testRunArtifact\":{\"testRunStart\":{\"dutInfo\":{\"hardwareInfos\":[{"
		"\"hardwareInfoId\":\"d0\",\"name\":\"ST8000NM\"},{\"hardwareInfoId\":\"d1\","
		"\"name\":\"ST8000NM\"}]}}}}",
		M("disk-read", "read-rate", "231.5", "MiB/s", "d0"),
		M("disk-read", "read-rate", "118", "MiB/s", "d1"), /* the slowest counts */
		M("cpu", "temperature-max", "60", "C", ""),
		M("cpu", "temperature-max", "71", "C", ""),
		M("cpu", "temperature-max", "65", "C", ""), /* the hottest counts */
		M("smart", "pending-sectors", "7", "blocks", "d0"),
		M("smart", "power-on-hours", "7", "", "d0"),
		M("cpu", "rate", "\"fast\"", "GFLOPS", ""),
		M("cpu", "rate", "1e300", "GFLOPS", ""),
		"{\"testStepArtifact\":{\"measurement\":[]}}",
		"[]",
		"7",
	};
	struct fleet_values v;
	struct fleet_answer answer = {FLEET_LOW, 12, 231000, 12000};
	autostr struct str text = {0};

	(void)state;
	fleet_values_init(&v);
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		json_t *record = json_loads(records[i], JSON_DECODE_ANY, NULL);

		assert_non_null(record);
		fleet_values_add(&v, record);
		json_decref(record);
	}
	assert_int_equal(v.items.n, 2);
	assert_string_equal(v.items.items[0].name, "read-rate of ST8000NM in disk-read");
	assert_int_equal(v.items.items[0].milli, 118000);
	assert_string_equal(v.items.items[1].name, "temperature-max in cpu");
	assert_int_equal(v.items.items[1].milli, 71000);
	str_init(&text, 1024);
	fleet_describe(&v.items.items[0], &answer, &text);
	assert_string_equal(text.p,
			    "read-rate of ST8000NM in disk-read is 118 MiB/s; 12 hosts of this SKU "
			    "and firmware have 231, give or take 12");
	fleet_values_done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
