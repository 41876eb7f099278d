/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ext4 file system in a file, filled from a tree of entries without mounting it and without
 * root, over libext2fs. The same entries in the same order give the same bytes.
 */
#ifndef IMAGES_TOOL_EXT4_IMAGE_H
#define IMAGES_TOOL_EXT4_IMAGE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>

/* What a first pass over the entries found: sizes the file system. */
struct tree_size {
	uint64_t n_entries;
	uint64_t file_blocks; /* of 4 KiB, each file rounded up */
	uint64_t n_folders;
	uint64_t n_name_bytes; /* of names in folders, with their records */
};

struct ext4_options {
	const char *folder; /* for the file */
	int64_t created_s;  /* stands for "now" everywhere in the file system */
	const char *label;  /* of the volume, or NULL */
	uint64_t max_bytes; /* of the image; 0: as large as its content needs */
	const char *uuid;
};

/* What an image for so much takes. */
uint64_t ext4_image_bytes(const struct tree_size *size);

struct ext4_image;
MUST_CHECK int ext4_image_new(const struct ext4_options *options, const struct tree_size *size,
			      struct ext4_image **ret, struct err *err);
void ext4_image_free(struct ext4_image *x);
DEFINE_AUTO(ext4_image, struct ext4_image, ext4_image_free);

/* Add an entry; the content of a file is read from a. path: cleaned, relative, "" for the root
 * folder. trust: names and content come from the image builder's own input. errors:
 * ERR_IMAGE_MEMBER, ERR_IO */
MUST_CHECK int ext4_image_add(struct ext4_image *x, const char *path, struct archive_entry *entry,
			      struct archive *a, struct err *err);
/* Is there an entry of this path? */
bool ext4_image_has(struct ext4_image *x, const char *path);
/* Write everything out. out: the file and its size; the descriptor is the caller's. */
MUST_CHECK int ext4_image_finish(struct ext4_image *x, int *ret_fd, uint64_t *ret_bytes,
				 struct err *err);

#endif
