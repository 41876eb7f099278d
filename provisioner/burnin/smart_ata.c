/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATA disks in smartctl's document; see smart.h: the attribute table, the log of pending defects
 * and the device statistics. Vendors give ids other meanings, so an attribute is known by id and
 * name; names follow smartctl's database of drives.
 */
#include "smart_fields.h"

#include <ctype.h>
#include <stdlib.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

#define NOTHING     SIZE_MAX
#define AT(member)  offsetof(struct smart_health, member)
#define LOW_HALF    0xffffffff
#define RAW_MAX     ((INT64_C(1) << 48) - 1) /* a raw value has 48 bits */
#define TEMPERATURE 190
#define AIRFLOW     194

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
	{5, "Re-*ssigned*", AT(reallocated_sectors)},
	{5, "Ret*ed_Bl*", AT(reallocated_sectors)},
	{5, "*Bad_Bl*", AT(reallocated_sectors)},
	{5, "", AT(reallocated_sectors)},
	{184, "End-to-End*", AT(end_to_end_errors)},
	{187, "*Uncor*", AT(reported_uncorrectable)},
	{187, "*Unc_*", AT(reported_uncorrectable)},
	{187, "*_UE_*", AT(reported_uncorrectable)},
	{187, "", AT(reported_uncorrectable)},
	{197, "*ECC*", NOTHING},
	{197, "*Pending*", AT(pending_sectors)},
	{197, "*Unc_*", AT(reported_uncorrectable)},
	{197, "", AT(pending_sectors)},
	{198, "*Unc*", AT(uncorrectable_sectors)},
	{198, "*UNC*", AT(uncorrectable_sectors)},
	{198, "*Offl*", AT(uncorrectable_sectors)},
	{198, "*Off-l*", AT(uncorrectable_sectors)},
	{198, "", AT(uncorrectable_sectors)},
	{199, "*CRC*", AT(crc_errors)},
	{199, "", AT(crc_errors)},
};

static bool name_fits(const char *pattern, const char *name)
{
	bool nameless = !*name || str_starts(name, "Unknown");

	return *pattern ? !nameless && str_glob(pattern, name) : nameless;
}

/* HW: drives of Micron and Crucial, whatever their attribute 197 is named: smartctl's database may be
 * older than the drive. */
static bool counts_pages(json_t *doc)
{
	static const char *const models[] = {"CT*SSD*", "Crucial*", "Micron*", "MICRON*", "MTFD*"};
	const char *model = vendor_json_text(doc, "model_name");

	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (str_glob(models[i], model))
			return true;
	return false;
}

/* The count in a raw value, -1 if it cannot be read. HW: some vendors pack several counters into the
 * raw value: smartctl prints the first of them at the beginning of its text ("0 (2000 0)"), and the
 * low half is the one that all of them count in. */
static int64_t raw_count(json_t *row)
{
	int64_t value = vendor_json_count(vendor_json_at(row, "raw/value"));
	const char *text = vendor_json_text(row, "raw/string");
	bool is_number = isdigit((unsigned char)*text) && !str_starts(text, "0x");
	int64_t first = is_number ? strtoll(text, NULL, 10) : -1;

	if (value < 0)
		return first;
	if (value <= LOW_HALF || value > RAW_MAX)
		return value;
	return first >= 0 && first != value ? first : value & LOW_HALF;
}

static void read_attribute(json_t *row, bool pages, struct smart_health *h)
{
	int64_t id = vendor_json_count(vendor_json_at(row, "id"));
	const char *name = vendor_json_text(row, "name");
	int64_t n = raw_count(row);

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (id != attributes[i].id || !name_fits(attributes[i].name, name))
			continue;
		if (n < 0)
			smart_unreadable(h, *name ? name : "attribute");
		else if (attributes[i].offset != NOTHING && !(pages && id == 197))
			smart_set(h, attributes[i].offset, n);
		else if (n)
			text_print(h->note, sizeof(h->note), "attribute %lld, %.60s, is %lld",
				   (long long)id, name, (long long)n);
		return;
	}
}

static bool is_wear(const char *name)
{
	return str_glob("*Wear*", name) || str_glob("*Life*", name) ||
	       str_glob("*Endurance*", name) || str_glob("*Spare*", name) ||
	       str_glob("*Reserv*", name);
}

static bool is_heat(json_t *row, const char *name)
{
	int64_t id = vendor_json_count(vendor_json_at(row, "id"));

	return str_glob("*Temp*", name) || (!*name && (id == TEMPERATURE || id == AIRFLOW));
}

/* An attribute at or below its threshold: a prefailure one means an early end, one of old age that the
 * disk is worn or hot. One that was there in the past and is not now is reported. */
static void read_threshold(json_t *row, struct smart_health *h)
{
	const char *when = vendor_json_text(row, "when_failed");
	const char *name = vendor_json_text(row, "name");
	bool prefail = json_is_true(vendor_json_at(row, "flags/prefailure"));

	if (str_eq(when, "past") && prefail)
		h->attributes_failed_before++;
	if (str_eq(when, "past") && !prefail)
		text_print(h->note, sizeof(h->note), "attribute %.60s was at its threshold once",
			   name);
	if (!str_eq(when, "now"))
		return;
	if (prefail)
		h->prefail_attributes++;
	else if (is_heat(row, name))
		h->hot_attributes++;
	else if (is_wear(name))
		h->worn_attributes++;
	else
		text_print(h->note, sizeof(h->note), "attribute %.60s is at its threshold", name);
}

static void read_table(json_t *doc, struct smart_health *h)
{
	json_t *table = vendor_json_at(doc, "ata_smart_attributes/table"), *row;
	bool pages = counts_pages(doc);
	size_t i;

	if (!json_is_array(table))
		return;
	h->covered |= json_array_size(table) > 0;
	h->prefail_attributes = h->attributes_failed_before = 0;
	h->hot_attributes = h->worn_attributes = 0;
	json_array_foreach (table, i, row) {
		read_attribute(row, pages, h);
		read_threshold(row, h);
	}
}

/* ACS-4, device statistics: what disks count the same way, whatever their attributes are. */
static void read_statistic(json_t *row, struct smart_health *h)
{
	static const struct {
		const char *name; /* pattern */
		size_t offset;
	} counts[] = {
		{"Number of Reported Uncorrectable Errors", AT(reported_uncorrectable)},
		{"Number of Realloc* Candidate Logical Sectors", AT(pending_sectors)},
		{"Number of Reallocated Logical Sectors", AT(reallocated_sectors)},
		{"Number of Interface CRC Errors", AT(crc_errors)},
		{"Percentage Used Endurance Indicator", AT(percent_used)},
	};
	int64_t value = vendor_json_count(vendor_json_at(row, "value"));
	json_t *valid = vendor_json_at(row, "flags/valid");

	if (value < 0 || json_is_false(valid))
		return;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (str_glob(counts[i].name, vendor_json_text(row, "name")) &&
		    value > smart_get(h, counts[i].offset))
			smart_set(h, counts[i].offset, value);
}

static void read_statistics(json_t *doc, struct smart_health *h)
{
	json_t *page, *row;
	size_t i, k;

	json_array_foreach (vendor_json_at(doc, "ata_device_statistics/pages"), i, page)
		json_array_foreach (json_object_get(page, "table"), k, row)
			read_statistic(row, h);
}

void smart_read_ata(json_t *doc, struct smart_health *h)
{
	int64_t pending = vendor_json_count(vendor_json_at(doc, "ata_pending_defects_log/count"));

	read_table(doc, h);
	read_statistics(doc, h);
	if (pending > h->pending_sectors)
		h->pending_sectors = pending;
}
