/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement: for each expectation a row in which it holds and one in which it is noticed that
 * it does not. A decoy that changed fails every host, whatever else was expected.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <vm-lab/judge.h>

#define GOOD .decoys_unchanged = true

static const struct {
	const char *name;
	struct lab_expect expect;
	struct host_facts facts;
	const char *broken; /* the check that must fail; NULL: all hold */
} rows[] = {
	{"ready", {.state = "ready"}, {.state = "ready", GOOD}, NULL},
	{"text on the console",
	 {.state = "ready", .consoles = {"iPXE 1.21", "x"}, .n_consoles = 2},
	 {.state = "ready", .console_seen = {true, true}, GOOD},
	 NULL},
	{"one of two texts",
	 {.state = "ready", .consoles = {"iPXE 1.21", "x"}, .n_consoles = 2},
	 {.state = "ready", .console_seen = {true, false}, GOOD},
	 "console"},
	{"not ready", {.state = "ready"}, {.state = "failed", GOOD}, "state"},
	{"decoy written", {.state = "ready"}, {.state = "ready"}, "decoy unchanged"},
	{"trouble", {.state = "ready"}, {.state = "ready", .trouble = "x", GOOD}, "no trouble"},
	{"fault as expected",
	 {.state = "failed", .fault = "image.*"},
	 {.state = "failed", .fault = "image.digest", GOOD},
	 NULL},
	{"another fault",
	 {.state = "failed", .fault = "image.*"},
	 {.state = "failed", .fault = "guard.disk.none", GOOD},
	 "fault"},
	{"imaged",
	 {.state = "ready", .target = TARGET_IMAGED},
	 {.state = "ready", .target_bootable = true, GOOD},
	 NULL},
	{"imaged but not bootable",
	 {.state = "ready", .target = TARGET_IMAGED},
	 {.state = "ready", GOOD},
	 "target disk"},
	{"untouched",
	 {.state = "failed", .target = TARGET_UNTOUCHED},
	 {.state = "failed", .target_unchanged = true, GOOD},
	 NULL},
	{"touched",
	 {.state = "failed", .target = TARGET_UNTOUCHED},
	 {.state = "failed", GOOD},
	 "target disk"},
	{"unbootable",
	 {.state = "failed", .target = TARGET_UNBOOTABLE},
	 {.state = "failed", GOOD},
	 NULL},
	{"erased",
	 {.state = "retired", .target = TARGET_BLANK},
	 {.state = "retired", .target_blank = true, GOOD},
	 NULL},
	{"not erased",
	 {.state = "retired", .target = TARGET_BLANK},
	 {.state = "retired", GOOD},
	 "target disk"},
	{"still bootable",
	 {.state = "failed", .target = TARGET_UNBOOTABLE},
	 {.state = "failed", .target_bootable = true, GOOD},
	 "target disk"},
	{"ten of ten",
	 {.state = "ready", .own_boots = 10},
	 {.state = "ready", .own_boots = 10, GOOD},
	 NULL},
	{"nine of ten",
	 {.state = "ready", .own_boots = 10},
	 {.state = "ready", .own_boots = 9, GOOD},
	 "boots its own disk"},
	{"imaged once",
	 {.state = "ready", .imaged_times = 1},
	 {.state = "ready", .imaged_times = 1, GOOD},
	 NULL},
	{"waits as expected",
	 {.state = "imaging", .detail = "image *"},
	 {.state = "imaging", .detail = "image 'x' is gone", GOOD},
	 NULL},
	{"waits for something else",
	 {.state = "imaging", .detail = "image *"},
	 {.state = "imaging", .detail = "waits for an arm", GOOD},
	 "detail"},
	{"plugged in as expected",
	 {.state = "ready", .switch_port = "port1"},
	 {.state = "ready", .switch_name = "lab-switch", .switch_port = "port1", GOOD},
	 NULL},
	{"plugged in elsewhere",
	 {.state = "ready", .switch_port = "port1"},
	 {.state = "ready", .switch_name = "lab-switch", .switch_port = "port2", GOOD},
	 "switch port"},
	{"another switch",
	 {.state = "ready", .switch_port = "port1"},
	 {.state = "ready", .switch_name = "other", .switch_port = "port1", GOOD},
	 "switch port"},
	{"every command passed",
	 {.state = "ready", .commands = {"true", "false"}, .n_commands = 2},
	 {.state = "ready", .commands_passed = 2, GOOD},
	 NULL},
	{"a command failed",
	 {.state = "ready", .commands = {"true", "false"}, .n_commands = 2},
	 {.state = "ready", .commands_passed = 1, .command_failure = "'false' ended with 1", GOOD},
	 "commands in the guest"},
	{"commands never ran",
	 {.state = "ready", .commands = {"true"}, .n_commands = 1},
	 {.state = "ready", GOOD},
	 "commands in the guest"},
	{"imaged again",
	 {.state = "ready", .imaged_times = 1},
	 {.state = "ready", .imaged_times = 2, GOOD},
	 "times imaged"},
};

static void http_boot_must_be_that(void **state)
{
	static const struct {
		const char *name;
		enum lab_netboot netboot;
		bool http_seen, pxe_seen, holds;
	} cases[] = {
		{"by HTTP", NETBOOT_HTTP, true, false, true},
		{"by PXE after all", NETBOOT_HTTP, true, true, false},
		{"not at all", NETBOOT_HTTP, false, false, false},
		{"nobody asked", NETBOOT_PXE, false, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autojson json_t *checks = json_array();
		struct lab_host spec = {.netboot = cases[i].netboot, .expect.state = "ready"};
		struct host_facts facts = {.state = "ready",
					   .http_seen = cases[i].http_seen,
					   .pxe_seen = cases[i].pxe_seen,
					   GOOD};

		CHECK_INT(cases[i].name, judge_host(&spec, &facts, checks), cases[i].holds);
	}
}

static void repair_orders_are_these_alone(void **state)
{
	static const struct lab_order wanted[] = {
		{"disk-read-error", "disk", "*", "S1", false},
		{"cpu-*", "cpu", "CPU 0", "", true},
	};

	static const struct {
		const char *name;
		struct view_order orders[3];
		size_t n;
		bool holds;
	} cases[] = {
		{"both",
		 {{"cpu-hot", "cpu", "CPU 0", "", true},
		  {"disk-read-error", "disk", "bay 1", "S1", false}},
		 2,
		 true},
		{"one is missing", {{"disk-read-error", "disk", "bay 1", "S1", false}}, 1, false},
		{"another serial",
		 {{"cpu-hot", "cpu", "CPU 0", "", true},
		  {"disk-read-error", "disk", "bay 1", "S2", false}},
		 2,
		 false},
		{"still open",
		 {{"cpu-hot", "cpu", "CPU 0", "", false},
		  {"disk-read-error", "disk", "bay 1", "S1", false}},
		 2,
		 false},
		{"one for a part that is well",
		 {{"cpu-hot", "cpu", "CPU 0", "", true},
		  {"disk-read-error", "disk", "bay 1", "S1", false},
		  {"nic-errors", "nic", "eth0", "", false}},
		 3,
		 false},
		{"two for one part",
		 {{"disk-smart-failed", "disk", "bay 1", "S1", false},
		  {"disk-read-error", "disk", "bay 1", "S1", false},
		  {"cpu-hot", "cpu", "CPU 0", "", true}},
		 3,
		 true},
		{"another code alone",
		 {{"disk-smart-failed", "disk", "bay 1", "S1", false},
		  {"cpu-hot", "cpu", "CPU 0", "", true}},
		 2,
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autojson json_t *checks = json_array();
		struct lab_host spec = {.expect = {.state = "failed", .n_orders = 2}};
		struct host_facts facts = {.state = "failed", .n_orders = cases[i].n, GOOD};

		memcpy(spec.expect.orders, wanted, sizeof(wanted));
		memcpy(facts.orders, cases[i].orders, sizeof(cases[i].orders));
		CHECK_INT(cases[i].name, judge_host(&spec, &facts, checks), cases[i].holds);
	}
}

static const char *first_broken(const json_t *checks)
{
	const json_t *check;
	size_t i;

	json_array_foreach (checks, i, check)
		if (json_is_false(json_object_get(check, "passed")))
			return json_string_value(json_object_get(check, "name"));
	return NULL;
}

static void each_expectation_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *checks = json_array();
		struct lab_host spec = {.name = "a", .expect = rows[i].expect};
		bool passed = judge_host(&spec, &rows[i].facts, checks);
		const char *broken = first_broken(checks);

		CHECK_INT(rows[i].name, passed, !rows[i].broken);
		CHECK_STR(rows[i].name, broken ? broken : "none",
			  rows[i].broken ? rows[i].broken : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_expectation_is_noticed),
		cmocka_unit_test(http_boot_must_be_that),
		cmocka_unit_test(repair_orders_are_these_alone),
	};

	return cmocka_run_group_tests_name("lab judge", tests, NULL, NULL);
}
