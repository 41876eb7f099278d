/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way to the server, in order, until they are acknowledged. An outage makes the box
 * grow, up to a maximum; then the oldest unsent log and progress lines go first, never facts,
 * verdicts, receipts or ends of steps.
 *
 * Sequence numbers are given when an event is first put into a batch, so that what was dropped
 * before leaves no gap; a new session numbers what is left from 1.
 */
#ifndef SESSION_OUTBOX_H
#define SESSION_OUTBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/vec.h>
#include <base/err.h>
#include <proto/events.h>

#define OUTBOX_MAX_EVENTS 20000

struct outbox_event {
	int64_t seq; /* 0: not sent yet */
	enum event_kind kind;
	char plan_id[65];
	char ts[33];
	json_t *data;
	size_t n_bytes; /* about what it takes on the wire */
};

struct outbox {
	VEC(struct outbox_event) events;
	int64_t last_seq;
	uint64_t n_dropped;
};

/* data is taken over. ts: RFC 3339, as the agent believes. */
void outbox_add(struct outbox *o, enum event_kind kind, const char *plan_id, const char *ts,
		json_t *data);
bool outbox_is_empty(const struct outbox *o);
/* The next batch as a body, at most EVENTS_MAX_BATCH events and max_bytes unless one alone is
 * larger; NULL when empty. The caller frees. */
MUST_CHECK char *outbox_batch(struct outbox *o, int64_t epoch, size_t max_bytes);
/* Everything up to seq arrived. */
void outbox_acked(struct outbox *o, int64_t seq);
/* A new session: forget numbers; events of steps of the old session are dropped but for logs. */
void outbox_renumber(struct outbox *o);
void outbox_done(struct outbox *o);

#endif
