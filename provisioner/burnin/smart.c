/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk health from smartctl's JSON; see tool_output.h. Three dialects in one document: ATA
 * attribute table, NVMe health log, SCSI error counters. A disk that gives none of them is "not
 * covered": that is what virtual disks and most RAID volumes are.
 */
#include <burnin/tool_output.h>

#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

/* smartctl's exit status: bit 0 bad command line, bit 1 the device cannot be opened. */
#define EXIT_NOT_RUN 0x03

static const struct {
	int64_t id;
	size_t offset;
} attributes[] = {
	{5, offsetof(struct smart_health, reallocated_sectors)},
	{197, offsetof(struct smart_health, pending_sectors)},
	{198, offsetof(struct smart_health, uncorrectable_sectors)},
	{199, offsetof(struct smart_health, crc_errors)},
};

static json_t *path(json_t *doc, const char *a, const char *b)
{
	json_t *inner = json_object_get(doc, a);

	return b ? json_object_get(inner, b) : inner;
}

static int64_t number(json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value)
									: -1;
}

static void read_ata(json_t *doc, struct smart_health *h)
{
	json_t *table = path(doc, "ata_smart_attributes", "table"), *row;
	size_t i;

	if (!json_is_array(table))
		return;
	h->covered = true;
	json_array_foreach (table, i, row) {
		int64_t id = number(json_object_get(row, "id"));

		for (size_t k = 0; k < ARRAY_LEN(attributes); k++) {
			int64_t v = number(path(row, "raw", "value"));

			/* HW: some vendors pack several counters into the raw value; the low half
			 * is the one that all of them count in. */
			if (id == attributes[k].id && v >= 0) {
				v &= 0xffffffff;
				memcpy((char *)h + attributes[k].offset, &v, sizeof(v));
			}
		}
	}
}

static void read_nvme(json_t *doc, struct smart_health *h)
{
	json_t *log = json_object_get(doc, "nvme_smart_health_information_log");

	if (!json_is_object(log))
		return;
	h->covered = true;
	h->critical_warning = number(json_object_get(log, "critical_warning"));
	h->media_errors = number(json_object_get(log, "media_errors"));
	h->percent_used = number(json_object_get(log, "percentage_used"));
}

static void read_scsi(json_t *doc, struct smart_health *h)
{
	json_t *read = path(path(doc, "scsi_error_counter_log", "read"), "total_uncorrected_errors",
			    NULL);

	if (!json_is_integer(read))
		return;
	h->covered = true;
	h->uncorrectable_sectors = number(read);
	h->reallocated_sectors = number(json_object_get(doc, "scsi_grown_defect_list"));
}

static void read_reason(json_t *doc, struct smart_health *h)
{
	json_t *messages = path(doc, "smartctl", "messages");
	const char *text = json_string_value(
		json_object_get(json_array_get(messages, json_array_size(messages) - 1), "string"));
	struct str clean;

	str_init(&clean, 1024);
	str_add_printable(&clean, text ? text : "the disk offers no health data");
	(void)text_fit(h->reason, sizeof(h->reason), clean.p);
	str_done(&clean);
}

int tool_read_smart(int exit_code, const char *output, size_t n_bytes, struct smart_health *ret,
		    struct err *err)
{
	autojson json_t *doc = NULL;

	*ret = (struct smart_health){.passed = -1,
				     .pending_sectors = -1,
				     .uncorrectable_sectors = -1,
				     .reallocated_sectors = -1,
				     .crc_errors = -1,
				     .media_errors = -1,
				     .critical_warning = -1,
				     .percent_used = -1,
				     .power_on_hours = -1,
				     .temperature_c = -1};
	TRY(json_load_strict(output, n_bytes, LIMIT_TOOL_OUTPUT_BYTES, &doc, err));
	if (!json_is_object(doc))
		return err_set(err, ERR_FIELD_TYPE, "smartctl's output is not an object");
	read_reason(doc, ret);
	if (exit_code < 128 && !(exit_code & EXIT_NOT_RUN)) {
		json_t *passed = path(doc, "smart_status", "passed");

		if (json_is_boolean(passed)) {
			ret->passed = json_is_true(passed);
			ret->covered = true;
		}
		read_ata(doc, ret);
		read_nvme(doc, ret);
		read_scsi(doc, ret);
		ret->power_on_hours = number(path(doc, "power_on_time", "hours"));
		ret->temperature_c = number(path(doc, "temperature", "current"));
	}
	if (ret->covered)
		ret->reason[0] = '\0';
	return 0;
}
