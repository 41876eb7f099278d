/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host whose armed disk is not there any more: it was there when the host was inspected, so it was
 * pulled or it failed. That is a repair order for a technician, and not a mistake in a profile.
 */
#ifndef SERVER_FLOW_LOST_DISK_H
#define SERVER_FLOW_LOST_DISK_H

#include <stdint.h>
#include <base/err.h>
#include "engine.h"
#include "flow.h"

/* The code of the fault, among those of burn-in that name a part. */
#define LOST_DISK_FAULT "disk-lost"

struct lost_disk {
	char slot[129], serial[129];
	char action[400], detail[600];
};

/* An agent has failed with ERR_GUARD_DISK_NONE. Is the disk of the newest arm one that the host had?
 * Then e speaks of the lost disk, with what failed first since it was armed; ret must live as long
 * as e. in: e->detail: what the agent says. Returns 1, or 0 when e stays as it is. */
MUST_CHECK int lost_disk_blame(struct flow *flow, int64_t host_num, struct engine_event *e,
			       struct lost_disk *ret, struct err *err);

#endif
