/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of switches and ports that are one, and such that only look alike.
 */
#include <tests/harness/check.h>

#include <inventory/expect/port_name.h>

static void test_ports(void **state)
{
	static const struct {
		const char *name, *a, *b;
		bool same;
	} rows[] = {
		{"field-32 long and short", "GigabitEthernet1/0/3", "Gi1/0/3", true},
		{"field-32 one spelling", "ge-0/0/3", "ge-0/0/3", true},
		{"field-32 one spelling, as a number", "Ethernet12", "Ethernet12", true},
		{"case and blanks", "gigabitethernet 1/0/3", "Gi1/0/3 ", true},
		{"Arista", "Et12", "Ethernet12", true},
		{"Nexus", "Eth1/12", "Ethernet1/12", true},
		{"ten", "Te1/1/1", "TenGigabitEthernet1/1/1", true},
		{"ten, another spelling", "TenGigE0/0/0/1", "Te0/0/0/1", true},
		{"twenty-five", "Twe1/0/1", "TwentyFiveGigE1/0/1", true},
		{"forty", "Fo1/1", "FortyGigabitEthernet1/1", true},
		{"a hundred", "Hu0/0/0/1", "HundredGigE0/0/0/1", true},
		{"four hundred", "FourHundredGigE0/0/0/1", "Fou0/0/0/1", true},
		{"a MAC in two notations", "5254.0012.3456", "52:54:00:12:34:56", true},
		{"another number", "Gi1/0/3", "Gi1/0/30", false},
		{"another slot", "Gi1/0/3", "Gi2/0/3", false},
		{"another kind", "Gi1/0/3", "Te1/0/3", false},
		{"two and twenty-five", "Tw1/0/1", "Twe1/0/1", false},
		{"a hundred and two hundred", "Hu1/1", "TwoHundredGigE1/1", false},
		{"forty and four hundred", "Fo1/1", "Fou1/1", false},
		{"Juniper's and Cisco's", "ge-0/0/3", "Gi0/0/3", false},
		{"a number and a name", "536", "ge-0/0/3", false},
		{"a letter alone names nothing", "E1", "Ethernet1", false},
		{"other words", "swp1", "swp2", false},
		{"words without a number", "Eth", "Ethernet", false},
		{"nothing", "", "", false},
		{"nothing known", "Gi1/0/3", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, port_name_same_port(rows[i].a, rows[i].b), rows[i].same);
		CHECK_INT(rows[i].name, port_name_same_port(rows[i].b, rows[i].a), rows[i].same);
	}
}

static void test_switches(void **state)
{
	static const struct {
		const char *name, *a, *b;
		bool same;
	} rows[] = {
		{"field-32 short and full", "sw01", "sw01.example.net", true},
		{"case", "SW01", "sw01.Example.net", true},
		{"one chassis", "52-54-00-12-34-56", "52:54:00:12:34:56", true},
		{"two domains", "sw01.a.example", "sw01.b.example", false},
		{"another switch", "sw01", "sw011.example.net", false},
		{"an address is a whole", "10", "10.0.0.1", false},
		{"two addresses", "10.0.0.1", "10.0.0.2", false},
		{"nothing", "", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, port_name_same_switch(rows[i].a, rows[i].b), rows[i].same);
		CHECK_INT(rows[i].name, port_name_same_switch(rows[i].b, rows[i].a), rows[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_switches),
	};

	return cmocka_run_group_tests_name("names of ports", tests, NULL, NULL);
}
