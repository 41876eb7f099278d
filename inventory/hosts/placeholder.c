/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What firmware says when it knows nothing. The list is from reports of real fleets
 * (reference/guard-rails.md, 7.2); what it misses is learned by identity.c when two machines show
 * the same value. Input: anything.
 */
#include <inventory/identity.h>

#include <ctype.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/digest.h>
#include <base/hw_id.h>
#include <base/str.h>

static const char *const placeholders[] = {
	"to be filled by o.e.m.",
	"to be filled by o.e.m",
	"to be filled",
	"default string",
	"default",
	"system serial number",
	"chassis serial number",
	"base board serial number",
	"board serial number",
	"serial number",
	"not specified",
	"not available",
	"not applicable",
	"not provided",
	"not settable",
	"none",
	"null",
	"n/a",
	"na",
	"unknown",
	"undefined",
	"empty",
	"no asset information",
	"no dimm",
	"no module installed",
	"0123456789",
	"1234567890",
	"123456789",
	"12345678",
	"1234567",
	"123456",
	"0123456789abcdef",
	"invalid",
	"oem",
	"o.e.m.",
	"serial",
	"sernum",
	"sn",
	"asset-1234567890",
	"...",
};

static size_t trimmed(const char *text, char *ret, size_t ret_bytes)
{
	struct sv t = sv_trim(sv_of(text));
	size_t n = t.n < ret_bytes - 1 ? t.n : ret_bytes - 1;

	for (size_t i = 0; i < n; i++)
		ret[i] = (char)tolower((unsigned char)t.p[i]);
	ret[n] = '\0';
	return n;
}

/* "0", "0000", "XXXXXXX", "........": one character, however often */
static bool one_character(const char *text, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (text[i] != text[0])
			return false;
	return true;
}

bool placeholder_serial(const char *text)
{
	char t[160];

	if (!text)
		return true;
	size_t n = trimmed(text, t, sizeof(t));
	if (n == 0 || one_character(t, n))
		return true;
	/* HW: QEMU numbers its IDE and SATA disks QM00001 upwards, in every guest anew */
	if (str_starts(t, "qm0000"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(placeholders); i++)
		if (str_eq(t, placeholders[i]))
			return true;
	return false;
}

static const char *const placeholder_uuids[] = {
	"03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
	"12345678-1234-5678-90ab-cddeefaabbcc", "fefefefe-fefe-fefe-fefe-fefefefefefe",
	"4c4c4544-0000-2010-8020-80c04f202020",
};

bool placeholder_uuid(const char *text)
{
	char t[UUID_TEXT_BYTES];
	uint8_t bytes[UUID_BYTES];
	char digits[2 * UUID_BYTES + 1];

	if (!text || !hw_uuid_bytes(sv_trim(sv_of(text)), UUID_DASHED, bytes))
		return true;
	hex_encode(bytes, sizeof(bytes), digits);
	if (one_character(digits, 2 * UUID_BYTES))
		return true;
	hw_uuid_print(bytes, t);
	for (size_t i = 0; i < ARRAY_LEN(placeholder_uuids); i++)
		if (str_eq(t, placeholder_uuids[i]))
			return true;
	return false;
}

bool placeholder_mac(const char *text)
{
	static const uint8_t zeros[MAC_BYTES];
	uint8_t mac[MAC_BYTES];

	if (!text || !hw_mac_bytes(sv_of(text), MAC_COLON, mac))
		return true;
	/* all ones and groups of stations have the lowest bit of the first byte */
	return (mac[0] & 1) || memcmp(mac, zeros, sizeof(mac)) == 0;
}
