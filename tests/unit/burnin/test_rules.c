/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The diagnosis table: every symptom has one verdict and one action, and the order names part, slot
 * and serial exactly as far as they are known.
 */
#include <tests/harness/check.h>

#include <burnin/rules.h>

static const struct component known_disk = {.kind = COMPONENT_DISK,
					    .name = "ST8000NM",
					    .location = "Slot 07",
					    .serial = "ZA1B2C3D",
					    .key = "sdc"};
static const struct component unplaced_disk = {
	.kind = COMPONENT_DISK, .name = "ST8000NM", .serial = "ZA1B2C3D", .key = "sdc"};
static const struct component nameless_dimm = {.kind = COMPONENT_DIMM,
					       .location = "P0 CHANNEL A DIMM 0"};
static const struct component cpu = {
	.kind = COMPONENT_CPU, .name = "EPYC", .location = "CPU1", .key = "1"};

static const struct {
	const char *name;
	enum burnin_symptom symptom;
	const struct component *component;
	const char *part, *slot, *serial, *action;
} rows[] = {
	{"disk with a slot", SYMPTOM_DISK_READ_ERROR, &known_disk, "disk", "Slot 07", "ZA1B2C3D",
	 "Replace disk Slot 07 (ST8000NM, serial ZA1B2C3D). It cannot be read. It may also be its "
	 "cable or bay: try another bay first if others fail there."},
	{"disk without a slot", SYMPTOM_DISK_SMART_FAILED, &unplaced_disk, "disk", "sdc",
	 "ZA1B2C3D",
	 "Replace disk sdc (ST8000NM, serial ZA1B2C3D). The disk itself says that it fails."},
	{"module without a serial", SYMPTOM_DIMM_UNCORRECTABLE, &nameless_dimm, "dimm",
	 "P0 CHANNEL A DIMM 0", "",
	 "Replace memory module P0 CHANNEL A DIMM 0. It may also be the slot: move the module, see "
	 "whether the fault "
	 "follows."},
	{"processor", SYMPTOM_CPU_WRONG_RESULT, &cpu, "cpu", "CPU1", "",
	 "Replace CPU CPU1 (EPYC). It computes wrong results. It may also be memory: test it alone "
	 "first if it failed, "
	 "too."},
	{"no part to blame", SYMPTOM_MEMORY_MISCOMPARE, NULL, "system", "", "",
	 "Replace the main board or its memory. It does not hold what is written to it. It may "
	 "also be the CPU's memory "
	 "controller, if the fault stays with the slot."},
};

static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct burnin_finding finding = {.symptom = rows[i].symptom,
						 .component = rows[i].component};
		struct burnin_order order;

		burnin_order_of(&finding, &order);
		CHECK_STR(rows[i].name, order.part, rows[i].part);
		CHECK_STR(rows[i].name, order.slot, rows[i].slot);
		CHECK_STR(rows[i].name, order.serial, rows[i].serial);
		CHECK_STR(rows[i].name, order.action, rows[i].action);
	}
}

static void test_table_is_whole(void **state)
{
	(void)state;
	for (int s = SYMPTOM_NONE + 1; s < _SYMPTOM_MAX; s++) {
		const struct burnin_rule *rule = burnin_rule_of((enum burnin_symptom)s);

		assert_non_null(rule->verdict);
		assert_non_null(rule->else_may_be);
		/* One hole for the part, no other conversion. */
		const char *hole = strchr(rule->action, '%');
		assert_non_null(hole);
		assert_int_equal(hole[1], 's');
		assert_null(strchr(hole + 1, '%'));
		for (int t = SYMPTOM_NONE + 1; t < s; t++)
			assert_string_not_equal(rule->verdict,
						burnin_rule_of((enum burnin_symptom)t)->verdict);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_table_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
