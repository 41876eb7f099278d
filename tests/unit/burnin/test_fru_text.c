/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Part number and serial of fans and supplies from a BMC's units: only from the one that is its own.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <burnin/fru_text.h>

#define UNIT(name, part, serial)                                                                   \
	"FRU Device Description : " name                                                           \
	"\n Product Manufacturer  : MAKER\n Product Name          "                                \
	": 2000W\n Product Part Number   : " part "\n Product Serial        : " serial "\n\n"
#define BOARD UNIT("Builtin FRU Device (ID 0)", "B1", "BS1")

static const struct {
	const char *name;
	enum component_kind kind;
	const char *place, *text, *part, *serial;
} rows[] = {
	{"a supply", COMPONENT_SUPPLY, "PS2",
	 BOARD UNIT("PS1 (ID 3)", "P1", "S1") UNIT("PS2 (ID 4)", "P2", "S2"), "P2", "S2"},
	{"another name for it", COMPONENT_SUPPLY, "PSU 1",
	 BOARD UNIT("Pwr Supply 1 FRU (ID 2)", "P1", "S1")
		 UNIT("Pwr Supply 2 FRU (ID 3)", "P2", "S2"),
	 "P1", "S1"},
	{"a fan", COMPONENT_FAN, "FAN3", UNIT("Fan Board 3 (ID 9)", "F3", "FS3"), "F3", "FS3"},
	{"the board's parts alone", COMPONENT_SUPPLY, "PS1",
	 "FRU Device Description : PSU1_FRU (ID 5)\n Board Mfg : M\n Board Serial : BS\n"
	 " Board Part Number : BP\n",
	 "BP", "BS"},
	{"the id is not the number", COMPONENT_SUPPLY, "PS3", UNIT("PS1 (ID 3)", "P1", "S1"), "",
	 ""},
	{"a supply is not a fan", COMPONENT_FAN, "FAN1", UNIT("PS1 (ID 3)", "P1", "S1"), "", ""},
	{"two that fit", COMPONENT_SUPPLY, "PS1",
	 UNIT("PS1 (ID 3)", "P1", "S1") UNIT("PSU1 (ID 4)", "P2", "S2"), "", ""},
	{"a place without a number", COMPONENT_SUPPLY, "Power Supply",
	 UNIT("PS1 (ID 3)", "P1", "S1"), "", ""},
	{"it is not there", COMPONENT_SUPPLY, "PS2",
	 "FRU Device Description : PS2 (ID 4)\n Device not present (Requested sensor, data, or record "
	 "not found)\n",
	 "", ""},
	{"nothing", COMPONENT_SUPPLY, "PS2", "", "", ""},
	{"garbage", COMPONENT_SUPPLY, "PS2", ":::\n\xff:\x80\n:", "", ""},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct component c = {.kind = rows[i].kind};

		(void)str_copy(c.location, sizeof(c.location), rows[i].place);
		fru_text_fill(rows[i].text, strlen(rows[i].text), &c);
		CHECK_STR(rows[i].name, c.part_number, rows[i].part);
		CHECK_STR(rows[i].name, c.serial, rows[i].serial);
		CHECK_STR(rows[i].name, c.location, rows[i].place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
