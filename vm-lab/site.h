/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a site has before Slipway comes: a router that answers IPv6 router solicitations, a switch
 * that says by LLDP which port is whose, and, in proxy mode, the DHCP server that gives addresses.
 * They are dnsmasq and lldpd processes of the lab's own.
 *
 * The router matters: iPXE asks for one before it boots, and where nobody answers, the old iPXE in
 * QEMU's option ROM waits 12 s (20.7 s from power-on to the boot script without, 7.2 s with).
 */
#ifndef LAB_SITE_H
#define LAB_SITE_H

#include <sys/types.h>
#include <base/child.h>
#include <base/err.h>
#include "words.h"

struct site {
	struct child router_daemon, switch_daemon, dhcp_daemon;
};

/* folder: for the daemons' logs. errors: ERR_PROCESS_MISSING, ERR_IO. */
MUST_CHECK int site_start(struct site *s, const char *folder, enum dhcp_mode mode, struct err *err);
void site_stop(struct site *s);

/* Start a daemon with its output appended to FOLDER/LOG_NAME, away from our terminal. */
MUST_CHECK int site_spawn(const char *const *argv, const char *folder, const char *log_name,
			  struct child *ret, struct err *err);
/* SIGTERM, wait up to 10 s, SIGKILL; reap. */
void site_end(struct child *c);

#endif
