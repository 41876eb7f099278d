/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's reader processes (reader.h): a few, started when they are needed, each with one
 * question at a time, ended when nobody asked for a while. The daemon's thread never waits for
 * them: an answer arrives as a notice of the ticket's topic.
 *
 *  1. readers_ask() a question: a ticket, or ERR_BUSY.
 *  2. http_wait() for reader_ticket_topic(), until reader_ticket_state() is no longer RUNNING.
 *  3. reader_ticket_take() the whole answer; or, of an export, reader_ticket_read() piece by piece.
 *  4. reader_ticket_free(): a reader that is still at work is killed.
 */
#ifndef SERVER_READERS_H
#define SERVER_READERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

struct http_server;
struct readers;
struct reader_ticket;
struct sd_event;

/* The topic that is notified when a reader becomes free, and about once a second while any works.
 */
#define READERS_TOPIC "readers"
#define READERS_MAX   4

struct readers_options {
	struct sd_event *event;
	struct http_server *http; /* told of answers */
	const char *store_url;    /* copied */
	const char *const *argv;  /* of the program, NULL-terminated; kept by reference */
};
MUST_CHECK int readers_new(const struct readers_options *o, struct readers **ret, struct err *err);
void readers_free(struct readers *p);

/* So many of a kind at once, so that exports, and passwords that anybody may try, leave readers for
 * other questions. */
enum reader_use { READER_QUESTION, READER_EXPORT, READER_PASSWORD, _READER_USE_MAX };
/* errors: ERR_BUSY (all are at work, or all of this kind), ERR_SYS */
MUST_CHECK int readers_ask(struct readers *p, const json_t *question, enum reader_use use,
			   struct reader_ticket **ret, struct err *err);

enum reader_ticket_state {
	TICKET_RUNNING,
	TICKET_BEGUN, /* an export: pieces may be read */
	TICKET_WHOLE,
	TICKET_FAILED,
};
enum reader_ticket_state reader_ticket_state(const struct reader_ticket *t);
const char *reader_ticket_topic(const struct reader_ticket *t);
/* Of a failed one: *err is filled, the code returned. */
MUST_CHECK int reader_ticket_error(const struct reader_ticket *t, struct err *err);
/* Of a whole one. The caller frees. */
MUST_CHECK char *reader_ticket_take(struct reader_ticket *t, size_t *ret_n_bytes);
/* Up to max bytes of an export; 0: none now, -1: it ended, -2: it failed. */
int64_t reader_ticket_read(struct reader_ticket *t, char *buf, size_t max);
void reader_ticket_free(struct reader_ticket *t);

struct readers_counters {
	unsigned running, at_work;
	uint64_t asked, refused, killed;
};
struct readers_counters readers_counters(const struct readers *p);

#endif
