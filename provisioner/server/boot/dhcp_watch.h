/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsmasq's log as the beginning of a host's timeline: DHCP packets are written down as events of
 * the host that has the MAC, or kept for a while until a host with it appears.
 */
#ifndef SERVER_DHCP_WATCH_H
#define SERVER_DHCP_WATCH_H

#include <server/app.h>

int dhcp_watch_new(struct app *a, struct dhcp_watch **ret, struct err *err);
void dhcp_watch_free(struct dhcp_watch *w);
/* For dnsmasq's standard error. */
int dhcp_watch_fd(const struct dhcp_watch *w);
/* A host has these MACs (separated by blanks) now: write down soon what was kept for them. */
void dhcp_watch_adopt(struct app *a, const char *macs);
/* The same for anything else that was seen of a MAC before its host was known (boot scripts).
 * in: what: "boot.agent". */
void dhcp_watch_note(struct app *a, const char *mac, const char *what, const char *address);

#endif
