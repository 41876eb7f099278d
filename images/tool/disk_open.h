/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk images of every kind as plain bytes: compressed ones are unpacked, those of virtual machines
 * converted by qemu-img, into a file without a name.
 */
#ifndef IMAGES_TOOL_DISK_OPEN_H
#define IMAGES_TOOL_DISK_OPEN_H

#include "disk_format.h"

/* The first bytes of a file, unpacked where it is compressed. out: *ret_packed: it is. errors:
 * ERR_IMAGE_INPUT, ERR_IO. trust: none */
MUST_CHECK int disk_head(const char *path, uint8_t ret[static FORMAT_HEAD_BYTES], size_t *ret_n,
			 bool *ret_packed, struct err *err);

/* Open a disk image. raw: as it is, whatever it looks like. folder: for a file without a name.
 * out: *ret_fd, the caller's. errors: ERR_IMAGE_INPUT, ERR_PROCESS*, ERR_IO. blocks: for as long as
 * converting takes. trust: none */
MUST_CHECK int disk_open(const char *path, bool raw, const char *folder, int *ret_fd,
			 struct err *err);

#endif
