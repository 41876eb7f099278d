/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts' disks: sparse raw files. Targets start as zeros; decoys are filled with content that
 * is known (made from their serial number) and must be the same, byte for byte, at the end.
 */
#ifndef LAB_DISK_H
#define LAB_DISK_H

#include <stdbool.h>
#include <base/digest.h>
#include "scenario.h"

/* Make the file (replacing one that is there) and give its SHA-256.
 * errors: ERR_IO, ERR_SYS. */
int disk_make(const char *path, const struct lab_disk *d, char ret_hex[static SHA256_HEX_BYTES],
	      struct err *err);

/* SHA-256 of a whole disk file; holes count as zeros. blocks: about 1 s for 2 GB. */
int disk_hash(const char *path, char ret_hex[static SHA256_HEX_BYTES], struct err *err);

/* True when a firmware could find something to start: a GPT at either end or a boot sector. */
int disk_is_bootable(const char *path, bool *ret, struct err *err);

#endif
