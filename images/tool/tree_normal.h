/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One form for what tars and folders say in several.
 */
#ifndef IMAGES_TOOL_TREE_NORMAL_H
#define IMAGES_TOOL_TREE_NORMAL_H

#include <archive_entry.h>
#include <base/err.h>

/* Clean a hard link's target, drop flags of the source's file system, give symbolic links the mode
 * they have on Linux, keep the last of attributes with one name, and move access lists out of the attributes
 * to where libarchive keeps them. errors: ERR_IMAGE_MEMBER. trust: none */
MUST_CHECK int tree_normalize(struct archive_entry *entry, const char *path, struct err *err);

#endif
