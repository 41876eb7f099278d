/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeros over a whole disk, and proof of it; see images/erase.h. One pass: on media of this century
 * what was overwritten once is not read again (NIST SP 800-88, "clear").
 */
#include <images/erase.h>

#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "target.h"

#define PIECE_BYTES       (4 * MIB)
#define DISCARD_BYTES     (1 * GIB) /* at a time: a stop must be heard within seconds */
#define PROGRESS_EVERY_MS 200

struct erasing {
	const struct image_erase_request *request;
	struct target target;
	uint8_t *zeros, *room; /* PIECE_BYTES each, aligned */
	struct image_erase_receipt receipt;
	int64_t told_ms;
};

static const char *const stage_words[_IMAGE_ERASE_STAGE_MAX] = {
	[IMAGE_ERASE_DISCARD] = "discard",
	[IMAGE_ERASE_OVERWRITE] = "overwrite",
	[IMAGE_ERASE_READ_BACK] = "read_back",
};

const char *image_erase_stage_str(enum image_erase_stage stage)
{
	return stage_words[stage];
}

static int may_go_on(const struct erasing *e, bool writes, struct err *err)
{
	const struct image_erase_request *r = e->request;

	if (writes && r->may_write && !r->may_write(r->arg))
		return err_set(err, ERR_IMAGE_LEASE, "the permission to write has ended");
	if (r->cancelled && r->cancelled(r->arg))
		return err_set(err, ERR_CANCELLED, "stopped on request");
	return 0;
}

static void tell(struct erasing *e, enum image_erase_stage stage, uint64_t done_bytes)
{
	int64_t now_ms = time_boot_ms();

	if (!e->request->progress || (done_bytes && now_ms - e->told_ms < PROGRESS_EVERY_MS))
		return;
	e->told_ms = now_ms;
	e->request->progress(e->request->arg, stage, done_bytes, e->target.size_bytes);
}

/* ---- the stages ------------------------------------------------------------------------------ */

/* A disk that knows no discard says so at the first piece; it is overwritten all the same. */
static int discard_piece(struct erasing *e, uint64_t at, size_t n_bytes, struct err *err)
{
	uint64_t range[2] = {at, n_bytes};

	(void)err;
	if (e->target.is_device && !ioctl(e->target.fd, BLKDISCARD, range))
		e->receipt.discarded_bytes += n_bytes;
	return 0;
}

static int overwrite_piece(struct erasing *e, uint64_t at, size_t n_bytes, struct err *err)
{
	TRY(target_write(&e->target, e->zeros, n_bytes, at, err));
	e->receipt.overwritten_bytes += n_bytes;
	return 0;
}

static int check_piece(struct erasing *e, uint64_t at, size_t n_bytes, struct err *err)
{
	TRY(target_read(&e->target, e->room, n_bytes, at, err));
	if (memcmp(e->room, e->zeros, n_bytes) != 0)
		return err_set(err, ERR_IMAGE_READ_BACK,
			       "disk is not zero at %" PRIu64 " after it was erased", at);
	e->receipt.read_back_bytes += n_bytes;
	return 0;
}

static const struct {
	int (*piece)(struct erasing *e, uint64_t at, size_t n_bytes, struct err *err);
	uint64_t piece_bytes;
	bool writes;
} stages[_IMAGE_ERASE_STAGE_MAX] = {
	[IMAGE_ERASE_DISCARD] = {discard_piece, DISCARD_BYTES, true},
	[IMAGE_ERASE_OVERWRITE] = {overwrite_piece, PIECE_BYTES, true},
	[IMAGE_ERASE_READ_BACK] = {check_piece, PIECE_BYTES, false},
};

static int run_stage(struct erasing *e, enum image_erase_stage stage, struct err *err)
{
	uint64_t size_bytes = e->target.size_bytes;
	int64_t began_ms = time_boot_ms();

	tell(e, stage, 0);
	for (uint64_t at = 0; at < size_bytes; at += stages[stage].piece_bytes) {
		uint64_t left_bytes = size_bytes - at, n_bytes = stages[stage].piece_bytes;

		TRY(may_go_on(e, stages[stage].writes, err));
		TRY(stages[stage].piece(
			e, at, (size_t)(left_bytes < n_bytes ? left_bytes : n_bytes), err));
		tell(e, stage, at + n_bytes < size_bytes ? at + n_bytes : size_bytes);
	}
	TRY(target_flush(&e->target, err));
	e->receipt.stage_s[stage] = (double)(time_boot_ms() - began_ms) / 1000.0;
	return 0;
}

static int erase(struct erasing *e, struct err *err)
{
	TRY(may_go_on(e, true, err));
	TRY(target_wipe_edges(&e->target, err));
	target_set_direct(&e->target, true);
	for (int i = 0; i < _IMAGE_ERASE_STAGE_MAX; i++)
		TRY(run_stage(e, (enum image_erase_stage)i, err));
	target_set_direct(&e->target, false);
	target_reread_table(&e->target);
	return 0;
}

int image_erase(const struct image_erase_request *request, struct image_erase_receipt *ret,
		struct err *err)
{
	struct erasing e = {.request = request};
	int status;

	TRY(target_open(&e.target, request->target_fd, NULL, err));
	e.receipt.disk_bytes = e.target.size_bytes;
	BUG_ON(posix_memalign((void **)&e.zeros, 4096, PIECE_BYTES + 4096) ||
	       posix_memalign((void **)&e.room, 4096, PIECE_BYTES + 4096));
	memset(e.zeros, 0, PIECE_BYTES + 4096);
	status = erase(&e, err);
	target_close(&e.target);
	free(e.zeros);
	free(e.room);
	if (!status)
		*ret = e.receipt;
	return status;
}

char *image_erase_receipt_json(const struct image_erase_receipt *r)
{
	json_t *seconds = json_object();
	autojson json_t *doc = NULL;

	for (int i = 0; i < _IMAGE_ERASE_STAGE_MAX; i++)
		json_object_set_new(seconds, stage_words[i], json_real(r->stage_s[i]));
	doc = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "method", "overwrite", "disk_bytes",
			(json_int_t)r->disk_bytes, "discarded_bytes",
			(json_int_t)r->discarded_bytes, "overwritten_bytes",
			(json_int_t)r->overwritten_bytes, "read_back_bytes",
			(json_int_t)r->read_back_bytes, "stages", seconds);
	BUG_ON(!doc);
	return json_text(doc);
}
