/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives put together by hand and signed well: for what the builder would never write, such as
 * chunks that do not decode, or 9 GiB of which nothing is there.
 */
#ifndef TESTS_UNIT_IMAGES_CRAFTED_H
#define TESTS_UNIT_IMAGES_CRAFTED_H

#include "fixture.h"

/* A payload of records that follow each other; packed is the content of its member, which may be
 * shorter than the records say. */
struct crafted_payload {
	uint32_t chunk_bytes;
	size_t n_chunks;
	struct chunk *chunks; /* offsets are filled in */
	const void *packed;
	size_t n_packed;
};

/* The archive, signed by key 0: data partitions of no file system, one a payload. The caller frees.
 */
char *crafted_archive(const struct fixture *f, struct crafted_payload *payloads, size_t n_payloads,
		      size_t *ret_n);
/* A record for packed bytes, whose plain bytes are said to be plain. */
struct chunk crafted_chunk(const void *packed, uint32_t packed_bytes, const void *plain,
			   uint32_t plain_bytes);

#endif
