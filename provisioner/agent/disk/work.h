/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every step that writes to a disk has in common: the rails and the permit before the first
 * write, the permission before each, the disk's identity all along, the signed receipt after the
 * last.
 *
 *  1. fill the first part; disk.fd is -1   2. disk_work_begin()   3. write while
 *  disk_work_may_write()   4. disk_work_receipt()   5. disk_close(&w->disk)
 */
#ifndef AGENT_DISK_WORK_H
#define AGENT_DISK_WORK_H

#include <jansson.h>
#include <base/err.h>
#include <proto/events.h>

#include "guard.h"
#include <agent/steps.h>

struct disk_work {
	const struct step_context *context;
	struct report *out;
	const char *work; /* "image", "erase": the stage in progress, and what the receipt is of */
	const struct plan_disk *want;
	const char *arm_id;
	const char *wipe_consent; /* the serial of the disk whose data may be lost, or "" */

	struct disk_handle disk;
	int64_t identity_checked_ms;
	bool swapped; /* it is not there, or another is in its place: nothing is written any more */
};

/* The plan is still good, exactly one disk is meant, it is local, unused, held by us alone; its
 * data may be lost; the server permits; the lease is there. errors: of plan.h, disk_guard.h, the
 * server's guard.*; ERR_IMAGE_LEASE, ERR_AGENT_STOPPED. blocks. */
MUST_CHECK int disk_work_begin(struct disk_work *w, struct err *err);

/* Until the next heartbeat has come: also after a while in which none could. errors: ERR_IMAGE_LEASE,
 * ERR_AGENT_STOPPED. blocks: for a minute at most. */
MUST_CHECK int disk_work_wait_for_lease(struct disk_work *w, struct err *err);

/* Cheap: asks the lease each time and the disk's identity once a second. */
bool disk_work_may_write(struct disk_work *w);

/* Progress without numbers. */
void disk_work_say(struct disk_work *w, const char *message);
/* With bytes; started_ms: when this stage began, for the time that is left. */
void disk_work_progress(struct disk_work *w, const char *message, int64_t started_ms,
			uint64_t done_bytes, uint64_t total_bytes);

/* Sign and queue the receipt. report is taken. errors: of receipt_seal() */
MUST_CHECK int disk_work_receipt(struct disk_work *w, json_t *report, struct err *err);

/* Writing has failed: was it because the disk went away, or is another one in its place? Then *err
 * becomes ERR_AGENT_DISK_LOST or ERR_AGENT_DISK_SWAPPED and keeps the words of the first error.
 * in: when: "while it was written". Returns -err->code. blocks: for up to two seconds, because the
 * kernel lists a pulled disk for a moment. */
MUST_CHECK int disk_work_failed(struct disk_work *w, const char *when, struct err *err);

/* For an error that speaks about the disk itself: the repair order that names it; else NULL. */
const struct repair_order *disk_work_order(const struct disk_work *w, const struct err *err,
					   struct repair_order *order);

#endif
