/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware beside the SKU's: a part with another version is named with both; what is not told and what
 * is not firmware are left alone.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <burnin/firmware.h>

#define D(what, type, field, want, have)                                                           \
	"{\"what\":\"" what "\",\"type\":\"" type "\",\"slot\":\"Bay 3\",\"field\":\"" field       \
	"\",\"expected\":" want ",\"found\":" have "}"
static const struct {
	const char *name, *difference, *text;
} rows[] = {
	{"a disk", D("wrong", "disk", "FirmwareVersion", "\"AB02\"", "\"AB01\""),
	 "firmware-differs: disk Bay 3 has AB01; the SKU has AB02"},
	{"the BIOS",
	 "{\"what\":\"wrong\",\"type\":\"host\",\"field\":\"BiosVersion\",\"expected\":\"2.1\","
	 "\"found\":\"2.0\"}",
	 "firmware-differs: the BIOS has 2.0; the SKU has 2.1"},
	{"a card without a slot",
	 "{\"what\":\"wrong\",\"type\":\"nic\",\"field\":\"FirmwareVersion\",\"expected\":"
	 "\"22.1\",\"found\":\"20.8\"}",
	 "firmware-differs: nic has 20.8; the SKU has 22.1"},
	{"the host does not tell it", D("unknown", "disk", "FirmwareVersion", "\"A\"", "null"), ""},
	{"nothing found", "{\"what\":\"wrong\",\"field\":\"BiosVersion\",\"expected\":\"1\"}", ""},
	{"a number", D("wrong", "disk", "FirmwareVersion", "1", "2"), ""},
	{"another field", D("wrong", "disk", "Model", "\"A\"", "\"B\""), ""},
	{"a part that is missing", "{\"what\":\"missing\",\"type\":\"disk\"}", ""},
	{"not an object", "[1]", ""},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *d = json_loads(rows[i].difference, 0, NULL);
		char text[FIRMWARE_TEXT_BYTES] = "";

		assert_non_null(d);
		CHECK_INT(rows[i].name, firmware_differs(d, text), rows[i].text[0] != '\0');
		CHECK_STR(rows[i].name, text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
