/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's log on its way to the server: from the first contact on it is part of the host's timeline, as log
 * events of some lines each. Of a host whose kernel says too much, warnings and worse go on for a while, then
 * nothing, and the last event says so.
 *
 *  1. kernel_feed_open(), then kernel_feed_begin() if the boot before left something. 2. kernel_feed_next() now and then. 3. kernel_feed_close().
 */
#ifndef AGENT_KERNEL_FEED_H
#define AGENT_KERNEL_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <proto/events.h>

#define KERNEL_FEED_ALL_BYTES ((size_t)32 * 1024) /* of every line, in a boot */
#define KERNEL_FEED_WORSE_BYTES                                                                    \
	((size_t)64 * 1024) /* with those of warnings and worse after that */

struct kernel_feed {
	int fd; /* -1: there is no log to read */
	size_t n_bytes;
	bool cut;              /* it was said that lines are left out */
	bool has_warning;      /* in the event that fills */
	bool apart;            /* nothing is added to it */
	struct event_log fill; /* level "": empty */
};

/* path: "/dev/kmsg". A log that cannot be read feeds nothing. */
void kernel_feed_open(struct kernel_feed *f, const char *path);
/* A warning that goes before the first line, an event of its own. */
void kernel_feed_begin(struct kernel_feed *f, const char *text);
/* The next event, when there is one. Does not block. */
bool kernel_feed_next(struct kernel_feed *f, struct event_log *ret);
void kernel_feed_close(struct kernel_feed *f);

/* One record of the kernel's ("6,339,5140900,-;text") into the event that fills. True when *ret holds one that is
 * full, before this line. trust: none: devices choose words in it. */
bool kernel_feed_take(struct kernel_feed *f, const char *record, size_t n_bytes,
		      struct event_log *ret);

#endif
