/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parting slipwayd in two, before it reads a byte of a stranger's: the supervisor, which keeps what
 * nginx, dnsmasq and the DHCP prober need (boot/supervisor.h), and the daemon, which gives up
 * everything: user, capabilities, and the way back to them. With units of their own for the
 * programs there is no supervisor, and nothing to keep.
 *
 *  1. halves_part(), after config_resolve(). 2. the daemon runs. 3. halves_join().
 */
#ifndef SERVER_HALVES_H
#define SERVER_HALVES_H

#include <base/child.h>
#include <server/boot/service_user.h>
#include "config.h"

struct halves {
	struct boot_place place;
	struct service_user web, dhcp;
	struct child supervisor;
	int fd; /* to the supervisor; -1: none */
};
#define HALVES_NONE ((struct halves){.supervisor = {.pidfd = -1}, .fd = -1})

struct boot_place halves_place(const struct config *c, bool own_units);
/* As root: gives the state and run folders to the daemon's user first. in: config_path: or NULL.
 * out: *h; afterwards this process is the daemon. errors: ERR_SYS, ERR_IO */
MUST_CHECK int halves_part(struct halves *h, const struct config *c, const char *config_path,
			   bool own_units, struct err *err);
/* The store and what was moved aside are the daemon's again, after root restored them. */
MUST_CHECK int halves_give_state(const struct config *c, struct err *err);
/* Tell the supervisor to stop the programs, and wait for it. blocks: up to 15 s. */
void halves_join(struct halves *h);

#endif
