/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab's wire: one bridge with one address, inside the cage's network namespace. It has no way
 * out, so nothing that a guest or a daemon sends can reach a machine outside.
 */
#ifndef LAB_NET_H
#define LAB_NET_H

#include <base/err.h>
#include "scenario.h"

#define LAB_BRIDGE      "slipway0"
#define LAB_SWITCH      "lab-switch" /* what the bridge calls itself in LLDP */
#define LAB_PORT        "port"       /* and its ports: this and a number from 1 */
#define LAB_ADDRESS     "10.83.0.1"
#define LAB_NETMASK     "255.255.255.0"
#define LAB_PREFIX_V6   "fd83:51a7::"
#define LAB_ADDRESS_V6  "fd83:51a7::1"
#define LAB_RANGE_START "10.83.0.100"
#define LAB_RANGE_END   "10.83.0.199"

#define NET_NAME_BYTES 28

/* The bridge of a wire: `appliance` for the appliance's own. And the host's end of a card's cable:
 * `port` is that of the card that netboots, the others are counted from 1. */
void net_bridge_name(const struct lab_wire *w, const char *appliance,
		     char ret[static NET_NAME_BYTES]);
void net_port_name(const char *port, size_t nic_index, char ret[static NET_NAME_BYTES]);

/* Make the bridges that hosts' other cards hang on; nothing else is on them. In the cage, after net_up().
 * errors: ERR_LAB_CAGE. */
MUST_CHECK int net_wires(const struct scenario *s, struct err *err);

/* Bring up lo and the bridge. Call in the cage only. errors: ERR_LAB_CAGE. */
int net_up(struct err *err);

#endif
