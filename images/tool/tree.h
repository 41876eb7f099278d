/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system, whatever it comes from: a tar (any compression), a folder, an OCI image
 * layout, or either kind of archive that container tools save. Every way of writing an image gets
 * the same tree: each path once, folders before what is in them, a hard link after its file, and
 * no value that the target's file system cannot hold.
 *
 *  1. input_kind_of()  2. tree_new() reads the input once, for names and sizes
 *  3. tree_walk(), any number of times, reads it again, with content
 */
#ifndef IMAGES_TOOL_TREE_H
#define IMAGES_TOOL_TREE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <base/err.h>

#include "tree_plan.h"

enum input_kind {
	INPUT_TAR,
	INPUT_FOLDER,
	INPUT_OCI,   /* an image layout in a folder */
	INPUT_SAVED, /* an image of containers in one tar */
	INPUT_DISK
};
/* errors: ERR_NOT_FOUND, ERR_IMAGE_INPUT */
MUST_CHECK int input_kind_of(const char *path, enum input_kind *ret, struct err *err);

/* Visit an entry. path: cleaned, relative, "" for the root; the content of a file is read from a,
 * or left. A negative return stops. */
typedef int (*tree_visit)(void *arg, const char *path, struct archive_entry *entry,
			  struct archive *a, struct err *err);
/* Whether the visitor will read the content of a file. */
typedef bool (*tree_reads)(const void *arg, const char *path);

struct tree_options {
	const char *path;
	enum input_kind kind;
	const char *oci_arch; /* "amd64", "arm64": which manifest of an OCI index */
	const char *folder;   /* for what must be unpacked */
	enum partition_fs fs; /* that will hold the tree: ext4 or xfs */
	/* Files that are wanted while the input is read for the first time; may be NULL. */
	tree_reads keeps;
	tree_visit keep;
	void *arg;
};

struct tree;
/* errors: ERR_IMAGE_INPUT, ERR_IMAGE_MEMBER (an entry that cannot be kept, by name), and keep's.
 * trust: none. blocks: for one pass over the input */
MUST_CHECK int tree_new(const struct tree_options *options, struct tree **ret, struct err *err);
void tree_free(struct tree *t);
DEFINE_AUTO(tree, struct tree, tree_free);

const struct plan *tree_plan(const struct tree *t);
int64_t tree_newest_s(const struct tree *t);
/* The time of folders that only paths name; the newest of the tree unless it is set. */
void tree_set_made_s(struct tree *t, int64_t time_s);

/* Visit every entry of the tree. errors: ERR_IMAGE_INPUT, ERR_IMAGE_MEMBER and the visitor's */
MUST_CHECK int tree_walk(struct tree *t, tree_visit visit, void *arg, struct err *err);

#endif
