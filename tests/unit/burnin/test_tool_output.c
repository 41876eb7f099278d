/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tools said: passed only when exit code and text agree, a fault when either says so, no
 * verdict when the tool did not do its work. The texts are those of the tools in Debian 12.
 */
#include <tests/harness/check.h>

#include <burnin/tool_output.h>

typedef void reader(int exit_code, const char *output, struct tool_outcome *ret);

static const struct {
	const char *name;
	reader *read;
	int exit_code;
	const char *output;
	enum tool_verdict verdict;
	const char *message;
} rows[] = {
	{"stress-ng passes", tool_read_stress_ng, 0,
	 "stress-ng: info:  [7] dispatching hogs: 2 cpu\nstress-ng: info:  [7] successful run "
	 "completed in 3.01s\n",
	 TOOL_PASSED, "stress-ng: info:  [7] successful run completed in 3.01s"},
	{"stress-ng finds a wrong result", tool_read_stress_ng, 2,
	 "stress-ng: fail:  [9] cpu: pi computed error\nstress-ng: info:  [7] unsuccessful run "
	 "completed\n",
	 TOOL_FOUND_FAULT, "stress-ng: fail:  [9] cpu: pi computed error"},
	{"stress-ng says fail and exits 0", tool_read_stress_ng, 0,
	 "stress-ng: fail:  [9] vm: detected 1 bit errors\n", TOOL_FOUND_FAULT,
	 "stress-ng: fail:  [9] vm: detected 1 bit errors"},
	{"stress-ng has no resources", tool_read_stress_ng, 3,
	 "stress-ng: error: [7] out of memory\n", TOOL_NOT_RUN,
	 "stress-ng: error: [7] out of memory"},
	{"stress-ng is not implemented here", tool_read_stress_ng, 4, "", TOOL_NOT_RUN, ""},
	{"stress-ng is killed", tool_read_stress_ng, 137, "", TOOL_NOT_RUN, ""},
	{"stressapptest passes", tool_read_stressapptest, 0,
	 "Stats: Found 0 hardware incidents\nStats: Completed: 100.00M in 3.00s 33.00MB/s, with 0 "
	 "hardware incidents, 0 "
	 "errors\nStatus: PASS - please verify no corrected errors\n",
	 TOOL_PASSED, "Status: PASS - please verify no corrected errors"},
	{"stressapptest passes over a mismatch", tool_read_stressapptest, 0,
	 "Report Error: miscompare : DIMM Unknown : 1 : 3s\nStatus: PASS - please verify no "
	 "corrected errors\n",
	 TOOL_FOUND_FAULT, "Report Error: miscompare : DIMM Unknown : 1 : 3s"},
	{"stressapptest counts an incident", tool_read_stressapptest, 0,
	 "Stats: Found 2 hardware incidents\nStatus: PASS - please verify no corrected errors\n",
	 TOOL_FOUND_FAULT, "Status: PASS - please verify no corrected errors"},
	{"stressapptest fails", tool_read_stressapptest, 1,
	 "Status: FAIL - test discovered HW problems\n", TOOL_FOUND_FAULT,
	 "Status: FAIL - test discovered HW problems"},
	{"stressapptest cannot allocate", tool_read_stressapptest, 1,
	 "Process Error: failed to allocate memory\nStatus: FAIL - test encountered procedural "
	 "errors\n",
	 TOOL_NOT_RUN, "Process Error: failed to allocate memory"},
	{"stressapptest says pass and exits 1", tool_read_stressapptest, 1, "Status: PASS\n",
	 TOOL_NOT_RUN, "Status: PASS"},
	{"stressapptest says nothing", tool_read_stressapptest, 0, "", TOOL_NOT_RUN, ""},
	{"memtester passes", tool_read_memtester, 0,
	 "Loop 1/1:\n  Stuck Address       : ok\nDone.\n", TOOL_PASSED, "Done."},
	{"memtester finds a stuck address", tool_read_memtester, 2,
	 "  Stuck Address : testing 0FAILURE: possible bad address line at offset 0x10\nDone.\n",
	 TOOL_FOUND_FAULT,
	 "Stuck Address : testing 0FAILURE: possible bad address line at offset 0x10"},
	{"memtester finds several", tool_read_memtester, 6, "FAILURE: 0x1 != 0x0\n",
	 TOOL_FOUND_FAULT, "FAILURE: 0x1 != 0x0"},
	{"memtester cannot lock", tool_read_memtester, 1, "mlock failed\n", TOOL_NOT_RUN,
	 "mlock failed"},
	{"memtester is killed", tool_read_memtester, 134, "", TOOL_NOT_RUN, ""},
	{"escape sequences do not get through", tool_read_memtester, 4, "FAILURE \x1b[2J\n",
	 TOOL_FOUND_FAULT, "FAILURE \\x1b[2J"},
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tool_outcome outcome;

		rows[i].read(rows[i].exit_code, rows[i].output, &outcome);
		CHECK_INT(rows[i].name, outcome.verdict, rows[i].verdict);
		CHECK_STR(rows[i].name, outcome.message, rows[i].message);
	}
}

#define DOC(inner) "{\"smartctl\":{\"messages\":[{\"string\":\"why\"}]}" inner "}"

static const struct {
	const char *name;
	int exit_code;
	const char *output;
	enum err_code code;
	bool covered;
	int passed;
	int64_t pending, media;
} smart_rows[] = {
	{"healthy SATA", 0,
	 DOC(",\"smart_status\":{\"passed\":true},\"ata_smart_attributes\":{\"table\":[{\"id\":197,"
	     "\"raw\":{\"value\":0}}]}"),
	 0, true, 1, 0, -1},
	{"pending sectors", 0,
	 DOC(",\"smart_status\":{\"passed\":true},\"ata_smart_attributes\":{\"table\":[{\"id\":197,"
	     "\"raw\":{\"value\":8}}]}"),
	 0, true, 1, 8, -1},
	{"packed raw value", 0,
	 DOC(",\"ata_smart_attributes\":{\"table\":[{\"id\":197,\"raw\":{\"value\":4294967298}}]}"),
	 0, true, -1, 2, -1},
	{"failing", 8, DOC(",\"smart_status\":{\"passed\":false}"), 0, true, 0, -1, -1},
	{"NVMe", 0,
	 DOC(",\"nvme_smart_health_information_log\":{\"critical_warning\":0,\"media_errors\":3,"
	     "\"percentage_used\":1}"),
	 0, true, -1, -1, 3},
	{"virtio: cannot be opened", 1, DOC(""), 0, false, -1, -1, -1},
	{"health in a document of an error", 2, DOC(",\"smart_status\":{\"passed\":true}"), 0,
	 false, -1, -1, -1},
	{"killed", 137, DOC(",\"smart_status\":{\"passed\":true}"), 0, false, -1, -1, -1},
	{"no health data", 0, DOC(",\"device\":{}"), 0, false, -1, -1, -1},
	{"wrong types everywhere", 0,
	 DOC(",\"smart_status\":7,\"ata_smart_attributes\":{\"table\":{}},\"power_on_time\":[],"
	     "\"temperature\":null"),
	 0, false, -1, -1, -1},
	{"cut off", 0, "{\"smartctl\":", ERR_JSON, false, 0, 0, 0},
	{"a list", 0, "[]", ERR_FIELD_TYPE, false, 0, 0, 0},
	{"nothing", 0, "", ERR_JSON, false, 0, 0, 0},
};

static void test_smart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(smart_rows); i++) {
		struct smart_health h;
		int r = tool_read_smart(smart_rows[i].exit_code, smart_rows[i].output,
					strlen(smart_rows[i].output), &h, NULL);

		CHECK_ERR(smart_rows[i].name, r, smart_rows[i].code);
		if (r < 0)
			continue;
		CHECK_INT(smart_rows[i].name, h.covered, smart_rows[i].covered);
		CHECK_INT(smart_rows[i].name, h.passed, smart_rows[i].passed);
		CHECK_INT(smart_rows[i].name, h.pending_sectors, smart_rows[i].pending);
		CHECK_INT(smart_rows[i].name, h.media_errors, smart_rows[i].media);
		CHECK_INT(smart_rows[i].name, h.reason[0] != '\0', !h.covered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_smart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
