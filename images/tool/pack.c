/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing on several threads with an ordered result; see pack.h. A ring of slots goes round: a
 * worker takes the next window of the input, compresses it into its slot, and the main thread
 * writes the slots in order.
 */
#include "pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

#include <images/chunk_table.h>

#define SLOTS       16
#define THREADS_MAX 16
#define BLOCK_BYTES CHUNK_ALIGN_BYTES

struct slot {
	bool done;
	bool is_hole;
	struct chunk chunk; /* without packed_offset */
	uint8_t *packed;
	struct err err;
};

struct packer {
	int fd;
	uint64_t size_bytes;
	uint32_t chunk_bytes;
	bool trims; /* zeros may be left out */
	int level;
	void (*progress)(void *arg, uint64_t done_bytes, uint64_t total_bytes);
	void *progress_arg;
	size_t packed_room_bytes;
	uint64_t n_windows;

	pthread_mutex_t lock;
	pthread_cond_t slot_free, slot_done;
	uint64_t next;    /* window that no worker has yet */
	uint64_t written; /* windows whose slots are free again */
	bool stop;
	struct slot slots[SLOTS];
};

int nameless_file(const char *folder, struct err *err)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	autofree char *name = NULL;

	if (fd >= 0)
		return fd;
	name = xasprintf("%s/slipway.XXXXXX", folder);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot create a file in '%s'", folder);
	(void)unlink(name);
	return fd;
}

static bool is_zero(const uint8_t *p, size_t n_bytes)
{
	return !p[0] && !memcmp(p, p + 1, n_bytes - 1);
}

static bool window_is_hole(const struct packer *p, uint64_t offset, size_t n_bytes)
{
	off_t at = p->trims ? lseek(p->fd, (off_t)offset, SEEK_DATA) : (off_t)offset;

	return (at < 0 && errno == ENXIO) || (at >= 0 && (uint64_t)at >= offset + n_bytes);
}

static int read_window(const struct packer *p, uint8_t *to, size_t n_bytes, uint64_t offset,
		       struct err *err)
{
	size_t done = 0;

	while (done < n_bytes) {
		ssize_t n = pread(p->fd, to + done, n_bytes - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_IO, "cannot read the input");
		if (!n)
			return err_set(err, ERR_IMAGE_INPUT, "the input became shorter");
		done += (size_t)n;
	}
	return 0;
}

/* Cut zero blocks off both ends; the result is empty when all are zero. */
static void trim(const uint8_t *p, size_t *first, size_t *end)
{
	while (*first < *end) {
		size_t n = *end - *first < BLOCK_BYTES ? *end - *first : BLOCK_BYTES;

		if (!is_zero(p + *first, n))
			break;
		*first += n;
	}
	while (*end > *first) {
		size_t rest = *end % BLOCK_BYTES, n = rest ? rest : BLOCK_BYTES;

		if (!is_zero(p + *end - n, n))
			break;
		*end -= n;
	}
}

static int compress(const struct packer *p, ZSTD_CCtx *ctx, const uint8_t *plain, size_t n_bytes,
		    struct slot *s, struct err *err)
{
	size_t n = ZSTD_compressCCtx(ctx, s->packed, p->packed_room_bytes, plain, n_bytes,
				     p->level);

	if (ZSTD_isError(n))
		return err_set(err, ERR_IMAGE_INPUT, "cannot compress: %s", ZSTD_getErrorName(n));
	s->chunk.packed_bytes = (uint32_t)n;
	s->chunk.plain_bytes = (uint32_t)n_bytes;
	sha256_of(s->packed, n, s->chunk.packed_sha256);
	sha256_of(plain, n_bytes, s->chunk.plain_sha256);
	return 0;
}

static int fill_slot(const struct packer *p, ZSTD_CCtx *ctx, uint8_t *plain, uint64_t window,
		     struct slot *s)
{
	uint64_t offset = window * p->chunk_bytes, left = p->size_bytes - offset;
	size_t n_bytes = left < p->chunk_bytes ? (size_t)left : p->chunk_bytes;
	size_t first = 0, end = n_bytes;

	s->err = ERR_INIT;
	s->is_hole = window_is_hole(p, offset, n_bytes);
	if (s->is_hole)
		return 0;
	TRY(read_window(p, plain, n_bytes, offset, &s->err));
	if (p->trims)
		trim(plain, &first, &end);
	s->is_hole = first == end;
	s->chunk.plain_offset = offset + first;
	return s->is_hole ? 0 : compress(p, ctx, plain + first, end - first, s, &s->err);
}

/* The next window and its slot, once that is free; false at the end. */
static bool take_window(struct packer *p, uint64_t *ret)
{
	bool more;

	pthread_mutex_lock(&p->lock);
	while (!p->stop && p->next < p->n_windows && p->next >= p->written + SLOTS)
		pthread_cond_wait(&p->slot_free, &p->lock);
	more = !p->stop && p->next < p->n_windows;
	if (more)
		*ret = p->next++;
	pthread_mutex_unlock(&p->lock);
	return more;
}

static void *run_worker(void *arg)
{
	struct packer *p = arg;
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	autofree uint8_t *plain = xmalloc(p->chunk_bytes);
	uint64_t window;

	BUG_ON(!ctx);
	while (take_window(p, &window)) {
		struct slot *s = &p->slots[window % SLOTS];

		(void)fill_slot(p, ctx, plain, window, s);
		pthread_mutex_lock(&p->lock);
		s->done = true;
		pthread_cond_broadcast(&p->slot_done);
		pthread_mutex_unlock(&p->lock);
	}
	ZSTD_freeCCtx(ctx);
	return NULL;
}

/* ---- the ordered end ------------------------------------------------------------------------- */

struct record {
	uint8_t bytes[CHUNK_RECORD_BYTES];
};

struct output {
	int fd;
	uint64_t packed_bytes;
	struct sha256 *hash;
	VEC(struct record) records;
};

static int write_slot(struct output *out, struct slot *s, struct err *err)
{
	struct record record;

	if (s->err.code) {
		*err = s->err;
		return -err->code;
	}
	if (s->is_hole)
		return 0;
	s->chunk.packed_offset = out->packed_bytes;
	TRY(file_write_all(out->fd, s->packed, s->chunk.packed_bytes, err));
	sha256_update(out->hash, s->packed, s->chunk.packed_bytes);
	out->packed_bytes += s->chunk.packed_bytes;
	chunk_encode(&s->chunk, record.bytes);
	if ((out->records.n + 1) * CHUNK_RECORD_BYTES > CHUNK_TABLE_MAX_BYTES)
		return err_set(err, ERR_TOO_BIG, "the chunk table has more than %d bytes",
			       CHUNK_TABLE_MAX_BYTES);
	VEC_PUSH(&out->records, record);
	return 0;
}

static void report(const struct packer *p, uint64_t n_windows)
{
	uint64_t done_bytes = n_windows * p->chunk_bytes;

	if (p->progress)
		p->progress(p->progress_arg,
			    done_bytes < p->size_bytes ? done_bytes : p->size_bytes, p->size_bytes);
}

static int write_slots(struct packer *p, struct output *out, struct err *err)
{
	int status = 0;

	for (uint64_t window = 0; window < p->n_windows && !status; window++) {
		struct slot *s = &p->slots[window % SLOTS];

		pthread_mutex_lock(&p->lock);
		while (!s->done)
			pthread_cond_wait(&p->slot_done, &p->lock);
		pthread_mutex_unlock(&p->lock);
		status = write_slot(out, s, err);
		report(p, window + 1);
		pthread_mutex_lock(&p->lock);
		s->done = false;
		p->written++;
		p->stop = status < 0;
		pthread_cond_broadcast(&p->slot_free);
		pthread_mutex_unlock(&p->lock);
	}
	return status;
}

static unsigned count_threads(unsigned wanted)
{
	cpu_set_t set;
	int n = 1;

	if (!wanted && !sched_getaffinity(0, sizeof(set), &set))
		n = CPU_COUNT(&set);
	if (wanted)
		n = (int)wanted;
	return n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

static int run_packer(struct packer *p, unsigned n_threads, struct output *out, struct err *err)
{
	pthread_t threads[THREADS_MAX];
	int status;

	BUG_ON(pthread_mutex_init(&p->lock, NULL) || pthread_cond_init(&p->slot_free, NULL) ||
	       pthread_cond_init(&p->slot_done, NULL));
	for (size_t i = 0; i < SLOTS; i++)
		p->slots[i].packed = xmalloc(p->packed_room_bytes);
	for (unsigned i = 0; i < n_threads; i++)
		BUG_ON(pthread_create(&threads[i], NULL, run_worker, p));
	status = write_slots(p, out, err);
	for (unsigned i = 0; i < n_threads; i++)
		(void)pthread_join(threads[i], NULL);
	for (size_t i = 0; i < SLOTS; i++)
		free(p->slots[i].packed);
	pthread_cond_destroy(&p->slot_done);
	pthread_cond_destroy(&p->slot_free);
	pthread_mutex_destroy(&p->lock);
	return status;
}

void packed_payload_done(struct packed_payload *p)
{
	if (p->fd > 0)
		(void)close(p->fd);
	free(p->table);
	*p = (struct packed_payload){.fd = -1};
}

static int finish(struct output *out, uint64_t size_bytes, struct manifest_payload *payload,
		  struct packed_payload *ret, struct err *err)
{
	if (!out->records.n)
		return err_set(err, ERR_IMAGE_INPUT, "payload '%s' is nothing but zeros",
			       payload->name);
	payload->size_bytes = size_bytes;
	payload->packed_bytes = out->packed_bytes;
	payload->table_bytes = out->records.n * CHUNK_RECORD_BYTES;
	sha256_final(out->hash, payload->packed_sha256);
	sha256_of(out->records.items, payload->table_bytes, payload->table_sha256);
	ret->fd = out->fd;
	ret->table = (uint8_t *)out->records.items;
	return 0;
}

int pack_payload(int plain_fd, uint64_t size_bytes, const struct pack_options *options,
		 struct manifest_payload *payload, struct packed_payload *ret, struct err *err)
{
	struct packer p = {.fd = plain_fd,
			   .size_bytes = size_bytes,
			   .chunk_bytes = payload->chunk_bytes,
			   .trims = payload->role != PAYLOAD_ROLE_ROOTFS,
			   .level = options->level,
			   .progress = options->progress,
			   .progress_arg = options->progress_arg};
	AUTO(sha256) struct sha256 *hash = sha256_new();
	struct output out = {.fd = nameless_file(options->folder, err), .hash = hash};
	int status;

	if (out.fd < 0)
		return out.fd;
	p.packed_room_bytes = ZSTD_compressBound(p.chunk_bytes);
	p.n_windows = (size_bytes + p.chunk_bytes - 1) / p.chunk_bytes;
	status = run_packer(&p, count_threads(options->n_threads), &out, err);
	if (!status)
		status = finish(&out, size_bytes, payload, ret, err);
	if (status < 0) {
		(void)close(out.fd);
		VEC_DONE(&out.records);
	}
	return status;
}
