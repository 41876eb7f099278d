/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token buckets in a hash table of fixed size. Names are kept as a digest of 64 bits: two that share
 * one share a bucket, which only slows both. The figures were measured: the longest burn-in of 24
 * disks sends 400 KiB a minute, and the facts of the largest host have 60 KiB.
 */
#include "quota.h"

#include <stddef.h>
#include <base/limits.h>
#include <base/str.h>

#define SLOTS  4096
#define PROBES 8

static const struct rule {
	int64_t capacity;
	double per_minute;
} rules[_QUOTA_KIND_MAX] = {
	[QUOTA_HOST_BYTES] = {8 * MIB, 2 * MIB},
	[QUOTA_STRANGER_BYTES] = {5 * MIB, 256 * KIB},
	[QUOTA_ADDRESS_BYTES] = {10 * MIB, 4 * MIB},
	[QUOTA_ALL_STRANGERS] = {64 * MIB, 16 * MIB},
	[QUOTA_ADDRESS_BIRTHS] = {8, 2},
	[QUOTA_ALL_BIRTHS] = {300, 60},
	[QUOTA_HOST_ASKS] = {8, 2},
	[QUOTA_ADDRESS_SEEN] = {8, 2},
	[QUOTA_ALL_SEEN] = {300, 60},
	[QUOTA_ADDRESS_CONFLICTS] = {4, 0.1},
	[QUOTA_KEY_CONFLICTS] = {2, 0.1},
	[QUOTA_HOST_OPENS] = {10, 6},
	[QUOTA_ADDRESS_OPENS] = {20, 12},
	[QUOTA_ALL_OPENS] = {300, 900},
};

struct bucket {
	uint64_t name; /* 0: free */
	double left;
	int64_t at_us;
};

struct quota {
	struct bucket slots[SLOTS];
};

struct quota *quota_new(void)
{
	return xcalloc(1, sizeof(struct quota));
}

void quota_free(struct quota *q)
{
	free(q);
}

static uint64_t digest(enum quota_kind kind, const char *name)
{
	uint64_t h = (14695981039346656037ULL ^ (uint64_t)(kind + 1)) * 1099511628211ULL;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 1099511628211ULL;
	return h ? h : 1;
}

/* The bucket of that name, or a full one in the place of the one that rested longest. */
static struct bucket *find(struct quota *q, uint64_t name, const struct rule *r, int64_t now_us)
{
	struct bucket *oldest = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct bucket *b = &q->slots[(name + i) % SLOTS];
		if (b->name == name)
			return b;
		if (!oldest || b->at_us < oldest->at_us)
			oldest = b;
	}
	*oldest = (struct bucket){name, (double)r->capacity, now_us};
	return oldest;
}

bool quota_take(struct quota *q, enum quota_kind kind, const char *name, int64_t n, int64_t now_us)
{
	const struct rule *r = &rules[kind];
	struct bucket *b = find(q, digest(kind, name), r, now_us);

	if (now_us > b->at_us)
		b->left += (double)(now_us - b->at_us) / 60e6 * r->per_minute;
	if (b->left > (double)r->capacity)
		b->left = (double)r->capacity;
	b->at_us = now_us;
	if (b->left < (double)n)
		return false;
	b->left -= (double)n;
	return true;
}

bool quota_take_address(struct quota *q, enum quota_kind kind, const char *address, int64_t n,
			int64_t now_us)
{
	return str_eq(address, "local") || quota_take(q, kind, address, n, now_us);
}
