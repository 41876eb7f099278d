/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file systems into which a tar is unpacked: a root, and what a layout mounts below it. Each is
 * made on a loop device over its partition's range; the mount points are made in the empty root, so
 * that the tar's files come to lie where they belong.
 *
 *  1. rootfs_mounts_init()   2. rootfs_mounts_make()   3. rootfs_mounts_mount() and
 *  rootfs_mounts_unmount(), again and again   4. rootfs_mounts_done()
 */
#ifndef IMAGES_CORE_ROOTFS_MOUNTS_H
#define IMAGES_CORE_ROOTFS_MOUNTS_H

#include <images/install.h>
#include <base/err.h>

#include "loop_device.h"

struct rootfs_mounts {
	char folder[64]; /* of the root, "" before it is made */
	size_t n;
	struct {
		const struct image_receipt_partition *part;
		struct loop_device loop;
		int fd; /* of what is mounted, while it is mounted */
		bool is_mounted;
	} items[MANIFEST_MAX_PARTITIONS]; /* the root first, then by the length of their paths */
};

void rootfs_mounts_init(struct rootfs_mounts *m);
/* Unmounts; removes the folder. */
void rootfs_mounts_done(struct rootfs_mounts *m);

/* in: r lives as long as m; its partitions with was_unpacked, of which one is the root. Makes the
 * file systems and the folder, and mounts nothing. errors: ERR_IMAGE_TARGET, of mkfs */
MUST_CHECK int rootfs_mounts_make(struct rootfs_mounts *m, const struct image_receipt *r,
				  int target_fd, struct err *err);
/* flags: of mount(2). After a tar was unpacked no link of it is followed. errors: ERR_IMAGE_TARGET,
 * ERR_IMAGE_MEMBER: the tar left no folder to mount on */
MUST_CHECK int rootfs_mounts_mount(struct rootfs_mounts *m, unsigned long flags, struct err *err);
MUST_CHECK int rootfs_mounts_unmount(struct rootfs_mounts *m, struct err *err);
/* All that was written is on the disk. From any thread. errors: ERR_IO */
MUST_CHECK int rootfs_mounts_flush(const struct rootfs_mounts *m, struct err *err);
/* Let the kernel read ahead. */
void rootfs_mounts_read_ahead(const struct rootfs_mounts *m);

#endif
