/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partners for the network test: across switches, spread, and never the host itself. A slow path is
 * blamed on nobody before the partner was swapped.
 */
#include <tests/harness/check.h>

#include <burnin/pairs.h>

/* ---- choosing -------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct pair_host host, others[5];
	size_t n, n_chosen, chosen[PAIRS_MAX];
} choices[] = {
	{"nobody else", {1, "sw1", 10000}, {{1, "sw1", 10000}}, 1, 0, {0}},
	{"nobody at all", {1, "sw1", 10000}, {{0}}, 0, 0, {0}},
	{"another switch before a nearer host",
	 {1, "sw1", 10000},
	 {{2, "sw1", 10000}, {3, "sw2", 10000}},
	 2,
	 2,
	 {1, 0}},
	{"the second partner is on a third switch",
	 {1, "sw1", 10000},
	 {{2, "sw2", 10000}, {3, "sw2", 10000}, {4, "sw3", 10000}},
	 3,
	 3,
	 {0, 2, 1}},
	{"a switch that is not known is better than the same",
	 {1, "sw1", 10000},
	 {{2, "sw1", 10000}, {3, "", 10000}},
	 2,
	 2,
	 {1, 0}},
	{"the same switch, where there is no other",
	 {1, "sw1", 10000},
	 {{2, "sw1", 10000}},
	 1,
	 1,
	 {0}},
	{"a slower port comes later",
	 {1, "sw1", 25000},
	 {{2, "sw2", 1000}, {3, "sw2", 25000}},
	 2,
	 2,
	 {1, 0}},
	{"another switch counts more than the speed",
	 {1, "sw1", 25000},
	 {{2, "sw1", 25000}, {3, "sw2", 1000}},
	 2,
	 2,
	 {1, 0}},
	{"the next in the circle, so that hosts spread",
	 {3, "sw1", 10000},
	 {{1, "sw2", 10000}, {2, "sw2", 10000}, {4, "sw2", 10000}, {5, "sw2", 10000}},
	 4,
	 3,
	 {2, 3, 0}},
	{"the circle closes",
	 {5, "sw1", 10000},
	 {{5, "sw1", 10000}, {1, "sw2", 10000}, {4, "sw2", 10000}},
	 3,
	 2,
	 {1, 2}},
	{"at most three",
	 {1, "", 0},
	 {{2, "", 0}, {3, "", 0}, {4, "", 0}, {5, "", 0}, {6, "", 0}},
	 5,
	 3,
	 {0, 1, 2}},
};

static void test_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		size_t chosen[PAIRS_MAX] = {0};
		size_t n = pairs_choose(&choices[i].host, choices[i].others, choices[i].n, chosen);

		CHECK_INT(choices[i].name, n, choices[i].n_chosen);
		for (size_t k = 0; k < n; k++)
			CHECK_INT(choices[i].name, chosen[k], choices[i].chosen[k]);
	}
}

/* Eight hosts on two switches that ask at once: nobody is the first partner of more than two. */
static void test_spread(void **state)
{
	struct pair_host hosts[8] = {0};
	unsigned asked[8] = {0};

	(void)state;
	for (int i = 0; i < 8; i++)
		hosts[i] = (struct pair_host){
			.num = i, .chassis = {(char)('a' + i % 2)}, .speed_mbps = 10000};
	for (int i = 0; i < 8; i++) {
		size_t chosen[PAIRS_MAX];

		assert_int_equal(pairs_choose(&hosts[i], hosts, 8, chosen), PAIRS_MAX);
		assert_string_not_equal(hosts[chosen[0]].chassis, hosts[i].chassis);
		asked[chosen[0]]++;
	}
	for (int i = 0; i < 8; i++)
		assert_in_range(asked[i], 1, 1);
}

/* ---- judging --------------------------------------------------------------------------------- */

#define FAST                                                                                       \
	{                                                                                          \
		true, 9000, 10000                                                                  \
	}
#define SLOW                                                                                       \
	{                                                                                          \
		true, 900, 10000                                                                   \
	}
#define BUSY                                                                                       \
	{                                                                                          \
		false, 0, 10000                                                                    \
	}
#define UNKNOWN                                                                                    \
	{                                                                                          \
		true, 900, 0                                                                       \
	}

static const struct {
	const char *name;
	size_t n;
	struct pair_rate rates[PAIRS_MAX];
	bool more;
	enum pair_end end;
	size_t slow;
} ends[] = {
	{"nothing yet", 0, {{0}}, true, PAIR_END_OPEN, 9},
	{"fast", 1, {FAST}, false, PAIR_END_GOOD, 9},
	{"exactly half", 1, {{true, 5000, 10000}}, false, PAIR_END_GOOD, 9},
	{"below half", 1, {{true, 4999, 10000}}, true, PAIR_END_OPEN, 0},
	{"slow to one: swap before blaming", 1, {SLOW}, true, PAIR_END_OPEN, 0},
	{"slow to one, fast to the next: the partner", 2, {SLOW, FAST}, false, PAIR_END_OTHER, 0},
	{"slow to two: this host", 2, {SLOW, SLOW}, false, PAIR_END_HERE, 0},
	{"slow to one and the other is busy", 2, {SLOW, BUSY}, true, PAIR_END_OPEN, 0},
	{"busy, slow, slow", 3, {BUSY, SLOW, SLOW}, false, PAIR_END_HERE, 1},
	{"busy, slow, fast", 3, {BUSY, SLOW, FAST}, false, PAIR_END_OTHER, 1},
	{"all busy", 3, {BUSY, BUSY, BUSY}, true, PAIR_END_OPEN, 9},
	{"the speed is not known", 1, {UNKNOWN}, false, PAIR_END_OPEN, 9},
	{"a partner of 1 Gb/s limits", 1, {{true, 940, 1000}}, false, PAIR_END_GOOD, 9},
};

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t slow = 9;

		CHECK_INT(ends[i].name, pairs_want_more(ends[i].rates, ends[i].n), ends[i].more);
		CHECK_INT(ends[i].name, pairs_judge(ends[i].rates, ends[i].n, &slow), ends[i].end);
		CHECK_INT(ends[i].name, slow, ends[i].slow);
	}
}

static void test_could(void **state)
{
	(void)state;
	assert_int_equal(pairs_could(10000, 25000), 10000);
	assert_int_equal(pairs_could(25000, 1000), 1000);
	assert_int_equal(pairs_could(100000, 400000), PAIRS_CAP_MBPS);
	assert_int_equal(pairs_could(0, 25000), 0);
	assert_int_equal(pairs_could(25000, -1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choices), cmocka_unit_test(test_spread),
		cmocka_unit_test(test_ends), cmocka_unit_test(test_could)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
