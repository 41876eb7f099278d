/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See dhcp_packet.h.
 */
#include "dhcp_packet.h"

#include <string.h>

#define IP_BYTES     20
#define UDP_BYTES    8
#define PROTOCOL_UDP 17

enum { OPTION_PAD = 0, OPTION_END = 255 };

bool dhcp_packet_open(struct cur *packet, unsigned from_port, unsigned to_port,
		      struct cur *ret_bootp, uint8_t source[static 4])
{
	unsigned header_bytes, length, sender;
	const uint8_t *from;
	uint8_t first = cur_u8(packet);

	header_bytes = (first & 0x0fU) * 4;
	if (first >> 4 != 4 || header_bytes < IP_BYTES)
		return false;
	cur_skip(packet, 8);
	if (cur_u8(packet) != PROTOCOL_UDP)
		return false;
	cur_skip(packet, 2);
	from = cur_bytes(packet, 4);
	cur_skip(packet, 4 + header_bytes - IP_BYTES);
	sender = cur_be16(packet);
	if ((from_port && sender != from_port) || cur_be16(packet) != to_port)
		return false;
	length = cur_be16(packet);
	cur_skip(packet, 2);
	if (packet->short_read || length < UDP_BYTES)
		return false;
	memcpy(source, from, 4);
	*ret_bootp = cur_sub(packet, length - UDP_BYTES);
	return !ret_bootp->short_read;
}

struct cur dhcp_packet_option(struct cur options, unsigned wanted)
{
	while (!options.short_read) {
		unsigned code = cur_u8(&options);

		if (code == OPTION_PAD)
			continue;
		if (code == OPTION_END)
			break;
		struct cur value = cur_sub(&options, cur_u8(&options));
		if (code == wanted && !options.short_read)
			return value;
	}
	return cur_of("", 0);
}
