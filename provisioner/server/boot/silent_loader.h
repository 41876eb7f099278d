/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines whose firmware is handed the boot loader again and again while the loader never asks
 * itself: with Secure Boot on, firmware refuses a loader that its keys did not sign, and says so on
 * its own screen alone. One event boot.loader_silent for each MAC says what to look at, and again
 * only after a day. Called with the lines of dnsmasq's log.
 */
#ifndef SERVER_BOOT_SILENT_LOADER_H
#define SERVER_BOOT_SILENT_LOADER_H

#include <pxe/dnsmasq.h>
#include <server/flow/flow.h>

struct silent_loader;

MUST_CHECK struct silent_loader *silent_loader_new(struct flow *flow);
/* What a client says about itself. trust: none. */
void silent_loader_client(struct silent_loader *s, const struct dnsmasq_client *client);
/* The message that follows. Writes the event if one is due. trust: none. */
void silent_loader_message(struct silent_loader *s, const struct dnsmasq_line *line);
void silent_loader_free(struct silent_loader *s);

#endif
