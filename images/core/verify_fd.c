/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives the verifier over a descriptor: a file, whose chunks the workers read themselves, or a
 * pipe, whose chunks are read here and handed to them. Memory: the chunk tables and a few chunks.
 */
#include <images/verify.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "pool.h"
#include <images/read_exact.h>

#define PART_BYTES (64 * 1024)

struct verify_run {
	int fd;
	bool is_file; /* seekable: workers read */
	bool deep;
	struct image_verify *machine;
	struct pool *pool;
	uint8_t *part;
};

static int check_plain(const struct chunk *c, const uint8_t *plain, struct err *err)
{
	uint8_t digest[SHA256_BYTES];

	sha256_of(plain, c->plain_bytes, digest);
	if (!digest_eq(digest, c->plain_sha256, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_CHUNK, "decoded bytes have another digest");
	return 0;
}

static int check_job(struct verify_run *run, struct pool_job *job, struct chunk_decoder *decoder,
		     uint8_t *plain, struct err *err)
{
	if (!job->is_filled)
		TRY(read_exact_at(run->fd, job->packed, job->chunk.packed_bytes, job->offset, err));
	TRY(chunk_check_packed(&job->chunk, job->packed, job->chunk.packed_bytes, err));
	if (!run->deep)
		return 0;
	TRY(chunk_decode(decoder, &job->chunk, job->packed, plain, err));
	return check_plain(&job->chunk, plain, err);
}

static int work(void *arg, struct pool_job *job, struct chunk_decoder *decoder, uint8_t *plain,
		struct err *err)
{
	struct verify_run *run = arg;
	const struct manifest *m = image_verify_manifest(run->machine);

	if (check_job(run, job, decoder, plain, err) < 0)
		return err_wrap(err, "member '%s', offset %" PRIu64 ", chunk %zu",
				m->payloads[job->payload].name, job->offset, job->index);
	return 0;
}

static struct pool *make_pool(struct verify_run *run, unsigned n_threads)
{
	const struct manifest *m = image_verify_manifest(run->machine);
	struct pool_options o = {.work = work, .arg = run};
	size_t chunk_bytes = 0;

	for (size_t i = 0; i < m->n_payloads; i++)
		if (m->payloads[i].chunk_bytes > chunk_bytes)
			chunk_bytes = m->payloads[i].chunk_bytes;
	o.n_workers = n_threads ? n_threads : pool_default_workers();
	o.n_jobs = o.n_workers + 2;
	o.packed_bytes = chunk_bytes + CHUNK_PACKED_SLACK_BYTES;
	o.plain_bytes = run->deep ? chunk_bytes : 0;
	return pool_new(&o);
}

static int pass_chunk(struct verify_run *run, const struct image_step *step, struct err *err)
{
	struct pool_job *job = pool_take(run->pool);

	if (!job)
		return pool_drain(run->pool, err);
	job->payload = step->payload;
	job->index = step->index;
	job->chunk = step->chunk;
	job->offset = image_verify_offset(run->machine);
	if (!run->is_file) {
		int n = read_exact(run->fd, job->packed, step->n_bytes, err);

		if (n <= 0) {
			pool_return(run->pool, job);
			return n < 0 ? n : image_verify_truncated(run->machine, err);
		}
		job->is_filled = true;
	}
	image_verify_taken(run->machine);
	pool_submit(run->pool, job);
	return 0;
}

static int read_piece(struct verify_run *run, uint8_t *p, size_t n_bytes, struct err *err)
{
	int n = run->is_file ? read_at(run->fd, p, n_bytes, image_verify_offset(run->machine), err)
			     : read_exact(run->fd, p, n_bytes, err);

	if (n == 0)
		return image_verify_truncated(run->machine, err);
	return n < 0 ? n : 0;
}

static int judge_end(struct verify_run *run, struct err *err)
{
	uint8_t byte;
	int n = run->is_file ? read_at(run->fd, &byte, 1, image_verify_offset(run->machine), err)
			     : read_exact(run->fd, &byte, 1, err);

	if (n < 0)
		return n;
	return image_verify_end(run->machine, (size_t)n, err);
}

static int drive(struct verify_run *run, unsigned n_threads, struct err *err)
{
	for (;;) {
		struct image_step step;

		image_verify_next(run->machine, &step);
		if (step.want == IMAGE_DONE)
			return run->pool ? pool_drain(run->pool, err) : 0;
		if (step.want == IMAGE_WANT_END) {
			TRY(judge_end(run, err));
		} else if (step.want == IMAGE_WANT_CHUNK) {
			if (!run->pool)
				run->pool = make_pool(run, n_threads);
			TRY(pass_chunk(run, &step, err));
		} else {
			TRY(read_piece(run, run->part, step.n_bytes, err));
			TRY(image_verify_give(run->machine, run->part, step.n_bytes, err));
		}
	}
}

int image_verify_fd(int fd, const struct trust_root *root,
		    const struct image_verify_options *options, struct manifest **ret,
		    struct err *err)
{
	AUTO(image_verify) struct image_verify *machine = image_verify_new(root, options->policy);
	autofree uint8_t *part = xmalloc(PART_BYTES);
	struct verify_run run = {.fd = fd, .deep = options->deep, .machine = machine, .part = part};
	struct stat st;
	int status;

	run.is_file = !fstat(fd, &st) && S_ISREG(st.st_mode);
	status = drive(&run, options->n_threads, err);
	pool_free(run.pool);
	if (status < 0)
		return status;
	if (ret) {
		*ret = xmalloc(sizeof(**ret));
		**ret = *image_verify_manifest(machine);
	}
	return 0;
}
