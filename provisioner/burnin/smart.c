/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk health from smartctl's JSON; see smart.h. Three dialects in one document: ATA attribute
 * table, NVMe health log, SCSI error counters; each with its own log of self-tests.
 */
#include <burnin/smart.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

#include "smart_fields.h"

/* smartctl's exit status: bit 0 bad command line, bit 1 the device cannot be opened. */
#define EXIT_NOT_RUN 0x03
#define EXIT_FAILING 0x08 /* the disk reports that it fails */
#define EXIT_PREFAIL 0x10 /* attributes at or below their threshold */
#define EXIT_TESTS   0x80 /* the self-test log has errors */

#define NOTHING    SIZE_MAX
#define AT(member) offsetof(struct smart_health, member)

/* What an attribute counts. The first row whose id and name fit; an attribute without a name, or
 * one that smartctl's database does not know, is read by its id.
 * HW: Micron and Crucial (MX500 and kin) count ECC pages in 197, which jumps between 0 and 1 on
 * sound disks; its name there is Current_Pending_ECC_Cnt. */
static const struct {
	int64_t id;
	const char *name; /* pattern */
	size_t offset;    /* in struct smart_health; NOTHING: only noted */
} attributes[] = {
	{5, "Realloc*", AT(reallocated_sectors)},
	{5, "Retired*", AT(reallocated_sectors)},
	{5, "", AT(reallocated_sectors)},
	{187, "*Uncorrect*", AT(reported_uncorrectable)},
	{187, "", AT(reported_uncorrectable)},
	{197, "*ECC*", NOTHING},
	{197, "*Pending*", AT(pending_sectors)},
	{197, "", AT(pending_sectors)},
	{198, "*Unc*", AT(uncorrectable_sectors)},
	{198, "*Offl*", AT(uncorrectable_sectors)},
	{198, "", AT(uncorrectable_sectors)},
	{199, "*CRC*", AT(crc_errors)},
	{199, "", AT(crc_errors)},
};

static void set(struct smart_health *h, size_t offset, int64_t value)
{
	memcpy((char *)h + offset, &value, sizeof(value));
}

static bool name_fits(const char *pattern, const char *name)
{
	bool nameless = !*name || str_starts(name, "Unknown");

	return *pattern ? !nameless && str_glob(pattern, name) : nameless;
}

/* HW: drives of Micron and Crucial, whatever their attribute 197 is named: smartctl's database may be
 * older than the drive. */
static bool counts_pages(json_t *doc)
{
	static const char *const models[] = {"CT*SSD*", "Crucial_CT*", "Micron_*"};
	const char *model = vendor_json_text(doc, "model_name");

	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (str_glob(models[i], model))
			return true;
	return false;
}

static void read_attribute(json_t *row, bool pages, struct smart_health *h)
{
	int64_t id = vendor_json_count(vendor_json_at(row, "id"));
	int64_t value = vendor_json_count(vendor_json_at(row, "raw/value"));
	const char *name = vendor_json_text(row, "name");

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (id != attributes[i].id || value < 0 || !name_fits(attributes[i].name, name))
			continue;
		/* HW: some vendors pack several counters into the raw value; the low half is the
		 * one that all of them count in. */
		if (attributes[i].offset != NOTHING && !(pages && id == 197))
			set(h, attributes[i].offset, value & 0xffffffff);
		else if (value)
			text_print(h->note, sizeof(h->note), "attribute %lld, %.60s, is %lld",
				   (long long)id, name, (long long)value);
		return;
	}
}

/* Attributes that smartctl marks as failing now: a prefailure one means an early end. */
static bool fails_now(json_t *row)
{
	return str_eq(vendor_json_text(row, "when_failed"), "now") &&
	       json_is_true(vendor_json_at(row, "flags/prefailure"));
}

static void read_ata(json_t *doc, struct smart_health *h)
{
	json_t *table = vendor_json_at(doc, "ata_smart_attributes/table"), *row;
	bool pages = counts_pages(doc);
	int64_t pending = vendor_json_count(vendor_json_at(doc, "ata_pending_defects_log/count"));
	size_t i;

	if (pending > 0)
		h->pending_sectors = pending;
	if (!json_is_array(table))
		return;
	h->covered = true;
	h->prefail_attributes = 0;
	json_array_foreach (table, i, row) {
		read_attribute(row, pages, h);
		h->prefail_attributes += fails_now(row);
	}
}

static void read_nvme(json_t *doc, struct smart_health *h)
{
	json_t *log = json_object_get(doc, "nvme_smart_health_information_log");

	if (!json_is_object(log))
		return;
	h->covered = true;
	h->critical_warning = vendor_json_count(json_object_get(log, "critical_warning"));
	h->media_errors = vendor_json_count(json_object_get(log, "media_errors"));
	h->percent_used = vendor_json_count(json_object_get(log, "percentage_used"));
	h->available_spare = vendor_json_count(json_object_get(log, "available_spare"));
	h->spare_threshold = vendor_json_count(json_object_get(log, "available_spare_threshold"));
}

static void read_scsi(json_t *doc, struct smart_health *h)
{
	static const struct {
		const char *path;
		size_t offset;
	} counts[] = {
		{"scsi_error_counter_log/read/total_uncorrected_errors", AT(read_errors)},
		{"scsi_error_counter_log/write/total_uncorrected_errors", AT(write_errors)},
		{"scsi_error_counter_log/verify/total_uncorrected_errors", AT(verify_errors)},
		{"scsi_pending_defects/count", AT(pending_sectors)},
		{"scsi_grown_defect_list", AT(reallocated_sectors)},
		{"scsi_percentage_used_endurance_indicator", AT(percent_used)},
	};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		int64_t n = vendor_json_count(vendor_json_at(doc, counts[i].path));

		if (n < 0)
			continue;
		h->covered = true;
		set(h, counts[i].offset, n);
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
}

static void read_health(json_t *doc, struct smart_health *h)
{
	json_t *passed = vendor_json_at(doc, "smart_status/passed");

	if (json_is_boolean(passed)) {
		h->passed = json_is_true(passed);
		h->covered = true;
	}
	read_ata(doc, h);
	read_nvme(doc, h);
	read_scsi(doc, h);
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
	ret->covered &= !end.signal && !(end.status & EXIT_NOT_RUN);
	if (ret->covered)
		ret->reason[0] = '\0';
	return 0;
}
