/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware clock: one that stands, drifts or has lost the time is told from one that is good, in
 * local time, or was looked at for too short a time.
 */
#include <tests/harness/check.h>

#include <burnin/hardware_clock.h>

#define T0 INT64_C(1790000000)

static const struct {
	const char *name;
	struct hardware_clock before, now;
	int64_t server_s; /* its time when the clock is read again; 0: not known */
	bool judged;
	enum burnin_symptom symptom;
	int64_t drift_s, off_s;
	const char *word;
} rows[] = {
	{"good", {T0, 1000}, {T0 + 60, 61000}, T0 + 60, true, SYMPTOM_NONE, 0, 0, "kept time"},
	{"between two seconds", {T0, 1000}, {T0 + 9, 9000}, 0, true, SYMPTOM_NONE, 1, 0, "kept"},
	{"it stands", {T0, 0}, {T0, 5000}, T0, true, SYMPTOM_CLOCK_STOPPED, -5, 0, "0 s in 5 s"},
	{"too fast", {T0, 0}, {T0 + 63, 60000}, 0, true, SYMPTOM_CLOCK_DRIFT, 3, 0, "63 s in 60"},
	{"too slow", {T0, 0}, {T0 + 6, 12000}, 0, true, SYMPTOM_CLOCK_DRIFT, -6, 0, "6 s in 12 s"},
	{"it runs backwards", {T0, 0}, {T0 - 9, 9000}, 0, true, SYMPTOM_CLOCK_DRIFT, -18, 0, "-9"},
	{"72 hours, 100 ppm",
	 {T0, 0},
	 {T0 + 259226, 259200000},
	 T0 + 259226,
	 true,
	 SYMPTOM_NONE,
	 26,
	 0,
	 "kept"},
	{"72 hours, 1000 ppm",
	 {T0, 0},
	 {T0 + 259460, 259200000},
	 T0 + 259460,
	 true,
	 SYMPTOM_CLOCK_DRIFT,
	 260,
	 0,
	 "259460"},
	{"local time", {T0, 0}, {T0 + 9, 9000}, T0 - 50391, true, SYMPTOM_NONE, 0, 50400, "50400"},
	{"the battery is empty",
	 {946684800, 0},
	 {946684830, 30000},
	 946684830 + 100 * 86400,
	 true,
	 SYMPTOM_CLOCK_LOST,
	 0,
	 -8640000,
	 "100 days behind"},
	{"years ahead",
	 {T0, 0},
	 {T0 + 9, 9000},
	 T0 + 9 - 3 * 86400,
	 true,
	 SYMPTOM_CLOCK_LOST,
	 0,
	 259200,
	 "3 days ahead"},
	{"too short", {T0, 0}, {T0, 4999}, T0, false, SYMPTOM_NONE, 0, 0, ""},
	{"it was not there", {-1, 0}, {T0, 9000}, T0, false, SYMPTOM_NONE, 0, 0, ""},
	{"it is gone", {T0, 0}, {-1, 9000}, T0, false, SYMPTOM_NONE, 0, 0, ""},
	{"not a time", {T0, 0}, {INT64_MAX, 9000}, T0, false, SYMPTOM_NONE, 0, 0, ""},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hardware_clock_answer a;
		int64_t at_boot_s = rows[i].server_s - rows[i].now.boot_ms / 1000;

		hardware_clock_judge(&rows[i].before, &rows[i].now,
				     rows[i].server_s ? at_boot_s * 1000000 : 0, &a);
		CHECK_INT(rows[i].name, a.judged, rows[i].judged);
		CHECK_INT(rows[i].name, a.symptom, rows[i].symptom);
		CHECK_INT(rows[i].name, a.drift_s, rows[i].drift_s);
		CHECK_INT(rows[i].name, a.off_s, rows[i].off_s);
		CHECK_INT(rows[i].name, strstr(a.message, rows[i].word) != NULL, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
