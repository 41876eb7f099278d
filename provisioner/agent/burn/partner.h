/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between two hosts under test. One takes: a child of the run that reads and forgets what
 * comes from whoever knows the run's ticket. The other sends for some seconds and measures. The
 * server tells who takes where (proto/session.h); what a rate means, burnin/pairs.h.
 */
#ifndef AGENT_BURN_PARTNER_H
#define AGENT_BURN_PARTNER_H

#include <stdint.h>
#include <base/child.h>
#include <base/err.h>

#define PARTNER_TICKET_BYTES 64 /* without its end */
#define PARTNER_TAKES_MAX    2  /* hosts at a time: more would measure each other */

/* Take bytes in a child until partner_take_stop(). in: port 0: any, which *ret_port then holds.
 * trust: none of what comes. errors: ERR_SYS (the port is in use) */
MUST_CHECK int partner_take_start(uint16_t port, const char *ticket, struct child *ret,
				  uint16_t *ret_port, struct err *err);
void partner_take_stop(struct child *taker);

struct partner_send {
	const char *address; /* IPv4 or IPv6 */
	uint16_t port;
	const char *ticket;
	int64_t for_ms;
	bool (*tick)(void *arg); /* false ends it; called often */
	void *arg;
};
/* Send. out: *ret_mbps of all that the other end has taken. blocks: for_ms, and up to half a minute
 * for an end that does not answer. errors: ERR_TIMEOUT, ERR_BUSY (it takes from others), ERR_SYS,
 * ERR_CANCELLED (tick), ERR_INVALID (not an address) */
MUST_CHECK int partner_send(const struct partner_send *s, int64_t *ret_mbps, struct err *err);

/* The card of this host, "eth0", that leads to an address. false: none does. */
bool partner_port_to(const char *address, char ret_name[static 33]);

#endif
