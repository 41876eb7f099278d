/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A drive that erases itself, and the proof that it did; see images/erase.h. What it shows afterwards
 * depends on the drive (zeros, ones, noise under another key), so a sample is compared with what was
 * there before. Samples lie evenly over the disk; their digests are kept, not their bytes.
 */
#include <images/erase.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <base/digest.h>
#include <base/limits.h>
#include <base/str.h>

#include "target.h"

#define SAMPLES_MAX  1024
#define SAMPLE_BYTES (64 * KIB)

struct sample {
	uint64_t at;
	uint8_t digest[SHA256_BYTES];
	bool blank;
};

struct sampling {
	struct target target;
	uint8_t *room; /* SAMPLE_BYTES, aligned */
	struct sample samples[SAMPLES_MAX];
	unsigned n;
};

/* Zeros or ones: what an erased cell reads as. */
static bool is_blank(const uint8_t *p, size_t n_bytes)
{
	return (p[0] == 0 || p[0] == 0xff) && memcmp(p, p + 1, n_bytes - 1) == 0;
}

static int read_sample(struct sampling *s, uint64_t at, struct sample *ret, struct err *err)
{
	TRY(target_read(&s->target, s->room, SAMPLE_BYTES, at, err));
	ret->at = at;
	ret->blank = is_blank(s->room, SAMPLE_BYTES);
	sha256_of(s->room, SAMPLE_BYTES, ret->digest);
	return 0;
}

/* Where the i-th of n samples begins; the last one ends with the disk. */
static uint64_t place_of(const struct sampling *s, unsigned i)
{
	uint64_t room = s->target.size_bytes - SAMPLE_BYTES;
	uint64_t at = s->n > 1 ? room / (s->n - 1) * i : 0;

	return (i + 1 == s->n && i > 0 ? room : at) & ~(uint64_t)4095;
}

static int take_samples(struct sampling *s, struct err *err)
{
	uint64_t fit = s->target.size_bytes / SAMPLE_BYTES;

	if (fit == 0)
		return err_set(err, ERR_IMAGE_TARGET, "the disk has %" PRIu64 " bytes: too few",
			       s->target.size_bytes);
	s->n = fit < SAMPLES_MAX ? (unsigned)fit : SAMPLES_MAX;
	for (unsigned i = 0; i < s->n; i++)
		TRY(read_sample(s, place_of(s, i), &s->samples[i], err));
	return 0;
}

static int check_samples(struct sampling *s, struct err *err)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct sample now;
		const struct sample *was = &s->samples[i];

		TRY(read_sample(s, was->at, &now, err));
		if (!now.blank && memcmp(now.digest, was->digest, sizeof(now.digest)) == 0)
			return err_set(err, ERR_IMAGE_READ_BACK,
				       "disk holds at %" PRIu64
				       " what it held before it was erased",
				       was->at);
	}
	return 0;
}

static int erase(struct sampling *s, const struct image_erase_request *r,
		 int (*command)(void *arg, struct err *err), struct err *err)
{
	if (r->may_write && !r->may_write(r->arg))
		return err_set(err, ERR_IMAGE_LEASE, "the permission to write has ended");
	if (r->cancelled && r->cancelled(r->arg))
		return err_set(err, ERR_CANCELLED, "stopped on request");
	TRY(target_wipe_edges(&s->target, err));
	target_set_direct(&s->target, true);
	TRY(take_samples(s, err));
	TRY(command(r->arg, err));
	TRY(check_samples(s, err));
	target_set_direct(&s->target, false);
	TRY(target_wipe_edges(&s->target, err));
	TRY(target_flush(&s->target, err));
	target_reread_table(&s->target);
	return 0;
}

int image_erase_by_drive(const struct image_erase_request *request,
			 int (*command)(void *arg, struct err *err),
			 struct image_erase_samples *ret, struct err *err)
{
	autofree struct sampling *s = xcalloc(1, sizeof(*s));
	struct image_erase_samples samples = {.n_bytes = SAMPLE_BYTES};

	TRY(target_open(&s->target, request->target_fd, NULL, err));
	BUG_ON(posix_memalign((void **)&s->room, 4096, SAMPLE_BYTES));
	int r = erase(s, request, command, err);
	samples.disk_bytes = s->target.size_bytes;
	samples.n = s->n;
	for (unsigned i = 0; i < s->n; i++)
		samples.n_blank += s->samples[i].blank;
	target_close(&s->target);
	free(s->room);
	if (r == 0)
		*ret = samples;
	return r;
}
