/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a DHCP relay says of the port that a request came by (option 82, RFC 3046). It is evidence of where a
 * machine is plugged in, never of which machine it is. Pure: packets in, texts out.
 */
#ifndef PXE_DHCP_RELAY_H
#define PXE_DHCP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_RELAY_TEXT_BYTES 130 /* 64 bytes as "0x" and digits */

struct dhcp_relayed {
	char mac[18];   /* of the client, lower case */
	char relay[16]; /* its address */
	/* Printable text as the relay sent it; a MAC with colons; anything else as "0x0004...". "" not said. */
	char circuit[DHCP_RELAY_TEXT_BYTES], remote[DHCP_RELAY_TEXT_BYTES];
};
/* Read an IP packet. True when it is a client's request that a relay handed on with option 82.
 * trust: none, every byte is a stranger's. */
bool dhcp_relay_read(const uint8_t *packet, size_t n_bytes, struct dhcp_relayed *ret);

/* "relayed MAC RELAY CIRCUIT REMOTE", the texts in hexadecimal digits ("-": none), and back. trust: little.
 * False when it is something else. */
#define DHCP_RELAY_LINE_BYTES 640
void dhcp_relay_line_write(const struct dhcp_relayed *r, char ret[static DHCP_RELAY_LINE_BYTES]);
bool dhcp_relay_line_parse(const char *line, struct dhcp_relayed *ret);

#endif
