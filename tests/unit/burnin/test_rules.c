/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The diagnosis table: every symptom has one verdict and one action, and the order names part, slot
 * and serial exactly as far as they are known.
 */
#include <tests/harness/check.h>

#include <base/file.h>
#include <base/str.h>
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
static const struct component supply = {
	.kind = COMPONENT_SUPPLY, .name = "PWS-2K", .location = "PSU 2", .serial = "S9"};
static const struct component port = {.kind = COMPONENT_NIC,
				      .name = "ice eth0",
				      .location = "0000:02:00.0",
				      .serial = "52:54:00:00:00:01"};

static const struct {
	const char *name;
	enum burnin_symptom symptom;
	const struct component *component;
	const char *part, *slot, *serial, *action;
} rows[] = {
	{"disk with a slot", SYMPTOM_DISK_READ_ERROR, &known_disk, "disk", "Slot 07", "ZA1B2C3D",
	 "Replace disk Slot 07 (ST8000NM, serial ZA1B2C3D). It cannot be read. It may also be its "
	 "cable or bay: try another bay first if others fail there. To prove it, move it to another "
	 "bay and run the burn-in again: the fault follows the disk or stays with the bay, cable or "
	 "backplane."},
	{"disk without a slot", SYMPTOM_DISK_SMART_FAILED, &unplaced_disk, "disk", "sdc",
	 "ZA1B2C3D",
	 "Replace disk sdc (ST8000NM, serial ZA1B2C3D). The disk itself reports that it fails."},
	{"module without a serial", SYMPTOM_DIMM_UNCORRECTABLE, &nameless_dimm, "dimm",
	 "P0 CHANNEL A DIMM 0", "",
	 "Replace memory module P0 CHANNEL A DIMM 0. It may also be the slot: move the module, see "
	 "whether the fault "
	 "follows. To prove it, exchange it with one of another channel and run the burn-in again: "
	 "the fault follows the module or stays with the slot and its memory controller."},
	{"processor", SYMPTOM_CPU_WRONG_RESULT, &cpu, "cpu", "CPU1", "",
	 "Replace CPU1 (EPYC). It computes wrong results. It may also be memory: test it alone "
	 "first if it failed, too. To prove it, exchange it with the one of another socket and run "
	 "the burn-in again: the fault follows the CPU or stays with the socket."},
	{"a supply that is called by its kind", SYMPTOM_SUPPLY_FAILED, &supply, "psu", "PSU 2",
	 "S9",
	 "Check the mains cable of PSU 2 (PWS-2K, serial S9), then replace it. It may also be the "
	 "outlet or its fuse. To prove it, exchange it with the other supply, without its mains "
	 "cable and run the burn-in again: the fault follows the supply or stays with the bay or "
	 "mains cable."},
	{"a slow path", SYMPTOM_NIC_SLOW_PATH, &port, "nic", "0000:02:00.0", "52:54:00:00:00:01",
	 "Check the far end of network card 0000:02:00.0 (ice eth0, serial 52:54:00:00:00:01) "
	 "first: its switch port, then cable and module. It may also be the card, or a load on the "
	 "switch. To prove it, put its cable, at this end, into another port and run the burn-in "
	 "again: the fault follows the cable or far end or stays with the port of the card."},
	{"no part is known", SYMPTOM_MEMORY_MISCOMPARE, NULL, "dimm", "", "",
	 "Replace the memory module that is at fault (this host does not report which). It does "
	 "not hold what is written to it. It may also be the CPU's memory controller, if the fault "
	 "stays with the slot."},
	{"the host itself", SYMPTOM_REBOOTS, NULL, "system", "", "",
	 "Check power supplies, cables and cooling of this host. It reboots under load. It may "
	 "also be memory or a CPU: see which test ran."},
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

/* Several that fit: the order names each of them and how to find which. */
static void test_several(void **state)
{
	struct component a = nameless_dimm, b = nameless_dimm;
	struct burnin_finding finding = {.symptom = SYMPTOM_DIMM_UNCORRECTABLE};
	struct suspects s = {.kind = COMPONENT_DIMM,
			     .certainty = CERTAINTY_ONE_OF,
			     .n_all = 2,
			     .n = 2,
			     .parts = {&a, &b}};
	struct burnin_order order;

	(void)state;
	(void)text_fit(b.location, sizeof(b.location), "P0 CHANNEL B DIMM 0");
	(void)text_fit(b.serial, sizeof(b.serial), "S2");
	burnin_blame(&finding, &s);
	assert_null(finding.component);
	burnin_order_of(&finding, &order);
	assert_string_equal(order.part, "dimm");
	assert_string_equal(order.slot, "");
	assert_string_equal(order.serial, "");
	assert_int_equal(order.certainty, CERTAINTY_ONE_OF);
	assert_string_equal(order.action,
			    "Replace one of these memory modules: P0 CHANNEL A DIMM 0, P0 CHANNEL "
			    "B DIMM 0 (serial S2). To find it, exchange the part of P0 CHANNEL A "
			    "DIMM 0, not of P0 CHANNEL B DIMM 0, with one outside this list and "
			    "run the burn-in again: the fault follows the module or stays with the "
			    "slot and its memory controller.");
	s = (struct suspects){.kind = COMPONENT_DIMM,
			      .certainty = CERTAINTY_LIKELY,
			      .n_all = 1,
			      .n = 1,
			      .parts = {&b}};
	burnin_blame(&finding, &s);
	burnin_order_of(&finding, &order);
	assert_string_equal(order.serial, "S2");
	assert_int_equal(order.certainty, CERTAINTY_LIKELY);
	assert_non_null(strstr(order.action, "usual order of slots"));
}

/* As many as there are still fit into an order. */
static void test_many(void **state)
{
	static struct component parts[SUSPECTS_MAX];
	struct suspects s = {.kind = COMPONENT_DIMM, .certainty = CERTAINTY_ONE_OF};
	struct burnin_finding finding = {.symptom = SYMPTOM_MEMORY_MISCOMPARE};
	struct burnin_order order;

	(void)state;
	for (size_t i = 0; i < SUSPECTS_MAX; i++) {
		parts[i] = nameless_dimm;
		memset(parts[i].location, 'L', sizeof(parts[i].location) - 1);
		memset(parts[i].serial, 'S', sizeof(parts[i].serial) - 1);
		s.parts[s.n++] = &parts[i];
	}
	s.n_all = 48;
	burnin_blame(&finding, &s);
	burnin_order_of(&finding, &order);
	assert_non_null(strstr(order.action, "LLL (serial SSS"));
	assert_non_null(strstr(order.action, " and 42 more"));
}

/* Each rule whose swap decides has a swap of its kind, and each that may blame something else than the
 * part it names tells what. */
static void test_swaps(void **state)
{
	(void)state;
	for (int y = SYMPTOM_NONE + 1; y < _SYMPTOM_MAX; y++) {
		const struct burnin_rule *rule = burnin_rule_of((enum burnin_symptom)y);
		struct component part = {.kind = rule->kind, .location = "X 1"}, other = part;
		struct burnin_finding finding = {.symptom = (enum burnin_symptom)y,
						 .component = &part};
		struct burnin_order order;

		burnin_order_of(&finding, &order);
		CHECK_INT(rule->verdict, strstr(order.action, "To prove it, ") != NULL,
			  rule->swap_decides);
		CHECK_INT(rule->verdict, strstr(order.action, "the fault follows the ") != NULL,
			  rule->swap_decides);
		if (rule->kind == COMPONENT_SYSTEM)
			continue;
		finding.component = NULL;
		finding.suspects = (struct suspects){.kind = rule->kind,
						     .certainty = CERTAINTY_ONE_OF,
						     .n_all = 2,
						     .n = 2,
						     .parts = {&part, &other}};
		burnin_order_of(&finding, &order);
		CHECK_INT(rule->verdict, strstr(order.action, "the fault follows the ") != NULL,
			  true);
		assert_true(strlen(order.action) < sizeof(order.action) - 1);
	}
}

/* "The main board" stands only in rules about the board. */
static void test_nobody_blames_the_board(void **state)
{
	(void)state;
	for (int s = SYMPTOM_NONE + 1; s < _SYMPTOM_MAX; s++) {
		struct burnin_finding finding = {.symptom = (enum burnin_symptom)s};
		struct burnin_order order;

		burnin_order_of(&finding, &order);
		if (burnin_rule_of(finding.symptom)->kind != COMPONENT_BOARD)
			assert_null(strstr(order.action, "eplace the main board"));
		assert_int_equal(burnin_symptom_of(burnin_rule_of(finding.symptom)->verdict), s);
	}
	assert_int_equal(burnin_symptom_of("no-such-verdict"), SYMPTOM_NONE);
}

/* The page's words are made from the list of kinds by a pattern: each kind has its row there. */
static void test_page_has_words(void **state)
{
	static const char *const lines[] = {
#define X(kind, name, one, several, title)                                                         \
	"X(" #kind ", \"" name "\", \"" one "\", \"" several "\", \"" title "\")",
#include <burnin/component_kinds.def>
#undef X
	};
	autofree char *list = NULL;
	size_t n_bytes;

	(void)state;
	assert_int_equal(ARRAY_LEN(lines), _COMPONENT_KIND_MAX);
	assert_int_equal(
		file_read("include/burnin/component_kinds.def", 1 << 20, &list, &n_bytes, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *at = strstr(list, lines[i]);

		if (!at || at[-1] != '\n')
			fail_msg("the row '%s' is not one line of the list", lines[i]);
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
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_swaps),
		cmocka_unit_test(test_nobody_blames_the_board),
		cmocka_unit_test(test_page_has_words),
		cmocka_unit_test(test_table_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
