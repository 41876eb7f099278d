/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system as one clean pax tar, for payloads that are unpacked on the host.
 */
#ifndef IMAGES_TOOL_ROOTFS_TAR_H
#define IMAGES_TOOL_ROOTFS_TAR_H

#include <base/err.h>

#include "images/core/rootfs_rules.h"
#include "tree.h"

/* Write the tree as a tar into a nameless file in folder, and read it by the rules of the host that
 * unpacks it. owns: *ret_fd is the caller's. errors: ERR_IMAGE_MEMBER, ERR_IMAGE_INPUT, ERR_IO */
MUST_CHECK int rootfs_tar_make(struct tree *tree, const char *folder,
			       const struct rootfs_rules *rules, int *ret_fd, uint64_t *ret_bytes,
			       struct err *err);

#endif
