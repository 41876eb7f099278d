/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's side of nginx, dnsmasq and the DHCP prober: it listens to their lines, has them
 * started by the supervisor (supervisor.h), and finds out whether they serve. Where units of their
 * own start them, it looks only.
 *
 *  1. services_open(). 2. services_start(): on_end is called once, with ERR_OK when every port is
 *  bound by our own programs and a request goes through nginx to us, or else with what is in the
 *  way. 3. services_stop().
 */
#ifndef SERVER_SERVICES_H
#define SERVER_SERVICES_H

#include <base/err.h>

#include "boot_server.h"

/* Pipes for their lines. errors: ERR_SYS */
MUST_CHECK int services_open(struct boot_server *b, struct err *err);
/* Who nginx is: it may use the front socket. -1: nobody but root and ourselves. */
void services_front_ids(const struct boot_server *b, int64_t *ret_uid, int64_t *ret_gid);
/* Start what the configuration asks for. on_end: see above; also later, when a program will not run
 * with its configuration. errors: ERR_SYS */
MUST_CHECK int services_start(struct boot_server *b,
			      void (*on_end)(void *arg, const struct err *err), void *arg,
			      struct err *err);
void services_stop(struct boot_server *b);

#endif
