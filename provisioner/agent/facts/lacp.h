/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switch ports that wait for LACP (IEEE 802.1AX): a port of a group passes nothing to a host that does
 * not speak it, as this one before it is installed, unless the switch has a fallback. Only heard, never
 * sent; what is heard tells people what to set on the switch.
 */
#ifndef AGENT_LACP_H
#define AGENT_LACP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/str.h>

#define LACP_ETHERTYPE 0x8809 /* "slow protocols" */
#define LACP_PORTS_MAX 16

struct lacp_port {
	char system[18]; /* the switch's MAC address */
	unsigned key;    /* the group's number, by most switches' habit */
	unsigned port;
	bool waits; /* it passes no frames */
};

/* A whole Ethernet frame. trust: none. false: no LACP, or malformed. */
bool lacp_parse(const void *frame, size_t n_bytes, struct lacp_port *ret);

/* What the cards hear. */
struct lacp_ports {
	size_t n;
	struct lacp_heard {
		char nic[33];
		int64_t until_boot_ms;
		struct lacp_port port;
	} items[LACP_PORTS_MAX];
};

/* A frame that came in on a card. Returns whether there is something new to say. trust: none. */
bool lacp_ports_heard(struct lacp_ports *ports, const char *nic, const void *frame, size_t n_bytes,
		      int64_t now_boot_ms);
/* Those that were silent for three of their longest intervals are gone. */
void lacp_ports_forget(struct lacp_ports *ports, int64_t now_boot_ms);
/* A line for each port that waits, and what to set on the switch; nothing where none does. */
void lacp_ports_advise(const struct lacp_ports *ports, struct str *out);

#endif
