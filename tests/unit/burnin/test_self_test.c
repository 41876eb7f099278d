/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a disk's own self-test stands, from what smartctl and nvme-cli print.
 */
#include <tests/harness/check.h>

#include <burnin/smart.h>

#define ATA(value, more)                                                                           \
	"{\"ata_smart_data\":{\"self_test\":{\"status\":{\"value\":" value more "}}}}"
#define SCSI(value) "{\"scsi_self_test_0\":{\"result\":{\"value\":" value ",\"string\":\"words\"}}}"
#define NVME_CLI(now, done, rows)                                                                  \
	"{\"Current Device Self-Test Operation\":" now                                             \
	",\"Current Device Self-Test Completion\":" done ",\"List of Valid Reports\":[" rows "]}"
#define NVME_SMARTCTL(now, rows)                                                                   \
	"{\"nvme_self_test_log\":{\"current_self_test_operation\":{\"value\":" now                 \
	"},\"current_self_test_completion_percent\":40,\"table\":[" rows "]}}"

static const struct {
	const char *name, *output;
	enum err_code code;
	enum self_test_state state;
	int64_t remaining;
	const char *words;
} rows[] = {
	{"ATA passed", ATA("0", ",\"string\":\"completed without error\",\"passed\":true"), 0,
	 SELF_TEST_PASSED, -1, "completed without error"},
	{"ATA runs, with words", ATA("249", ",\"remaining_percent\":90"), 0, SELF_TEST_RUNNING, 90,
	 ""},
	{"ATA runs, by the byte alone", ATA("243", ""), 0, SELF_TEST_RUNNING, 30, ""},
	{"ATA failed to read", ATA("121", ",\"string\":\"read failure\",\"passed\":false"), 0,
	 SELF_TEST_FAILED, -1, "read failure"},
	{"ATA failed, by the byte alone", ATA("48", ""), 0, SELF_TEST_FAILED, -1, ""},
	{"ATA aborted by the host", ATA("25", ",\"string\":\"aborted\""), 0, SELF_TEST_ABORTED, -1,
	 "aborted"},
	{"ATA interrupted by a reset", ATA("41", ""), 0, SELF_TEST_ABORTED, -1, ""},
	{"SCSI passed", SCSI("0"), 0, SELF_TEST_PASSED, -1, "words"},
	{"SCSI failed", SCSI("4"), 0, SELF_TEST_FAILED, -1, "words"},
	{"SCSI runs", SCSI("15"), 0, SELF_TEST_RUNNING, -1, ""},
	{"SCSI aborted", SCSI("1"), 0, SELF_TEST_ABORTED, -1, "words"},
	{"NVMe runs", NVME_CLI("1", "25", ""), 0, SELF_TEST_RUNNING, 75, ""},
	{"NVMe passed", NVME_CLI("0", "0", "{\"Self test result\":0},{\"Self test result\":7}"), 0,
	 SELF_TEST_PASSED, -1, ""},
	{"NVMe failed", NVME_CLI("0", "0", "{\"Self test result\":7}"), 0, SELF_TEST_FAILED, -1,
	 ""},
	{"NVMe aborted by a format", NVME_CLI("0", "0", "{\"Self test result\":4}"), 0,
	 SELF_TEST_ABORTED, -1, ""},
	{"NVMe with an empty log", NVME_CLI("0", "0", ""), 0, SELF_TEST_NONE, -1, ""},
	{"NVMe by smartctl runs", NVME_SMARTCTL("2", ""), 0, SELF_TEST_RUNNING, 60, ""},
	{"NVMe by smartctl failed",
	 NVME_SMARTCTL("0", "{\"self_test_result\":{\"value\":6,\"string\":\"segment\"}}"), 0,
	 SELF_TEST_FAILED, -1, "segment"},
	{"a disk without self-tests", "{\"smart_status\":{\"passed\":true}}", 0, SELF_TEST_NONE, -1,
	 ""},
	{"a row of another type", "{\"scsi_self_test_0\":7}", 0, SELF_TEST_ABORTED, -1, ""},
	{"a status of another type", ATA("\"x\"", ""), 0, SELF_TEST_NONE, -1, ""},
	{"a negative status", ATA("-1", ""), 0, SELF_TEST_NONE, -1, ""},
	{"no document", "smartctl 7.3\n", ERR_JSON, SELF_TEST_NONE, -1, ""},
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct self_test t;
		struct err err = ERR_INIT;
		int rc = tool_read_self_test(rows[i].output, strlen(rows[i].output), &t, &err);

		CHECK_ERR(rows[i].name, rc, rows[i].code);
		CHECK_INT(rows[i].name, t.state, rows[i].state);
		CHECK_INT(rows[i].name, t.remaining_percent, rows[i].remaining);
		CHECK_STR(rows[i].name, t.words, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
	};

	return cmocka_run_group_tests_name("self-tests", tests, NULL, NULL);
}
