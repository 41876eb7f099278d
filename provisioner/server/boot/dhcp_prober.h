/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child that asks for other DHCP servers: It opens
 * a packet socket on each link that sees nothing but DHCP, gives up everything else (user, privileges,
 * system calls), and says on its standard error who answered, and what relays say of a host's port; dhcp_alarm.h listens.
 */
#ifndef SERVER_DHCP_PROBER_H
#define SERVER_DHCP_PROBER_H

#include <stddef.h>
#include <base/err.h>

#define DHCP_PROBER_LINKS 17

/* own_address: ours on that link; its answers are not told. */
struct dhcp_prober_link {
	const char *interface, *own_address;
};
/* Returns only when it cannot go on. errors: ERR_SYS (no such interface, no privilege) */
MUST_CHECK int dhcp_prober_run(const struct dhcp_prober_link *links, size_t n, struct err *err);

#endif
