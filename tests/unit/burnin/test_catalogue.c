/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue: tiers and limits resolve into tests, and a deadline is never shorter than what the
 * plan holds.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <base/str.h>
#include <burnin/catalogue.h>

static int64_t sum_of(const struct planned_test *tests, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += tests[i].seconds;
	return sum;
}

/* 10,000 profiles: any tier, any limits up to 30 days. */
static void test_no_contradiction(void **state)
{
	(void)state;
	srandom(7);
	for (int i = 0; i < 10000; i++) {
		const char *tier = catalogue_tiers[random() % 3];
		struct catalogue_limits l = {random() % 3 ? 0 : random() % 2592001,
					     random() % 3 ? 0 : random() % 2592001,
					     random() % 3 ? 0 : random() % 2592001};
		struct planned_test tests[CATALOGUE_TESTS_MAX];
		size_t n = 0;

		assert_int_equal(catalogue_plan(catalogue_builtin(), tier, &l, tests, &n, NULL), 0);
		assert_true(n > 0 && n <= CATALOGUE_TESTS_MAX);
		assert_true(catalogue_deadline_s(tests, n) > sum_of(tests, n));
		for (size_t k = 0; k < n; k++) {
			const struct catalogue_test *t = tests[k].test;

			assert_non_null(t);
			/* what a run cannot pass without has time to run */
			assert_true(!t->needed || tests[k].seconds > 0);
		}
		if (l.cpu_s)
			assert_true(sum_of(tests, n) >= l.cpu_s);
	}
}

static void test_acceptance_is_three_days(void **state)
{
	struct planned_test tests[CATALOGUE_TESTS_MAX];
	const struct catalogue_limits none = {0};
	size_t n = 0;

	(void)state;
	assert_int_equal(catalogue_plan(catalogue_builtin(), "acceptance", &none, tests, &n, NULL),
			 0);
	/* and room for built-in tests that are added */
	assert_in_range(sum_of(tests, n), 72 * 3600, 80 * 3600);
	assert_true(catalogue_deadline_s(tests, n) > 72 * 3600);
}

static void test_unknown_tier(void **state)
{
	static const char *const names[] = {"", "quick ", "Quick", "x", "acceptance\n"};
	struct planned_test tests[CATALOGUE_TESTS_MAX];
	const struct catalogue_limits none = {0};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK_ERR(names[i],
			  catalogue_plan(catalogue_builtin(), names[i], &none, tests, &n, NULL),
			  ERR_BURNIN_TIER);
	assert_null(catalogue_find(catalogue_builtin(), "no-such-test"));
}

static void test_tiers(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			assert_int_equal(
				catalogue_tier_covers(catalogue_tiers[i], catalogue_tiers[k]),
				i >= k);
	assert_false(catalogue_tier_covers("x", "quick"));
	assert_false(catalogue_tier_covers("quick", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_contradiction),
		cmocka_unit_test(test_acceptance_is_three_days),
		cmocka_unit_test(test_unknown_tier),
		cmocka_unit_test(test_tiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
