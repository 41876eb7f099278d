/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The question that finds other DHCP servers: a DHCPDISCOVER as firmware sends it, so that plain
 * servers and servers that answer boot questions only both reply, and the reader of what comes
 * back. Pure: packets in, packets out; who sends them is the caller's affair.
 */
#ifndef PXE_DHCP_PROBE_H
#define PXE_DHCP_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_PROBE_BYTES  328 /* IP, UDP and the smallest BOOTP packet that old relays pass on */
#define DHCP_ANSWER_BYTES 1500
#define DHCP_SERVER_PORT  67
#define DHCP_CLIENT_PORT  68

/* The address that the probe asks for: local, and it reads "slipw" in another server's log. */
extern const uint8_t dhcp_probe_mac[6];

/* The IP packet, to be sent to everybody on the link. xid: any number, given to the reader again.
 */
void dhcp_probe_write(uint8_t ret[static DHCP_PROBE_BYTES], uint32_t xid);

struct dhcp_answer {
	uint8_t server[4];  /* its server identifier (option 54), else where the packet came from */
	uint8_t offered[4]; /* 0.0.0.0 from a server that answers boot questions only */
};
/* Read an IP packet. True when it is an offer that answers the probe with this xid.
 * trust: none, every byte is a stranger's. */
bool dhcp_answer_read(const uint8_t *packet, size_t n_bytes, uint32_t xid, struct dhcp_answer *ret);

#endif
