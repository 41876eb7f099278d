/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the self-test stands that a disk was told to run last; see smart.h. Each dialect tells it in
 * another place: ATA in a status byte beside the log, NVMe in a field above its log, SCSI in the
 * newest row of the log itself.
 */
#include "smart_fields.h"

#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

#define RUNS 15 /* as ATA's high half of a status byte and as SCSI's result */

static void say(json_t *row, const char *path, struct self_test *ret)
{
	const char *text = vendor_json_text(row, path);
	struct tool_outcome clean = {0};

	tool_outcome_set(&clean, TOOL_FOUND_FAULT, text, strlen(text));
	(void)text_fit(ret->words, sizeof(ret->words), clean.message);
}

static void ended(enum smart_test_end end, json_t *row, const char *words, struct self_test *ret)
{
	ret->state = end == TEST_PASSED   ? SELF_TEST_PASSED
		     : end == TEST_FAILED ? SELF_TEST_FAILED
					  : SELF_TEST_ABORTED;
	say(row, words, ret);
}

/* ATA8-ACS: the low half of the byte counts tenths that are left. */
static bool read_ata(json_t *doc, struct self_test *ret)
{
	json_t *test = vendor_json_at(doc, "ata_smart_data/self_test");
	int64_t value = vendor_json_count(vendor_json_at(test, "status/value"));
	int64_t left = vendor_json_count(vendor_json_at(test, "status/remaining_percent"));

	if (value < 0)
		return false;
	if (value >> 4 != RUNS) {
		ended(smart_ata_end(test), test, "status/string", ret);
		return true;
	}
	ret->state = SELF_TEST_RUNNING;
	ret->remaining_percent = left >= 0 ? left : (value & 15) * 10;
	return true;
}

/* smartctl's names, and nvme-cli's. */
static bool read_nvme(json_t *doc, struct self_test *ret)
{
	static const struct {
		const char *now, *done, *log, *words;
	} forms[] = {
		{"nvme_self_test_log/current_self_test_operation/value",
		 "nvme_self_test_log/current_self_test_completion_percent",
		 "nvme_self_test_log/table", "self_test_result/string"},
		{"Current Device Self-Test Operation", "Current Device Self-Test Completion",
		 "List of Valid Reports", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		int64_t now = vendor_json_count(vendor_json_at(doc, forms[i].now));
		int64_t done = vendor_json_count(vendor_json_at(doc, forms[i].done));
		json_t *newest = json_array_get(vendor_json_at(doc, forms[i].log), 0);

		if (now > 0) {
			ret->state = SELF_TEST_RUNNING;
			ret->remaining_percent = done >= 0 && done <= 100 ? 100 - done : -1;
		} else if (now == 0 && newest) {
			ended(smart_nvme_end(newest), newest, forms[i].words, ret);
		}
		if (now >= 0)
			return true;
	}
	return false;
}

static void read_scsi(json_t *doc, struct self_test *ret)
{
	json_t *row = json_object_get(doc, "scsi_self_test_0");

	if (!row)
		return;
	if (vendor_json_count(vendor_json_at(row, "result/value")) == RUNS)
		ret->state = SELF_TEST_RUNNING;
	else
		ended(smart_scsi_end(row), row, "result/string", ret);
}

int tool_read_self_test(const char *output, size_t n_bytes, struct self_test *ret, struct err *err)
{
	autojson json_t *doc = NULL;

	*ret = (struct self_test){.remaining_percent = -1};
	TRY(vendor_json_load(output, n_bytes, &doc, err));
	if (!read_ata(doc, ret) && !read_nvme(doc, ret))
		read_scsi(doc, ret);
	return 0;
}
