/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware beside the SKU's; see firmware.h.
 */
#include <burnin/firmware.h>

#include <base/str.h>
#include <base/text.h>

static const char *text_at(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

bool firmware_differs(const json_t *difference, char ret[static FIRMWARE_TEXT_BYTES])
{
	const char *field = text_at(difference, "field"), *slot = text_at(difference, "slot");
	const char *want = text_at(difference, "expected"), *have = text_at(difference, "found");
	bool bios = str_eq(field, "BiosVersion");

	if (!str_eq(text_at(difference, "what"), "wrong") || !*want || !*have ||
	    !(bios || str_eq(field, "FirmwareVersion")))
		return false;
	text_print(ret, FIRMWARE_TEXT_BYTES,
		   "firmware-differs: %.64s%s%.128s has %.64s; the SKU has %.64s",
		   bios ? "the BIOS" : text_at(difference, "type"), *slot ? " " : "", slot, have,
		   want);
	return true;
}
