/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients whose architecture has no boot loader: one event dhcp.no_loader for each MAC and
 * architecture says what to do, and again only after a day. Called with the lines of dnsmasq's log.
 */
#ifndef SERVER_BOOT_NO_LOADER_H
#define SERVER_BOOT_NO_LOADER_H

#include <pxe/dnsmasq.h>
#include <server/flow/flow.h>

struct no_loader;

MUST_CHECK struct no_loader *no_loader_new(struct flow *flow);
/* What a client says about itself. trust: none. */
void no_loader_client(struct no_loader *n, const struct dnsmasq_client *client);
/* The message that follows. Writes the event if one is due. trust: none. */
void no_loader_message(struct no_loader *n, const struct dnsmasq_line *line);
void no_loader_free(struct no_loader *n);

#endif
