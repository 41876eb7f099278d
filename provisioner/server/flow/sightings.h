/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen of a MAC before its host was known (DHCP packets, boot scripts): kept in a ring for
 * a while, and written down as events of the host that has the MAC, so that a host's timeline
 * begins with its first packet. Nothing is decided from it.
 */
#ifndef SERVER_FLOW_SIGHTINGS_H
#define SERVER_FLOW_SIGHTINGS_H

#include <stdbool.h>
#include <base/err.h>
#include <inventory/seen_host.h>

struct flow;
struct sightings;

MUST_CHECK int sightings_new(struct flow *flow, struct sightings **ret, struct err *err);
void sightings_free(struct sightings *s);
/* Remember one. Neither looks up nor writes here: a boot answer must not wait for a disk.
 * in: what: "boot.agent", or a DHCP message; text: where, or why; for FACTS_RELAYED_EVENT
 *     its detail as JSON. trust: text is a host's.
 * Returns false when the same was noted within the last minute. */
bool sightings_note(struct flow *flow, const char *mac, const char *what, const char *text);
/* A machine that was not let in: write down soon what it said, if its address's budget and that of
 * all strangers permit. in: first_us as for seen_host_put(); last_us and times are not read. trust: none. */
void sightings_seen(struct flow *flow, const struct seen_host *h);
/* A host has these MACs (separated by blanks) now: write down soon what was kept for them. */
void sightings_adopt(struct flow *flow, const char *macs);

/* Write down what waits. Only where time is moved by hand (flow.timers_by_hand). */
void sightings_tick(struct flow *flow);

#endif
