/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switch and port of a card as a DHCP relay named them, where LLDP named none. What a maker encoded in numbers of
 * its own names nothing. Pure.
 */
#ifndef INVENTORY_EXPECT_RELAYED_PORT_H
#define INVENTORY_EXPECT_RELAYED_PORT_H

#include <stdbool.h>
#include <jansson.h>

#define RELAYED_PORT_BYTES 132

/* nic: of the facts, after facts_add_relayed(). An empty word of the plan fits all. */
bool relayed_port_fits(const json_t *nic, const char *name, const char *port);
/* The switch's name or address; "" not said in plain words. */
const char *relayed_port_switch(const json_t *nic);
/* The port without the VLAN or unit that relays write behind it; "" not said in plain words. */
void relayed_port_name(const json_t *nic, char ret[static RELAYED_PORT_BYTES]);

#endif
