/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file system's own checker says of an image that was just made: nothing that it finds
 * fault with becomes part of an archive.
 */
#ifndef IMAGES_TOOL_FS_CHECK_H
#define IMAGES_TOOL_FS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>

/* Give large folders an index (e2fsck -D). in: fd: a file with an ext4 file system; created_s
 * stands for "now". errors: ERR_IMAGE_UNSOUND, ERR_PROCESS*. blocks: some seconds */
MUST_CHECK int fs_index_ext4(int fd, int64_t created_s, struct err *err);

/* Errors: ERR_IMAGE_UNSOUND with the checker's words, ERR_PROCESS*. blocks: some seconds */
MUST_CHECK int fs_check_ext4(int fd, struct err *err);
MUST_CHECK int fs_check_vfat(int fd, struct err *err);

#endif
