/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks: who wants to be told of events, and the queue that tells them. The event log IS the
 * queue: a hook holds the id of the last event that it is done with, so nothing is lost by a
 * restart. Events go out in order, one at a time for each hook; one that was refused too often
 * becomes a dead letter, and the next one is sent. A receiver may see an event twice (its answer
 * was lost) and tells by the event's id. Nothing here touches the network.
 *
 *  1. webhook_create(), webhook_list(), webhook_remove(): what an administrator does.
 *  2. webhook_take() claims what is to be sent now; the caller sends it.
 *  3. webhook_settle() says how it went. A claim that is not settled ends by itself.
 */
#ifndef INVENTORY_WEBHOOK_H
#define INVENTORY_WEBHOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <inventory/db.h>
#include <base/err.h>

#define WEBHOOKS_MAX             32 /* each is looked at every second */
#define WEBHOOK_URL_MAX_BYTES    1024
#define WEBHOOK_SECRET_MIN_BYTES 16
#define WEBHOOK_SECRET_MAX_BYTES 256
#define WEBHOOK_STORED_MAX_BYTES 512 /* of a secret that the caller has sealed */
#define WEBHOOK_KINDS_MAX        32
#define WEBHOOK_TRIES_DEFAULT    12 /* a little over an hour */
#define WEBHOOK_TRIES_MAX        100

struct webhook_draft {
	const char *name, *url, *secret; /* the secret as it is to be kept: sealed by the caller */
	json_t *kinds;                   /* array of "host.state" or "fault.*", or NULL for all */
	int64_t max_tries;               /* 1 to WEBHOOK_TRIES_MAX */
	int64_t since;                   /* events after this id; -1: from now on */
};
/* errors: ERR_EXISTS, ERR_INVALID with a pointer, ERR_TOO_BIG (too many hooks). The secret is never
 * shown again. out: *ret as webhook_get() */
MUST_CHECK int webhook_create(struct db *db, const struct webhook_draft *d, int64_t now_us,
			      json_t **ret, struct err *err);
/* {"items": [{"id", "name", "url", "kinds", "max_tries", "last_event", "delivered", "dead",
 * "tries", "next", "last_error", "created"}]} */
MUST_CHECK int webhook_list(struct db *db, json_t **ret, struct err *err);
/* errors: ERR_NOT_FOUND */
MUST_CHECK int webhook_get(struct db *db, int64_t num, json_t **ret, struct err *err);
MUST_CHECK int webhook_remove(struct db *db, int64_t num, struct err *err);
/* {"items": newest attempts first, "dead": [{"event", "at", "why", "again"}]}; both are bounded.
 * errors: ERR_NOT_FOUND */
MUST_CHECK int webhook_deliveries(struct db *db, int64_t num, json_t **ret, struct err *err);
/* Send dead letters again: one, or all with event_id 0. out: *ret_n how many.
 * errors: ERR_NOT_FOUND (no such hook, or no such dead letter) */
MUST_CHECK int webhook_redeliver(struct db *db, int64_t num, int64_t event_id, int64_t now_us,
				 int64_t *ret_n, struct err *err);

/* ---- the queue ------------------------------------------------------------------------------- */
struct webhook_job {
	int64_t num, event_id;
	bool again; /* a dead letter */
	int64_t tries, max_tries;
	char name[65], url[WEBHOOK_URL_MAX_BYTES + 1], secret[WEBHOOK_STORED_MAX_BYTES + 1];
	char *body; /* the event as the API shows it */
};
/* Claim the next delivery for lease_us. 1: *ret is filled, 0: nothing is due.
 * owns: webhook_job_done() */
MUST_CHECK int webhook_take(struct db *db, int64_t now_us, int64_t lease_us,
			    struct webhook_job *ret, struct err *err);
void webhook_job_done(struct webhook_job *job);

struct webhook_outcome {
	bool well;
	int status;         /* HTTP, 0: no answer */
	const char *result; /* for people */
	int64_t took_ms;
	uint32_t random; /* spreads the pauses of many hooks */
};
/* Note what came of it. Settling a delivery twice counts once. */
MUST_CHECK int webhook_settle(struct db *db, const struct webhook_job *job,
			      const struct webhook_outcome *o, int64_t now_us, struct err *err);
/* The only writer has just started: whatever it held before, it holds no more. */
MUST_CHECK int webhook_forget_claims(struct db *db, struct err *err);
/* Pause after so many failed tries: a second, doubled each time, at most an hour, and up to a
 * quarter less by chance. Pure. */
int64_t webhook_pause_us(int64_t tries, uint32_t random);

#endif
