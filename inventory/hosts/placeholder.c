/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What firmware says when it knows nothing. The list is from reports of real fleets
 * (reference/guard-rails.md, 7.2); what it misses is learned by identity.c when two machines show
 * the same value. Input: anything.
 */
#include <inventory/identity.h>

#include <ctype.h>
#include <string.h>

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

static bool is_uuid(const char *t)
{
	if (strlen(t) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? t[i] != '-' : !isxdigit((unsigned char)t[i]))
			return false;
	}
	return true;
}

bool placeholder_uuid(const char *text)
{
	char t[40], digits[33];

	if (!text || strlen(text) > 36)
		return true;
	(void)trimmed(text, t, sizeof(t));
	if (!is_uuid(t))
		return true;
	size_t n = 0;
	for (const char *c = t; *c; c++)
		if (*c != '-')
			digits[n++] = *c;
	digits[n] = '\0';
	if (one_character(digits, n))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(placeholder_uuids); i++)
		if (str_eq(t, placeholder_uuids[i]))
			return true;
	return false;
}

bool placeholder_mac(const char *text)
{
	unsigned sum_or = 0, sum_and = 0xff, first = 0;

	if (!text || strlen(text) != 17)
		return true;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2) {
			if (text[i] != ':')
				return true;
			continue;
		}
		if (!isxdigit((unsigned char)text[i]))
			return true;
	}
	for (size_t i = 0; i < 6; i++) {
		unsigned hi = (unsigned)tolower((unsigned char)text[i * 3]);
		unsigned lo = (unsigned)tolower((unsigned char)text[i * 3 + 1]);
		unsigned byte = (hi > '9' ? hi - 'a' + 10 : hi - '0') * 16 +
				(lo > '9' ? lo - 'a' + 10 : lo - '0');
		if (i == 0)
			first = byte;
		sum_or |= byte;
		sum_and &= byte;
	}
	return sum_or == 0 || sum_and == 0xff || (first & 1) != 0;
}
