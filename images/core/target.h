/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk or file that an image is written to: large direct writes, zeroed ranges, reading back,
 * and making sure that no partition table is valid while an image is incomplete.
 */
#ifndef IMAGES_CORE_TARGET_H
#define IMAGES_CORE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

#define TARGET_EDGE_BYTES                                                                          \
	(1024 * 1024) /* what is wiped at each end: room for any partition table */

struct target {
	int fd;
	bool owns_fd;
	bool is_shared; /* other programs may open it by name: a file, or a disk that was released
			 */
	bool is_device;
	bool is_direct;
	int old_flags;
	uint64_t size_bytes;
	uint32_t sector_bytes;
	char name[256]; /* a path for programs that are run on it */
};

/* Take a descriptor, or open a path. A regular file is made, or grown, to min_bytes.
 * errors: ERR_IMAGE_TARGET, ERR_IMAGE_DISK_SIZE */
MUST_CHECK int target_open(struct target *t, int fd, const char *path, struct err *err);
MUST_CHECK int target_make_room(struct target *t, uint64_t min_bytes, struct err *err);
/* Give up the exclusive hold on a disk that was opened here by path, and keep it open; a caller's
 * descriptor stays as it is, and is_shared false. */
MUST_CHECK int target_release(struct target *t, struct err *err);
void target_close(struct target *t);

/* Switch O_DIRECT, where the file system has it; buffered otherwise. */
void target_set_direct(struct target *t, bool direct);

/* in: p and offset aligned to 4 KiB; n_bytes to a sector or the end is padded with zeros in p,
 * which has room. errors: ERR_IO */
MUST_CHECK int target_write(const struct target *t, uint8_t *p, size_t n_bytes, uint64_t offset,
			    struct err *err);
MUST_CHECK int target_read(const struct target *t, uint8_t *p, size_t n_bytes, uint64_t offset,
			   struct err *err);
/* Make a range read as zeros: discarded where that is guaranteed to give zeros, else written. */
MUST_CHECK int target_zero(const struct target *t, uint64_t offset, uint64_t n_bytes,
			   struct err *err);
/* On the medium, and out of the page cache. */
MUST_CHECK int target_flush(const struct target *t, struct err *err);
/* Remove any partition table: both ends, flushed. */
MUST_CHECK int target_wipe_edges(const struct target *t, struct err *err);
/* Ask the kernel to look at the partition table; a failure does not matter for the disk. */
void target_reread_table(const struct target *t);

#endif
