/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCI image layouts as trees: the layers of one image merged, whiteouts applied.
 */
#ifndef IMAGES_TOOL_TREE_OCI_H
#define IMAGES_TOOL_TREE_OCI_H

#include <base/err.h>

#include "tree.h"

MUST_CHECK int tree_walk_oci(const char *layout, const char *arch, tree_visit visit, void *arg,
			     struct err *err);

/* Of tree.c, for the layers. */
MUST_CHECK int tree_walk_tar(const char *path, tree_visit visit, void *arg, struct err *err);
MUST_CHECK int tree_walk_archive(struct archive *a, const char *what, tree_visit visit, void *arg,
				 struct err *err);

#endif
