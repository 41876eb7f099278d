/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gets old leaves the store (inventory/store_archive.h): each kind that [retention] gives days to is
 * looked at once an hour, and without a pause while there is more. A reader process writes the file,
 * the daemon lists it and deletes its rows, some at a time. For the roof, which calls the tick.
 */
#ifndef SERVER_RETENTION_H
#define SERVER_RETENTION_H

#include <inventory/store_archive.h>
#include <server/flow/flow.h>

#define RETENTION_EVERY_US (3600 * 1000000LL)

struct readers;
struct retention;

struct retention_options {
	struct flow *flow;
	struct readers *readers;
	const char *dir;                 /* of archives; kept by reference */
	int64_t days[_ARCHIVE_KIND_MAX]; /* 0: kept */
};
MUST_CHECK int retention_new(const struct retention_options *o, struct retention **ret,
			     struct err *err);
void retention_tick(struct retention *t);
/* Takes NULL. */
void retention_free(struct retention *t);

#endif
