/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks behind DHCP relays, as [dhcp] relayed names them: "10.2.0.10-10.2.0.250/24@10.2.0.1", the
 * range of addresses with the network's bits, and its router; separated by blanks. The relay's own
 * address says in which of them a host is.
 */
#ifndef PXE_RELAYED_H
#define PXE_RELAYED_H

#include <stdint.h>
#include <base/err.h>
#include <base/vec.h>

#define RELAYED_MAX 64

/* IPv4 addresses in host order. */
struct relayed_network {
	uint32_t start, end, mask, router; /* router 0: none */
};
typedef VEC(struct relayed_network) relayed_list;

/* Strict: ranges and routers lie in their networks, whose addresses of all zeros and all ones are not
 * given out, and networks do not overlap. owns: VEC_DONE(ret), also after an error. errors: ERR_CONFIG
 * with the words that are wrong. */
MUST_CHECK int relayed_parse(const char *text, relayed_list *ret, struct err *err);

#endif
