/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: what an agent reports while it works, in batches, numbered without gaps from 1 within a
 * session. They are sent again after an outage; a receiver ignores numbers that it has.
 *
 * Here an event's shape and its kind are checked, and the fields of the small kinds. The data of
 * `facts` is facts.h, of `burnin` one OCP record (burnin/record.h), of `receipt` an image receipt.
 */
#ifndef PROTO_EVENTS_H
#define PROTO_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <proto/record.h>
#include <base/err.h>

#define EVENTS_MAX_BATCH 256

enum event_kind {
	EVENT_LOG,
	EVENT_FACTS,
	EVENT_PROGRESS,
	EVENT_BURNIN,
	EVENT_RECEIPT,
	EVENT_STEP_DONE,
	EVENT_STEP_FAILED,
	_EVENT_KIND_MAX,
};
const char *event_kind_str(enum event_kind kind);
bool event_kind_parse(const char *text, enum event_kind *ret);

struct event {
	int64_t seq;
	char ts[33];
	char kind_name[17];
	char plan_id[65];
	json_t *data;         /* owned by the batch */
	enum event_kind kind; /* set by events_decode */
};

/* POST /agent/v1/sessions/{id}/events */
struct events_batch {
	int64_t epoch;
	VEC(struct event) events;
};
extern const struct field events_batch_fields[];

/* Decode and check a batch: kinds known, sequence numbers rising by one, the data of log, progress,
 * step_done and step_failed well-formed. trust: none. owns: events_batch_done() also after an
 * error. */
MUST_CHECK int events_decode(const void *body, size_t n_bytes, struct events_batch *ret,
			     struct err *err);
void events_batch_done(struct events_batch *b);

struct events_reply {
	int64_t acked;
};
extern const struct field events_reply_fields[];

/* The data of the small kinds. */
struct event_log {
	char level[9]; /* debug, info, warning, error */
	char text[2049];
};
extern const struct field event_log_fields[];

struct event_progress {
	char stage[33];
	int64_t done, total;
	char unit[17];
	int64_t eta_s; /* -1: not known */
	char message[257];
};
extern const struct field event_progress_fields[];

struct event_step_done {
	int64_t seq;
	char result[33]; /* PASS or FAIL after burn_in, "ok" otherwise */
};
extern const struct field event_step_done_fields[];

/* A repair order: the one thing a technician should do. */
struct repair_order {
	char part[65];  /* "disk", "dimm", "cpu", "nic", "psu", .. */
	char slot[129]; /* as printed on the chassis */
	char serial[129];
	char action[513];
};
extern const struct field repair_order_fields[];

struct event_step_failed {
	int64_t seq;
	char code[65]; /* stable error name */
	char detail[513];
	struct repair_order fault;
};
extern const struct field event_step_failed_fields[];

#endif
