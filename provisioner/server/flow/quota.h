/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers may use up in a time: a bucket for each kind and name (a host, an address, or all
 * together), filled at a steady rate. RAM only: a restart fills every bucket. It counts;
 * the caller refuses. Pure but for its own table, so that tests bring the clock.
 *
 * Invariant: the table has a fixed size. When it is full the bucket that was used longest ago is
 * given away; whoever takes many names meets the bucket of all together first.
 *
 * How to add a kind: a name here and a row in quota.c.
 */
#ifndef SERVER_FLOW_QUOTA_H
#define SERVER_FLOW_QUOTA_H

#include <base/err.h>
#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>

enum quota_kind {
	QUOTA_HOST_BYTES,        /* events of a host that a person or a profile approved */
	QUOTA_STRANGER_BYTES,    /* events of one that nobody approved yet */
	QUOTA_ADDRESS_BYTES,     /* events from one address */
	QUOTA_ALL_STRANGERS,     /* events of all that nobody approved, in bytes */
	QUOTA_ADDRESS_BIRTHS,    /* new hosts from one address */
	QUOTA_ALL_BIRTHS,        /* new hosts */
	QUOTA_ADDRESS_CONFLICTS, /* hosts whose identity one address puts in question */
	QUOTA_KEY_CONFLICTS,     /* the same by the key of an agent */
	QUOTA_HOST_ASKS,         /* other keys that ask for one host */
	QUOTA_ADDRESS_SEEN,      /* notes of machines that are not let in, from one address */
	QUOTA_ALL_SEEN,          /* notes of machines that are not let in */
	QUOTA_HOST_OPENS,        /* sessions asked for in the name of one host */
	QUOTA_ADDRESS_OPENS,     /* other sessions that one address asks for */
	QUOTA_ALL_OPENS,         /* the same of all addresses */
	_QUOTA_KIND_MAX,
};

/* New hosts wait for a person while so many that nobody approved are in the store. */
#define QUOTA_UNAPPROVED_HOSTS 1000

struct quota;
MUST_CHECK struct quota *quota_new(void);
void quota_free(struct quota *q);

/* Take n from the bucket of that kind and name. False: there is less in it, and nothing is taken.
 * in: name "" for kinds that have one bucket; TRUST: none. */
bool quota_take(struct quota *q, enum quota_kind kind, const char *name, int64_t n, int64_t now_us);
/* The same by an address, as http_peer() returns it: "local", which nginx never says, is free. */
bool quota_take_address(struct quota *q, enum quota_kind kind, const char *address, int64_t n,
			int64_t now_us);

#endif
