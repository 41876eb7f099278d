/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drivers of what is in the machine load beside the agent: a step that lists disks or cards
 * must not look too early, whichever step a session begins with.
 */
#ifndef AGENT_DEVICES_READY_H
#define AGENT_DEVICES_READY_H

#include <agent/worker.h>

/* Until the ramdisk's init says so, the step must stop, or a minute has passed: big RAID
 * controllers need half of it to show their volumes. Without that init (tests) at once. blocks. */
void devices_wait(const struct report *out);

#endif
