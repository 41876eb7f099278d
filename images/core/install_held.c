/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of a whole disk, the chunks at both ends stay in memory until everything else is done: they hold
 * the partition table and the boot sector. Their partitions are known from there, so what lies
 * inside a partition goes to the disk first and can be mounted; what lies outside goes last.
 */
#include "install_run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#include "partition_table.h"

bool install_chunk_is_held(const struct install *in, size_t payload, const struct chunk *c)
{
	const struct manifest_payload *p = &in->m->payloads[payload];
	uint64_t end_bytes = c->plain_offset + c->plain_bytes;

	return p->role == PAYLOAD_ROLE_DISK && (c->plain_offset < TARGET_EDGE_BYTES ||
						end_bytes + TARGET_EDGE_BYTES > p->size_bytes);
}

void install_hold(struct install *in, const struct chunk *c, const uint8_t *plain)
{
	struct held_chunk *h = xcalloc(1, sizeof(*h));

	h->chunk = *c;
	h->plain = xmalloc(c->plain_bytes);
	memcpy(h->plain, plain, c->plain_bytes);
	pthread_mutex_lock(&in->lock);
	h->next = in->held;
	in->held = h;
	pthread_mutex_unlock(&in->lock);
}

void install_free_held(struct install *in)
{
	while (in->held) {
		struct held_chunk *h = in->held;

		in->held = h->next;
		free(h->plain);
		free(h);
	}
}

/* The held chunk with the highest offset below a limit. */
static struct held_chunk *last_below(const struct install *in, uint64_t limit)
{
	struct held_chunk *last = NULL;

	for (struct held_chunk *h = in->held; h; h = h->next)
		if (h->chunk.plain_offset < limit &&
		    (!last || h->chunk.plain_offset > last->chunk.plain_offset))
			last = h;
	return last;
}

/* ---- which partitions there are -------------------------------------------------------------- */

/* A sparse picture of the disk in memory, with what is held at its place. */
static int picture(const struct install *in, int *ret_fd, struct err *err)
{
	autoclose int fd = memfd_create("held", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)in->m->payloads[0].size_bytes))
		return err_sys(err, ERR_IMAGE_TARGET, "no memory for the partition table");
	for (const struct held_chunk *h = in->held; h; h = h->next)
		if (pwrite(fd, h->plain, h->chunk.plain_bytes, (off_t)h->chunk.plain_offset) !=
		    (ssize_t)h->chunk.plain_bytes)
			return err_sys(err, ERR_IMAGE_TARGET, "no memory for the partition table");
	*ret_fd = take_fd(&fd);
	return 0;
}

int install_held_parts(struct install *in, struct install_parts *ret, struct err *err)
{
	autoclose int fd = -1;

	TRY(picture(in, &fd, err));
	const struct partition_source from = {fd, in->m->sector_bytes, in->m->arch,
					      in->m->payloads[0].size_bytes};
	return partition_table_read(&from, ret->parts, &ret->n, err);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* A stretch of a held chunk that lies wholly in one partition, or in none. */
struct piece {
	uint64_t at;
	size_t n_bytes;
	bool inside;
};

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The last piece of [begin, end). */
static struct piece last_piece(const struct install_parts *parts, uint64_t begin, uint64_t end)
{
	uint64_t at = begin;

	for (size_t i = 0; i < parts->n; i++) {
		const struct image_part *p = &parts->parts[i];
		uint64_t part_end = p->start_bytes + p->size_bytes;

		if (p->start_bytes < end && end <= part_end) {
			at = later(begin, p->start_bytes);
			return (struct piece){at, (size_t)(end - at), true};
		}
		if (part_end < end)
			at = later(at, part_end);
	}
	return (struct piece){at, (size_t)(end - at), false};
}

static int write_piece(struct install *in, const struct piece *p, const uint8_t *plain,
		       uint8_t *again, struct err *err)
{
	ssize_t n;

	TRY(install_may_write(in, err));
	for (size_t done = 0; done < p->n_bytes; done += (size_t)n) {
		n = pwrite(in->target.fd, plain + done, p->n_bytes - done, (off_t)(p->at + done));
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return err_sys(err, ERR_IO, "cannot write %zu bytes at %" PRIu64,
				       p->n_bytes - done, p->at + done);
	}
	TRY(target_flush(&in->target, err));
	if (!in->request->read_back)
		return 0;
	for (size_t done = 0; done < p->n_bytes; done += (size_t)n) {
		n = pread(in->target.fd, again, p->n_bytes - done, (off_t)(p->at + done));
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return err_sys(err, ERR_IO, "cannot read at %" PRIu64, p->at + done);
		else if (memcmp(again, plain + done, (size_t)n) != 0)
			return err_set(err, ERR_IMAGE_READ_BACK,
				       "disk holds other bytes at %" PRIu64 " than were written",
				       p->at);
	}
	return 0;
}

static int write_pieces(struct install *in, const struct install_parts *parts, bool inside,
			const struct held_chunk *h, uint8_t *again, struct err *err)
{
	uint64_t begin = h->chunk.plain_offset, end = begin + h->chunk.plain_bytes;
	uint8_t digest[SHA256_BYTES];

	/* What waited in memory is what was signed; then the disk is compared with it. */
	sha256_of(h->plain, h->chunk.plain_bytes, digest);
	if (install_checks(in) && !digest_eq(digest, h->chunk.plain_sha256, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_DIGEST, "chunk at %" PRIu64 " changed in memory",
			       begin);
	while (end > begin) {
		struct piece p = last_piece(parts, begin, end);

		if (p.inside == inside)
			TRY(write_piece(in, &p, h->plain + (p.at - begin), again, err));
		end = p.at;
	}
	return 0;
}

int install_write_held(struct install *in, const struct install_parts *parts, bool inside,
		       struct err *err)
{
	autofree uint8_t *again = xmalloc(in->room_bytes);
	struct held_chunk *h;

	for (uint64_t limit = UINT64_MAX; (h = last_below(in, limit));
	     limit = h->chunk.plain_offset)
		TRY(write_pieces(in, parts, inside, h, again, err));
	return 0;
}
