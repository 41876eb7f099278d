/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions whose content is made on the host: empty file systems and swap, with UUIDs of their
 * own.
 */
#ifndef IMAGES_CORE_EMPTY_FS_H
#define IMAGES_CORE_EMPTY_FS_H

#include <images/install.h>
#include <base/err.h>

#include "target.h"

/* Does making it run a program on a loop device (which needs root)? Else it is written here. */
bool empty_fs_needs_loop(enum partition_fs fs);
/* Run mkfs on a block device. in: ext4, xfs or vfat. errors: ERR_PROCESS* blocks: for seconds */
MUST_CHECK int empty_fs_make_on(const char *device, enum partition_fs fs, struct err *err);
/* Make the partition's range empty, then the file system in it. Old content is overwritten at both
 * ends, where it would be recognised. errors: ERR_IO, ERR_IMAGE_TARGET, ERR_PROCESS* */
MUST_CHECK int empty_fs_make(const struct target *t, const struct image_receipt_partition *p,
			     struct err *err);

#endif
