/* SPDX-License-Identifier: Apache-2.0 */
/* What serial numbers say of lots, with the rules that are shipped. */
#include <tests/harness/check.h>

#include <string.h>

#include <base/str.h>

#include "../../../inventory/parts/serial_rule.h"

#define SEEN_US (1796083200LL * 1000000) /* 2026-12-01 */

static const struct rule_case {
	const char *name, *type, *manufacturer, *serial, *lot, *made; /* NULL: nothing is said */
} cases[] = {
	{"Cisco's year and week", "pci", "Cisco Systems", "FCH1821J0AB", "FCH1821", "2014-W21"},
	{"the first week", "pci", "Cisco", "FCH2601J0AB", "FCH2601", "2022-W01"},
	{"a week that no year has", "pci", "Cisco", "FCH1858J0AB", NULL, NULL},
	{"week 0", "pci", "Cisco", "FCH1800J0AB", NULL, NULL},
	{"a year to come", "pci", "Cisco", "FCH3521J0AB", NULL, NULL},
	{"HPE's last digit of the year", "board", "HPE", "2UX63701NV", "2UX637", "2026-W37"},
	{"its week is not there yet: ten years before", "board", "HPE", "2UX65101NV", "2UX651",
	 "2016-W51"},
	{"the last year that ends in it", "board", "Hewlett Packard Enterprise", "CZJ9210ABC",
	 "CZJ921", "2019-W21"},
	{"of another kind of part", "drive", "HPE", "2UX63701NV", NULL, NULL},
	{"Intel's drive", "drive", "INTEL", "BTLJ816300JG1P0FGN", "BTLJ816", "2018-W16"},
	{"of another site", "drive", "INTEL", "XXLJ816300JG1P0FGN", NULL, NULL},
	{"Dell's day", "psu", "Dell Inc.", "CN1797266B0A2H", "CN1797266B", "2026-W24"},
	{"a day that the month lacks", "psu", "Dell", "CN1797262V0A2H", NULL, NULL},
	{"another vendor", "drive", "Seagate", "FCH1821J0AB", NULL, NULL},
	{"a vendor whose name begins alike", "drive", "Ciscoville", "FCH1821J0AB", NULL, NULL},
	{"nothing", "drive", "Intel", "", NULL, NULL},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct rule_case *c = &cases[i];
		const struct serial_asked asked = {c->type, c->manufacturer, c->serial, SEEN_US};
		struct serial_says says;
		bool said = serial_rule_read(&asked, &says);
		if (said != (c->lot != NULL) ||
		    (said && (!str_eq(says.lot, c->lot) || !str_eq(says.made, c->made))))
			fail_msg("%s: '%s' '%s'", c->name, says.lot, says.made);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests_name("inventory/serial_rule", tests, NULL, NULL);
}
