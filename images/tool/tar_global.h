/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tar sets for all its entries at once.
 */
#ifndef IMAGES_TOOL_TAR_GLOBAL_H
#define IMAGES_TOOL_TAR_GLOBAL_H

#include <base/err.h>

/* Refuse a tar, packed or not, that begins with a header for all entries which sets more than a
 * comment. errors: ERR_IMAGE_INPUT. trust: none */
MUST_CHECK int tar_global_check(const char *path, struct err *err);

#endif
