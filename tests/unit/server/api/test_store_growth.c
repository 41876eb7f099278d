/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the store grows, from sizes over time: nothing in the first hour, the oldest of two days
 * after that, and shrinking as well as growing.
 */
#include <tests/harness/check.h>

#include <server/api/store_growth.h>

#define HOUR_US   STORE_GROWTH_STEP_US
#define MINUTE_US (HOUR_US / 60)

static void test_growth(void **state)
{
	static const struct {
		const char *name;
		int64_t at_us, bytes;
		bool is_known;
		int64_t per_day;
	} rows[] = {
		{"the first", HOUR_US, 1000, false, 0},
		{"too soon", HOUR_US + 59 * MINUTE_US, 2000, false, 0},
		{"after an hour", 2 * HOUR_US, 1100, true, 2400},
		{"after two", 3 * HOUR_US, 1100, true, 1200},
		{"it shrank", 4 * HOUR_US, 700, true, -2400},
		{"between two hours", 4 * HOUR_US + 30 * MINUTE_US, 1350, true, 2400},
	};
	struct store_growth g = {.n = 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t per_day = 0;

		store_growth_note(&g, rows[i].at_us, rows[i].bytes);
		bool is_known = store_growth_per_day(&g, rows[i].at_us, rows[i].bytes, &per_day);
		CHECK_INT(rows[i].name, is_known, rows[i].is_known);
		CHECK_INT(rows[i].name, per_day, rows[i].per_day);
	}
}

/* A burst of long ago does not count: the window moves on. */
static void test_window(void **state)
{
	struct store_growth g = {.n = 0};
	int64_t per_day = 0, hours = 100;

	(void)state;
	store_growth_note(&g, HOUR_US, 0);
	for (int64_t h = 2; h <= hours; h++)
		store_growth_note(&g, h * HOUR_US, 1000000 + h);
	CHECK_INT("samples", g.n, STORE_GROWTH_SAMPLES);
	assert_true(store_growth_per_day(&g, hours * HOUR_US, 1000000 + hours, &per_day));
	CHECK_INT("a byte an hour", per_day, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
