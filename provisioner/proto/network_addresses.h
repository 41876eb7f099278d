/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of a network's links: what they are, and what they mean together on one link and on one
 * host. What lies on what: network_rules.h.
 */
#ifndef PROTO_NETWORK_ADDRESSES_H
#define PROTO_NETWORK_ADDRESSES_H

#include <proto/network.h>

struct network_address {
	uint8_t bytes[16]; /* IPv4 in the first four */
	bool v6;
	unsigned bits, prefix;
};

/* "address/prefix" without leading zeros, which some programs take for octal. trust: none */
bool network_address_parse(const char *text, struct network_address *ret);
bool network_address_is_same(const struct network_address *a, const struct network_address *b);

/* Addresses, gateways, routes, DNS servers and search domains of one link.
 * errors: ERR_NETWORK, naming the link and the value */
MUST_CHECK int network_addresses_check(const struct network_link *l, struct err *err);
/* What no two links of a host may share: a gateway of one family, a route, and that each DNS server
 * is of a family that the host has. errors: as above */
MUST_CHECK int network_addresses_check_all(const struct network *n, struct err *err);

#endif
