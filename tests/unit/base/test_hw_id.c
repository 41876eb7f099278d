/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each notation of a MAC and of a UUID, what is near to one and is not, and both byte orders.
 */
#include <tests/harness/check.h>

#include <base/hw_id.h>

#define MAC  "52:54:00:ab:cd:ef"
#define UUID "00112233-4455-6677-8899-aabbccddeeff"
#define HEX  "00112233445566778899aabbccddeeff"

struct row {
	const char *name;
	struct sv text;
	unsigned notations; /* that take it, alone and together with others */
};

#define T(literal)                                                                                 \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

static const struct row mac_rows[] = {
	{"colons", T("52:54:00:ab:cd:ef"), MAC_COLON},
	{"colons, upper case", T("52:54:00:AB:CD:EF"), MAC_COLON},
	{"dashes", T("52-54-00-AB-cd-ef"), MAC_DASH},
	{"dots", T("5254.00ab.cdef"), MAC_DOT},
	{"bare", T("525400abcdef"), MAC_BARE},
	{"field-27 words with dashes", T("5254-00AB-cdef"), MAC_GROUPS},
	{"field-27 words with colons", T("5254:00ab:cdef"), MAC_GROUPS},
	{"field-27 halves", T("525400-abcdef"), MAC_GROUPS},
	{"field-27 halves with a colon", T("525400:ABCDEF"), MAC_GROUPS},
	{"field-27 a number", T("0x525400abcdef"), MAC_GROUPS},
	{"field-27 pairs by blanks", T("52 54 00 ab CD ef"), MAC_GROUPS},
	{"field-27 pairs by dots", T("52.54.00.ab.cd.ef"), MAC_GROUPS},
	{"field-27 pairs by underscores", T("52_54_00_AB_cd_ef"), MAC_GROUPS},
	{"field-27 words with blanks", T("5254 00ab cdef"), MAC_GROUPS},
	{"field-27 halves with a blank", T("525400 abcdef"), MAC_GROUPS},
	{"pairs with a blank and a dot", T("52 54.00 ab cd ef"), 0},
	{"words of two kinds", T("5254-00ab:cdef"), 0},
	{"nothing", T(""), 0},
	{"mixed separators", T("52:54-00:ab:cd:ef"), 0},
	{"not hexadecimal", T("52:54:00:ab:cd:eg"), 0},
	{"bare, not hexadecimal", T("525400abcdez"), 0},
	{"a sign", T("+2:54:00:ab:cd:ef"), 0},
	{"one digit a byte", T("2:4:0:b:d:f"), 0},
	{"five bytes", T("52:54:00:ab:cd"), 0},
	{"seven bytes", T("52:54:00:ab:cd:ef:00"), 0},
	{"a blank before", T(" 52:54:00:ab:cd:ef"), 0},
	{"a blank behind", T("52:54:00:ab:cd:ef "), 0},
	{"a NUL inside", T("52:54:00:ab:cd:\0f"), 0},
	{"a letter beyond ASCII", T("52:54:00:ab:cd:\xc3\xa9"), 0},
	{"dots in threes", T("525.400.abc.def"), 0},
};

static void test_macs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mac_rows); i++)
		for (unsigned n = 0; n <= MAC_ANY; n++) {
			const struct row *r = &mac_rows[i];
			char mac[MAC_TEXT_BYTES] = "unchanged";
			bool taken = hw_mac_parse(r->text, n, mac);

			CHECK_INT(r->name, taken, (n & r->notations) != 0);
			CHECK_STR(r->name, mac, taken ? MAC : "unchanged");
		}
}

static const struct row uuid_rows[] = {
	{"dashed", T(UUID), UUID_DASHED},
	{"dashed, upper case", T("00112233-4455-6677-8899-AABBCCDDEEFF"), UUID_DASHED},
	{"bare", T(HEX), UUID_BARE},
	{"braced", T("{" UUID "}"), UUID_BRACED},
	{"nothing", T(""), 0},
	{"dashes at other places", T("001122334-455-6677-8899-aabbccddeeff"), 0},
	{"dashes and no digits", T("zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"), 0},
	{"one digit is not hexadecimal", T("00112233-4455-6677-8899-aabbccddeefg"), 0},
	{"one short", T("00112233-4455-6677-8899-aabbccddeef"), 0},
	{"one long", T(UUID "0"), 0},
	{"one brace", T("{" UUID), 0},
	{"a NUL inside", T("00112233-4455-6677-8899-aabbccddee\0f"), 0},
};

static void test_uuids(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(uuid_rows); i++)
		for (unsigned n = 0; n <= UUID_ANY; n++) {
			const struct row *r = &uuid_rows[i];
			char uuid[UUID_TEXT_BYTES] = "unchanged";
			bool taken = hw_uuid_parse(r->text, n, uuid);

			CHECK_INT(r->name, taken, (n & r->notations) != 0);
			CHECK_STR(r->name, uuid, taken ? UUID : "unchanged");
		}
}

/* DSP0134 7.2.1 has this very example. */
static void test_swap(void **state)
{
	uint8_t uuid[UUID_BYTES];
	char text[UUID_TEXT_BYTES];

	(void)state;
	assert_true(hw_uuid_bytes(SV(UUID), UUID_DASHED, uuid));
	hw_uuid_swap_fields(uuid);
	hw_uuid_print(uuid, text);
	assert_string_equal(text, "33221100-5544-7766-8899-aabbccddeeff");
	hw_uuid_swap_fields(uuid);
	hw_uuid_print(uuid, text);
	assert_string_equal(text, UUID);
}

static void test_random(void **state)
{
	char a[UUID_TEXT_BYTES], b[UUID_TEXT_BYTES], again[UUID_TEXT_BYTES];

	(void)state;
	uuid_v4(a);
	uuid_v4(b);
	assert_string_not_equal(a, b);
	assert_true(hw_uuid_parse(sv_of(a), UUID_DASHED, again));
	assert_string_equal(a, again);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_uuids),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("base/hw_id", tests, NULL, NULL);
}
