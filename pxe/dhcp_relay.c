/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See pxe/dhcp_relay.h. Sub-options: 1 is the circuit (the port), 2 the remote end (the switch). Makers put text
 * there, or numbers of their own, with a type and a length before a MAC. Input: any packet of the network.
 */
#include <pxe/dhcp_relay.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <base/digest.h>
#include <base/hw_id.h>
#include <base/str.h>
#include <pxe/dhcp_probe.h>

#include "dhcp_packet.h"

#define MAC_AT      28 /* in the BOOTP part */
#define BOOTP_BYTES 236
#define VALUE_MAX   64

enum { BOOTREQUEST = 1, ETHERNET = 1, OPTION_AGENT = 82, AGENT_CIRCUIT = 1, AGENT_REMOTE = 2 };

static bool is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x21 || p[i] > 0x7e)
			return false;
	return n > 0;
}

/* HW: Cisco and others begin with a type and the length of what follows. */
static struct cur without_head(struct cur v)
{
	if (v.left_bytes > 2 && v.p[0] <= 1 && v.p[1] == v.left_bytes - 2 &&
	    (v.left_bytes == MAC_BYTES + 2 || is_text(v.p + 2, v.left_bytes - 2)))
		return cur_of(v.p + 2, v.left_bytes - 2);
	return v;
}

/* A card's address names a switch; a port is text or numbers of the maker's. */
static void put_value(struct cur value, bool may_be_mac, char ret[static DHCP_RELAY_TEXT_BYTES])
{
	struct cur v = without_head(value);

	if (v.left_bytes > VALUE_MAX || v.left_bytes == 0)
		return;
	if (is_text(v.p, v.left_bytes)) {
		memcpy(ret, v.p, v.left_bytes);
		ret[v.left_bytes] = '\0';
	} else if (may_be_mac && v.left_bytes == MAC_BYTES) {
		hw_mac_print(v.p, ret);
	} else {
		memcpy(ret, "0x", 2);
		hex_encode(v.p, v.left_bytes, ret + 2);
	}
}

/* The head of a request up to its options. */
static bool read_head(struct cur *bootp, struct dhcp_relayed *ret)
{
	bool request = cur_u8(bootp) == BOOTREQUEST && cur_u8(bootp) == ETHERNET &&
		       cur_u8(bootp) == MAC_BYTES;
	static const uint8_t none[4];
	const uint8_t *relay, *mac;

	cur_skip(bootp, MAC_AT - 4 - 3);
	relay = cur_bytes(bootp, 4);
	mac = cur_bytes(bootp, MAC_BYTES);
	cur_skip(bootp, BOOTP_BYTES - MAC_AT - MAC_BYTES);
	if (cur_be32(bootp) != DHCP_MAGIC || bootp->short_read || !request ||
	    memcmp(relay, none, sizeof(none)) == 0)
		return false;
	hw_mac_print(mac, ret->mac);
	return inet_ntop(AF_INET, relay, ret->relay, sizeof(ret->relay)) != NULL;
}

bool dhcp_relay_read(const uint8_t *packet, size_t n_bytes, struct dhcp_relayed *ret)
{
	struct cur c = cur_of(packet, n_bytes), bootp;
	uint8_t source[4];

	memset(ret, 0, sizeof(*ret));
	if (!dhcp_packet_open(&c, 0, DHCP_SERVER_PORT, &bootp, source) || !read_head(&bootp, ret))
		return false;
	struct cur agent = dhcp_packet_option(bootp, OPTION_AGENT);
	put_value(dhcp_packet_option(agent, AGENT_CIRCUIT), false, ret->circuit);
	put_value(dhcp_packet_option(agent, AGENT_REMOTE), true, ret->remote);
	return ret->circuit[0] || ret->remote[0];
}

/* ---- as a line ------------------------------------------------------------------------------- */

static void put_digits(const char *text, char ret[static 2 * DHCP_RELAY_TEXT_BYTES])
{
	if (text[0])
		hex_encode((const uint8_t *)text, strlen(text), ret);
	else
		memcpy(ret, "-", 2);
}

void dhcp_relay_line_write(const struct dhcp_relayed *r, char ret[static DHCP_RELAY_LINE_BYTES])
{
	char circuit[2 * DHCP_RELAY_TEXT_BYTES], remote[2 * DHCP_RELAY_TEXT_BYTES];

	put_digits(r->circuit, circuit);
	put_digits(r->remote, remote);
	(void)snprintf(ret, DHCP_RELAY_LINE_BYTES, "relayed %s %s %s %s", r->mac, r->relay, circuit,
		       remote);
}

static bool take_digits(struct sv word, char ret[static DHCP_RELAY_TEXT_BYTES])
{
	char digits[2 * DHCP_RELAY_TEXT_BYTES];
	size_t n = word.n / 2;

	if (sv_eq_str(word, "-"))
		return true;
	if (word.n % 2 || n == 0 || n >= DHCP_RELAY_TEXT_BYTES)
		return false;
	memcpy(digits, word.p, word.n);
	digits[word.n] = '\0';
	return hex_decode(digits, (uint8_t *)ret, n) && is_text((const uint8_t *)ret, n);
}

bool dhcp_relay_line_parse(const char *line, struct dhcp_relayed *ret)
{
	struct sv rest = sv_of(line);
	struct in_addr unused;

	memset(ret, 0, sizeof(*ret));
	if (!sv_eq_str(sv_split(&rest, ' '), "relayed") ||
	    !hw_mac_parse(sv_split(&rest, ' '), MAC_COLON, ret->mac))
		return false;
	struct sv relay = sv_split(&rest, ' ');
	if (relay.n >= sizeof(ret->relay))
		return false;
	memcpy(ret->relay, relay.p, relay.n);
	return inet_pton(AF_INET, ret->relay, &unused) == 1 &&
	       take_digits(sv_split(&rest, ' '), ret->circuit) && take_digits(rest, ret->remote) &&
	       (ret->circuit[0] || ret->remote[0]);
}
