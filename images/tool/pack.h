/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing: from a file of plain bytes to independent zstd frames and their table. Blocks of zeros
 * at the ends of a chunk, and chunks of zeros, are left out as holes.
 */
#ifndef IMAGES_TOOL_PACK_H
#define IMAGES_TOOL_PACK_H

#include <images/archive.h>
#include <images/manifest.h>
#include <base/err.h>

struct pack_options {
	const char *folder; /* of the nameless file that it packs into */
	int level;          /* of zstd */
	unsigned n_threads; /* 0: one a CPU */
	/* NULL, or called by the caller's thread after each chunk; of the plain bytes */
	void (*progress)(void *arg, uint64_t done_bytes, uint64_t total_bytes);
	void *progress_arg;
};

/* in: plain_fd holds size_bytes; payload has name, role, chunk_bytes set. The same input gives the
 * same bytes, whatever the number of threads. out: sizes and digests of payload; ret->fd (a
 * nameless file) and ret->table. owns: packed_payload_done(). errors: ERR_IMAGE_INPUT
 * (nothing but zeros), ERR_IO */
MUST_CHECK int pack_payload(int plain_fd, uint64_t size_bytes, const struct pack_options *options,
			    struct manifest_payload *payload, struct packed_payload *ret,
			    struct err *err);
void packed_payload_done(struct packed_payload *p);

/* A file without a name, in folder. Returns the descriptor or a negative error. */
MUST_CHECK int nameless_file(const char *folder, struct err *err);

#endif
