/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the initial RAM disks of a tree can do: which root file systems each of them can mount, found in
 * the names of their kernel modules. An image says so in its manifest, and a layout that asks for more is
 * refused before a host is written.
 */
#ifndef IMAGES_TOOL_INITRD_H
#define IMAGES_TOOL_INITRD_H

#include <stdbool.h>
#include <stddef.h>
#include <base/err.h>

#include "boot_files.h"

/* Is the path of a tree that of an initial RAM disk? path: cleaned. Those for crash dumps are none. */
bool initrd_is(const char *path);

/* IMAGE_FEATURE_* bits of one, in memory: cpio archives one behind the other, the last one packed. 0 for
 * what cannot be read. trust: none */
unsigned initrd_features(const void *p, size_t n_bytes);

/* What all of them in the tree can; 0 without any. errors: ERR_IO */
MUST_CHECK int initrd_features_of_tree(const struct boot_files *f, const struct plan *plan,
				       unsigned *ret, struct err *err);

#endif
