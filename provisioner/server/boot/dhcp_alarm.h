/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other DHCP servers on our network (mode full: there must be none). A process without privileges
 * asks every 30 s, as a host that boots would; who answers beside us becomes an event
 * "dhcp.foreign", and "dhcp.foreign.gone" when it has been silent for a while. The same process hears what
 * relays say of a host's port (pxe/dhcp_relay.h), which goes to the host's timeline.
 */
#ifndef SERVER_DHCP_ALARM_H
#define SERVER_DHCP_ALARM_H

#include <server/flow/flow.h>
#include <base/err.h>
#include "boot_config.h"

struct dhcp_alarm;

/* Listen to the prober, which the supervisor or a unit starts. in: fifo, group: see line_pipe.h;
 * NULL: dhcp_alarm_fd() is for the prober. errors: ERR_SYS */
struct dhcp_alarm_options {
	const struct boot_config *config;
	const char *fifo;
	gid_t group;
};
MUST_CHECK int dhcp_alarm_start(struct flow *flow, const struct dhcp_alarm_options *o,
				struct dhcp_alarm **ret, struct err *err);
int dhcp_alarm_fd(const struct dhcp_alarm *d);
/* NULL is well. */
void dhcp_alarm_stop(struct dhcp_alarm *d);
/* How many are heard now; for metrics. NULL is well. */
unsigned dhcp_alarm_count(const struct dhcp_alarm *d);

/* What the child says of an answer, a line: "answer ADDRESS MAC OFFERED INTERFACE". */
struct dhcp_alarm_line {
	char address[16], mac[18], offered[16], interface[16];
};
/* trust: little: the child reads strangers' packets. False when it is something else. */
bool dhcp_alarm_line_parse(const char *line, struct dhcp_alarm_line *ret);

#endif
