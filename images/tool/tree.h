/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system as a stream of entries, whatever it comes from: a tar (any compression), a
 * folder, or an OCI image layout. Read twice by the builder: to measure, then to fill.
 */
#ifndef IMAGES_TOOL_TREE_H
#define IMAGES_TOOL_TREE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <base/err.h>

enum input_kind { INPUT_TAR, INPUT_FOLDER, INPUT_OCI, INPUT_DISK };
/* errors: ERR_NOT_FOUND, ERR_IMAGE_INPUT */
MUST_CHECK int input_kind_of(const char *path, enum input_kind *ret, struct err *err);

struct tree_options {
	const char *path;
	enum input_kind kind;
	const char *oci_arch; /* "amd64", "arm64": which manifest of an OCI index */
};

/* Visit every entry, folders before what is in them. path: cleaned, relative, "" for the root; the
 * content of a file is read from a, or left. A negative return stops.
 * errors: ERR_IMAGE_INPUT, ERR_IMAGE_MEMBER (names that leave the tree) and the visitor's */
typedef int (*tree_visit)(void *arg, const char *path, struct archive_entry *entry,
			  struct archive *a, struct err *err);
/* Whether the visitor will read the content of a file. A walk that asks is one that measures: where
 * work can be saved the other files are not opened (their a is NULL), and entries come without
 * extended attributes, ACLs and flags. */
typedef bool (*tree_reads)(const void *arg, const char *path);
/* in: reads may be NULL: everything is read */
MUST_CHECK int tree_walk(const struct tree_options *options, tree_reads reads, tree_visit visit,
			 void *arg, struct err *err);

/* "./a//b/" and "/a/b" become "a/b". The caller frees; NULL for a name that leaves the tree. */
MUST_CHECK char *tree_clean_path(const char *path);

#endif
