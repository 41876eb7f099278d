/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of entries, as sources write them and as a tree has them. Private to the room.
 */
#ifndef IMAGES_TREE_PATH_H
#define IMAGES_TREE_PATH_H

#include <base/err.h>

/* "./a//b/" and "/a/b" become "a/b"; NULL for a name that leaves the tree. The caller frees. */
MUST_CHECK char *tree_clean_path(const char *path);

#endif
