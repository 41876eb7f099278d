/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lab knows of a host from the public API: a flat copy of the fields it shows and judges.
 * Reading is lenient about fields that it does not know and strict about types: a field of another
 * type counts as missing. Text that came from a host is made printable here, once.
 */
#ifndef LAB_VIEW_H
#define LAB_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define VIEW_TEXT_BYTES 96

struct host_view {
	bool known; /* the server has it */
	char id[VIEW_TEXT_BYTES];
	char short_code[16];
	char state[32];
	char detail[240];
	char stage[32];                /* what the progress is about */
	char message[VIEW_TEXT_BYTES]; /* and which part of it runs: "read back" */
	char fault[VIEW_TEXT_BYTES];
	char cpu[VIEW_TEXT_BYTES];
	char image_digest[80];
	char switch_name[VIEW_TEXT_BYTES], switch_port[VIEW_TEXT_BYTES];
	int64_t memory_mib, cores, n_drives;
	int64_t done, total, eta_s; /* eta_s -1: not said */
};

/* A repair order as the API shows it. */
#define VIEW_ORDERS_MAX 16
struct view_order {
	char code[VIEW_TEXT_BYTES], part[VIEW_TEXT_BYTES], slot[VIEW_TEXT_BYTES],
		serial[VIEW_TEXT_BYTES];
	bool closed;
};

struct view_stages {
	double discover_s, inspect_s, burn_in_s, image_s, verify_s; /* negative: not known */
};

/* Read the answer to GET /api/v1/hosts/{MAC}. false: not a host. */
bool view_read(const json_t *host, struct host_view *ret, struct view_stages *ret_stages);

/* Whether the state is one that a flow ends in: ready, failed, retired, quarantined. */
bool view_is_final(const struct host_view *v);

/* 0 to 100, or -1 when there is no progress. */
int view_percent(const struct host_view *v);

/* A page ({"items": [...]}) of events: how many are of this kind (which may end in '*'), and the
 * wall time of the first one (0: none). */
unsigned view_events_count(const json_t *page, const char *kind, int64_t *ret_first_us);
/* The repair orders of a page. Returns how many there are, which may be more than VIEW_ORDERS_MAX. */
size_t view_orders(const json_t *page, struct view_order ret[static VIEW_ORDERS_MAX]);
/* How many items a page has. */
unsigned view_page_count(const json_t *page);

#endif
