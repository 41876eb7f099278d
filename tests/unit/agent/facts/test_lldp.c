/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LLDP frames: what switches really send, what the standard says to discard, and hostile bytes.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <base/str.h>
#include <agent/facts/lldp.h>

/* Frames as text: TLVs "type:hex" apart by spaces, after the header of a frame to the nearest
 * bridge. */
#define MAC_CHASSIS "1:0400112233aabb"
#define IF_PORT     "2:05457468312f37" /* Eth1/7 */
#define TTL_120     "3:0078"
#define MINIMUM     MAC_CHASSIS " " IF_PORT " " TTL_120

struct frame {
	uint8_t bytes[1500];
	size_t n_bytes;
};

static uint8_t hex_at(const char *p)
{
	const char two[3] = {p[0], p[1], '\0'};

	return (uint8_t)strtoul(two, NULL, 16);
}

static struct frame frame_of(const char *tlvs)
{
	static const uint8_t header[] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e, 0x00,
					 0x11, 0x22, 0x33, 0xaa, 0xbb, 0x88, 0xcc};
	struct frame f = {.n_bytes = sizeof(header)};

	memcpy(f.bytes, header, sizeof(header));
	while (*tlvs) {
		char *hex = NULL;
		unsigned long type = strtoul(tlvs, &hex, 10);
		size_t n = strcspn(hex + 1, " ") / 2;

		f.bytes[f.n_bytes++] = (uint8_t)(type << 1 | n >> 8);
		f.bytes[f.n_bytes++] = (uint8_t)n;
		for (size_t i = 0; i < n; i++)
			f.bytes[f.n_bytes++] = hex_at(hex + 1 + 2 * i);
		tlvs = hex + 1 + 2 * n;
		tlvs += *tlvs == ' ';
	}
	return f;
}

static const struct {
	const char *name, *tlvs;
	const char *chassis, *port, *system, *description;
	int64_t vlan;
	unsigned ttl_s;
} good[] = {
	{"the least", MINIMUM " 0:", "00:11:22:33:aa:bb", "Eth1/7", "", "", 0, 120},
	{"a switch",
	 MINIMUM " 4:746f2061206c6561662073776974636820 5:7377312e6578616d706c65 "
		 "6:4e4f53 7:00140014 127:0080c2010064 127:00120f0100 0:",
	 "00:11:22:33:aa:bb", "Eth1/7", "sw1.example", "to a leaf switch", 100, 120},
	{"no end", MINIMUM " 5:737731", "00:11:22:33:aa:bb", "Eth1/7", "sw1", "", 0, 120},
	{"padded", MINIMUM " 0: 0:000000000000", "00:11:22:33:aa:bb", "Eth1/7", "", "", 0, 120},
	{"ports by MAC", "1:0761626364 2:03a0b1c2d3e4f5 3:0001 0:", "abcd", "a0:b1:c2:d3:e4:f5", "",
	 "", 0, 1},
	{"by address", "1:05010a140001 2:04010a140002 3:0078 0:", "10.20.0.1", "10.20.0.2", "", "",
	 0, 120},
	{"by IPv6 address", "1:0502fd000000000000000000000000000001 " IF_PORT " 3:0078 0:",
	 "fd00::1", "Eth1/7", "", "", 0, 120},
	{"takes its leave", MAC_CHASSIS " " IF_PORT " 3:0000 0:", "00:11:22:33:aa:bb", "Eth1/7", "",
	 "", 0, 0},
	{"control bytes", "1:07611b5b324a 2:05610a62 3:0078 5:c3282d 0:", "a?[2J", "a?b", "?(-", "",
	 0, 120},
	{"another organisation's VLAN", MINIMUM " 127:0012bb010064 0:", "00:11:22:33:aa:bb",
	 "Eth1/7", "", "", 0, 120},
	{"a VLAN TLV of one byte", MINIMUM " 127:0080c20164 0:", "00:11:22:33:aa:bb", "Eth1/7", "",
	 "", 0, 120},
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct frame f = frame_of(good[i].tlvs);
		struct facts_lldp l;
		unsigned ttl_s = 0;

		CHECK(good[i].name, lldp_parse(f.bytes, f.n_bytes, &l, &ttl_s));
		CHECK_STR(good[i].name, l.chassis_id, good[i].chassis);
		CHECK_STR(good[i].name, l.port_id, good[i].port);
		CHECK_STR(good[i].name, l.sys_name, good[i].system);
		CHECK_STR(good[i].name, l.port_description, good[i].description);
		CHECK_INT(good[i].name, l.vlan_id, good[i].vlan);
		CHECK_INT(good[i].name, ttl_s, good[i].ttl_s);
	}
}

static const struct {
	const char *name, *tlvs;
} bad[] = {
	{"nothing", ""},
	{"no port", MAC_CHASSIS " " TTL_120 " 0:"},
	{"another order", IF_PORT " " MAC_CHASSIS " " TTL_120 " 0:"},
	{"no time to live", MAC_CHASSIS " " IF_PORT " 0:"},
	{"a time of one byte", MAC_CHASSIS " " IF_PORT " 3:78 0:"},
	{"a second chassis", MINIMUM " " MAC_CHASSIS " 0:"},
	{"a second port", MINIMUM " " IF_PORT " 0:"},
	{"a second time", MINIMUM " " TTL_120 " 0:"},
	{"an empty chassis", "1: " IF_PORT " " TTL_120},
	{"a chassis without an id", "1:04 " IF_PORT " " TTL_120},
	{"a MAC of five bytes", "1:040011223344 " IF_PORT " " TTL_120},
	{"a MAC of seven bytes", "1:0400112233445566 " IF_PORT " " TTL_120},
	{"an address of no family", "1:05630a140001 " IF_PORT " " TTL_120},
	{"an IPv4 address of five bytes", "1:05010a14000101 " IF_PORT " " TTL_120},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct frame f = frame_of(bad[i].tlvs);
		struct facts_lldp l = {.sys_name = "as it was"};
		unsigned ttl_s = 7;

		CHECK(bad[i].name, !lldp_parse(f.bytes, f.n_bytes, &l, &ttl_s));
		CHECK_STR(bad[i].name, l.sys_name, "as it was");
		CHECK_INT(bad[i].name, ttl_s, 7);
	}
}

static void test_another_ethertype(void **state)
{
	struct frame f = frame_of(MINIMUM);
	struct facts_lldp l;
	unsigned ttl_s;

	(void)state;
	f.bytes[13] = 0xcd;
	assert_false(lldp_parse(f.bytes, f.n_bytes, &l, &ttl_s));
}

/* Cut anywhere: refused, except between two TLVs after the three that must be there. */
static void test_every_prefix(void **state)
{
	struct frame f = frame_of(MINIMUM " 5:737731 0:");
	size_t n_good = 0;

	(void)state;
	for (size_t n = 0; n < f.n_bytes; n++) {
		autofree uint8_t *exact = xmalloc(n + 1);
		struct facts_lldp l;
		unsigned ttl_s;

		memcpy(exact, f.bytes, n);
		n_good += lldp_parse(exact, n, &l, &ttl_s);
	}
	/* after the TTL, and one odd byte of the next head; after the name, and one odd byte */
	assert_int_equal(n_good, 4);
}

/* The largest value of a TLV has 511 bytes; what we keep has 128. */
static void test_long_texts(void **state)
{
	struct frame f = frame_of(MINIMUM);
	struct facts_lldp l;
	unsigned ttl_s;

	(void)state;
	f.bytes[f.n_bytes++] = 5 << 1 | 1;
	f.bytes[f.n_bytes++] = 0xff;
	memset(f.bytes + f.n_bytes, 'x', 511);
	f.n_bytes += 511;
	assert_true(lldp_parse(f.bytes, f.n_bytes, &l, &ttl_s));
	assert_int_equal(strlen(l.sys_name), 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_another_ethertype),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests_name("agent/lldp", tests, NULL, NULL);
}
