/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The append-only log of what happened, which is also the change feed: ids count up by one in
 * commit order, so "everything after id N" misses nothing and repeats nothing. Times never run
 * backwards. Events are never changed; they leave the store only for an archive (store_archive.h).
 */
#ifndef INVENTORY_EVENT_H
#define INVENTORY_EVENT_H

#include <jansson.h>
#include <inventory/db.h>
#include <base/err.h>

#define EVENT_SUMMARY_MAX_BYTES 512
#define EVENT_DETAIL_MAX_BYTES  (256 * 1024)

/* A point on the fleet's clock (db_tick). */
struct moment {
	int64_t id;
	int64_t at_us;
};
MUST_CHECK int moment_next(struct db *db, int64_t now_us, struct moment *ret, struct err *err);

struct event_draft {
	int64_t host_num;    /* 0: of no host */
	const char *kind;    /* ours: "host.state", "part.moved"; dotted, lower case */
	const char *actor;   /* "agent", "server", "token:ci", "technician"; NULL: "server" */
	const char *summary; /* one line for people; may hold text from hosts */
	json_t *detail;      /* object or NULL; borrowed */
};

/* Append. out: *ret_id (may be NULL). Call inside a transaction. errors: ERR_TOO_BIG */
MUST_CHECK int event_append(struct db *db, const struct event_draft *e, int64_t now_us,
			    int64_t *ret_id, struct err *err);
/* Append at a moment that was taken for the change itself. One event a moment. */
MUST_CHECK int event_append_at(struct db *db, const struct event_draft *e, const struct moment *m,
			       struct err *err);
/* The detail of a host's newest event of that kind, with "at" and "who" besides, or JSON null. owns:
 * *ret. */
MUST_CHECK int event_latest(struct db *db, int64_t host_num, const char *kind, json_t **ret,
			    struct err *err);
/* The summary of the first event of a kind and a host since a time; "" there is none. */
struct event_of {
	int64_t host_num;
	const char *kind;
	int64_t since_us;
};
MUST_CHECK int event_first_since(struct db *db, const struct event_of *which, char *ret,
				 size_t ret_bytes, struct err *err);
/* Is the newest event about a host's session that its agent fell silent? */
MUST_CHECK int event_session_silent(struct db *db, int64_t host_num, bool *ret, struct err *err);

#endif
