/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of manifests, shared by the reader (manifest.c) and the writer (manifest_encode.c).
 */
#ifndef IMAGES_CORE_MANIFEST_JSON_H
#define IMAGES_CORE_MANIFEST_JSON_H

#include <images/manifest.h>

#define CHUNK_PLAIN_ALIGN 4096 /* CHUNK_ALIGN_BYTES */

extern const char *const image_arch_words[_IMAGE_ARCH_MAX];
extern const char *const payload_role_words[_PAYLOAD_ROLE_MAX];
extern const char *const partition_role_words[_PARTITION_ROLE_MAX];
extern const char *const partition_fs_words[_PARTITION_FS_MAX];

#endif
