/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the partition table of a disk image sound? A table that is damaged, or of a disk that was cut,
 * would be signed and then start no host.
 */
#ifndef IMAGES_TOOL_DISK_TABLE_H
#define IMAGES_TOOL_DISK_TABLE_H

#include <stdint.h>
#include <base/err.h>

/* A disk without partitions is well. in: path: for messages; fd at any offset; sector_bytes that the
 * table counts in. errors: ERR_IMAGE_INPUT: a protective MBR without a sound GPT, a GPT of which only the
 * backup is sound, a partition that ends behind the disk's end. trust: none of the bytes */
MUST_CHECK int disk_table_check(const char *path, int fd, uint64_t size_bytes,
				uint32_t sector_bytes, struct err *err);

#endif
