/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rails before a disk is written: the right one, chosen by identity and never by name, local,
 * unused, without data unless its loss was consented to, and still the same one while it is
 * written.
 *
 *  1. disk_choose(): exactly one drive matches the plan.
 *  2. disk_open(): exclusive; identity read again through the open descriptor.
 *  3. disk_check_unused(), disk_check_data(): before anything is asked of the server.
 *  4. disk_is_same(): again and again while writing.
 *  5. disk_make_unbootable(): when something fails after the partition table was written.
 */
#ifndef AGENT_DISK_GUARD_H
#define AGENT_DISK_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>
#include <proto/plan.h>
#include <proto/record.h>

#include <agent/facts/drives.h>

struct disk_handle {
	int fd;           /* O_RDWR | O_EXCL */
	const char *root; /* of sysfs: "", or a fake tree that outlives the handle */
	unsigned major, minor;
	uint64_t diskseq; /* the kernel's number of this attachment; 0 if it has none */
	struct drive drive;
};

/* errors: ERR_GUARD_SELECTOR (neither WWN nor serial, or no size), ERR_GUARD_DISK_NONE,
 * ERR_GUARD_DISK_AMBIGUOUS, ERR_GUARD_DISK_REMOTE, ERR_AGENT_DISK_READ_ONLY. The result points into
 * the list. */
MUST_CHECK int disk_choose(const drive_list *drives, const struct plan_disk *want,
			   const struct drive **ret, struct err *err);

/* root: "" or a fake tree, for what sysfs says of the device. owns: disk_close(), also after an
 * error. errors: ERR_AGENT_DISK_BUSY, ERR_AGENT_DISK_SWAPPED, ERR_IO */
MUST_CHECK int disk_open(const char *root, const struct drive *drive, struct disk_handle *ret,
			 struct err *err);
void disk_close(struct disk_handle *d);

/* Mounted, swapped on, held by md, dm or bcache, or what the agent itself runs from; also its
 * partitions. root: "" or a fake tree. errors: ERR_AGENT_DISK_BUSY, ERR_AGENT_DISK_BOOT_MEDIUM */
MUST_CHECK int disk_check_unused(const char *root, const char *name, struct err *err);

/* What lies on it, and whether the consent covers it. out: *found is filled in any case.
 * errors: ERR_GUARD_SHARED_FS, ERR_GUARD_DATA, ERR_IO */
MUST_CHECK int disk_check_data(int fd, const struct drive *drive, const char *wipe_consent,
			       text64_list *found, struct err *err);

/* Nobody pulled it and put another one in its place. */
bool disk_is_same(const struct disk_handle *d);
/* The kernel has taken it out of its list: it was pulled, or it failed. */
bool disk_is_gone(const struct disk_handle *d);

/* A written disk must not be started after all: see that it is still the same one, and remove boot
 * sector and partition tables. errors: ERR_AGENT_DISK_SWAPPED, ERR_IMAGE_TARGET, ERR_IO. blocks. */
MUST_CHECK int disk_make_unbootable(const struct disk_handle *d, struct err *err);

#endif
