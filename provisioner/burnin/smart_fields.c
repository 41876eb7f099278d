/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of a disk's health as its readers fill them; see smart_fields.h.
 */
#include "smart_fields.h"

#include <string.h>
#include <base/str.h>

void smart_unknown(struct smart_health *ret)
{
	*ret = (struct smart_health){.passed = -1,
				     .pending_sectors = -1,
				     .uncorrectable_sectors = -1,
				     .reported_uncorrectable = -1,
				     .reallocated_sectors = -1,
				     .crc_errors = -1,
				     .read_errors = -1,
				     .write_errors = -1,
				     .verify_errors = -1,
				     .prefail_attributes = -1,
				     .worn_attributes = -1,
				     .hot_attributes = -1,
				     .attributes_failed_before = -1,
				     .end_to_end_errors = -1,
				     .media_errors = -1,
				     .critical_warning = -1,
				     .percent_used = -1,
				     .available_spare = -1,
				     .spare_threshold = -1,
				     .failed_self_tests = -1,
				     .power_on_hours = -1,
				     .temperature_c = -1};
}

void smart_set(struct smart_health *h, size_t offset, int64_t value)
{
	memcpy((char *)h + offset, &value, sizeof(value));
}

int64_t smart_get(const struct smart_health *h, size_t offset)
{
	int64_t value;

	memcpy(&value, (const char *)h + offset, sizeof(value));
	return value;
}

void smart_unreadable(struct smart_health *h, const char *name)
{
	if (!*h->unreadable)
		(void)text_fit(h->unreadable, sizeof(h->unreadable), name);
}
