/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the daemon may connect to because a token named a URL: never to this machine (loopback, its
 * own addresses), never to link-local, multicast or reserved addresses, also not where IPv6 embeds
 * them. Private networks are normal here and stay reachable; [webhooks] allow lists exceptions.
 *
 * The check that counts is outbound_check() on the address of each connection, after the name was
 * resolved. outbound_check_url() refuses early what needs no name server to be refused.
 */
#ifndef SERVER_OUTBOUND_H
#define SERVER_OUTBOUND_H

#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

struct sockaddr;

#define OUTBOUND_NETWORKS_MAX 32

struct outbound_network {
	uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;
};

struct outbound {
	struct outbound_network allowed[OUTBOUND_NETWORKS_MAX];
	size_t n_allowed;
};

/* words: addresses or ADDRESS/BITS, separated by blanks or commas. errors: ERR_CONFIG */
MUST_CHECK int outbound_parse(const char *words, struct outbound *ret, struct err *err);
/* errors: ERR_OUTBOUND, naming the address and its kind. Asks the kernel for the machine's own
 * addresses. */
MUST_CHECK int outbound_check(const struct outbound *o, const struct sockaddr *to, struct err *err);
/* A URL whose host is an address, in any form that libcurl reads as one, or names this machine;
 * other names are left to outbound_check(). errors: ERR_OUTBOUND, ERR_INVALID. trust: none. */
MUST_CHECK int outbound_check_url(const struct outbound *o, const char *url, struct err *err);

#endif
