/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workers do with jobs of an install: check, decode and write a chunk; zero a hole; read
 * either back. Every write to the target asks for permission first (lease, stop, cancel).
 */
#include "install_run.h"

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define ZERO_PIECE_BYTES (128 * MIB)

static void count_written(struct install *in, uint64_t written_bytes, uint64_t zeroed_bytes)
{
	pthread_mutex_lock(&in->lock);
	in->receipt.written_bytes += written_bytes;
	in->receipt.zeroed_bytes += zeroed_bytes;
	pthread_mutex_unlock(&in->lock);
	install_progress(in, written_bytes + zeroed_bytes);
}

static int write_chunk(struct install *in, struct pool_job *job, struct chunk_decoder *decoder,
		       uint8_t *plain, struct err *err)
{
	const struct chunk *c = &job->chunk;

	TRY(source_packed(in->source, job, install_checks(in), err));
	TRY(chunk_decode(decoder, c, job->packed, plain, err));
	if (in->leaves_out[job->payload])
		return 0;
	if (in->m->payloads[job->payload].role == PAYLOAD_ROLE_ROOTFS) {
		TRY(install_rootfs_chunk(in, job, plain, err));
	} else if (install_chunk_is_held(in, job->payload, c)) {
		install_hold(in, c, plain);
	} else {
		TRY(install_may_write(in, err));
		TRY(target_write(&in->target, plain, c->plain_bytes,
				 in->base_bytes[job->payload] + c->plain_offset, err));
	}
	count_written(in, c->plain_bytes, 0);
	return 0;
}

/* In pieces: a disk that cannot forget blocks is written full of zeros, and a stop must be heard
 * within seconds, not at the end of a hole of hundreds of gigabytes. */
static int zero_hole(struct install *in, const struct pool_job *job, struct err *err)
{
	uint64_t at = job->zero_offset, left = job->zero_bytes;

	while (left) {
		uint64_t n = left < ZERO_PIECE_BYTES ? left : ZERO_PIECE_BYTES;

		TRY(install_may_write(in, err));
		TRY(target_zero(&in->target, at, n, err));
		count_written(in, 0, n);
		at += n;
		left -= n;
	}
	return 0;
}

static int check_plain(const struct install *in, const struct chunk *c, uint64_t at, uint8_t *plain,
		       struct err *err)
{
	uint8_t digest[SHA256_BYTES];

	TRY(target_read(&in->target, plain, c->plain_bytes, at, err));
	sha256_of(plain, c->plain_bytes, digest);
	if (!digest_eq(digest, c->plain_sha256, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_READ_BACK,
			       "disk holds other bytes at %" PRIu64 " than were written", at);
	return 0;
}

static int check_chunk(struct install *in, const struct pool_job *job, uint8_t *plain,
		       struct err *err)
{
	uint64_t at = in->base_bytes[job->payload] + job->chunk.plain_offset;

	TRY(check_plain(in, &job->chunk, at, plain, err));
	install_progress(in, job->chunk.plain_bytes);
	return 0;
}

static bool is_zero(const uint8_t *p, size_t n_bytes)
{
	return !n_bytes || (!p[0] && !memcmp(p, p + 1, n_bytes - 1));
}

static int check_hole(struct install *in, const struct pool_job *job, uint8_t *plain,
		      struct err *err)
{
	uint64_t at = job->zero_offset, left = job->zero_bytes;

	while (left) {
		size_t n = left < in->room_bytes ? (size_t)left : in->room_bytes;

		TRY(target_read(&in->target, plain, n, at, err));
		if (!is_zero(plain, n))
			return err_set(err, ERR_IMAGE_READ_BACK,
				       "disk is not zero at %" PRIu64 " where the image has a hole",
				       at);
		install_progress(in, n);
		at += n;
		left -= n;
	}
	return 0;
}

int install_work(void *arg, struct pool_job *job, struct chunk_decoder *decoder, uint8_t *plain,
		 struct err *err)
{
	struct install *in = arg;

	switch (job->task) {
	case POOL_CHUNK:
		return write_chunk(in, job, decoder, plain, err);
	case POOL_ZERO:
		return zero_hole(in, job, err);
	case POOL_CHECK_CHUNK:
		return check_chunk(in, job, plain, err);
	case POOL_CHECK_ZERO:
		return check_hole(in, job, plain, err);
	}
	return 0;
}
