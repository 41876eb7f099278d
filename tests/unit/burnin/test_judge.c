/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `slipway burnin judge`: each tool by its name, and the verdict that its readers give.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <burnin/judge.h>

static const struct tool_end killed = {.signal = 9}, status_128 = {.status = 128},
			     status_0 = {.status = 0};

static const struct {
	const char *name, *tool;
	const struct tool_end *end;
	const char *text, *verdict;
	int n_findings;
} rows[] = {
	{"smartctl, status of the document", "smartctl", NULL,
	 "{\"smartctl\":{\"exit_status\":128},\"smart_status\":{\"passed\":true}}", "failed", 1},
	{"smartctl, status given", "smartctl", &status_0,
	 "{\"smartctl\":{\"exit_status\":128},\"smart_status\":{\"passed\":true}}", "passed", 0},
	{"smartctl, 128 given", "smartctl", &status_128, "{\"smart_status\":{\"passed\":true}}",
	 "failed", 1},
	{"smartctl, killed", "smartctl", &killed, "{\"smart_status\":{\"passed\":true}}",
	 "not-judged", 0},
	{"smartctl, a used disk", "smartctl", NULL,
	 "{\"smart_status\":{\"passed\":true},\"power_on_time\":{\"hours\":9999}}", "passed", 1},
	{"smartctl, no JSON", "smartctl", NULL, "SMART support is: Unavailable", "not-judged", 0},
	{"nvme", "nvme", NULL, "{\"critical_warning\":4,\"media_errors\":0}", "failed", 1},
	{"stress-ng", "stress-ng", NULL, "stress-ng: fail:  [9] vm: detected 1 bit errors\n",
	 "failed", 1},
	{"stress-ng says nothing", "stress-ng", NULL, "", "not-judged", 0},
	{"stressapptest", "stressapptest", NULL,
	 "Status: PASS - please verify no corrected errors\n", "passed", 0},
	{"memtester", "memtester", NULL, "Done.\n", "passed", 0},
	{"fio", "fio", NULL, "{\"jobs\":[]}", "not-judged", 0},
	{"edac-util", "edac", NULL, "mc0: csrow2: mc#0csrow#2channel#0: 7 Corrected Errors\n",
	 "failed", 1},
	{"ras-mc-ctl", "edac", NULL, "Label\tCE\tUE\nCPU1_DIMM_A1\t0\t0\n", "passed", 0},
	{"ras-mc-ctl, uncorrected", "edac", NULL, "CPU1_DIMM_A1\t1\t2\n", "failed", 2},
	{"edac without counters", "edac", NULL, "edac-util: no DIMM labels\n", "not-judged", 0},
	{"kernel log", "kernel-log", NULL, "I/O error, dev sda, sector 2048\n", "failed", 1},
	{"kernel log, clean", "dmesg", NULL, "usb 1-1: new device\n", "passed", 0},
	{"kernel log, empty", "dmesg", NULL, "", "not-judged", 0},
};

static void test_tools(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *doc = NULL;

		CHECK_ERR(rows[i].name,
			  burnin_judge(rows[i].tool, rows[i].end, rows[i].text,
				       strlen(rows[i].text), &doc, NULL),
			  0);
		CHECK_STR(rows[i].name, json_string_value(json_object_get(doc, "verdict")),
			  rows[i].verdict);
		CHECK_INT(rows[i].name, json_array_size(json_object_get(doc, "findings")),
			  rows[i].n_findings);
	}
}

static void test_unknown_tool(void **state)
{
	json_t *doc = NULL;

	(void)state;
	CHECK_ERR("unknown", burnin_judge("no-such-tool", NULL, "", 0, &doc, NULL), ERR_NOT_FOUND);
	assert_null(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tools),
		cmocka_unit_test(test_unknown_tool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
