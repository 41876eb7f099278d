/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file system can hold of a tree's entry. One list for the builder, for its dry run and for
 * the host that unpacks: a value which does not fit is refused by name in all three, before it
 * could be cut to something else.
 */
#ifndef IMAGES_CORE_ENTRY_RULES_H
#define IMAGES_CORE_ENTRY_RULES_H

#include <archive.h>
#include <archive_entry.h>
#include <images/manifest.h>

#define ENTRY_NAME_BYTES   255           /* of one component */
#define ENTRY_PATH_BYTES   4094          /* with a slash in front and a NUL behind: PATH_MAX */
#define ENTRY_EXT4_NAMES   65000         /* hard links of one file (EXT4_LINK_MAX) */
#define ENTRY_TIME_MAX_S   15032385535LL /* 2446: ext4; xfs ends later */
#define ENTRY_TREE_ENTRIES 5000000 /* of a tree: what the builder keeps of each stays in memory */

/* in: path: cleaned and relative. errors: ERR_IMAGE_MEMBER. trust: none */
MUST_CHECK int entry_path_check(const char *path, struct err *err);

/* Owner, times, device number, link target, size and attributes of an entry beside the limits of a
 * file system (ext4 or xfs). errors: ERR_IMAGE_MEMBER, naming the path. trust: none */
MUST_CHECK int entry_rules_check(struct archive_entry *entry, const char *path,
				 enum partition_fs fs, struct err *err);

#endif
