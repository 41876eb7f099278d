/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a DHCP packet that both readers (dhcp_probe.c, dhcp_relay.c) take apart. Input: any packet.
 */
#ifndef PXE_DHCP_PACKET_H
#define PXE_DHCP_PACKET_H

#include <base/bytes.h>

#define DHCP_MAGIC 0x63825363U

/* What lies behind the IP and UDP headers of a packet between these ports (0: from any). out: source: where it came from. trust:
 * none. */
bool dhcp_packet_open(struct cur *packet, unsigned from_port, unsigned to_port,
		      struct cur *ret_bootp, uint8_t source[static 4]);
/* The value of an option, behind the magic number; empty when it is not there or cut off. */
struct cur dhcp_packet_option(struct cur options, unsigned wanted);

#endif
