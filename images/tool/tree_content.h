/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a tree's entry, piece by piece: bytes lie in order, and between them are holes. One rule for
 * all that is made of a tree: pieces that overlap, go back or lie past the file's end are refused.
 *
 *     struct tree_content c = {.a = a, .size_bytes = ...};
 *     while ((status = tree_content_next(&c, err)) > 0) use c.p, c.n_bytes, c.at
 */
#ifndef IMAGES_TOOL_TREE_CONTENT_H
#define IMAGES_TOOL_TREE_CONTENT_H

#include <archive.h>
#include <base/err.h>
#include <stddef.h>
#include <stdint.h>

struct tree_content {
	struct archive *a;
	uint64_t size_bytes;
	const uint8_t *p; /* the piece: libarchive's until the next call */
	size_t n_bytes;
	uint64_t at;
};

/* The next piece. returns: 1, or 0 behind the last one. errors: ERR_IMAGE_MEMBER. trust: none */
MUST_CHECK int tree_content_next(struct tree_content *c, struct err *err);

#endif
