/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 2131 packets, one kind each way, with the IP and UDP headers that a packet socket wants.
 * Options: RFC 2132; 93 and 97: RFC 4578. Input: any packet of the provisioning network.
 */
#include <pxe/dhcp_probe.h>

#include <string.h>
#include <base/bytes.h>

#include "dhcp_packet.h"

#define IP_BYTES    20
#define UDP_BYTES   8
#define BOOTP_BYTES 236 /* up to the options */
#define BROADCAST   0x8000U

enum { OPTION_TYPE = 53, OPTION_SERVER = 54, OPTION_END = 255 };
enum { DHCP_OFFER = 2, BOOTREQUEST = 1, BOOTREPLY = 2, ETHERNET = 1, PROTOCOL_UDP = 17 };

const uint8_t dhcp_probe_mac[6] = {0x02, 's', 'l', 'i', 'p', 'w'};

/* ---- asking ---------------------------------------------------------------------------------- */

static void put_be16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put_be32(uint8_t *p, uint32_t value)
{
	put_be16(p, value >> 16);
	put_be16(p + 2, value & 0xffff);
}

/* RFC 1071 */
static unsigned ip_checksum(const uint8_t *p, size_t n_bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n_bytes; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* From 0.0.0.0 to 255.255.255.255; a UDP checksum is not needed in IPv4 (RFC 768). */
static void put_headers(uint8_t *packet)
{
	uint8_t *udp = packet + IP_BYTES;

	packet[0] = 0x45;
	put_be16(packet + 2, DHCP_PROBE_BYTES);
	packet[8] = 64;
	packet[9] = PROTOCOL_UDP;
	memset(packet + 16, 0xff, 4);
	put_be16(packet + 10, ip_checksum(packet, IP_BYTES));
	put_be16(udp, DHCP_CLIENT_PORT);
	put_be16(udp + 2, DHCP_SERVER_PORT);
	put_be16(udp + 4, DHCP_PROBE_BYTES - IP_BYTES);
}

void dhcp_probe_write(uint8_t ret[static DHCP_PROBE_BYTES], uint32_t xid)
{
	static const uint8_t options[] = {
		/* DISCOVER; wanted: netmask, router, TFTP server, boot file */
		OPTION_TYPE, 1, 1, 55, 4, 1, 3, 66, 67,
		/* the vendor class and the architecture (UEFI x86-64) of a client that boots */
		60, 9, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', 93, 2, 0, 7, 94, 3, 1, 3, 16,
		OPTION_END};
	uint8_t *bootp = ret + IP_BYTES + UDP_BYTES;

	memset(ret, 0, DHCP_PROBE_BYTES);
	put_headers(ret);
	bootp[0] = BOOTREQUEST;
	bootp[1] = ETHERNET;
	bootp[2] = sizeof(dhcp_probe_mac);
	put_be32(bootp + 4, xid);
	put_be16(bootp + 10, BROADCAST);
	memcpy(bootp + 28, dhcp_probe_mac, sizeof(dhcp_probe_mac));
	put_be32(bootp + BOOTP_BYTES, DHCP_MAGIC);
	memcpy(bootp + BOOTP_BYTES + 4, options, sizeof(options));
}

/* ---- listening ------------------------------------------------------------------------------- */

static bool is_for_the_probe(struct cur *bootp, uint32_t xid, uint8_t offered[static 4])
{
	const uint8_t *address, *mac;
	bool reply = cur_u8(bootp) == BOOTREPLY;

	cur_skip(bootp, 3);
	reply &= cur_be32(bootp) == xid;
	cur_skip(bootp, 8);
	address = cur_bytes(bootp, 4);
	cur_skip(bootp, 8);
	mac = cur_bytes(bootp, sizeof(dhcp_probe_mac));
	cur_skip(bootp, BOOTP_BYTES - 28 - sizeof(dhcp_probe_mac));
	if (cur_be32(bootp) != DHCP_MAGIC || bootp->short_read || !reply ||
	    memcmp(mac, dhcp_probe_mac, sizeof(dhcp_probe_mac)) != 0)
		return false;
	memcpy(offered, address, 4);
	return true;
}

bool dhcp_answer_read(const uint8_t *packet, size_t n_bytes, uint32_t xid, struct dhcp_answer *ret)
{
	struct cur c = cur_of(packet, n_bytes), bootp;

	memset(ret, 0, sizeof(*ret));
	if (!dhcp_packet_open(&c, DHCP_SERVER_PORT, DHCP_CLIENT_PORT, &bootp, ret->server) ||
	    !is_for_the_probe(&bootp, xid, ret->offered))
		return false;
	struct cur type = dhcp_packet_option(bootp, OPTION_TYPE);
	struct cur server = dhcp_packet_option(bootp, OPTION_SERVER);
	if (server.left_bytes == 4)
		memcpy(ret->server, server.p, 4);
	return type.left_bytes == 1 && *type.p == DHCP_OFFER;
}
