/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tools said: passed only when exit code and text agree, a fault when either says so, no
 * verdict when the tool did not do its work. The texts are those of the tools in Debian 12.
 */
#include <tests/harness/check.h>

#include <burnin/tool_output.h>

#define NG(text) "stress-ng: info:  [310] " text "\n"

typedef void reader(struct tool_end end, const char *output, struct tool_outcome *ret);

static const struct {
	const char *name;
	reader *read;
	int status; /* below 0: ended by that signal */
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
	{"stress-ng is killed", tool_read_stress_ng, -9, "", TOOL_NOT_RUN, ""},
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
	{"memtester is killed", tool_read_memtester, -6, "", TOOL_NOT_RUN, ""},
	{"field-54 every stressor was skipped", tool_read_stress_ng, 0,
	 NG("setting to a 5 second run per stressor") NG("dispatching hogs: 4 cpu")
		 NG("skipped: 4: cpu (4)") NG("passed: 0") NG("failed: 0")
			 NG("metrics untrustworthy: 0") NG("successful run completed in 0.02 secs"),
	 TOOL_NOT_RUN, "stress-ng: info:  [310] skipped: 4: cpu (4)"},
	{"field-54 one stressor was skipped, status 3", tool_read_stress_ng, 3,
	 NG("skipped: 2: vm (2)") NG("passed: 14: cpu (14)") NG("failed: 0")
		 NG("successful run completed in 20.01 secs"),
	 TOOL_NOT_RUN, "stress-ng: info:  [310] skipped: 2: vm (2)"},
	{"field-54 one stressor was skipped, status 0", tool_read_stress_ng, 0,
	 NG("skipped: 1: vm (1)") NG("passed: 1: cpu (1)")
		 NG("successful run completed in 20.01 secs"),
	 TOOL_NOT_RUN, "stress-ng: info:  [310] skipped: 1: vm (1)"},
	{"field-54 none passed, none skipped", tool_read_stress_ng, 0,
	 NG("skipped: 0") NG("passed: 0") NG("successful run completed in 1.01 secs"), TOOL_NOT_RUN,
	 "stress-ng: info:  [310] passed: 0"},
	{"stress-ng with a summary", tool_read_stress_ng, 0,
	 NG("skipped: 0") NG("passed: 14: cpu (14)") NG("failed: 0")
		 NG("successful run completed in 20.01 secs"),
	 TOOL_PASSED, "stress-ng: info:  [310] successful run completed in 20.01 secs"},
	{"stress-ng counts a failure and exits 0", tool_read_stress_ng, 0,
	 NG("skipped: 0") NG("passed: 3: cpu (3)") NG("failed: 1: cpu (1)")
		 NG("successful run completed in 20.01 secs"),
	 TOOL_FOUND_FAULT, "stress-ng: info:  [310] failed: 1: cpu (1)"},
	{"stress-ng is killed after its last line", tool_read_stress_ng, -9,
	 NG("passed: 4: cpu (4)") NG("successful run completed in 20.01 secs"), TOOL_NOT_RUN,
	 "stress-ng ended with signal 9"},
	{"field-54 one stressor was skipped, by a version without a summary", tool_read_stress_ng,
	 0,
	 NG("rdrand stressor will be skipped, CPU does not support it")
		 NG("successful run completed in 0.01s"),
	 TOOL_NOT_RUN,
	 "stress-ng: info:  [310] rdrand stressor will be skipped, CPU does not support it"},
	{"field-54 a status without a line that explains it", tool_read_stress_ng, 3,
	 NG("successful run completed in 1.01 secs"), TOOL_NOT_RUN,
	 "stress-ng ended with status 3"},
	{"field-54 an unsuccessful run", tool_read_stress_ng, 0,
	 NG("passed: 1: cpu (1)") NG("unsuccessful run completed in 1.01 secs"), TOOL_NOT_RUN,
	 "stress-ng ended with status 0"},
	{"stress-ng says nothing", tool_read_stress_ng, 0, "", TOOL_NOT_RUN, ""},
	{"status 130 of memtester has bit 1", tool_read_memtester, 130, "", TOOL_FOUND_FAULT, ""},
	{"memtester found a fault and was killed", tool_read_memtester, -9, "FAILURE: 0x1 != 0x0\n",
	 TOOL_FOUND_FAULT, "FAILURE: 0x1 != 0x0"},
	{"fio passes", tool_read_fio, 0,
	 "fio: some note\n{\"jobs\":[{\"error\":0,\"read\":{\"io_bytes\":4096},\"write\":{}}]}",
	 TOOL_PASSED, "fio: all jobs ended without an error"},
	{"fio reads other bytes", tool_read_fio, 1,
	 "{\"jobs\":[{\"error\":84,\"total_err\":1,\"read\":{\"io_bytes\":4096}}]}",
	 TOOL_FOUND_FAULT, "fio: error 84, other bytes were read than were written"},
	{"fio cannot open", tool_read_fio, 1, "{\"jobs\":[{\"error\":13}]}", TOOL_NOT_RUN,
	 "fio: error 13, Permission denied"},
	{"fio goes past errors", tool_read_fio, 0,
	 "{\"jobs\":[{\"error\":0,\"total_err\":2,\"read\":{\"io_bytes\":4096}}]}",
	 TOOL_FOUND_FAULT, "fio counts errors that it went past"},
	{"a job of fio is idle", tool_read_fio, 0,
	 "{\"jobs\":[{\"error\":0,\"read\":{\"io_bytes\":4096}},{\"error\":0}]}", TOOL_NOT_RUN,
	 "fio: a job read and wrote nothing"},
	{"fio without jobs", tool_read_fio, 0, "{\"jobs\":[]}", TOOL_NOT_RUN,
	 "fio: a job read and wrote nothing"},
	{"fio is cut off", tool_read_fio, -9, "{\"jobs\":", TOOL_NOT_RUN,
	 "unexpected token near end of file (line 1, column 8)"},
	{"escape sequences do not get through", tool_read_memtester, 4, "FAILURE \x1b[2J\n",
	 TOOL_FOUND_FAULT, "FAILURE \\x1b[2J"},
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tool_outcome outcome;

		int n = rows[i].status;

		rows[i].read(n < 0 ? (struct tool_end){.signal = -n} : TOOL_EXITED(n),
			     rows[i].output, &outcome);
		CHECK_INT(rows[i].name, outcome.verdict, rows[i].verdict);
		CHECK_STR(rows[i].name, outcome.message, rows[i].message);
	}
}

static void test_place(void **state)
{
	struct tool_outcome o;

	(void)state;
	tool_read_stressapptest(
		TOOL_EXITED(1),
		"Hardware Error: miscompare on CPU 3(0x8) at 0x7f3a10(0x1234000:DIMM Unknown): "
		"read:0x1, reread:0x1 expected:0x0\nStatus: FAIL - test discovered HW problems\n",
		&o);
	assert_true(o.has_cpu && o.has_address);
	assert_int_equal(o.cpu, 3);
	assert_int_equal(o.address, 0x1234000);
	tool_read_stressapptest(TOOL_EXITED(0), "miscompare on CPU x", &o);
	assert_false(o.has_cpu || o.has_address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
