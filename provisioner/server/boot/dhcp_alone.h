/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that want to boot from the network and get no further than DHCP: firmware asked for an
 * address, and for a minute nobody asked what to boot. They are listed among the machines that were
 * seen (flow/sightings.h), with the time of their first packet and what to look at. Other DHCP clients
 * (installed systems, management controllers) are not firmware, and are not listed.
 *
 * Bounded: a flood of invented MACs loses the oldest ones, and pays from the budget of strangers.
 */
#ifndef SERVER_DHCP_ALONE_H
#define SERVER_DHCP_ALONE_H

#include <pxe/dnsmasq.h>
#include <server/flow/flow.h>

struct dhcp_alone;

MUST_CHECK struct dhcp_alone *dhcp_alone_new(struct flow *flow);
/* What dnsmasq logs: a client's class, then its message. */
void dhcp_alone_client(struct dhcp_alone *d, const struct dnsmasq_client *client);
void dhcp_alone_message(struct dhcp_alone *d, const struct dnsmasq_line *line);
/* It asked what to boot: it is not alone with DHCP. d may be NULL. trust: none of mac */
void dhcp_alone_asked(struct dhcp_alone *d, const char *mac, const char *answer);
/* List those whose minute is over. d may be NULL. */
void dhcp_alone_tick(struct dhcp_alone *d);
void dhcp_alone_free(struct dhcp_alone *d);

#endif
