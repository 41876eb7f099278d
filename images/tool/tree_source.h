/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a tree's entries come from, one by one as the input has them: tars and folders. A name may
 * come twice here and a link may lead nowhere; tree.c makes a tree of it.
 */
#ifndef IMAGES_TOOL_TREE_SOURCE_H
#define IMAGES_TOOL_TREE_SOURCE_H

#include "tree.h"

/* errors: ERR_IMAGE_INPUT, ERR_IMAGE_MEMBER (names that leave the tree) and the visitor's */
MUST_CHECK int source_walk_tar(const char *path, tree_visit visit, void *arg, struct err *err);
/* measure: content is read only where reads() is true (NULL: nowhere), and entries come without
 * extended attributes, ACLs and flags. */
MUST_CHECK int source_walk_folder(const char *root, bool measure, tree_reads reads,
				  tree_visit visit, void *arg, struct err *err);

#endif
