/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives as sources, from a descriptor or a URL, driven through the verifier; see source.h. The
 * objects of a store are in source_objects.c.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "fetch.h"
#include <images/read_exact.h>
#include "source_objects.h"

#define PART_BYTES (64 * 1024)

struct source {
	struct source_objects *objects; /* or an archive: */
	int fd;
	bool is_file;
	struct fetch *fetch;
	struct image_verify *machine;
	struct pool_job *first; /* of payload 0, judged by source_probe() */
	uint8_t part[PART_BYTES];
};

static int open_file(struct source *s, const char *path, struct err *err)
{
	struct stat st;

	s->fd = str_eq(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	s->is_file = !fstat(s->fd, &st) && S_ISREG(st.st_mode);
	return 0;
}

static int open_url(struct source *s, const struct image_install_request *request, struct err *err)
{
	struct fetch_options o = {
		.pin = request->pin, .cancelled = request->cancelled, .arg = request->arg};

	s->fetch = fetch_new(&o);
	return fetch_begin(s->fetch, request->archive_url, 0, FETCH_TO_END, err);
}

/* 1, 0 at the end, or negative. */
static int read_bytes(struct source *s, void *p, size_t n_bytes, struct err *err)
{
	if (s->fetch)
		return fetch_read(s->fetch, p, n_bytes, err);
	if (s->is_file)
		return read_at(s->fd, p, n_bytes, image_verify_offset(s->machine), err);
	return read_exact(s->fd, p, n_bytes, err);
}

static int read_part(struct source *s, size_t n_bytes, struct err *err)
{
	int n = read_bytes(s, s->part, n_bytes, err);

	if (n < 0)
		return n;
	if (!n)
		return image_verify_truncated(s->machine, err);
	return image_verify_give(s->machine, s->part, n_bytes, err);
}

static int read_to_manifest(struct source *s, struct err *err)
{
	while (!image_verify_manifest(s->machine)) {
		struct image_step step;

		image_verify_next(s->machine, &step);
		TRY(read_part(s, step.n_bytes, err));
	}
	return 0;
}

int source_open(const struct image_install_request *request, const struct image_policy *policy,
		struct source **ret, struct err *err)
{
	AUTO(source) struct source *s = xcalloc(1, sizeof(*s));
	unsigned n_sources = !!request->archive_path + !!request->archive_url +
			     !!request->objects_url;

	s->fd = -1;
	if (n_sources != 1)
		return err_set(err, ERR_INVALID, "exactly one source must be named");
	if (request->objects_url) {
		TRY(source_objects_open(request, policy, &s->objects, err));
		*ret = take_ptr(s);
		return 0;
	}
	s->machine = image_verify_new(request->root, policy);
	TRY(request->archive_path ? open_file(s, request->archive_path, err)
				  : open_url(s, request, err));
	TRY(read_to_manifest(s, err));
	*ret = take_ptr(s);
	return 0;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	source_objects_free(s->objects);
	image_verify_free(s->machine);
	fetch_free(s->fetch);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s);
}

const struct manifest *source_manifest(const struct source *s)
{
	return s->objects ? source_objects_manifest(s->objects) : image_verify_manifest(s->machine);
}

const struct chunk_table *source_table(const struct source *s, size_t payload)
{
	return s->objects ? source_objects_table(s->objects, payload)
			  : image_verify_table(s->machine, payload);
}

/* The job of a chunk, its bytes read unless a worker can read them for itself. */
static int take_chunk(struct source *s, const struct image_step *step, struct pool *pool,
		      struct pool_job **ret, struct err *err)
{
	struct pool_job *job = pool_take(pool);

	if (!job)
		return pool_drain(pool, err);
	job->task = POOL_CHUNK;
	job->payload = step->payload;
	job->index = step->index;
	job->chunk = step->chunk;
	job->offset = image_verify_offset(s->machine);
	if (!s->is_file) {
		int n = read_bytes(s, job->packed, step->n_bytes, err);

		if (n <= 0) {
			pool_return(pool, job);
			return n < 0 ? n : image_verify_truncated(s->machine, err);
		}
		job->is_filled = true;
	}
	image_verify_taken(s->machine);
	*ret = job;
	return 0;
}

static int pass_chunk(struct source *s, const struct image_step *step,
		      const struct source_sink *sink, struct err *err)
{
	struct pool_job *job = NULL;

	if (step->index == 0)
		TRY(sink->table_ready(sink->arg, step->payload, err));
	TRY(take_chunk(s, step, sink->pool, &job, err));
	pool_submit(sink->pool, job);
	return 0;
}

static int judge_end(struct source *s, struct err *err)
{
	int n = read_bytes(s, s->part, 1, err);

	return n < 0 ? n : image_verify_end(s->machine, (size_t)n, err);
}

static int run_step(struct source *s, const struct image_step *step, const struct source_sink *sink,
		    struct err *err)
{
	if (step->want == IMAGE_WANT_END)
		return judge_end(s, err);
	if (step->want != IMAGE_WANT_CHUNK)
		return read_part(s, step->n_bytes, err);
	return pass_chunk(s, step, sink, err);
}

/* Up to the first chunk of the first payload: every table has a record. */
static int read_first_chunk(struct source *s, struct pool *pool, struct err *err)
{
	struct image_step step;

	for (;;) {
		image_verify_next(s->machine, &step);
		if (step.want == IMAGE_WANT_CHUNK)
			return take_chunk(s, &step, pool, &s->first, err);
		TRY(read_part(s, step.n_bytes, err));
	}
}

int source_probe(struct source *s, struct pool *pool, bool check, struct err *err)
{
	TRY(s->objects ? source_objects_first_chunk(s->objects, pool, &s->first, err)
		       : read_first_chunk(s, pool, err));
	return source_packed(s, s->first, check, err);
}

int source_run(struct source *s, const struct source_sink *sink, struct err *err)
{
	TRY(sink->table_ready(sink->arg, s->first->payload, err));
	pool_submit(sink->pool, take_ptr(s->first));
	if (s->objects)
		return source_objects_run(s->objects, sink, err);
	for (;;) {
		struct image_step step;

		image_verify_next(s->machine, &step);
		if (step.want == IMAGE_DONE)
			return 0;
		TRY(run_step(s, &step, sink, err));
	}
}

static int check_packed(const struct source *s, struct pool_job *job, bool check, struct err *err)
{
	if (!job->is_filled)
		TRY(read_exact_at(s->fd, job->packed, job->chunk.packed_bytes, job->offset, err));
	return check ? chunk_check_packed(&job->chunk, job->packed, job->chunk.packed_bytes, err)
		     : 0;
}

int source_packed(const struct source *s, struct pool_job *job, bool check, struct err *err)
{
	if (check_packed(s, job, check, err) < 0)
		return err_wrap(err, "member '%s', offset %" PRIu64 ", chunk %zu",
				source_manifest(s)->payloads[job->payload].name, job->offset,
				job->index);
	return 0;
}

uint64_t source_fetched_bytes(const struct source *s)
{
	if (s->objects)
		return source_objects_fetched_bytes(s->objects);
	return image_verify_offset(s->machine);
}
