/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A /boot that became a partition of its own: the loader and its menu were built when it was a folder
 * of the root, and name "/boot/..." and the links in the root that kernels keep. On the new
 * partition the same names lead to the same files.
 */
#ifndef AGENT_BOOT_APART_H
#define AGENT_BOOT_APART_H

#include <base/err.h>

#include "personalise.h"

/* In the mounted root, with /boot mounted in it; nothing to do if the layout has none. errors: see
 * new_root_write() */
MUST_CHECK int boot_apart_put(int root_fd, const struct personal *p, struct err *err);

#endif
