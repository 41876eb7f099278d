/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon knows of hosts in RAM only: when they made contact last, how far they are.
 * Rebuilt from heartbeats after a restart; nothing is decided from it but that a writer has gone
 * silent.
 */
#ifndef SERVER_LIVE_H
#define SERVER_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>

struct live;

/* Where the port of a host ends, by its facts. */
struct live_port {
	bool known;         /* the facts were read */
	char chassis[129];  /* of the switch; "" not known */
	char far_end[257];  /* switch and port, for people */
	int64_t speed_mbps; /* 0 not known */
};

struct live_host {
	int64_t host_num;
	int64_t seen_us;  /* flow_now_us() of the last sign of life of its session */
	int64_t heard_us; /* the same for people: also of before our start; 0: never */
	int64_t told_us;  /* when the fleet was told of that last */
	bool writing;     /* its session holds a permit */
	bool hung;        /* its silence under test was judged already */
	bool quiet;       /* its silence was told already */
	bool stopping;    /* it runs a step that was ended, and is told to stop */
	int64_t logged;   /* log events stored in this session */
	char address[46]; /* that its agent called from; "" not known */
	struct live_port port;
	/* progress; stage "" when none was told */
	char stage[33], unit[17], message[257];
	int64_t done, total, eta_s; /* eta -1: not known */
	/* How long such a run takes, by its SKU's history: 0: none; asked for once in a step. */
	int64_t typical_s;
	bool typical_is_read;
};

MUST_CHECK struct live *live_new(void);
void live_free(struct live *l);
/* The host's entry; made when there is none. Valid until the next live_at(). */
struct live_host *live_at(struct live *l, int64_t host_num);
/* NULL when there is none. */
const struct live_host *live_find(const struct live *l, int64_t host_num);
/* Forget progress and diagnosis: a step ended or a new session began. */
void live_reset(struct live *l, int64_t host_num);
/* By its own last word its agent runs a step. */
bool live_works(const struct live_host *h);
void live_remove(struct live *l, int64_t host_num);
/* Visit all; the visitor may not add or remove. */
void live_each(struct live *l, void (*visit)(void *arg, struct live_host *h), void *arg);

#endif
