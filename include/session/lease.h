/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The permission to go on, shared between the agent (which renews it with each heartbeat) and the
 * worker process that writes: a page of shared memory, one writer, plain aligned words.
 *
 * The writer may write while the server last said so and no more than lease + grace has passed
 * since that heartbeat was SENT (not answered: the server counts from when it heard it).
 */
#ifndef SESSION_LEASE_H
#define SESSION_LEASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>

#define LEASE_GRACE_MS 120000

struct lease {
	_Atomic int64_t until_boot_ms; /* end of the lease proper; grace comes on top */
	_Atomic bool may_write;
	_Atomic bool stop; /* the running step must end */
};

/* Shared with children forked later. Lives as long as the process. Aborts without memory. */
MUST_CHECK struct lease *lease_new(void);
void lease_renew(struct lease *l, int64_t sent_boot_ms, int64_t lease_s, bool may_write, bool stop);
/* now_boot_ms: CLOCK_BOOTTIME. */
bool lease_may_write(const struct lease *l, int64_t now_boot_ms);

#endif
