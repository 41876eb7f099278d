/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow of hosts: what everything that decides about hosts shares. It knows the store, the image
 * store, the plan key and the clock; it does not know HTTP, routes or boot services. The roof
 * (app.c) fills it; sessions, routes and boot services borrow it.
 *
 * Invariants: one thread. Nothing in here decides alone: what is decided is in the store, and the
 * rest (live hosts, notices) is rebuilt from it or from heartbeats after a restart.
 */
#ifndef SERVER_FLOW_FLOW_H
#define SERVER_FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <base/clock.h>
#include <images/object_store.h>
#include <images/trust_root.h>
#include <inventory/db.h>
#include <proto/plan.h>
#include "notices.h"
#include "outbound.h"
#include "protected.h"

struct live;
struct image_check;
struct quota;
struct sightings;
struct sd_event;
struct sd_event_source;

/* When an order needs a second person; see order_rules.h. */
struct flow_order_policy {
	bool second_person;
	int64_t alone_max; /* hosts that one person may order alone */
};

/* The channel that names the latest images, as latest_tick() saw it last. */
struct flow_channel {
	uint64_t seq;
	int64_t expires_s; /* since 1970; 0: there is none, or none is demanded */
	int freshness;
};

/* Several appliances on one store; see fleet.h. */
struct flow_fleet {
	struct sd_event_source *notices, *post;
	int64_t last_id; /* of the store's clock, at the last tick */
};

/* The URLs of this appliance, as hosts of one of its networks reach it. */
struct flow_urls {
	char plain[64], server[64], objects[80];
};
struct flow_network {
	char address[16];       /* of ours */
	uint32_t network, mask; /* host order */
	struct flow_urls urls;
};
#define FLOW_NETWORKS_MAX 16

struct flow {
	struct sd_event *event; /* borrowed */
	struct db *db;
	struct object_store *objects;
	struct trust_root *root;
	struct live *live;   /* what is known of hosts in RAM: progress, last heartbeat */
	struct quota *quota; /* what strangers may use up */
	struct sightings *sightings;
	struct image_check *image_checks; /* running */

	const struct clock *clock; /* NULL: the system's */
	int64_t wall_anchor_us, boot_anchor_us;
	bool timers_by_hand; /* for tests: nothing happens by itself but when app_tick() is called */
	struct notices notices;

	struct plan_key *plan_key; /* borrowed, as all below */
	const uint8_t *seal_key;   /* for secret_box.h */
	const char *pin;           /* "sha256//BASE64" of the server's TLS key */
	const char *audit_dir;     /* where checkpoints lie */
	const char *burn_in_dir;   /* the operator's burn-in tests; NULL or "": none */
	const char *erase_methods; /* what may be done to erase, in order; NULL: the default */
	struct flow_urls urls;     /* on the first interface */
	struct flow_network networks[FLOW_NETWORKS_MAX]; /* further interfaces */
	size_t n_networks;

	bool stopped;               /* stop-all: nobody may write */
	bool stop_unstored;         /* and the store has not taken it (yet) */
	int64_t silence_us;         /* a writer without contact for this long was interrupted */
	struct protected protected; /* machines that are never a target */
	struct outbound outbound;   /* where webhooks may go */
	struct flow_order_policy orders;
	struct flow_channel channel;
	struct flow_fleet fleet;
	int64_t next_checkpoint_us; /* of the audit log */
};

/* Start counting time. Call first, once. */
void flow_start_clock(struct flow *flow);
/* Now, in microseconds since 1970 UTC, counted by the boot clock from the wall time at our start: a
 * deadline does not jump when somebody sets the clock. Use it for every time that is stored. */
int64_t flow_now_us(const struct flow *flow);

/* The topic that changes with a host ("host:NUM"), for waiting requests. */
#define FLOW_TOPIC_BYTES 48
void flow_topic_of_host(int64_t host_num, char ret[static FLOW_TOPIC_BYTES]);

/* By the address of ours that a host called; the first interface's when it is none of the others. NULL is
 * well. */
const struct flow_urls *flow_urls_at(const struct flow *flow, const char *own_address);
/* By the address that the host's agent called from last; not known, or behind a router: the first
 * interface's. */
const struct flow_urls *flow_urls_of_host(const struct flow *flow, int64_t host_num);

#endif
