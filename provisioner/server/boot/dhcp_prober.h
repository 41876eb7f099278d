/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child that asks for other DHCP servers: slipwayd --dhcp-prober INTERFACE ADDRESS. It opens
 * one packet socket that sees nothing but DHCP answers, gives up everything else (user, privileges,
 * system calls), and says who answered on its standard error; dhcp_alarm.h listens.
 */
#ifndef SERVER_DHCP_PROBER_H
#define SERVER_DHCP_PROBER_H

#include <base/err.h>

/* own_address: ours; its answers are not told. Returns only when it cannot go on.
 * errors: ERR_SYS (no such interface, no privilege) */
MUST_CHECK int dhcp_prober_run(const char *interface, const char *own_address, struct err *err);

#endif
