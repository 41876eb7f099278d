/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole reads from descriptors. The streaming forms tell the end of the input from a failure.
 */
#ifndef IMAGES_READ_EXACT_H
#define IMAGES_READ_EXACT_H

#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

/* 1: all n bytes; 0: the input ended before; negative: ERR_IO. */
MUST_CHECK int read_exact(int fd, void *p, size_t n_bytes, struct err *err);
MUST_CHECK int read_at(int fd, void *p, size_t n_bytes, uint64_t offset, struct err *err);
/* 0, or an error: ERR_IMAGE_TRUNCATED when the file ends before. */
MUST_CHECK int read_exact_at(int fd, void *p, size_t n_bytes, uint64_t offset, struct err *err);

#endif
