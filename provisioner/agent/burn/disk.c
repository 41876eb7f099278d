/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk read and verify, without writing: blocks spread evenly over the whole surface (so that a
 * short test still sees both edges and the middle), read past the page cache, then read again and
 * compared. A disk that is small enough for the time is read completely.
 */
#include "burn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/limits.h>
#include <base/str.h>

#define BLOCK_BYTES  ((size_t)MIB)
#define ALIGN_BYTES  4096
#define MAX_COMPARED 65536 /* marks kept: 512 KiB */
#define TRIES        3

struct reader {
	const struct burn_disk_request *request;
	struct burn_disk_result *result;
	uint8_t *block;
	uint64_t *marks; /* of what each block held, 0: not read */
	uint64_t n_blocks;
	int64_t deadline_ms;
};

/* The i-th block to read: indices with their bits reversed cover the disk evenly at any moment. The
 * caller counts i up to the next power of two; SIZE_MAX says that this i is beyond the disk. */
static uint64_t spread(uint64_t i, uint64_t n_blocks)
{
	uint64_t reversed = 0;

	for (uint64_t top = 1; top < n_blocks; top <<= 1) {
		reversed = reversed << 1 | (i & 1);
		i >>= 1;
	}
	return reversed < n_blocks ? reversed : UINT64_MAX;
}

static uint64_t spread_limit(uint64_t n_blocks)
{
	uint64_t limit = 1;

	while (limit < n_blocks)
		limit <<= 1;
	return limit;
}

static size_t block_length(const struct reader *r, uint64_t index)
{
	uint64_t left = r->request->size_bytes - index * BLOCK_BYTES;

	return left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
}

/* A number that differs when any one word differs: each step is a bijection of the sum so far. Not
 * SHA-256, which on an emulated CPU would be all that this test measures. */
static uint64_t mark_of(const uint8_t *p, size_t n_bytes)
{
	uint64_t mark = 0x9e3779b97f4a7c15U, word;

	for (size_t i = 0; i + sizeof(word) <= n_bytes; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		mark = (mark ^ word) * 0xff51afd7ed558ccdU;
		mark ^= mark >> 29;
	}
	return mark ? mark : 1;
}

/* Whole block or false; a block that needs a second try counts as an error all the same. */
static bool read_block(struct reader *r, uint64_t index, uint64_t *ret_mark)
{
	size_t want = block_length(r, index), have = 0;
	bool clean = true;

	for (int tries = 0; have < want && tries < TRIES;) {
		ssize_t n = pread(r->request->fd, r->block + have, want - have,
				  (off_t)(index * BLOCK_BYTES + have));

		if (n > 0) {
			have += (size_t)n;
		} else if (!(n < 0 && errno == EINTR)) {
			clean = false;
			tries++;
		}
	}
	if (!clean && r->result->n_errors++ == 0)
		r->result->first_bad_byte = index * BLOCK_BYTES + have;
	if (have < want)
		return false;
	r->result->read_bytes += have;
	*ret_mark = mark_of(r->block, have);
	return true;
}

static bool go_on(struct reader *r, int64_t until_ms)
{
	if (!r->request->tick(r->request->arg))
		r->result->stopped = true;
	return !r->result->stopped && time_boot_ms() < until_ms;
}

/* First pass; returns how many values of i it went through. */
static uint64_t read_all(struct reader *r, int64_t until_ms)
{
	uint64_t limit = spread_limit(r->n_blocks), i;
	uint64_t mark;

	/* The end first: stale capacity (HPA, wrong size) shows there. */
	(void)read_block(r, r->n_blocks - 1, &mark);
	for (i = 0; i < limit && go_on(r, until_ms); i++) {
		uint64_t index = spread(i, r->n_blocks);

		if (index == UINT64_MAX)
			continue;
		if (!read_block(r, index, &mark))
			continue;
		r->result->blocks++;
		if (i < MAX_COMPARED)
			r->marks[i] = mark;
	}
	return i;
}

static void compare_all(struct reader *r, uint64_t n)
{
	uint64_t mark;

	for (uint64_t i = 0; i < n && i < MAX_COMPARED && go_on(r, r->deadline_ms); i++) {
		uint64_t index = spread(i, r->n_blocks);

		if (index == UINT64_MAX || !r->marks[i] || !read_block(r, index, &mark))
			continue;
		if (mark != r->marks[i] && r->result->n_unstable++ == 0)
			r->result->first_bad_byte = index * BLOCK_BYTES;
	}
}

void burn_read_disk(const struct burn_disk_request *request, struct burn_disk_result *ret)
{
	int64_t started_ms = time_boot_ms();
	struct reader r = {.request = request, .result = ret};
	void *block = NULL;

	*ret = (struct burn_disk_result){0};
	if (request->size_bytes == 0 || posix_memalign(&block, ALIGN_BYTES, BLOCK_BYTES) != 0)
		return;
	r.block = block;
	r.marks = xcalloc(MAX_COMPARED, sizeof(*r.marks));
	r.n_blocks = (request->size_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
	r.deadline_ms = started_ms + request->budget_ms;
	uint64_t n = read_all(&r, started_ms + request->budget_ms / 2);
	compare_all(&r, n);
	ret->covered_permille = ret->blocks * 1000 / r.n_blocks;
	ret->took_ms = time_boot_ms() - started_ms;
	free(r.marks);
	free(block);
}

/* ---- the test -------------------------------------------------------------------------------- */

static bool tick(void *arg)
{
	return burn_tick(arg);
}

static void judge(struct burn *b, const char *step, const struct component *c,
		  const struct burn_disk_result *r)
{
	double seconds = r->took_ms > 0 ? (double)r->took_ms / 1000 : 0.001;
	struct burnin_finding finding = {.component = c};

	ocp_measure(&b->stream, step, c, "read-rate", (double)r->read_bytes / (double)MIB / seconds,
		    "MiB/s", (struct ocp_validator){0});
	ocp_measure(&b->stream, step, c, "surface-read", (double)r->covered_permille / 10, "%",
		    (struct ocp_validator){0});
	ocp_measure(&b->stream, step, c, "read-errors", r->n_errors, "blocks",
		    (struct ocp_validator){"EQUAL", 0});
	ocp_measure(&b->stream, step, c, "unstable-blocks", r->n_unstable, "blocks",
		    (struct ocp_validator){"EQUAL", 0});
	text_print(finding.message, sizeof(finding.message),
		   "%u read errors, %u unstable blocks, the first at byte %llu", r->n_errors,
		   r->n_unstable, (unsigned long long)r->first_bad_byte);
	if (r->n_errors)
		finding.symptom = SYMPTOM_DISK_READ_ERROR;
	else if (r->n_unstable)
		finding.symptom = SYMPTOM_DISK_UNSTABLE_READ;
	if (finding.symptom)
		burn_found(b, step, &finding);
	else
		burn_passed(b, step, c, "disk-read-pass",
			    "every block read was readable and stable");
}

static int open_disk(const struct drive *d)
{
	int fd = open(d->dev_path, O_RDONLY | O_CLOEXEC | O_DIRECT);

	return fd >= 0 || errno != EINVAL ? fd : open(d->dev_path, O_RDONLY | O_CLOEXEC);
}

enum burn_end burn_test_disk_read(struct burn *b, const char *step)
{
	bool all = true;

	if (b->drives.n == 0)
		return BURN_SKIPPED;
	for (size_t i = 0; i < b->drives.n; i++) {
		const struct drive *d = &b->drives.items[i];
		const struct component *c = component_find(&b->components, COMPONENT_DISK,
							   d->facts.name);
		autoclose int fd = open_disk(d);
		struct burn_disk_result result;

		if (fd < 0) {
			burn_unjudged(b, step, c, strerror(errno));
			all = false;
			continue;
		}
		burn_read_disk(
			&(struct burn_disk_request){
				.fd = fd,
				.size_bytes = (uint64_t)d->facts.capacity_bytes,
				.budget_ms = b->test_s * 1000 / (int64_t)b->drives.n,
				.tick = tick,
				.arg = b,
			},
			&result);
		if (result.stopped)
			return BURN_STOPPED;
		judge(b, step, c, &result);
	}
	return all ? BURN_JUDGED : BURN_ERROR;
}
