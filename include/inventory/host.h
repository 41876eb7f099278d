/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts: one row a machine, named by an id that we make (reference/guard-rails.md, 7.2). The
 * columns that people filter, sort and group by are here; the rest is in the facts document. State
 * names, turns and deadlines are the caller's words: the lifecycle is not known here.
 *
 * Every change keeps the version before it (history), counts the revision up by one and appends an
 * event, in one transaction, the caller's if it has one open. What does not change is not written.
 */
#ifndef INVENTORY_HOST_H
#define INVENTORY_HOST_H

#include <jansson.h>
#include <inventory/db.h>
#include <inventory/event.h>
#include <base/err.h>

#define HOST_ID_BYTES         37
#define HOST_SHORT_CODE_BYTES 9

struct host {
	int64_t num; /* internal row number, never shown */
	char id[HOST_ID_BYTES];
	char short_code[HOST_SHORT_CODE_BYTES];
	char name[129];
	char state[24];
	int64_t state_since_us;
	char state_detail[512];
	char turn[24];
	int64_t deadline_us; /* 0: none */
	char arch[17], firmware[9];
	char manufacturer[129], model[129], serial[129], uuid[37];
	char sku[129], delivery[65];
	char image_digest[65], image_line[129], image_version[129];
	int64_t open_faults;
	bool weak;        /* known only by MACs or disks: its serials are placeholders */
	char review[321]; /* why a person must look at its identity; "" when nobody must */
	int64_t created_us, changed_us, revision;
};

enum host_key {
	HOST_BY_NUM,
	HOST_BY_ID,
	HOST_BY_SHORT_CODE,
	HOST_BY_NAME,
	HOST_BY_SERIAL,
	HOST_BY_MAC
};

/* Find exactly one. in: key text may come from anybody; for HOST_BY_NUM decimal digits. A merged
 * host's old id finds the host it was merged into. errors: ERR_HOST_UNKNOWN, ERR_HOST_AMBIGUOUS */
MUST_CHECK int host_find(struct db *db, enum host_key by, const char *key, struct host *ret,
			 struct err *err);
MUST_CHECK int host_get(struct db *db, int64_t num, struct host *ret, struct err *err);
/* What a person typed: id, short code, MAC, serial or name. Ids and short codes are ours; the others may
 * be any machine's words: what fits two hosts is none. errors: as host_find() */
MUST_CHECK int host_find_any(struct db *db, const char *text, struct host *ret, struct err *err);

/* Where it stands: "ams1, rack R7, unit 12"; "" not known. trust: people's. */
MUST_CHECK int host_place(struct db *db, int64_t num, char *ret, size_t ret_bytes, struct err *err);

struct host_state_change {
	const char *state;
	const char *detail;  /* plain words; NULL: "" */
	const char *turn;    /* whose turn; NULL: "" */
	int64_t deadline_us; /* 0: none */
	const char *actor;   /* for the event; NULL: "server" */
	const char *why;     /* the event that led here, for the event's detail; may be NULL */
};
/* Change state, detail, turn and deadline. state_since_us moves only when the state's name changes,
 * and only then is the event host.state appended (else host.detail). Nothing is written when
 * nothing differs. out: *ret_moment (may be NULL), zeroed when nothing was written. */
MUST_CHECK int host_set_state(struct db *db, int64_t num, const struct host_state_change *c,
			      int64_t now_us, struct moment *ret_moment, struct err *err);

/* What is on a host's disk; "" as digest: nothing known. */
struct host_image {
	const char *digest, *line, *version;
};
MUST_CHECK int host_set_image(struct db *db, int64_t num, const struct host_image *image,
			      int64_t now_us, struct err *err);
/* Set or clear (why "") the question about its identity. */
MUST_CHECK int host_set_review(struct db *db, int64_t num, const char *why, const char *actor,
			       int64_t now_us, struct err *err);

/* Note contact with it now. Cheap: one small row, no history, no event. */
MUST_CHECK int host_touch(struct db *db, int64_t num, int64_t now_us, struct err *err);
/* Visit what an agent works on or waits at: when each made contact last. */
MUST_CHECK int host_each_seen(struct db *db,
			      int (*visit)(void *arg, int64_t num, int64_t seen_us,
					   struct err *err),
			      void *arg, struct err *err);
/* out: *ret_us 0 when never. */
MUST_CHECK int host_last_seen(struct db *db, int64_t num, int64_t *ret_us, struct err *err);

/* Seconds spent in each state so far, from the event log: {"discovered": 3.2, ...}. owns: the
 * caller's. */
MUST_CHECK int host_stages(struct db *db, int64_t num, int64_t now_us, json_t **ret,
			   struct err *err);

/* Visit hosts in a state, oldest in it first. The visitor may not write while it is called; a
 * negative return stops and is passed on. */
MUST_CHECK int host_each_in_state(struct db *db, const char *state,
				  int (*visit)(void *arg, const struct host *h, struct err *err),
				  void *arg, struct err *err);

/* What profiles look at. Texts are borrowed for the visit; "" unknown. */
struct host_traits {
	int64_t num;
	const char *short_code, *serial, *manufacturer, *model, *arch;
	const char *macs;   /* separated by blanks */
	const char *review; /* the open question about its identity */
};
/* Visit every host that is not retired, in order of num, until the visitor returns false. It may
 * not write while it is called. */
MUST_CHECK int host_each_living(struct db *db,
				bool (*visit)(void *arg, const struct host_traits *h), void *arg,
				struct err *err);
MUST_CHECK int host_count_in(struct db *db, const char *state, int64_t *ret, struct err *err);
/* Visit each state that a host is in, with the number of hosts. */
MUST_CHECK int host_count_states(struct db *db,
				 void (*visit)(void *arg, const char *state, int64_t n), void *arg,
				 struct err *err);

#endif
