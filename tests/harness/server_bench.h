/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slipwayd core in a child process for tests: real store, real HTTP over unix sockets, no nginx,
 * no dnsmasq, an object store that is fake (fake_object_store.c). It can be killed without warning
 * and started again on the same state.
 */
#ifndef TESTS_HARNESS_SERVER_BENCH_H
#define TESTS_HARNESS_SERVER_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct server_bench {
	char dir[64];
	char front[128], admin[128], plan_key[128];
	char store[256];   /* URL */
	char database[64]; /* on PostgreSQL, else "" */
	bool joined;       /* the store is another bench's */
	pid_t pid;
	char image_version[32]; /* of line "debian12"; "" no image */
	bool image_damaged;     /* its objects, on the disk */
	bool shaky;             /* killed and started before each step of host_walk.h */
	char protect[64];       /* [orders] protect */
	bool one_person;        /* [orders] second_person = off */
	long silence_ms; /* after which a writer counts as interrupted; 0: the daemon's own */
	bool real_time;  /* see server_bench_open_real_time() */
	struct bench_clock *clock;
	int ticked_fd; /* a byte for each tick that is over */
	json_t *reply; /* of the last admin call */
	char code[80];
	char etag[80]; /* of the last answer, or "" */
};

/* Make folders under a new temporary one and start. in: zeros, but for b->one_person. */
void server_bench_open(struct server_bench *b);
/* The same with the machine's clock and timers. */
void server_bench_open_real_time(struct server_bench *b);
/* A second appliance on the store of the first (PostgreSQL), with the same keys: agents that reach
 * both by one name trust both. Close it first. */
void server_bench_join(struct server_bench *b, const struct server_bench *first);
/* SIGKILL; and start on what is there. */
void server_bench_stop(struct server_bench *b);
void server_bench_start(struct server_bench *b);
/* SIGKILL, and start again. */
void server_bench_crash(struct server_bench *b);
/* The daemon kills itself before the n-th commit from now on (SQLite); 0: it does not. */
void server_bench_die_at_commit(struct server_bench *b, int n);
/* Stop and remove everything. */
void server_bench_close(struct server_bench *b);
/* Time stands still for the daemon but for these (unless real_time): so nothing happens between two
 * lines of a test. Each request moves it on by a millisecond. */
void server_bench_advance(struct server_bench *b, long ms);
/* Advance by the length of a tick (not in real time), and do once what the daemon does by itself.
 * Returns when it is done. */
void server_bench_tick(struct server_bench *b);
/* The daemon's idea of now, in seconds since 1970. */
long server_bench_now_s(const struct server_bench *b);
/* A request on the admin socket. body: JSON text or NULL. Returns the status. */
int server_bench_admin(struct server_bench *b, const char *method, const char *path,
		       const char *body);
/* The same through the front socket as nginx's TLS side hands it on, with a bearer token (NULL:
 * none). */
int server_bench_as(struct server_bench *b, const char *token, const char *method, const char *path,
		    const char *body);
/* As root, if the row is still of that revision: "\"r7\"". etag NULL: if there is none yet. */
int server_bench_if(struct server_bench *b, const char *etag, const char *method, const char *path,
		    const char *body);
/* As server_bench_as(), with an idempotency key. */
int server_bench_keyed(struct server_bench *b, const char *token, const char *key,
		       const char *method, const char *path, const char *body);
/* A token made by root: its text. words: scopes as JSON strings, separated by commas. */
void server_bench_token(struct server_bench *b, const char *name, const char *owner,
			const char *words, char *ret, size_t ret_bytes);
/* The value of a metric without labels; -1: it does not exist. */
long server_bench_metric(struct server_bench *b, const char *name);
/* One value of the store, read behind the server's back: a number. */
long server_bench_number(struct server_bench *b, const char *sql);
/* Change the store behind a stopped server's back (crashes and restarts it). */
void server_bench_sql(struct server_bench *b, const char *sql);
/* A host's state, from the store; "" when there is no such host. Static buffer. */
const char *server_bench_state(struct server_bench *b, const char *host_id);

#endif
