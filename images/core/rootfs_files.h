/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking a tar into the current folder and finding every file again. The caller's root directory
 * is the new file system; what the tar may hold besides files, folders and links, the manifest
 * says.
 */
#ifndef IMAGES_CORE_ROOTFS_FILES_H
#define IMAGES_CORE_ROOTFS_FILES_H

#include <archive.h>
#include <base/digest.h>
#include <base/vec.h>
#include <base/err.h>

#include "rootfs_rules.h"

struct rootfs_file {
	char *path;
	uint64_t size_bytes;
	uint8_t sha256[SHA256_BYTES];
};
struct rootfs_files {
	VEC(struct rootfs_file) list; /* regular files, in the tar's order */
};

/* Unpack everything with owners, modes, times, xattrs, ACLs. remember: keep each file's digest.
 * errors: ERR_IMAGE_MEMBER */
MUST_CHECK int rootfs_files_unpack(struct rootfs_files *f, const struct rootfs_rules *rules,
				   struct archive *from, bool remember, struct err *err);
/* Read every file again. errors: ERR_IMAGE_READ_BACK */
MUST_CHECK int rootfs_files_check(const struct rootfs_files *f, struct err *err);
/* SHA-256 over, for each file, path, NUL, u64le size, SHA-256 of its content. */
void rootfs_files_digest(const struct rootfs_files *f, uint8_t ret[static SHA256_BYTES]);
void rootfs_files_done(struct rootfs_files *f);

#endif
