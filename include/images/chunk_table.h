/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chunk table of a payload: one 96-byte record per chunk, all numbers little-endian.
 *
 *   0  u64  plain offset   (ranges that no record covers are zeros: "holes")
 *   8  u64  packed offset  (records are packed without gaps, in order)
 *  16  u32  packed bytes   20  u32  plain bytes
 *  24  u8[32] SHA-256 of the packed bytes   56  u8[32] SHA-256 of the plain bytes
 *  88  u32  flags, zero    92  u32  zero
 *
 * Its own SHA-256 is in the manifest. Every chunk is one zstd frame that can be decoded alone.
 */
#ifndef IMAGES_CHUNK_TABLE_H
#define IMAGES_CHUNK_TABLE_H

#include <images/manifest.h>
#include <base/err.h>

#define CHUNK_RECORD_BYTES    96
#define CHUNK_TABLE_MAX_BYTES (32 * 1024 * 1024) /* 1.3 TiB of mapped 4 MiB chunks */
#define CHUNK_ALIGN_BYTES     4096               /* of plain offsets in fs and disk payloads */
/* A packed chunk may be this much larger than its plain bytes (zstd's bound is less). */
#define CHUNK_PACKED_SLACK_BYTES (32 * 1024)

struct chunk {
	uint64_t plain_offset;
	uint64_t packed_offset;
	uint32_t packed_bytes;
	uint32_t plain_bytes;
	uint8_t packed_sha256[SHA256_BYTES];
	uint8_t plain_sha256[SHA256_BYTES];
};

struct chunk_table {
	size_t n;
	const uint8_t *records; /* n * CHUNK_RECORD_BYTES, owned by whoever read them */
};

/* Check the records against the manifest's entry: hash first, then order, bounds, sums, alignment.
 * in: p must stay valid while the table is used. trust: the bytes are hostile; payload is checked.
 * errors: ERR_IMAGE_DIGEST, ERR_IMAGE_CHUNK_TABLE */
MUST_CHECK int chunk_table_check(const struct manifest_payload *payload, const void *p,
				 size_t n_bytes, struct chunk_table *ret, struct err *err);

/* Record i, decoded. in: i < n */
struct chunk chunk_table_at(const struct chunk_table *t, size_t i);
void chunk_encode(const struct chunk *c, uint8_t ret[static CHUNK_RECORD_BYTES]);

/* SHA-256 of the packed bytes against the record. errors: ERR_IMAGE_DIGEST */
MUST_CHECK int chunk_check_packed(const struct chunk *c, const void *p, size_t n_bytes,
				  struct err *err);

/* Decoder with its work space, reused from chunk to chunk; one a thread. */
struct chunk_decoder;
MUST_CHECK struct chunk_decoder *chunk_decoder_new(void);
void chunk_decoder_free(struct chunk_decoder *d);
DEFINE_AUTO(chunk_decoder, struct chunk_decoder, chunk_decoder_free);
/* Decode checked packed bytes into exactly c->plain_bytes at ret. Bytes past the declared size, a
 * second frame or a short one are errors. errors: ERR_IMAGE_CHUNK */
MUST_CHECK int chunk_decode(struct chunk_decoder *d, const struct chunk *c, const void *packed,
			    void *ret, struct err *err);

#endif
