/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsmasq's log as the beginning of a host's timeline: its lines about DHCP packets become
 * sightings (flow/sightings.h), the rest goes to the daemon's log.
 */
#ifndef SERVER_BOOT_DHCP_WATCH_H
#define SERVER_BOOT_DHCP_WATCH_H

#include <server/flow/flow.h>
#include <base/err.h>

struct dhcp_alone;
struct dhcp_watch;

/* in: fifo, group: see line_pipe.h; NULL: dhcp_watch_fd() is for dnsmasq. */
MUST_CHECK int dhcp_watch_new(struct flow *flow, const char *fifo, gid_t group,
			      struct dhcp_watch **ret, struct err *err);
/* Machines that get no further than DHCP; NULL without a watch. */
struct dhcp_alone *dhcp_watch_alone(const struct dhcp_watch *w);
void dhcp_watch_free(struct dhcp_watch *w);
/* For dnsmasq's log. */
int dhcp_watch_fd(const struct dhcp_watch *w);

#endif
