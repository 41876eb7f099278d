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
		{"Huawei, ten", "10GE1/0/1", "XGigabitEthernet1/0/1", true},
		{"Huawei, one", "GE1/0/1", "GigabitEthernet1/0/1", true},
		{"Huawei, a hundred", "100GE1/0/1", "100ge1/0/1", true},
		{"H3C, ten", "Ten-GigabitEthernet1/0/1", "XGE1/0/1", true},
		{"H3C, twenty-five", "Twenty-FiveGigE1/0/1", "WGE1/0/1", true},
		{"H3C, forty", "FortyGigE1/0/49", "FGE1/0/49", true},
		{"H3C, a hundred", "HundredGigE1/0/25", "HGE1/0/25", true},
		{"H3C, as described", "GigabitEthernet1/0/1 Interface", "GE1/0/1", true},
		{"H3C, management", "M-GigabitEthernet0/0/0", "MGE0/0/0", true},
		{"H3C, management and not", "M-GigabitEthernet0/0/0", "GigabitEthernet0/0/0",
		 false},
		{"H3C, aggregation", "Bridge-Aggregation1", "BAGG1", true},
		{"Dell", "TenGigabitEthernet 0/1", "Te 0/1", true},
		{"Dell OS10", "ethernet1/1/1", "Eth 1/1/1", true},
		{"Brocade", "10GigabitEthernet1/1/1", "TenGigabitEthernet1/1/1", true},
		{"a channel", "port-channel10", "Po10", true},
		{"a channel, upper case", "Port-Channel10", "port-channel 10", true},
		{"SONiC's channel", "PortChannel0001", "PortChannel1", false},
		{"IOS-XR's bundle", "Bundle-Ether7", "BE7", true},
		{"IOS-XE, the port of its applications", "AppGigabitEthernet1/0/1", "Ap1/0/1",
		 true},
		{"IOS-XR, management", "MgmtEth0/RP0/CPU0/0", "Mg0/RP0/CPU0/0", true},
		{"Arista, management", "Management1", "Ma1", true},
		{"Junos' unit", "xe-0/0/3", "xe-0/0/3.0", true},
		{"Junos' other unit", "xe-0/0/3", "xe-0/0/3.1", false},
		{"no unit elsewhere", "Gi1/0/3", "Gi1/0/3.0", false},
		{"MikroTik", "sfp-sfpplus1", "SFP-SFPPLUS1", true},
		{"MikroTik, in a bridge", "bridge1/ether2", "ether2", true},
		{"MikroTik, another port of the bridge", "bridge1/ether2", "ether3", false},
		{"HPE's description", "Port 12", "12", true},
		{"Netgear's description", "Port: 12", "port12", true},
		{"another port in words", "Port 12", "13", false},
		{"a channel is not a port", "Port-channel12", "12", false},
		{"MikroTik's ether is itself", "ether1", "Ethernet1", false},
		{"Cumulus", "swp1s0", "swp1s0", true},
		{"Cumulus, another lane", "swp1s0", "swp1s1", false},
		{"a trunk is not a port", "ethtrunk1", "Ethernet1", false},
		{"Huawei's trunk is not a port", "Eth-Trunk1", "Ethernet1", false},
		{"Huawei's trunk", "Eth-Trunk1", "eth-trunk1", true},
		{"SONiC's management port", "eth0", "Ethernet0", false},
		{"an unknown longer word", "Gigantic1/0/3", "Gi1/0/3", false},
		{"a longer word", "ethernets1", "Ethernet1", false},
		{"an empty word's number", "1/0/3", "Gi1/0/3", false},
		{"ten and a hundred in figures", "10GE1/0/1", "100GE1/0/1", false},
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
		{"the root's dot", "sw01.example.net.", "sw01", true},
		{"a part of the domain", "sw01.dc1", "sw01.dc1.example.net", true},
		{"Cisco's notation", "5254.0012.3456", "52:54:00:12:34:56", true},
		{"two chassis", "5254.0012.3456", "52:54:00:12:34:57", false},
		{"a part of an address", "10.0", "10.0.0.1", false},
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
