/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counter deltas: what grew is blamed on its part, what was there before is not, and a counter that
 * nobody could read is not covered.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <burnin/counters.h>

struct seen {
	unsigned n;
	int64_t delta;
	struct burnin_finding last;
};

static void note(void *arg, const struct burnin_finding *finding, int64_t delta)
{
	struct seen *seen = arg;

	seen->n++;
	seen->delta = delta;
	seen->last = *finding;
}

static const struct {
	const char *name;
	enum counter_kind kind;
	int64_t before, after; /* before -1: not there */
	enum burnin_symptom symptom;
} rows[] = {
	{"clean", COUNTER_EDAC_CE, 0, 0, SYMPTOM_NONE},
	{"old errors are not ours", COUNTER_EDAC_CE, 7, 7, SYMPTOM_NONE},
	{"one correctable", COUNTER_EDAC_CE, 7, 8, SYMPTOM_DIMM_CORRECTABLE},
	{"one uncorrectable", COUNTER_EDAC_UE, 0, 1, SYMPTOM_DIMM_UNCORRECTABLE},
	{"new counter", COUNTER_MCE, -1, 2, SYMPTOM_CPU_MACHINE_CHECK},
	{"reset meanwhile", COUNTER_NIC_ERRORS, 100, 3, SYMPTOM_NIC_ERRORS},
	{"a few corrected bits on a link", COUNTER_AER_CORRECTABLE, 0, 10, SYMPTOM_NONE},
	{"many of them", COUNTER_AER_CORRECTABLE, 0, 11, SYMPTOM_PCIE_CORRECTABLE},
	{"fatal", COUNTER_AER_FATAL, 0, 1, SYMPTOM_PCIE_FATAL},
	{"throttled", COUNTER_THROTTLE, 1, 4, SYMPTOM_CPU_THROTTLED},
};

static void test_deltas(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct counters before = {0}, after = {0};
		component_list none = {0};
		struct seen seen = {0};

		if (rows[i].before >= 0)
			counters_add(&before, rows[i].kind, "k", rows[i].before);
		counters_add(&before, rows[i].kind, "other", 0);
		counters_add(&after, rows[i].kind, "k", rows[i].after);
		counters_judge(&before, &after, &none, note, &seen);
		CHECK_INT(rows[i].name, seen.n, rows[i].symptom != SYMPTOM_NONE);
		CHECK_INT(rows[i].name, seen.last.symptom, rows[i].symptom);
		counters_done(&before);
		counters_done(&after);
	}
}

static void test_part_is_named(void **state)
{
	struct counters before = {0}, after = {0};
	component_list parts = {0};
	struct seen seen = {0};

	(void)state;
	(void)component_add(&parts, COMPONENT_DIMM, "P0 A1");
	struct component *dimm = component_add(&parts, COMPONENT_DIMM, "P0 B1");
	assert_string_equal(dimm->id, "dimm-1");
	(void)text_fit(dimm->location, sizeof(dimm->location), "P0 B1");
	counters_add_edac(&after, COUNTER_EDAC_CE, "mc0/dimm1",
			  &(struct edac_place){.label = "P0 B1", .place = DIMM_NOWHERE}, 3);
	counters_judge(&before, &after, &parts, note, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.delta, 3);
	assert_ptr_equal(seen.last.component, &parts.items[1]);
	assert_string_equal(seen.last.message, "edac-ce of P0 B1 grew by 3");
	VEC_DONE(&parts);
	counters_done(&after);
}

static void test_coverage(void **state)
{
	struct counters c = {0};

	(void)state;
	counters_add(&c, COUNTER_MCE, "", 0);
	for (int i = 0; i < _COUNTER_KIND_MAX; i++)
		assert_int_equal(c.covered[i], i == COUNTER_MCE);
	counters_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deltas),
		cmocka_unit_test(test_part_is_named),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
