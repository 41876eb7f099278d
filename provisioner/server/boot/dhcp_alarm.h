/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other DHCP servers on our network (mode full: there must be none). A child without privileges
 * asks every 30 s, as a host that boots would; who answers beside us becomes an event
 * "dhcp.foreign", and "dhcp.foreign.gone" when it has been silent for a while.
 */
#ifndef SERVER_DHCP_ALARM_H
#define SERVER_DHCP_ALARM_H

#include <server/flow/flow.h>
#include <base/err.h>
#include "boot_config.h"

struct dhcp_alarm;

/* Start the child. errors: ERR_SYS, those of supervised_start() */
MUST_CHECK int dhcp_alarm_start(struct flow *flow, const struct boot_config *config,
				struct dhcp_alarm **ret, struct err *err);
/* NULL is well. blocks: up to 3 s, for the child. */
void dhcp_alarm_stop(struct dhcp_alarm *d);
/* How many are heard now; for metrics. NULL is well. */
unsigned dhcp_alarm_count(const struct dhcp_alarm *d);

/* What the child says of an answer, a line: "answer ADDRESS MAC OFFERED". */
struct dhcp_alarm_line {
	char address[16], mac[18], offered[16];
};
/* trust: little: the child reads strangers' packets. False when it is something else. */
bool dhcp_alarm_line_parse(const char *line, struct dhcp_alarm_line *ret);

#endif
