/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tar must be to be unpacked on a host. The builder tries the same rules on what it made,
 * so that an image which cannot be unpacked is never signed.
 */
#ifndef IMAGES_CORE_ROOTFS_RULES_H
#define IMAGES_CORE_ROOTFS_RULES_H

#include <archive.h>
#include <archive_entry.h>
#include <images/manifest.h>

struct rootfs_rules {
	bool devices;         /* device nodes are allowed */
	enum partition_fs fs; /* into which the tar goes: ext4 or xfs */
};

/* errors: ERR_IMAGE_MEMBER, naming the entry. trust: none */
MUST_CHECK int rootfs_rules_check(const struct rootfs_rules *rules, struct archive_entry *entry,
				  struct err *err);

/* Read a whole tar without unpacking it: each entry's rules; each path once; a folder for each
 * path, and a file for each hard link, before them. errors: ERR_IMAGE_MEMBER */
MUST_CHECK int rootfs_rules_try(const struct rootfs_rules *rules, struct archive *from,
				struct err *err);

#endif
