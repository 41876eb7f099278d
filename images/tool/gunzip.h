/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip, unpacked by zlib as it is read. libarchive's own reader does not compare the sums at the end
 * of a member, so that a damaged file would become an image.
 */
#ifndef IMAGES_TOOL_GUNZIP_H
#define IMAGES_TOOL_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/cleanup.h>
#include <base/err.h>

struct gunzip;

/* Do the first bytes of a file begin a member of gzip? */
bool gunzip_is_gzip(const uint8_t *head, size_t n_bytes);
/* in: fd: at the first byte, owned by the new object. */
MUST_CHECK struct gunzip *gunzip_new(int fd);
void gunzip_free(struct gunzip *g);
DEFINE_AUTO(gunzip, struct gunzip, gunzip_free);

/* The next plain bytes, which stay valid until the next call. returns: how many, 0 at the end, or
 * negative. A member may follow another one, and zeros the last. errors: ERR_IMAGE_INPUT: damaged,
 * cut, or followed by other bytes. trust: none */
MUST_CHECK ssize_t gunzip_read(struct gunzip *g, const void **ret, struct err *err);
/* Packed bytes taken so far. */
uint64_t gunzip_packed_bytes(const struct gunzip *g);

#endif
