/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bench: one cage's wire, server, disks and hosts, for one scenario and those that continue it.
 * Lives in the worker inside the cage. Setting up and taking down is here; what happens in between
 * is play.h, and what it is worth is judge.h.
 *
 *  1. bench_open(); 2. play() and judge() per scenario, bench_next() between two; 3. bench_close().
 */
#ifndef LAB_BENCH_H
#define LAB_BENCH_H

#include <base/digest.h>
#include <base/err.h>
#include "api.h"
#include "guest.h"
#include "hypervisor.h"
#include "places.h"
#include "scenario.h"
#include "server.h"
#include "site.h"
#include "view.h"

enum host_phase {
	PHASE_FLOW,     /* the server leads it to a final state */
	PHASE_COMMANDS, /* ready: commands run in the installed system */
	PHASE_CYCLE,    /* ready: power-cycled, must come up from its own disk */
	PHASE_DONE,
};

/* A cable of a card, or the port that it is in. */
struct cable {
	int64_t back_due_ms; /* put back then; 0: nothing due */
	int64_t open_due_ms; /* the port forwards from then on; 0: it does */
	unsigned loss_percent;
};

struct bench_host {
	const struct lab_host *spec; /* belongs to the scenario */
	struct lab_host now;         /* what has become of it: disks swapped, a module pulled */
	char *console_path, *nvram_path, *disk_paths[LAB_MAX_DISKS], *xml;
	char disk_hex[LAB_MAX_DISKS][SHA256_HEX_BYTES]; /* before the first power-on */
	enum host_phase phase;
	struct host_view view;
	struct view_stages stages;
	int64_t power_on_ms, power_on_wall_us; /* the first one */
	int64_t power_due_ms;                  /* power comes back then; 0: nothing due */
	int64_t thaw_due_ms;                   /* its CPUs go on then; 0: nothing due */
	struct cable cables[LAB_MAX_NICS + 1]; /* the first: of the card that netboots */
	bool off_by_deed;
	struct host_view
		left; /* when a deed took its power, for what the server says of it since */
	double contact_s, total_s; /* from power-on; negative: not reached */
	int64_t ready_seen_ms;
	uint64_t console_mark;    /* where the output of the last power-on starts */
	int64_t cycle_started_ms; /* 0: between two cycles */
	unsigned own_boots;
	unsigned imaged_times;
	struct view_order orders[VIEW_ORDERS_MAX];
	size_t n_orders;
	struct guest_run guest;
	char trouble[ERR_MSG_MAX_BYTES]; /* what went wrong in the lab's eyes, "" when nothing */
};

struct action_state {
	bool begun; /* its moment has come; it is done as soon as it can be */
	unsigned done;
	int64_t next_ms;
};

struct bench {
	const struct scenario *s;
	const struct lab_places *places; /* borrowed */
	char *trust_root;
	char *guest_key, *guest_public; /* NULL: no command is expected */
	char *folder; /* of the first scenario of the group: server, disks, libvirt */
	struct site site;
	struct server server;
	struct api *api;
	struct hypervisor *hypervisor;
	struct bench_host hosts[LAB_MAX_HOSTS];
	size_t n_hosts;
	struct action_state actions[LAB_MAX_ACTIONS];
	int64_t started_ms;
	bool appliance_is_off; /* the scenario wants to see hosts without it */
};

/* Make everything and power nothing on. errors: those of the pieces; say so and bench_close(). */
MUST_CHECK int bench_open(struct bench *b, const struct scenario *s,
			  const struct lab_places *places, const char *folder, struct err *err);
/* Go on with the next scenario of the group: same hosts, new orders. */
void bench_next(struct bench *b, const struct scenario *s);
/* Change a host that is off: good disks, with serials of their own, for its bad ones; a new disk for the one
 * with this index; no module in that slot; another time in its RTC. bench_describe() makes it so. */
void bench_swap_bad_disks(struct bench_host *h);
MUST_CHECK int bench_swap_disk(struct bench_host *h, size_t index, struct err *err);
void bench_pull_dimm(struct bench_host *h, size_t index);
void bench_set_clock(struct bench_host *h, int64_t rtc_wall_s);
MUST_CHECK int bench_describe(struct bench *b, struct bench_host *h, struct err *err);
/* Power on, noting when. */
MUST_CHECK int bench_power_on(struct bench *b, struct bench_host *h, struct err *err);
/* Power everything off and stop the server; frees. keep: leave disks and server state. */
void bench_close(struct bench *b, bool keep);

#endif
