/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue; see catalogue.h. Seconds of quick are what a technician waits for; those of standard
 * and acceptance follow what hyperscalers and CERN publish (8 to 24 h, and 72 h).
 */
#include <burnin/catalogue.h>

#include <base/cleanup.h>
#include <base/str.h>

#define HOUR    3600
#define N_TIERS 3

const char *const catalogue_tiers[N_TIERS + 1] = {"quick", "standard", "acceptance", NULL};

enum limit { LIMIT_NONE, LIMIT_CPU, LIMIT_MEMORY, LIMIT_DISK };

static const struct row {
	struct catalogue_test test;
	enum limit limit; /* the limit of a profile that replaces its seconds */
	int64_t seconds[N_TIERS];
} rows[] = {
	{{"smart", "disk health", false}, LIMIT_NONE, {0, 0, 0}},
	{{"cpu-verify", "CPU results under load", true}, LIMIT_CPU, {300, 4 * HOUR, 24 * HOUR}},
	{{"memory-pattern", "memory patterns", true}, LIMIT_MEMORY, {300, 6 * HOUR, 24 * HOUR}},
	{{"disk-read", "disk read and compare", true}, LIMIT_DISK, {120, 4 * HOUR, 24 * HOUR}},
	{{"pcie-links", "lanes of PCIe links", false}, LIMIT_NONE, {0, 0, 0}},
	{{"smart-after", "disk health after load", false}, LIMIT_NONE, {0, 0, 0}},
	{{"counters", "error counters", false}, LIMIT_NONE, {0, 0, 0}},
};

const struct catalogue_test *catalogue_test_at(size_t index)
{
	return index < ARRAY_LEN(rows) ? &rows[index].test : NULL;
}

const struct catalogue_test *catalogue_find(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].test.id, id))
			return &rows[i].test;
	return NULL;
}

static int tier_number(const char *tier)
{
	for (int i = 0; i < N_TIERS; i++)
		if (str_eq(catalogue_tiers[i], tier))
			return i;
	return -1;
}

bool catalogue_tier_covers(const char *passed, const char *wanted)
{
	int have = tier_number(passed), need = tier_number(wanted);

	return have >= 0 && need >= 0 && have >= need;
}

static int64_t limit_of(const struct catalogue_limits *l, enum limit limit)
{
	return limit == LIMIT_CPU      ? l->cpu_s
	       : limit == LIMIT_MEMORY ? l->memory_s
	       : limit == LIMIT_DISK   ? l->disk_s
				       : 0;
}

int catalogue_plan(const char *tier, const struct catalogue_limits *limits,
		   struct planned_test ret[static CATALOGUE_TESTS_MAX], size_t *ret_n,
		   struct err *err)
{
	int number = tier_number(tier);

	_Static_assert(ARRAY_LEN(rows) <= CATALOGUE_TESTS_MAX, "a plan has room for all tests");
	if (number < 0)
		return err_set(err, ERR_BURNIN_TIER, "no tier is called '%.32s'", tier);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t own = limit_of(limits, rows[i].limit);

		(void)str_copy(ret[i].id, sizeof(ret[i].id), rows[i].test.id);
		ret[i].seconds = own ? own : rows[i].seconds[number];
	}
	*ret_n = ARRAY_LEN(rows);
	return 0;
}

#define MARGIN_S      900 /* the agent starts, slow machines */
#define TEST_MARGIN_S 600 /* its tool starts and stops, it is repeated, disks spin up */
#define MARGIN_SHARE  4   /* an emulated CPU is not on time */

int64_t catalogue_deadline_s(const struct planned_test *tests, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += tests[i].seconds;
	return sum + sum / MARGIN_SHARE + MARGIN_S + (int64_t)n * TEST_MARGIN_S;
}
