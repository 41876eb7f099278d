/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts' disks: sparse raw files. Targets start as zeros; decoys are filled with content that
 * is known (made from their serial number) and must be the same, byte for byte, at the end.
 */
#ifndef LAB_DISK_H
#define LAB_DISK_H

#include <stdbool.h>
#include <base/digest.h>
#include <base/err.h>
#include "scenario.h"

/* Make the file (replacing one that is there) and give its digest.
 * errors: ERR_IO, ERR_SYS. */
MUST_CHECK int disk_make(const char *path, const struct lab_disk *d,
			 char ret_hex[static SHA256_HEX_BYTES], struct err *err);

/* A digest of all that can be read from a disk file: SHA-256 over its size and every block that is
 * not all zeros, with its place. Equal for equal bytes, however sparse; holes cost no time. */
MUST_CHECK int disk_hash(const char *path, char ret_hex[static SHA256_HEX_BYTES], struct err *err);

/* How much of the file is not a hole: what a guest has written so far, near enough. 0 when it
 * cannot be said. */
uint64_t disk_allocated_bytes(const char *path);

/* True when a firmware could find something to start: a GPT at either end or a boot sector. */
MUST_CHECK int disk_is_bootable(const char *path, bool *ret, struct err *err);

/* True when every byte is zero, however it is stored. */
MUST_CHECK int disk_is_blank(const char *path, bool *ret, struct err *err);

#endif
