/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding of single chunks with libzstd; see images/chunk_table.h. The packed bytes were checked
 * against the signed table before they come here; still the output is bounded by what the table
 * says, and the frame must be exactly one and exactly as long.
 */
#include <images/chunk_table.h>

#include <zstd.h>

#include <base/str.h>

#define WINDOW_LOG_MAX 22 /* 4 MiB: the largest chunk */

struct chunk_decoder {
	ZSTD_DCtx *ctx;
};

struct chunk_decoder *chunk_decoder_new(void)
{
	struct chunk_decoder *d = xcalloc(1, sizeof(*d));

	d->ctx = ZSTD_createDCtx();
	BUG_ON(!d->ctx);
	BUG_ON(ZSTD_isError(ZSTD_DCtx_setParameter(d->ctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)));
	return d;
}

void chunk_decoder_free(struct chunk_decoder *d)
{
	if (!d)
		return;
	ZSTD_freeDCtx(d->ctx);
	free(d);
}

int chunk_decode(struct chunk_decoder *d, const struct chunk *c, const void *packed, void *ret,
		 struct err *err)
{
	size_t frame_bytes = ZSTD_findFrameCompressedSize(packed, c->packed_bytes), n;

	if (ZSTD_isError(frame_bytes) || frame_bytes != c->packed_bytes)
		return err_set(err, ERR_IMAGE_CHUNK, "chunk is not exactly one zstd frame");
	n = ZSTD_decompressDCtx(d->ctx, ret, c->plain_bytes, packed, c->packed_bytes);
	if (ZSTD_isError(n))
		return err_set(err, ERR_IMAGE_CHUNK, "chunk does not decode: %s",
			       ZSTD_getErrorName(n));
	if (n != c->plain_bytes)
		return err_set(err, ERR_IMAGE_CHUNK, "chunk decodes to %zu bytes instead of %u", n,
			       (unsigned)c->plain_bytes);
	return 0;
}
