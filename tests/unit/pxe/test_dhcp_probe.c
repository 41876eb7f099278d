/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The question for other DHCP servers, field by field, and which packets answer it: an offer is
 * made here, and each row changes one thing.
 */
#include <tests/harness/check.h>

#include <string.h>
#include <base/str.h>
#include <pxe/dhcp_probe.h>

#define XID       0x12345678U
#define IP        0
#define UDP       20
#define BOOTP     28
#define OPTIONS   (BOOTP + 240)
#define MIN_BYTES (OPTIONS + 10)

static void put(uint8_t *p, const void *bytes, size_t n_bytes)
{
	memcpy(p, bytes, n_bytes);
}

/* 10.0.0.9 offers 10.0.0.50. Returns its length. */
static size_t offer(uint8_t packet[static DHCP_ANSWER_BYTES])
{
	static const uint8_t options[] = {53, 1, 2, 54, 4, 10, 0, 0, 9, 255};

	memset(packet, 0, DHCP_ANSWER_BYTES);
	packet[IP] = 0x45;
	packet[IP + 9] = 17;
	put(packet + IP + 12, "\x0a\x00\x00\x08", 4);
	put(packet + UDP, "\x00\x43\x00\x44", 4);
	packet[UDP + 4] = (uint8_t)((MIN_BYTES - UDP) >> 8);
	packet[UDP + 5] = (uint8_t)(MIN_BYTES - UDP);
	packet[BOOTP] = 2;
	put(packet + BOOTP + 4, "\x12\x34\x56\x78", 4);
	put(packet + BOOTP + 16, "\x0a\x00\x00\x32", 4);
	put(packet + BOOTP + 28, dhcp_probe_mac, 6);
	put(packet + BOOTP + 236, "\x63\x82\x53\x63", 4);
	put(packet + OPTIONS, options, sizeof(options));
	return MIN_BYTES;
}

static const struct {
	const char *name;
	size_t at;
	const char *bytes;
	size_t n_bytes;
	size_t cut_bytes; /* 0: whole */
	bool answers;
	const char *server; /* in hex */
} rows[] = {
	{"an offer", 0, "", 0, 0, true, "0a000009"},
	{"padding before the type", OPTIONS, "\0\0\0\x35\x01\x02\xff", 7, 0, true, "0a000008"},
	{"no server identifier: the sender's address", OPTIONS + 3, "\xff", 1, 0, true, "0a000008"},
	{"an IP header with options", IP, "\x46", 1, 0, false, NULL},
	{"IPv6", IP, "\x65", 1, 0, false, NULL},
	{"IP header too short", IP, "\x44", 1, 0, false, NULL},
	{"TCP", IP + 9, "\x06", 1, 0, false, NULL},
	{"another source port", UDP, "\x00\x44", 2, 0, false, NULL},
	{"another target port", UDP + 2, "\x00\x43", 2, 0, false, NULL},
	{"UDP longer than the packet", UDP + 4, "\xff\xff", 2, 0, false, NULL},
	{"UDP shorter than its header", UDP + 4, "\x00\x07", 2, 0, false, NULL},
	{"UDP ends in the fixed part", UDP + 4, "\x00\xa0", 2, 0, false, NULL},
	{"a question", BOOTP, "\x01", 1, 0, false, NULL},
	{"another exchange", BOOTP + 4, "\x12\x34\x56\x79", 4, 0, false, NULL},
	{"for another host", BOOTP + 33, "x", 1, 0, false, NULL},
	{"no magic: BOOTP", BOOTP + 236, "\0\0\0\0", 4, 0, false, NULL},
	{"an ack", OPTIONS + 2, "\x05", 1, 0, false, NULL},
	{"a type of two bytes", OPTIONS + 1, "\x02", 1, 0, false, NULL},
	{"no type", OPTIONS, "\xff", 1, 0, false, NULL},
	{"a server identifier of three bytes", OPTIONS + 4, "\x03\x0a\x00\x00\xff", 5, 0, true,
	 "0a000008"},
	{"an option longer than the packet", OPTIONS + 3, "\x0c\xff", 2, 0, true, "0a000008"},
	{"cut in the options", 0, "", 0, OPTIONS + 1, false, NULL},
	{"empty", 0, "", 0, 1, false, NULL},
};

static void reads_offers_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t packet[DHCP_ANSWER_BYTES];
		size_t n_bytes = offer(packet);
		struct dhcp_answer a;
		char server[9];

		put(packet + rows[i].at, rows[i].bytes, rows[i].n_bytes);
		n_bytes = rows[i].cut_bytes ? rows[i].cut_bytes : n_bytes;
		CHECK_INT(rows[i].name, dhcp_answer_read(packet, n_bytes, XID, &a),
			  rows[i].answers);
		(void)snprintf(server, sizeof(server), "%02x%02x%02x%02x", a.server[0], a.server[1],
			       a.server[2], a.server[3]);
		if (rows[i].server)
			CHECK_STR(rows[i].name, server, rows[i].server);
		if (rows[i].answers)
			CHECK(rows[i].name, memcmp(a.offered, "\x0a\x00\x00\x32", 4) == 0);
	}
}

static void every_prefix_is_no_offer(void **state)
{
	uint8_t packet[DHCP_ANSWER_BYTES];
	size_t n_bytes = offer(packet);
	struct dhcp_answer a;

	(void)state;
	for (size_t n = 0; n < n_bytes; n++)
		assert_false(dhcp_answer_read(packet, n, XID, &a));
	assert_true(dhcp_answer_read(packet, n_bytes, XID, &a));
}

static void asks_as_firmware_does(void **state)
{
	uint8_t p[DHCP_PROBE_BYTES];
	uint32_t sum = 0;
	struct dhcp_answer a;

	(void)state;
	dhcp_probe_write(p, XID);
	for (size_t i = 0; i < UDP; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff); /* the header's checksum is right */
	assert_memory_equal(p + IP + 16, "\xff\xff\xff\xff", 4);
	assert_memory_equal(p + UDP, "\x00\x44\x00\x43", 4);
	assert_int_equal(p[UDP + 4] << 8 | p[UDP + 5], DHCP_PROBE_BYTES - UDP);
	assert_memory_equal(p + BOOTP, "\x01\x01\x06\x00\x12\x34\x56\x78", 8);
	assert_memory_equal(p + BOOTP + 28, dhcp_probe_mac, 6);
	assert_memory_equal(p + OPTIONS, "\x35\x01\x01", 3);
	assert_non_null(memmem(p + OPTIONS, DHCP_PROBE_BYTES - OPTIONS, "\x3c\x09PXEClient", 11));
	assert_int_equal(p[DHCP_PROBE_BYTES - 1], 0);
	assert_false(dhcp_answer_read(p, sizeof(p), XID, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_offers_only),
		cmocka_unit_test(every_prefix_is_no_offer),
		cmocka_unit_test(asks_as_firmware_does),
	};

	return cmocka_run_group_tests_name("pxe dhcp_probe", tests, NULL, NULL);
}
