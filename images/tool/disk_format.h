/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file is by its first bytes: disks of virtual machines, and what people give by mistake.
 */
#ifndef IMAGES_TOOL_DISK_FORMAT_H
#define IMAGES_TOOL_DISK_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

#define FORMAT_HEAD_BYTES (68 * 1024) /* an ISO's descriptor and a btrfs's are in there */

enum disk_format { DISK_UNKNOWN, DISK_RAW, DISK_QCOW2, DISK_VMDK, DISK_VHDX };
/* qemu-img's word, or "raw". */
const char *disk_format_str(enum disk_format format);

/* in: head: the file's first n_bytes. out: *ret: DISK_UNKNOWN for what no rule knows. errors:
 * ERR_IMAGE_INPUT: known, and no input: says what it is and what to do. trust: none */
MUST_CHECK int disk_format_of(const char *path, const uint8_t *head, size_t n_bytes,
			      enum disk_format *ret, struct err *err);

/* Refuse a virtual disk whose bytes lie in another file as well (a backing file, an external data
 * file, further extents), is encrypted, or has a header of an unknown version; and a raw one with the footer of a VHD. in: fd at any
 * offset. errors: ERR_IMAGE_INPUT, ERR_IO. trust: none */
MUST_CHECK int disk_format_check(const char *path, int fd, enum disk_format format,
				 struct err *err);

#endif
