/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunk tables that carry the right digest, and decoding of whatever follows as a chunk.
 */
#include <stdint.h>
#include <string.h>

#include <base/str.h>
#include <images/chunk_table.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

static void decode(const uint8_t *p, size_t n_bytes)
{
	AUTO(chunk_decoder) struct chunk_decoder *d = chunk_decoder_new();
	struct chunk c = {.packed_bytes = (uint32_t)n_bytes, .plain_bytes = 4096};
	uint8_t plain[4096];

	if (n_bytes && n_bytes < 65536)
		IGNORE_RESULT(chunk_decode(d, &c, p, plain, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	size_t n = n_bytes / CHUNK_RECORD_BYTES * CHUNK_RECORD_BYTES;
	struct manifest_payload payload = {.name = "p",
					   .role = n_bytes % 2 ? PAYLOAD_ROLE_ROOTFS
							       : PAYLOAD_ROLE_FS,
					   .chunk_bytes = CHUNK_MAX_BYTES,
					   .size_bytes = UINT64_C(1) << 50,
					   .packed_bytes = 350,
					   .table_bytes = n};
	struct chunk_table t;

	sha256_of(p, n, payload.table_sha256);
	if (n && !chunk_table_check(&payload, p, n, &t, NULL)) {
		struct chunk last = chunk_table_at(&t, t.n - 1);

		BUG_ON(last.packed_offset + last.packed_bytes != payload.packed_bytes);
		BUG_ON(last.plain_offset + last.plain_bytes > payload.size_bytes);
	}
	decode(p + n, n_bytes - n);
	return 0;
}
