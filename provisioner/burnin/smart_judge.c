/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the values of a disk's health mean; see smart.h. A value above its limit is a symptom; one
 * that the disk does not report is none, and not a pass either: a disk without values is not
 * judged.
 */
#include <stdio.h>
#include <string.h>
#include <base/str.h>

#include "smart_fields.h"

#define OLD_HOURS     200 /* vendors test disks for days, not for weeks */
#define WORN_PERCENT  5   /* of a part sold as new */
#define SPENT_PERCENT 99  /* its rated life is over */
#define SPARE_PERCENT 10  /* where the disk names no threshold */

static int64_t yes(bool known, bool value)
{
	return known ? value : -1;
}

static bool spare_is_low(const struct smart_health *h)
{
	int64_t least = h->spare_threshold >= 0 ? h->spare_threshold : SPARE_PERCENT;

	return h->available_spare < least;
}

bool smart_value_at(const struct smart_health *h, size_t index, struct smart_value *ret)
{
	int64_t heat = h->critical_warning & WARNING_IS_HEAT;
	bool warns = h->critical_warning >= 0;
	const struct smart_value values[] = {
		{"smart-failed", yes(h->passed >= 0, h->passed == 0), 0, SYMPTOM_DISK_SMART_FAILED},
		{"failing-attributes", h->prefail_attributes, 0, SYMPTOM_DISK_SMART_FAILED},
		{"worn-attributes", h->worn_attributes, 0, SYMPTOM_DISK_WORN},
		{"hot-attributes", h->hot_attributes, 0, SYMPTOM_DISK_HOT},
		{"attributes-failed-before", h->attributes_failed_before, 0, SYMPTOM_DISK_USED},
		{"end-to-end-errors", h->end_to_end_errors, 0, SYMPTOM_DISK_WRONG_DATA},
		{"nvme-critical-warning", warns ? h->critical_warning - heat : -1, 0,
		 SYMPTOM_DISK_NVME_WARNING},
		{"nvme-temperature-warning", yes(warns, heat != 0), 0, SYMPTOM_DISK_HOT},
		{"failed-self-tests", h->failed_self_tests, 0, SYMPTOM_DISK_SELF_TEST},
		{"pending-sectors", h->pending_sectors, 0, SYMPTOM_DISK_BAD_SECTORS},
		{"uncorrectable-sectors", h->uncorrectable_sectors, 0, SYMPTOM_DISK_BAD_SECTORS},
		{"reported-uncorrectable", h->reported_uncorrectable, 0, SYMPTOM_DISK_BAD_SECTORS},
		{"uncorrected-read-errors", h->read_errors, 0, SYMPTOM_DISK_BAD_SECTORS},
		{"uncorrected-write-errors", h->write_errors, 0, SYMPTOM_DISK_BAD_SECTORS},
		{"uncorrected-verify-errors", h->verify_errors, 0, SYMPTOM_DISK_BAD_SECTORS},
		{"media-errors", h->media_errors, 0, SYMPTOM_DISK_BAD_SECTORS},
		{"low-spare", yes(h->available_spare >= 0, spare_is_low(h)), 0, SYMPTOM_DISK_WORN},
		{"percent-used", h->percent_used, SPENT_PERCENT, SYMPTOM_DISK_WORN},
		{"percent-used-of-new", h->percent_used > SPENT_PERCENT ? -1 : h->percent_used,
		 WORN_PERCENT, SYMPTOM_DISK_USED},
		{"reallocated-sectors", h->reallocated_sectors, 0, SYMPTOM_DISK_USED},
		{"crc-errors", h->crc_errors, 0, SYMPTOM_DISK_LINK_BEFORE},
		{"available-spare", h->available_spare, INT64_MAX, SYMPTOM_NONE},
		{"power-on-hours", h->power_on_hours, OLD_HOURS, SYMPTOM_DISK_USED},
		{"temperature", h->temperature_c, INT64_MAX, SYMPTOM_NONE},
	};

	if (index >= ARRAY_LEN(values))
		return false;
	*ret = values[index];
	return true;
}

/* NVMe base specification, critical warning. */
static const char *const warning_bits[] = {
	"spare below its threshold", "temperature",          "reliability degraded",
	"media is read-only",        "backup of RAM failed", "persistent memory unreliable",
};

static void describe(const struct smart_health *h, const struct smart_value *v,
		     char ret[static 257])
{
	struct str text;

	str_init(&text, 1024);
	if (v->value == INT64_MAX)
		str_addf(&text, "%s is too large to say", v->name);
	else
		str_addf(&text, "%s is %lld", v->name, (long long)v->value);
	if (v->symptom == SYMPTOM_DISK_NVME_WARNING)
		for (size_t i = 0; i < ARRAY_LEN(warning_bits); i++)
			if (v->value >> i & 1)
				str_addf(&text, ", %s", warning_bits[i]);
	if (v->symptom == SYMPTOM_DISK_SELF_TEST && *h->self_test)
		str_addf(&text, ": %s", h->self_test);
	if (v->symptom == SYMPTOM_DISK_WORN && h->available_spare >= 0)
		str_addf(&text, " (%lld %% spare left)", (long long)h->available_spare);
	text_print(ret, 257, "%.256s", text.p);
	str_done(&text);
}

unsigned smart_judge(const struct smart_health *h, const struct component *disk,
		     void (*found)(void *arg, const struct burnin_finding *finding), void *arg)
{
	unsigned n_failures = 0;
	struct smart_value v;

	for (size_t i = 0; smart_value_at(h, i, &v); i++) {
		struct burnin_finding finding = {.symptom = v.symptom, .component = disk};

		if (v.symptom == SYMPTOM_NONE || v.value <= v.limit)
			continue;
		describe(h, &v, finding.message);
		n_failures += burnin_rule_of(v.symptom)->fails;
		found(arg, &finding);
	}
	return n_failures;
}
