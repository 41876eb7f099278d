/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that asked what to boot and were not let in: what they said about themselves, so that a
 * person can see them and decide. Nothing is decided from these rows. They are written for
 * strangers, so there are at most SEEN_HOSTS_MAX of them, whatever happens on the network: where
 * one is too many, one that was silent for an hour goes first, then the one that was seen least
 * often. A machine that asks again and again therefore outlasts a flood of invented addresses.
 *
 * TRUST: none. Texts are a host's; callers show them escaped.
 */
#ifndef INVENTORY_SEEN_HOST_H
#define INVENTORY_SEEN_HOST_H

#include <stdint.h>
#include <inventory/db.h>
#include <base/err.h>

#define SEEN_HOSTS_MAX 256

struct seen_host {
	char mac[18]; /* "52:54:00:12:34:56" */
	char uuid[37], serial[129], manufacturer[129], model[129];
	char arch[16];    /* "x86_64", "aarch64", "" no agent for it */
	char firmware[9]; /* "bios", "uefi", "" not known */
	char address[46]; /* it asked from there */
	char answer[129]; /* why it got its own disk */
	int64_t first_us, last_us, times;
};

/* Add one, or what it says now and one more time. in: first_us: 0, or when its first packet came if that is
 * earlier than last_us; times is not read.
 * In a transaction of the caller's. */
MUST_CHECK int seen_host_put(struct db *db, const struct seen_host *h, struct err *err);
/* It is a host now, or was let in: nothing happens when there is no such row. */
MUST_CHECK int seen_host_forget(struct db *db, const char *mac, struct err *err);
/* Visit those that are still no host by their MAC, last seen first. */
MUST_CHECK int seen_host_each(struct db *db,
			      int (*visit)(void *arg, const struct seen_host *h, struct err *err),
			      void *arg, struct err *err);

#endif
