/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the UUID of the file system in a range of a disk, over libblkid.
 */
#ifndef IMAGES_CORE_FS_UUID_H
#define IMAGES_CORE_FS_UUID_H

#include <base/digest.h>

/* 0, or -1 and "" when there is none. */
int fs_uuid_read(int fd, uint64_t offset_bytes, uint64_t size_bytes,
		 char ret[static UUID_TEXT_BYTES]);

#endif
