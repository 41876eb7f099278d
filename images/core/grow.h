/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A written ext4 file system made this host's own; for install_finish.c.
 */
#ifndef IMAGES_CORE_GROW_H
#define IMAGES_CORE_GROW_H

#include <stdbool.h>
#include <stdint.h>

#include <base/err.h>

/* Give it a UUID of its own (new_uuid), and let it fill its partition of size_bytes (grow). Runs
 * tune2fs, e2fsck and resize2fs. in: device is a partition's node with offset 0, or a whole disk or
 * file with the partition's offset. errors: ERR_PROCESS*. blocks: for seconds */
MUST_CHECK int grow_ext4(const char *device, uint64_t offset_bytes, uint64_t size_bytes,
			 bool new_uuid, bool grow, struct err *err);

#endif
