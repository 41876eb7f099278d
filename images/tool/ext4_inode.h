/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of ext4_image: one image that is being filled, shared by ext4_image.c (the file system),
 * ext4_add.c (entries), ext4_folder.c (names in folders), ext4_content.c (file content) and
 * ext4_acl.c (access lists).
 */
#ifndef IMAGES_TOOL_EXT4_INODE_H
#define IMAGES_TOOL_EXT4_INODE_H

#include <ext2fs/ext2fs.h>
#include <search.h>
#include <base/vec.h>
#include <base/err.h>

#include "ext4_image.h"

struct folder_end;

struct ext4_image {
	int fd;
	ext2_filsys fs;
	int64_t created_s;
	uint64_t size_bytes;
	struct hsearch_data paths;  /* a path's digest to its inode number */
	VEC(char *) names;          /* keys of paths */
	struct folder_end *folders; /* by inode number; of those that are folders */
	uint64_t content_goal;      /* block near which the next file's content should lie */
};

int ext4_failed(struct err *err, errcode_t e, const char *what);
MUST_CHECK int ext4_remember(struct ext4_image *x, const char *path, uint32_t ino, struct err *err);
uint32_t ext4_look_up(struct ext4_image *x, const char *path); /* 0: not there */

/* A folder that has no names yet, or those of an empty file system. */
MUST_CHECK int ext4_folder_begin(struct ext4_image *x, ext2_ino_t folder, struct err *err);
/* in: the name is not there; type: EXT2_FT_* */
MUST_CHECK int ext4_folder_add(struct ext4_image *x, ext2_ino_t folder, const char *name,
			       ext2_ino_t ino, int type, struct err *err);
/* out: *ret_index: a folder is so large that it needs an index. */
MUST_CHECK int ext4_folders_finish(struct ext4_image *x, bool *ret_index, struct err *err);

/* The mode of an entry as ext4 keeps it beside its access list. trust: checked by entry_rules.h */
uint16_t ext4_mode(struct archive_entry *entry);

/* Read the entry's content into new blocks of the inode, which the caller writes. */
MUST_CHECK int ext4_write_content(struct ext4_image *x, ext2_ino_t ino,
				  struct ext2_inode_large *inode, struct archive_entry *entry,
				  struct archive *a, struct err *err);
MUST_CHECK int ext4_write_acls(struct ext2_xattr_handle *handle, struct archive_entry *entry,
			       struct err *err);
MUST_CHECK int ext4_write_xattrs(struct ext4_image *x, ext2_ino_t ino, struct archive_entry *entry,
				 struct err *err);

#endif
