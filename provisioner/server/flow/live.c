/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of hosts by row number, chained; entries stay where they are until removed.
 */
#include "live.h"

#include <stddef.h>
#include <base/str.h>

#define BUCKETS 4096

struct entry {
	struct live_host host;
	struct entry *next;
};

struct live {
	struct entry *buckets[BUCKETS];
};

struct live *live_new(void)
{
	return xcalloc(1, sizeof(struct live));
}

void live_free(struct live *l)
{
	for (size_t i = 0; l && i < BUCKETS; i++) {
		for (struct entry *e = l->buckets[i], *next; e; e = next) {
			next = e->next;
			free(e);
		}
	}
	free(l);
}

const struct live_host *live_find(const struct live *l, int64_t host_num)
{
	for (struct entry *e = l->buckets[(uint64_t)host_num % BUCKETS]; e; e = e->next)
		if (e->host.host_num == host_num)
			return &e->host;
	return NULL;
}

struct live_host *live_at(struct live *l, int64_t host_num)
{
	struct entry **bucket = &l->buckets[(uint64_t)host_num % BUCKETS];

	for (struct entry *e = *bucket; e; e = e->next)
		if (e->host.host_num == host_num)
			return &e->host;
	struct entry *e = xcalloc(1, sizeof(*e));
	e->host.host_num = host_num;
	e->host.eta_s = -1;
	e->next = *bucket;
	*bucket = e;
	return &e->host;
}

void live_reset(struct live *l, int64_t host_num)
{
	struct live_host *h = live_at(l, host_num);
	int64_t seen_us = h->seen_us, heard_us = h->heard_us, told_us = h->told_us,
		logged = h->logged;
	bool writing = h->writing, stopping = h->stopping;
	char address[sizeof(h->address)];

	(void)str_copy(address, sizeof(address), h->address);
	*h = (struct live_host){.host_num = host_num,
				.seen_us = seen_us,
				.heard_us = heard_us,
				.told_us = told_us,
				.eta_s = -1,
				.logged = logged,
				.writing = writing,
				.stopping = stopping};
	(void)str_copy(h->address, sizeof(h->address), address);
}

bool live_works(const struct live_host *h)
{
	return h->stage[0] && !str_eq(h->stage, "idle");
}

void live_remove(struct live *l, int64_t host_num)
{
	for (struct entry **at = &l->buckets[(uint64_t)host_num % BUCKETS]; *at;
	     at = &(*at)->next) {
		if ((*at)->host.host_num == host_num) {
			struct entry *e = *at;
			*at = e->next;
			free(e);
			return;
		}
	}
}

void live_each(struct live *l, void (*visit)(void *arg, struct live_host *h), void *arg)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct entry *e = l->buckets[i]; e; e = e->next)
			visit(arg, &e->host);
}
