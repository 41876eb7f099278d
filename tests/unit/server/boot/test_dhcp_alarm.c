/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the prober says of other DHCP servers, line by line.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <server/boot/dhcp_alarm.h>

static const struct {
	const char *name, *line;
	bool good;
} rows[] = {
	{"an answer", "answer 10.0.0.9 52:54:00:00:00:09 10.0.0.50 eth0", true},
	{"boot answers only", "answer 10.0.0.9 52:54:00:00:00:09 0.0.0.0 eth0", true},
	{"an error", "cannot listen for DHCP answers: Operation not permitted", false},
	{"empty", "", false},
	{"no offer", "answer 10.0.0.9 52:54:00:00:00:09 eth0", false},
	{"no interface", "answer 10.0.0.9 52:54:00:00:00:09 10.0.0.50", false},
	{"an interface too long", "answer 10.0.0.9 52:54:00:00:00:09 10.0.0.50 abcdefghijklmnop",
	 false},
	{"not an address", "answer 10.0.0.999 52:54:00:00:00:09 10.0.0.50 eth0", false},
	{"an address too long", "answer 10.0.0.9999999999 52:54:00:00:00:09 10.0.0.50 eth0", false},
	{"not a MAC", "answer 10.0.0.9 52:54:00:00:00:zz 10.0.0.50 eth0", false},
	{"a short MAC", "answer 10.0.0.9 52:54:00 10.0.0.50 eth0", false},
	{"words after it", "answer 10.0.0.9 52:54:00:00:00:09 10.0.0.50 eth0 x", false},
};

static void reads_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dhcp_alarm_line l;

		CHECK_INT(rows[i].name, dhcp_alarm_line_parse(rows[i].line, &l), rows[i].good);
		if (!rows[i].good)
			continue;
		CHECK_STR(rows[i].name, l.address, "10.0.0.9");
		CHECK_STR(rows[i].name, l.mac, "52:54:00:00:00:09");
		CHECK_STR(rows[i].name, l.interface, "eth0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads_lines)};

	return cmocka_run_group_tests_name("server dhcp_alarm", tests, NULL, NULL);
}
