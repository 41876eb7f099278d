/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk health from smartctl's JSON; see smart.h. Three dialects in one document: ATA attribute
 * table, NVMe health log, SCSI error counters; each with its own log of self-tests.
 */
#include <burnin/smart.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

#include "smart_fields.h"

/* smartctl's exit status: bit 0 bad command line, bit 1 the device cannot be opened. */
#define EXIT_NOT_RUN 0x03
#define EXIT_FAILING 0x08 /* the disk reports that it fails */
#define EXIT_PREFAIL 0x10 /* attributes at or below their threshold */
#define EXIT_PAST    0x20 /* attributes were at or below their threshold once */
#define EXIT_ERRORS  0x40 /* the log of errors has entries */
#define EXIT_TESTS   0x80 /* the self-test log has errors */

#define AT(member) offsetof(struct smart_health, member)

/* A count that is there must be one: smartctl writes what no number holds exactly as text, too, under
 * the key with "_s". -1: the report has none. */
static int64_t count_at(json_t *parent, const char *key, struct smart_health *h)
{
	json_t *value = json_object_get(parent, key);
	int64_t n = vendor_json_count(value);
	char text_key[64];

	if (n >= 0 || !value)
		return n;
	text_print(text_key, sizeof(text_key), "%s_s", key);
	n = vendor_json_count(json_object_get(parent, text_key));
	if (n < 0)
		smart_unreadable(h, key);
	return n;
}

static void read_nvme(json_t *doc, struct smart_health *h)
{
	json_t *log = json_object_get(doc, "nvme_smart_health_information_log");

	static const struct {
		const char *key;
		size_t offset;
	} counts[] = {
		{"critical_warning", AT(critical_warning)},
		{"media_errors", AT(media_errors)},
		{"percentage_used", AT(percent_used)},
		{"available_spare", AT(available_spare)},
		{"available_spare_threshold", AT(spare_threshold)},
	};

	h->critical_warning = vendor_json_count(vendor_json_at(doc, "smart_status/nvme/value"));
	bool is_nvme = strcasecmp(vendor_json_text(doc, "device/protocol"), "NVMe") == 0;

	if (!json_is_object(log) && is_nvme)
		smart_unreadable(h, "nvme_smart_health_information_log");
	if (!json_is_object(log))
		return;
	h->covered = true;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		int64_t n = count_at(log, counts[i].key, h);

		if (n >= 0)
			smart_set(h, counts[i].offset, n);
	}
	/* Without these two an NVMe disk is not judged. */
	if (!json_object_get(log, "critical_warning"))
		smart_unreadable(h, "critical_warning");
	if (!json_object_get(log, "media_errors"))
		smart_unreadable(h, "media_errors");
}

/* Results of the scan that a SAS disk makes by itself, "result_1" and so on: what it could not read
 * and did not put elsewhere. SBC-4: sense key 3 is a medium error; reassign status 2, 5 and 6: it
 * was reassigned or rewritten. */
static void read_background_scan(json_t *doc, struct smart_health *h)
{
	const char *key;
	json_t *row;
	int64_t n = 0;

	json_object_foreach (json_object_get(doc, "scsi_background_scan"), key, row) {
		int64_t status = vendor_json_count(vendor_json_at(row, "reassign_status/value"));

		if (str_starts(key, "result_") &&
		    vendor_json_count(vendor_json_at(row, "sense_key/value")) == 3)
			n += status != 2 && status != 5 && status != 6;
	}
	if (n > 0 && n > h->pending_sectors)
		h->pending_sectors = n;
}

/* SPC-6: additional sense code 0x0b is a warning; these of its qualifiers are about heat. */
static bool scsi_warns_of_heat(json_t *doc)
{
	int64_t asc = vendor_json_count(vendor_json_at(doc, "smart_status/scsi/asc"));
	int64_t ascq = vendor_json_count(vendor_json_at(doc, "smart_status/scsi/ascq"));

	return asc == 0x0b && (ascq == 0x01 || (ascq >= 0x0a && ascq <= 0x0d));
}

static void read_scsi(json_t *doc, struct smart_health *h)
{
	static const struct {
		const char *parent, *key;
		size_t offset;
	} counts[] = {
		{"scsi_error_counter_log/read", "total_uncorrected_errors", AT(read_errors)},
		{"scsi_error_counter_log/write", "total_uncorrected_errors", AT(write_errors)},
		{"scsi_error_counter_log/verify", "total_uncorrected_errors", AT(verify_errors)},
		{"scsi_pending_defects", "count", AT(pending_sectors)},
		{"", "scsi_grown_defect_list", AT(reallocated_sectors)},
		{"", "scsi_percentage_used_endurance_indicator", AT(percent_used)},
	};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		const char *parent = counts[i].parent;
		int64_t n = count_at(*parent ? vendor_json_at(doc, parent) : doc, counts[i].key, h);

		if (n < 0)
			continue;
		h->covered = true;
		smart_set(h, counts[i].offset, n);
	}
	read_background_scan(doc, h);
}

/* What smartctl says about any disk that reports it. */
static void read_endurance(json_t *doc, struct smart_health *h)
{
	int64_t used = vendor_json_count(vendor_json_at(doc, "endurance_used/current_percent"));
	int64_t spare = vendor_json_count(vendor_json_at(doc, "spare_available/current_percent"));
	int64_t least = vendor_json_count(vendor_json_at(doc, "spare_available/threshold_percent"));

	if (h->percent_used < 0)
		h->percent_used = used;
	if (h->available_spare < 0 && least >= 0) {
		h->available_spare = spare;
		h->spare_threshold = least;
	}
}

static void read_reason(json_t *doc, struct smart_health *h)
{
	json_t *messages = vendor_json_at(doc, "smartctl/messages");
	json_t *last = json_array_get(messages, json_array_size(messages) - 1);
	const char *text = vendor_json_text(last, "string");
	struct tool_outcome clean = {0};

	if (!*text)
		text = "the disk offers no health values";
	tool_outcome_set(&clean, TOOL_NOT_RUN, text, strlen(text));
	(void)text_fit(h->reason, sizeof(h->reason), clean.message);
}

/* A bit of the status without the lines behind it is believed all the same. */
static void read_status(int status, struct smart_health *h)
{
	if (status & EXIT_FAILING)
		h->passed = 0;
	if ((status & EXIT_PREFAIL) && h->prefail_attributes <= 0)
		h->prefail_attributes = 1;
	if ((status & EXIT_TESTS) && h->failed_self_tests <= 0)
		h->failed_self_tests = 1;
	h->covered |= (status & (EXIT_FAILING | EXIT_PREFAIL | EXIT_TESTS)) != 0;
	if ((status & EXIT_PAST) && !*h->note)
		text_print(h->note, sizeof(h->note), "an attribute was at its threshold once");
	if ((status & EXIT_ERRORS) && !*h->note)
		text_print(h->note, sizeof(h->note), "the disk's log of errors has entries");
}

/* The disk's own judgement. Some programs that store the document write it as a number or a text. */
static void read_passed(json_t *doc, struct smart_health *h)
{
	json_t *passed = vendor_json_at(doc, "smart_status/passed");
	const char *text = json_string_value(passed);
	int64_t n = vendor_json_count(passed);

	if (!passed)
		return;
	if (json_is_boolean(passed))
		h->passed = json_is_true(passed);
	else if (n >= 0 && n <= 1)
		h->passed = n;
	else if (text && (strcasecmp(text, "true") == 0 || strcasecmp(text, "passed") == 0))
		h->passed = 1;
	else if (text && (strcasecmp(text, "false") == 0 || str_starts(text, "FAIL")))
		h->passed = 0;
	else
		smart_unreadable(h, "smart_status");
	h->covered |= h->passed >= 0;
}

static void read_health(json_t *doc, struct smart_health *h)
{
	read_passed(doc, h);
	smart_read_ata(doc, h);
	read_nvme(doc, h);
	read_scsi(doc, h);
	read_endurance(doc, h);
	smart_read_self_tests(doc, h);
	h->power_on_hours = vendor_json_count(vendor_json_at(doc, "power_on_time/hours"));
	h->temperature_c = vendor_json_count(vendor_json_at(doc, "temperature/current"));
}

int tool_read_smart(struct tool_end end, const char *output, size_t n_bytes,
		    struct smart_health *ret, struct err *err)
{
	autojson json_t *doc = NULL;

	smart_unknown(ret);
	TRY(vendor_json_load(output, n_bytes, &doc, err));
	read_reason(doc, ret);
	/* What a document reports as faulty counts however the tool ended; a good report does not. */
	read_health(doc, ret);
	if (end.signal)
		text_print(ret->reason, sizeof(ret->reason), "smartctl was ended by signal %d",
			   end.signal);
	else if (!(end.status & EXIT_NOT_RUN))
		read_status(end.status, ret);
	/* HW: smartctl says "failed" for any bit of an NVMe warning and any warning of a SAS disk; heat
	 * alone is not the disk's. */
	if (ret->critical_warning == WARNING_IS_HEAT)
		ret->passed = 1;
	if (scsi_warns_of_heat(doc)) {
		ret->passed = 1;
		ret->hot_attributes = 1;
	}
	ret->covered &= !end.signal && !(end.status & EXIT_NOT_RUN);
	if (ret->covered && *ret->unreadable) {
		ret->covered = false;
		text_print(ret->reason, sizeof(ret->reason),
			   "the report's '%.60s' is missing or cannot be read", ret->unreadable);
	}
	if (ret->covered)
		ret->reason[0] = '\0';
	return 0;
}
