/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One running build: shared by build.c (its order), build_disk.c (disk images) and build_fill.c
 * (a tree's part that lies on one partition).
 */
#ifndef IMAGES_TOOL_BUILD_RUN_H
#define IMAGES_TOOL_BUILD_RUN_H

#include <images/build.h>

#include "boot_parts.h"
#include "ext4_image.h"
#include "layout.h"
#include "pack.h"
#include "tree.h"

struct build {
	const struct image_build_request *request;
	char *folder; /* of the output, for temporary files */
	struct manifest *m;
	struct packed_payload packed[MANIFEST_MAX_PAYLOADS];
	struct tree_options source;
	struct tree *tree;
	struct layout layout;
	struct tree_size part_size[MANIFEST_MAX_PARTITIONS + 1]; /* by partition number */
	struct boot_parts boot;
	int64_t created_s;
};

/* What becomes one payload. */
struct build_part {
	const char *name;
	enum payload_role role;
	unsigned partition; /* its number; 0: the whole disk */
	int fd;             /* the caller's, which holds size_bytes */
	uint64_t size_bytes;
};
/* Pack the part as the next payload. errors: those of pack_payload() */
MUST_CHECK int build_pack(struct build *b, const struct build_part *part, struct err *err);

/* build_disk.c */
MUST_CHECK int build_disk(struct build *b, struct err *err);

struct rootfs_rules;
/* build_fill.c: the root's part of the tree as a tar that the host unpacks by the rules. out: a file; the
 * caller's */
MUST_CHECK int build_tar(struct build *b, const struct manifest_partition *root,
			 const struct rootfs_rules *rules, int *ret_fd, uint64_t *ret_bytes,
			 struct err *err);
/* build_fill.c: out: a file with the partition's file system, checked; the caller's. */
MUST_CHECK int build_ext4(struct build *b, const struct manifest_partition *p, int *ret_fd,
			  uint64_t *ret_bytes, struct err *err);

#endif
