/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logs of self-tests in smartctl's and nvme's JSON; see smart.h. Newest first in all dialects:
 * tests that failed count until an extended one that passed, which proves that what failed before
 * was mended. A short test reads a sample: that it passed proves nothing about the failure. Tests
 * that were aborted or still run prove nothing either.
 */
#include "smart_fields.h"

#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

#define SCSI_TESTS 20 /* the log page holds that many */

/* ATA8-ACS: the high half of the status byte. 0 passed, 3 to 8 failed, 1 and 2 aborted, 15 runs. */
enum smart_test_end smart_ata_end(json_t *row)
{
	int64_t value = vendor_json_count(vendor_json_at(row, "status/value"));
	json_t *passed = vendor_json_at(row, "status/passed");

	if (json_is_boolean(passed))
		return json_is_true(passed) ? TEST_PASSED : TEST_FAILED;
	if (value < 0)
		return TEST_NO_VERDICT;
	value >>= 4;
	return value == 0 ? TEST_PASSED : value >= 3 && value <= 8 ? TEST_FAILED : TEST_NO_VERDICT;
}

/* NVMe base specification, device self-test log: 0 passed; 5, 6 and 7 failed. */
enum smart_test_end smart_nvme_end(json_t *row)
{
	json_t *result = vendor_json_at(row, "self_test_result/value");

	if (!result) /* nvme-cli */
		result = vendor_json_at(row, "Self test result");
	int64_t value = vendor_json_count(result);

	return value == 0 ? TEST_PASSED : value >= 5 && value <= 7 ? TEST_FAILED : TEST_NO_VERDICT;
}

/* SPC-4, self-test results: 0 passed; 3 to 7 failed. */
enum smart_test_end smart_scsi_end(json_t *row)
{
	int64_t value = vendor_json_count(vendor_json_at(row, "result/value"));

	return value == 0 ? TEST_PASSED : value >= 3 && value <= 7 ? TEST_FAILED : TEST_NO_VERDICT;
}

static void note_failure(json_t *row, const char *path, struct smart_health *h)
{
	const char *text = vendor_json_text(row, path);
	struct tool_outcome clean = {0};

	if (h->failed_self_tests++ > 0)
		return;
	tool_outcome_set(&clean, TOOL_FOUND_FAULT, text, strlen(text));
	(void)text_fit(h->self_test, sizeof(h->self_test), clean.message);
}

/* Codes of extended tests: ATA 2 and 130 (captive), NVMe 2, SCSI 2 (background) and 6 (foreground).
 * Tests of a sample, of the transport or of a selected span prove nothing about the rest. A test
 * without a code and a name was the only kind that the program prints. */
static bool is_extended(json_t *row)
{
	static const char *const codes[] = {"type/value", "code/value", "self_test_code/value",
					    "Self test code", "self_test_code"};
	static const char *const names[] = {"type/string", "code/string", "self_test_code/string"};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		int64_t code = vendor_json_count(vendor_json_at(row, codes[i]));

		if (code >= 0)
			return code == 2 || code == 6 || code == 130;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *name = vendor_json_text(row, names[i]);

		if (*name)
			return strcasestr(name, "extended") || strcasestr(name, "long");
	}
	return true;
}

/* false: an extended test that passed ends the look back. */
static bool take(json_t *row, enum smart_test_end end, const char *words, struct smart_health *h)
{
	if (end != TEST_NO_VERDICT && h->failed_self_tests < 0)
		h->failed_self_tests = 0;
	if (end == TEST_FAILED)
		note_failure(row, words, h);
	return end != TEST_PASSED || !is_extended(row);
}

void smart_read_self_tests(json_t *doc, struct smart_health *h)
{
	static const struct {
		const char *path, *words;
		enum smart_test_end (*end)(json_t *row);
	} logs[] = {
		{"ata_smart_self_test_log/standard/table", "status/string", smart_ata_end},
		{"ata_smart_self_test_log/extended/table", "status/string", smart_ata_end},
		{"nvme_self_test_log/table", "self_test_result/string", smart_nvme_end},
		{"List of Valid Reports", "", smart_nvme_end},
	};
	char key[32];
	json_t *row;
	size_t k;

	for (size_t i = 0; i < ARRAY_LEN(logs); i++)
		json_array_foreach (vendor_json_at(doc, logs[i].path), k, row)
			if (!take(row, logs[i].end(row), logs[i].words, h))
				break;
	/* Some disks keep the last result alone, without a log. */
	json_t *last = vendor_json_at(doc, "ata_smart_data/self_test");
	if (h->failed_self_tests < 0 && smart_ata_end(last) == TEST_FAILED)
		(void)take(last, TEST_FAILED, "status/string", h);
	for (int i = 0; i < SCSI_TESTS; i++) {
		text_print(key, sizeof(key), "scsi_self_test_%d", i);
		row = json_object_get(doc, key);
		if (row && !take(row, smart_scsi_end(row), "result/string", h))
			break;
	}
}
