/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling waiting requests and the log what changed, and only what was committed: a notice given
 * inside a transaction is kept until the outermost one commits, and dropped with the transaction or
 * savepoint that is rolled back. Outside a transaction a notice goes out at once.
 *
 *  1. notices_open() when the store is open. 2. notices_*() as things happen. 3. notices_close().
 */
#ifndef SERVER_FLOW_NOTICES_H
#define SERVER_FLOW_NOTICES_H

#include <stdint.h>
#include <base/vec.h>
#include <inventory/host.h>

struct flow;

/* A host's move from one state to another, for the log. */
struct notice_move {
	char host_id[HOST_ID_BYTES];
	const char *from, *to, *event, *why, *code; /* static texts */
};

struct notice {
	int depth;        /* of the transaction that it was given in */
	int64_t host_num; /* 0: of no host in particular */
	bool moved;       /* the host's progress so far means nothing any more */
	struct notice_move move;
};

struct notices {
	/* Wake every request that waits for a topic; NULL: nobody waits. */
	void (*wake)(void *arg, const char *topic);
	void *arg;
	VEC(struct notice) pending;
};

/* Follow the store's transactions. */
void notices_open(struct flow *flow);
void notices_close(struct flow *flow);

/* Wake the requests that wait for this host, and for any event. */
void notices_host_changed(struct flow *flow, int64_t host_num);
/* The same, and the host's progress is forgotten; a change of state is logged. */
void notices_host_moved(struct flow *flow, int64_t host_num, const struct notice_move *move);
/* Wake the requests that wait for any event. */
void notices_events(struct flow *flow);
/* Wake the requests of every host that is known to live, and for any event. At once. */
void notices_all_hosts(struct flow *flow);

#endif
