/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system as one clean pax tar, for payloads that are unpacked on the host.
 */
#ifndef IMAGES_TOOL_ROOTFS_TAR_H
#define IMAGES_TOOL_ROOTFS_TAR_H

#include <base/err.h>

#include "images/core/rootfs_rules.h"
#include "tree.h"

/* What becomes the tar. */
struct rootfs_tar {
	struct tree *tree;
	const char *folder;               /* for a nameless file */
	const struct rootfs_rules *rules; /* of the host that unpacks it */
	/* 1: the entry is a part of it, 0: it is not, negative: it cannot be. */
	int (*wants)(void *arg, const char *path, struct archive_entry *entry, struct err *err);
	void *arg;
};

/* Write a tar, and read it by the rules of the host. owns: *ret_fd is the caller's. errors:
 * ERR_IMAGE_MEMBER, ERR_IMAGE_INPUT, ERR_IO, those of wants() */
MUST_CHECK int rootfs_tar_make(const struct rootfs_tar *t, int *ret_fd, uint64_t *ret_bytes,
			       struct err *err);

#endif
