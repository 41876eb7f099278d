/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which switch port each network card is plugged into, heard from LLDP all the time that the agent
 * runs: frames wait in the socket, so nothing ever waits for a switch. A facts document gets what
 * is known when it passes; what is heard later, or not any more, makes a new one.
 *
 *  1. neighbours_open()   2. neighbours_listen() often   3. neighbours_add() to each facts document
 *  4. neighbours_news(), now and then   5. neighbours_close()
 */
#ifndef AGENT_NEIGHBOURS_H
#define AGENT_NEIGHBOURS_H

#include <jansson.h>
#include <base/err.h>
#include <proto/facts.h>

#include "lacp.h"

struct neighbour {
	char nic[33];
	int64_t until_boot_ms;
	struct facts_lldp lldp;
};

struct neighbours {
	int fd;      /* -1: nothing is heard */
	int lacp_fd; /* -1: no LACP is heard */
	struct lacp_ports lacp;
	bool lacp_news; /* since the caller cleared it */
	size_t n, n_joined;
	struct neighbour items[FACTS_MAX_NICS];
	int joined[FACTS_MAX_NICS]; /* interfaces by index */
	json_t *facts;              /* the last document */
	bool changed;               /* since then */
	int64_t due_boot_ms;        /* when a new one may go out */
	int64_t join_boot_ms;
};

/* errors: ERR_SYS (no permission, no packet sockets): the agent goes on without */
MUST_CHECK int neighbours_open(struct neighbours *n, struct err *err);
void neighbours_close(struct neighbours *n);

/* Take what waits in the socket, forget who was silent for too long. Never blocks. */
void neighbours_listen(struct neighbours *n, int64_t now_boot_ms);
/* One frame that came in on a card; used by neighbours_listen(). */
void neighbours_heard(struct neighbours *n, const char *nic, const void *frame, size_t n_bytes,
		      int64_t now_boot_ms);

/* Write what is known into cards of this machine. */
void neighbours_fill(const struct neighbours *n, struct facts_nic *nics, size_t n_nics);

/* Write what is known into a document of facts, and remember it. */
void neighbours_add(struct neighbours *n, json_t *facts, int64_t now_boot_ms);
/* The last document with what has changed since, or NULL. The caller decrefs. */
MUST_CHECK json_t *neighbours_news(struct neighbours *n, int64_t now_boot_ms);

#endif
