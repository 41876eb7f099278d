/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ipmitool prints of real controllers, and what must not be believed.
 */
#include <tests/harness/check.h>

#include <agent/facts/bmc.h>

static const char lan[] = "Set in Progress         : Set Complete\n"
			  "Auth Type Support       : NONE MD2 MD5 PASSWORD \n"
			  "Auth Type Enable        : Callback : MD2 MD5 PASSWORD \n"
			  "                        : User     : MD2 MD5 PASSWORD \n"
			  "IP Address Source       : DHCP Address\n"
			  "IP Address              : 10.20.0.31\n"
			  "Subnet Mask             : 255.255.252.0\n"
			  "MAC Address             : 3C:ec:ef:12:34:56\n"
			  "SNMP Community String   : public\n"
			  "Default Gateway MAC     : 00:00:00:00:00:00\n"
			  "802.1q VLAN ID          : Disabled\n";
static const char controller[] = "Device ID                 : 32\n"
				 "Firmware Revision         : 1.73\n"
				 "IPMI Version              : 2.0\n"
				 "Manufacturer ID           : 10876\n"
				 "Manufacturer Name         : Super Micro Computer Inc.\n"
				 "Aux Firmware Rev Info     : \n"
				 "    0x06\n";

static void test_lan(void **state)
{
	static const struct {
		const char *name, *text, *ip, *mac;
	} rows[] = {
		{"a controller", lan, "10.20.0.31", "3c:ec:ef:12:34:56"},
		{"no address yet", "IP Address : 0.0.0.0\nMAC Address : 00:00:00:00:00:00\n", "",
		 ""},
		{"the first counts", "IP Address : 10.0.0.1\nIP Address : 10.0.0.2\n", "10.0.0.1",
		 ""},
		{"a bad one is not replaced", "IP Address : x\nIP Address : 10.0.0.2\n", "", ""},
		{"too long", "IP Address : 10.0.0.1.example\nMAC Address : 3c:ec:ef:12:34:56:78\n",
		 "", ""},
		{"no hexadecimal", "MAC Address : 3c:ec:ef:12:34:5g\n", "", ""},
		{"other separators", "MAC Address : 3c-ec-ef-12-34-56\n", "", ""},
		{"control bytes", "IP Address : 10.0.0.1\x1b[2J\n", "", ""},
		{"no line end", "MAC Address:3c:ec:ef:12:34:56", "", "3c:ec:ef:12:34:56"},
		{"all ones", "IP Address : 255.255.255.255\nMAC Address : ff:ff:ff:ff:ff:ff\n", "",
		 ""},
		{"loopback", "IP Address : 127.0.0.1\nMAC Address : 01:00:5e:00:00:01\n", "", ""},
		{"lines that end in CR",
		 "IP Address : 10.0.0.1\r\nMAC Address : 3c:ec:ef:12:34:56\r\n", "10.0.0.1",
		 "3c:ec:ef:12:34:56"},
		{"nothing", "", "", ""},
		{"colons", ":::\n::\n", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts_bmc b = {0};

		bmc_parse_lan(rows[i].text, &b);
		CHECK_STR(rows[i].name, b.ipv4, rows[i].ip);
		CHECK_STR(rows[i].name, b.mac, rows[i].mac);
	}
}

/* field-26: which of a controller's channels is its network card. */
static void test_channels(void **state)
{
	static const struct {
		const char *name, *channels[4], *ip, *mac;
		int asked; /* channels until one was enough; 0: none was */
	} rows[] = {
		{"field-26 the card is the third channel",
		 {"IP Address : 0.0.0.0\nMAC Address : 3c:ec:ef:00:00:01\n", "",
		  "IP Address : 10.0.0.3\nMAC Address : 3c:ec:ef:00:00:03\n"},
		 "10.0.0.3",
		 "3c:ec:ef:00:00:03",
		 3},
		{"field-26 channel 1 is missing",
		 {"", "IP Address : 10.0.0.2\nMAC Address : 3c:ec:ef:00:00:02\n"},
		 "10.0.0.2",
		 "3c:ec:ef:00:00:02",
		 2},
		{"what is said of a channel that is none",
		 {"Invalid channel: 1\n", "Channel 2 is not a LAN channel!\n",
		  "IP Address Source : DHCP Address\nIP Address : 10.0.0.8\n"
		  "MAC Address : 3c:ec:ef:00:00:08\nUnable to Get Channel Cipher Suites\n"},
		 "10.0.0.8",
		 "3c:ec:ef:00:00:08",
		 3},
		{"the first with an address counts",
		 {"IP Address : 10.0.0.1\nMAC Address : 3c:ec:ef:00:00:01\n",
		  "IP Address : 10.0.0.2\nMAC Address : 3c:ec:ef:00:00:02\n"},
		 "10.0.0.1",
		 "3c:ec:ef:00:00:01",
		 1},
		{"no address anywhere: the first MAC",
		 {"MAC Address : 3c:ec:ef:00:00:01\n", "MAC Address : 3c:ec:ef:00:00:02\n"},
		 "",
		 "3c:ec:ef:00:00:01",
		 0},
		{"an address without a MAC has not another channel's",
		 {"MAC Address : 3c:ec:ef:00:00:01\n", "IP Address : 10.0.0.2\n"},
		 "10.0.0.2",
		 "",
		 2},
		{"a link to the host before the card",
		 {"IP Address : 169.254.3.254\nMAC Address : 3c:ec:ef:00:00:01\n",
		  "IP Address : 10.0.0.2\nMAC Address : 3c:ec:ef:00:00:02\n"},
		 "10.0.0.2",
		 "3c:ec:ef:00:00:02",
		 2},
		{"a link to the host behind a card without an address",
		 {"IP Address : 0.0.0.0\nMAC Address : 3c:ec:ef:00:00:01\n",
		  "IP Address : 169.254.0.17\nMAC Address : 3c:ec:ef:00:00:02\n"},
		 "",
		 "3c:ec:ef:00:00:01",
		 0},
		{"nothing", {""}, "", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts_bmc b = {0};
		int asked = 0;

		for (int k = 0; k < 4 && rows[i].channels[k] && !asked; k++)
			asked = bmc_take_channel(rows[i].channels[k], &b) ? k + 1 : 0;
		CHECK_STR(rows[i].name, b.ipv4, rows[i].ip);
		CHECK_STR(rows[i].name, b.mac, rows[i].mac);
		CHECK_INT(rows[i].name, asked, rows[i].asked);
	}
}

static void test_controller(void **state)
{
	static const struct {
		const char *name, *text, *firmware, *manufacturer;
	} rows[] = {
		{"a controller", controller, "1.73", "Super Micro Computer Inc."},
		{"a maker that the tool does not know",
		 "Firmware Revision : 3.1\nManufacturer Name : Unknown (0x10)\n", "3.1", ""},
		{"control bytes", "Firmware Revision : 1\x07\x1b]0;t\n", "1??]0;t", ""},
		{"nothing", "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts_bmc b = {0};

		bmc_parse_controller(rows[i].text, &b);
		CHECK_STR(rows[i].name, b.firmware, rows[i].firmware);
		CHECK_STR(rows[i].name, b.manufacturer, rows[i].manufacturer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lan),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_controller),
	};

	return cmocka_run_group_tests_name("agent/bmc", tests, NULL, NULL);
}
