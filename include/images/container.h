/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The archive around an image: an uncompressed pax tar in which nothing is left to choose.
 *
 * A member's header is a pure function of its name and size (mode 0444, owner 0, time 0), so a
 * reader does not parse headers: it makes the one it expects and compares all bytes. Only the sizes
 * of the first two members (manifest.json, manifest.sigs) are read from the file; all others come
 * from the signed manifest. No name of an archive is ever used as a path.
 */
#ifndef IMAGES_CONTAINER_H
#define IMAGES_CONTAINER_H

#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

#define CONTAINER_BLOCK_BYTES      512
#define CONTAINER_HEADER_MAX_BYTES (3 * CONTAINER_BLOCK_BYTES)
#define CONTAINER_TRAILER_BYTES    (2 * CONTAINER_BLOCK_BYTES)
#define CONTAINER_USTAR_MAX_BYTES                                                                  \
	077777777777ULL /* larger members have a pax header with the size */
#define CONTAINER_MANIFEST_NAME "manifest.json"
#define CONTAINER_SIGS_NAME     "manifest.sigs"

/* The header of a member: 512 bytes, or 1,536 with a pax size. in: name of at most 80 bytes.
 * Returns its length. */
size_t container_header(const char *name, uint64_t size_bytes,
			uint8_t ret[static CONTAINER_HEADER_MAX_BYTES]);
/* Zero bytes after a member's content. */
size_t container_padding(uint64_t size_bytes);

/* Compare a header with the expected one and say what differs. trust: p is hostile.
 * errors: ERR_IMAGE_NOT_ARCHIVE, ERR_IMAGE_MEMBER_TYPE, ERR_IMAGE_MEMBER_NAME,
 * ERR_IMAGE_MEMBER_SIZE, ERR_IMAGE_MEMBER_HEADER */
MUST_CHECK int container_check_header(const uint8_t *p, size_t n_bytes, const char *name,
				      uint64_t size_bytes, struct err *err);
/* The same where the size is not known: it is read from the header and must be 1 to max_bytes. */
MUST_CHECK int container_read_header(const uint8_t *p, const char *name, uint64_t max_bytes,
				     uint64_t *ret_size_bytes, struct err *err);

#endif
