/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPTs on targets, over libfdisk: made new from a manifest, or the backup header of a written disk
 * image moved to the real end of the disk.
 */
#ifndef IMAGES_CORE_PARTITION_TABLE_H
#define IMAGES_CORE_PARTITION_TABLE_H

#include <images/install.h>
#include <images/manifest.h>
#include <base/err.h>

#include "target.h"

/* Where the manifest's partitions lie on this target: fills number, role, fs, start, size, mount
 * and a fresh UUID of ret->partitions. errors: ERR_IMAGE_DISK_SIZE */
MUST_CHECK int partition_table_plan(const struct manifest *m, const struct target *t,
				    struct image_receipt *ret, struct err *err);
/* Where a table is read, and how. */
struct partition_source {
	int fd; /* a file or disk, the table at its start */
	uint32_t sector_bytes;
	enum image_arch arch;
	uint64_t limit_bytes; /* partitions that end behind it are left out */
};
/* The partitions, at most MANIFEST_MAX_PARTITIONS: number, start, size, is_root by the type for the
 * architecture. None if there is no table that libfdisk knows. errors: ERR_IMAGE_TARGET
 */
MUST_CHECK int partition_table_read(const struct partition_source *from,
				    struct image_part ret[static MANIFEST_MAX_PARTITIONS],
				    size_t *ret_n, struct err *err);
/* Write both copies (the disk's UUID goes into ret), then the boot code. in: O_DIRECT is off. */
MUST_CHECK int partition_table_write(const struct manifest *m, const struct target *t,
				     struct image_receipt *ret, struct err *err);
/* After a whole-disk payload: if it has a GPT, put the backup where it belongs on this disk. */
MUST_CHECK int partition_table_relocate(const struct target *t, struct image_receipt *ret,
					struct err *err);

#endif
