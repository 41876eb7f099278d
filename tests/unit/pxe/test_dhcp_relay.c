/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What relays of several makers write into option 82, as packets of a card; and packets that are none of theirs.
 */
#include <tests/harness/check.h>

#include <string.h>
#include <base/str.h>
#include <pxe/dhcp_relay.h>

#define UDP     20
#define BOOTP   28
#define OPTIONS (BOOTP + 240)
#define ROOM    600

/* A DISCOVER that 10.2.0.1 hands on, with these bytes as option 82. Returns its length. */
static size_t request(uint8_t packet[static ROOM], const void *agent, size_t n_agent)
{
	size_t n = OPTIONS + 3 + 2 + n_agent + 1;

	memset(packet, 0, ROOM);
	packet[0] = 0x45;
	packet[9] = 17;
	memcpy(packet + UDP, "\x00\x43\x00\x43", 4);
	packet[UDP + 4] = (uint8_t)((n - UDP) >> 8);
	packet[UDP + 5] = (uint8_t)(n - UDP);
	memcpy(packet + BOOTP, "\1\1\6\1", 4);
	memcpy(packet + BOOTP + 24, "\x0a\x02\x00\x01", 4);
	memcpy(packet + BOOTP + 28, "\x52\x54\x00\xAA\x00\x01", 6);
	memcpy(packet + BOOTP + 236, "\x63\x82\x53\x63", 4);
	memcpy(packet + OPTIONS, "\x35\1\1\x52", 4);
	packet[OPTIONS + 4] = (uint8_t)n_agent;
	memcpy(packet + OPTIONS + 5, agent, n_agent);
	packet[OPTIONS + 5 + n_agent] = 255;
	return n;
}

#define BYTES(text) text, sizeof(text) - 1

static void test_makers(void **state)
{
	static const struct {
		const char *name, *agent;
		size_t n_agent;
		const char *circuit, *remote;
	} rows[] = {
		{"text for the port and the switch", BYTES("\1\4Et17\2\5leaf1"), "Et17", "leaf1"},
		{"a MAC for the switch", BYTES("\1\4Et17\2\6\0\x1c\x73\xaa\xbb\xcc"), "Et17",
		 "00:1c:73:aa:bb:cc"},
		{"numbers with a head, a MAC with a head",
		 BYTES("\1\6\0\4\0\x14\1\x11\2\x8\0\6\0\x1c\x73\xaa\xbb\xcc"), "0x000400140111",
		 "00:1c:73:aa:bb:cc"},
		{"text with a head", BYTES("\1\7\1\5Gi1/0\2\7\1\5leaf2"), "Gi1/0", "leaf2"},
		{"the port alone", BYTES("\1\4swp1"), "swp1", ""},
		{"the switch alone", BYTES("\2\5leaf1"), "", "leaf1"},
		{"sub-options that we do not know", BYTES("\x97\1x\1\4Et17\5\4abcd"), "Et17", ""},
		{"a port with a VLAN", BYTES("\1\15Ethernet17:20"), "Ethernet17:20", ""},
		{"a blank in it", BYTES("\1\5Et 17"), "0x4574203137", ""},
		{"a line end in it", BYTES("\1\4Et\n7"), "0x45740a37", ""},
		{"bytes of UTF-8", BYTES("\1\3P\xc3\xb6"), "0x50c3b6", ""},
		{"a zero behind the text", BYTES("\1\5Et17\0"), "0x4574313700", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t packet[ROOM];
		char line[DHCP_RELAY_LINE_BYTES];
		struct dhcp_relayed r, again;
		size_t n = request(packet, rows[i].agent, rows[i].n_agent);

		CHECK(rows[i].name, dhcp_relay_read(packet, n, &r));
		CHECK_STR(rows[i].name, r.mac, "52:54:00:aa:00:01");
		CHECK_STR(rows[i].name, r.relay, "10.2.0.1");
		CHECK_STR(rows[i].name, r.circuit, rows[i].circuit);
		CHECK_STR(rows[i].name, r.remote, rows[i].remote);
		dhcp_relay_line_write(&r, line);
		CHECK(rows[i].name, dhcp_relay_line_parse(line, &again));
		CHECK(rows[i].name, memcmp(&r, &again, sizeof(r)) == 0);
		for (size_t cut = 0; cut < n; cut++) /* every shorter packet ends well */
			(void)dhcp_relay_read(packet, cut, &again);
	}
}

static void test_others(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		const char *bytes;
		size_t n_bytes;
	} rows[] = {
		{"not handed on", BOOTP + 24, BYTES("\0\0\0\0")},
		{"an answer", BOOTP, BYTES("\2")},
		{"to a client", UDP + 2, BYTES("\0\x44")},
		{"not Ethernet", BOOTP + 1, BYTES("\x20")},
		{"a longer address", BOOTP + 2, BYTES("\x10")},
		{"another magic number", BOOTP + 236, BYTES("\0")},
		{"no option 82", OPTIONS + 3, BYTES("\x51")},
		{"option 82 without an end", OPTIONS + 4, BYTES("\xff")},
		{"an empty circuit", OPTIONS + 5, BYTES("\1\0\3\2xx")},
		{"a circuit that goes on behind it", OPTIONS + 5, BYTES("\1\x30")},
		{"TCP", 9, BYTES("\6")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t packet[ROOM];
		struct dhcp_relayed r;
		size_t n = request(packet, "\1\4Et17", 6);

		memcpy(packet + rows[i].at, rows[i].bytes, rows[i].n_bytes);
		CHECK(rows[i].name, !dhcp_relay_read(packet, n, &r));
	}
	uint8_t packet[ROOM], agent[2 + 65] = {1, 65};
	struct dhcp_relayed r;
	memset(agent + 2, 'a', 65);
	CHECK("a circuit that is too long",
	      !dhcp_relay_read(packet, request(packet, agent, sizeof(agent)), &r));
}

static void test_lines(void **state)
{
	static const char *const bad[] = {
		"",
		"relayed",
		"answer 10.0.0.9 52:54:00:00:00:09 10.0.0.50 eth0",
		"relayed 52:54:00:aa:00:01 10.2.0.1 - -",
		"relayed 52:54:00:aa:00:01 10.2.0.1 4574",
		"relayed 52:54:00:aa:00 10.2.0.1 4574 -",
		"relayed 52:54:00:aa:00:01 10.2.0.999 4574 -",
		"relayed 52:54:00:aa:00:01 10.2.0.1111111111111 4574 -",
		"relayed 52:54:00:aa:00:01 10.2.0.1 457 -",
		"relayed 52:54:00:aa:00:01 10.2.0.1 45xx -",
		"relayed 52:54:00:aa:00:01 10.2.0.1 450a -",
		"relayed 52:54:00:aa:00:01 10.2.0.1 4574 - x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct dhcp_relayed r;

		CHECK(bad[i], !dhcp_relay_line_parse(bad[i], &r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_makers),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pxe dhcp_relay", tests, NULL, NULL);
}
