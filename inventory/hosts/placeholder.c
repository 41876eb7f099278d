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
#include <base/hw_id.h>
#include <base/str.h>

/* Letters and digits alone, in lower case: "To_be_filled by O.E.M." and the like are many. */
static const char *const placeholders[] = {
	"default",
	"systemserialnumber",
	"systemserial",
	"systemserialnumb", /* cut after 16 characters */
	"standard",
	"eval",
	"iatpass",
	"qtfcq0",
	"e0000",
	"not",
	"nullstring",
	"tulipcomputers",
	"sn12345",
	"sn123456fvgv3i0b8o5n6n7k",
	"sys9876543210",
	"123456789000",
	"1231234567",
	"abcdefgh",
	"abcdefghij",
	"samplestring",
	"string",
	"manufacturerserialnumber",
	"assetserialnumber",
	"noasset",
	"noassettagnumber",
	"systemsn",
	"sysserialnumber",
	"sysserial",
	"chassisserialnumber",
	"chassisserial",
	"baseboardserialnumber",
	"boardserialnumber",
	"boardserial",
	"mainboardserialnumber",
	"motherboardserialnumber",
	"type1systemserialnumber",
	"type2boardserialnumber",
	"type3chassisserialnumber",
	"productserialnumber",
	"serialnumber",
	"serialno",
	"serial",
	"sernum",
	"sn",
	"oemserial",
	"oemserialnumber",
	"oemstring",
	"oem",
	"filledbyoem",
	"fillbyoem",
	"notspecified",
	"notavailable",
	"notapplicable",
	"notprovided",
	"notsettable",
	"notset",
	"notdefined",
	"notassigned",
	"notpresent",
	"notinstalled",
	"notfound",
	"notknown",
	"notprogrammed",
	"notsupported",
	"unprogrammed",
	"unsupported",
	"novalue",
	"nosystemserial",
	"nochassisserial",
	"noboardserial",
	"undefinedstring",
	"changeme",
	"dummy",
	"engineeringsample",
	"assettag",
	"rackmountchassis",
	"systemproductname",
	"noserial",
	"noserialnumber",
	"nosn",
	"nodata",
	"noassetinformation",
	"noassettag",
	"nodimm",
	"nomodule",
	"nomoduleinstalled",
	"none",
	"noneprovided",
	"nonespecified",
	"null",
	"nil",
	"na",
	"unknown",
	"unknow",
	"undefined",
	"unspecified",
	"unassigned",
	"unavailable",
	"uninitialized",
	"unset",
	"empty",
	"emptystring",
	"blank",
	"invalid",
	"placeholder",
	"reserved",
	"tbd",
	"badindex",  /* what dmidecode prints for a string that is not there */
	"outofspec", /* and for one that does not fit */
	"0123456789abcdef",
	"123456789abcdef",
	"123456789abc",
	"1234567890abcdef",
	"9876543210",
	"987654321",
};

/* Beginnings that no serial of a machine has. HW: QEMU numbers its IDE and SATA disks QM00001
 * upwards, in every guest anew. */
static const char *const placeholder_starts[] = {
	"tobefilled", "tobeset",   "tobedefined",   "tobedetermined", "tobeassigned",
	"tbdby",      "oemdefine", "defaultstring", "qm0000",         "pleasefill",
};

/* HW: AMI's firmware numbers its words for a module that it cannot read: "SerNum00",
 * "A1_SerNum0", "DIMM0_SerNum". */
static bool is_numbered_word(const char *text)
{
	return strstr(text, "sernum") != NULL;
}

/* What vendors write before "1234567890". */
static const char *const sequence_starts[] = {
	"system", "chassis", "board", "serial", "asset", "sys", "ssn", "bsn",
	"csn",    "bss",     "atn",   "psn",    "tag",   "mb",  "sn",  "",
};

/* Bytes of UTF-8 beyond ASCII are kept. */
static size_t folded(const char *text, char *ret, size_t ret_bytes)
{
	size_t n = 0;

	for (; *text && n < ret_bytes - 1; text++)
		if (isalnum((unsigned char)*text) || (unsigned char)*text >= 0x80)
			ret[n++] = (char)tolower((unsigned char)*text);
	ret[n] = '\0';
	return n;
}

/* "0", "0000", "XXXX-XXXX", "0x0000": one character, however often */
static bool one_character(const char *text)
{
	if (str_starts(text, "0x"))
		text += 2;
	return strspn(text, (const char[]){text[0], '\0'}) == strlen(text);
}

/* "123456", "0123456789012345": at least six digits, each the one before and one more. */
static bool counts_up(const char *text)
{
	size_t n = 1;

	if (text[0] != '0' && text[0] != '1')
		return false;
	while (text[n] && text[n] == '0' + (text[n - 1] - '0' + 1) % 10)
		n++;
	return !text[n] && n >= 6;
}

static bool is_sequence(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(sequence_starts); i++)
		if (str_starts(text, sequence_starts[i]) &&
		    counts_up(text + strlen(sequence_starts[i])))
			return true;
	return false;
}

/* "A123456789": up to three letters and nine digits or more that count up. */
static bool is_lettered_sequence(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz");

	return n >= 1 && n <= 3 && strlen(text + n) >= 9 && counts_up(text + n);
}

static bool is_word(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(placeholders); i++)
		if (str_eq(text, placeholders[i]))
			return true;
	return false;
}

#define FILLER_MIN 4

/* "Serial Number xxxxxx", "SN-00000000": a word for a serial, and a character again and again. */
static bool is_filled_word(const char *text)
{
	size_t n = strlen(text);
	char last = n ? text[n - 1] : '\0', word[160];

	if (last != 'x' && last != '0')
		return false;
	while (n > 0 && text[n - 1] == last)
		n--;
	if (n == 0 || strlen(text) - n < FILLER_MIN)
		return false;
	memcpy(word, text, n);
	word[n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(sequence_starts); i++)
		if (str_eq(word, sequence_starts[i]))
			return true;
	return is_word(word);
}

bool placeholder_serial(const char *text)
{
	char t[160];

	if (!text || folded(text, t, sizeof(t)) == 0 || one_character(t) || is_sequence(t) ||
	    is_numbered_word(t) || is_lettered_sequence(t) || is_filled_word(t))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(placeholder_starts); i++)
		if (str_starts(t, placeholder_starts[i]))
			return true;
	return is_word(t);
}

static const char *const placeholder_uuids[] = {
	"03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc",
	"12345678-1234-5678-1234-567812345678", "12345678-1234-1234-1234-123456789abc",
	"12345678-1234-1234-1234-123456789012", "01234567-89ab-cdef-0123-456789abcdef",
	"4c4c4544-0000-2010-8020-80c04f202020", "4c4c4544-0020-2010-8020-a0c04f202020",
	"4c4c4544-0020-2010-8020-80c04f202020", "a1a2a3a4-b1b2-c1c2-d1d2-e1e2e3e4e5e6",
	"12345678-9abc-def0-1234-56789abcdef0",
};

/* "00010203-0405-...", "00:11:22:33:44:55", and one byte again and again */
static bool equal_steps(const uint8_t *bytes, size_t n_bytes)
{
	uint8_t step = (uint8_t)(bytes[1] - bytes[0]);

	for (size_t i = 1; i < n_bytes; i++)
		if ((uint8_t)(bytes[i] - bytes[i - 1]) != step)
			return false;
	return true;
}

/* What programmers write where any number would do. */
static bool has_joke(const uint8_t *bytes, size_t n_bytes)
{
	static const uint8_t jokes[][4] = {{0xde, 0xad, 0xbe, 0xef}, {0xca, 0xfe, 0xba, 0xbe}};

	for (size_t i = 0; i + 4 <= n_bytes; i++)
		for (size_t k = 0; k < ARRAY_LEN(jokes); k++)
			if (memcmp(bytes + i, jokes[k], 4) == 0)
				return true;
	return false;
}

/* HW: Supermicro's and ASRock's end in the address of the first network card, which may have none. */
static bool ends_in_no_mac(const uint8_t bytes[static UUID_BYTES])
{
	static const uint8_t zeros[UUID_BYTES - MAC_BYTES];
	char mac[MAC_TEXT_BYTES];

	hw_mac_print(bytes + sizeof(zeros), mac);
	return memcmp(bytes, zeros, sizeof(zeros)) == 0 && placeholder_mac(mac);
}

/* "00000000-0000-0000-0000-ffffffffffff" and the like */
static bool zeros_and_ones(const uint8_t bytes[static UUID_BYTES])
{
	for (size_t i = 0; i < UUID_BYTES; i++)
		if (bytes[i] != 0 && bytes[i] != 0xff)
			return false;
	return true;
}

/* HW: sixteen characters of a placeholder where the bytes should stand: "To Be Filled By ". */
static bool placeholder_text(const uint8_t bytes[static UUID_BYTES])
{
	char text[UUID_BYTES + 1] = "";

	for (size_t i = 0; i < UUID_BYTES; i++) {
		if (bytes[i] < ' ' || bytes[i] > '~')
			return false;
		text[i] = (char)bytes[i];
	}
	return placeholder_serial(text);
}

static bool is_example(const uint8_t bytes[static UUID_BYTES])
{
	char t[UUID_TEXT_BYTES];

	hw_uuid_print(bytes, t);
	for (size_t i = 0; i < ARRAY_LEN(placeholder_uuids); i++)
		if (str_eq(t, placeholder_uuids[i]))
			return true;
	return equal_steps(bytes, UUID_BYTES) || zeros_and_ones(bytes) || placeholder_text(bytes) ||
	       has_joke(bytes, UUID_BYTES) || ends_in_no_mac(bytes);
}

/* Firmware and programs disagree about the byte order: an example is one in either. */
bool placeholder_uuid(const char *text)
{
	uint8_t bytes[UUID_BYTES];

	if (!text || !hw_uuid_bytes(sv_trim(sv_of(text)), UUID_DASHED, bytes) || is_example(bytes))
		return true;
	hw_uuid_swap_fields(bytes);
	return is_example(bytes);
}

bool placeholder_mac(const char *text)
{
	static const uint8_t zeros[MAC_BYTES], realtek[] = {0x88, 0x88, 0x88, 0x88, 0x87, 0x88};
	uint8_t mac[MAC_BYTES];

	if (!text || !hw_mac_bytes(sv_of(text), MAC_COLON, mac) || !hw_mac_is_station(mac))
		return true;
	/* HW: Realtek's address of a chip that was never programmed; nobody is 00:00:00:00. */
	if (memcmp(mac, realtek, sizeof(mac)) == 0 || memcmp(mac, zeros, 4) == 0 ||
	    memcmp(mac + 1, zeros, 5) == 0 || has_joke(mac, sizeof(mac)))
		return true;
	/* HW: a card that was never programmed shows its maker's three bytes and zeros. */
	return equal_steps(mac, sizeof(mac)) || (!(mac[0] & 2) && memcmp(mac + 3, zeros, 3) == 0);
}
