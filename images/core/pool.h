/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed set of worker threads and a fixed set of jobs that travel between them: the bounded
 * memory of the writer and of the verifier. Producers take a free job (waiting for one), fill it
 * and submit it; a worker does it and gives it back. The first failure, of any side, stops
 * everything.
 *
 *  1. pool_new()   2. pool_take(), fill, pool_submit(), any number of times, from any thread
 *  3. pool_drain() waits until all that was submitted is done   4. pool_free() joins the threads
 */
#ifndef IMAGES_CORE_POOL_H
#define IMAGES_CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <images/chunk_table.h>
#include <images/verify.h>
#include <base/err.h>

enum pool_task { POOL_CHUNK, POOL_ZERO, POOL_CHECK_CHUNK, POOL_CHECK_ZERO };

struct pool_job {
	enum pool_task task;
	size_t payload;
	size_t index;
	struct chunk chunk;
	uint64_t offset; /* of the packed bytes in the source file, when they are not in `packed` */
	bool is_filled;  /* packed holds chunk.packed_bytes */
	uint64_t zero_offset, zero_bytes;
	uint8_t *packed; /* room for a packed chunk; the pool's */
	struct pool_job *next;
};

struct pool_options {
	unsigned n_workers; /* at most IMAGE_WORKERS_MAX */
	unsigned n_jobs;
	size_t packed_bytes; /* room in every job; 0: none */
	size_t plain_bytes;  /* room in every worker, aligned for direct I/O; 0: none */
	/* Does a job. plain: the worker's room. decoder: the worker's. */
	int (*work)(void *arg, struct pool_job *job, struct chunk_decoder *decoder, uint8_t *plain,
		    struct err *err);
	void *arg;
};

struct pool;
MUST_CHECK struct pool *pool_new(const struct pool_options *options);
/* Joins the threads; jobs that were not begun are dropped. */
void pool_free(struct pool *p);
DEFINE_AUTO(pool, struct pool, pool_free);

/* NULL once the pool has failed. blocks */
struct pool_job *pool_take(struct pool *p);
void pool_submit(struct pool *p, struct pool_job *job);
/* Give a job back unused. */
void pool_return(struct pool *p, struct pool_job *job);
/* Fail from outside; the first failure is kept. */
void pool_fail(struct pool *p, const struct err *err);
bool pool_has_failed(struct pool *p);
/* Wait for all submitted jobs. Returns the first failure. blocks */
MUST_CHECK int pool_drain(struct pool *p, struct err *err);

/* One a CPU that this process may use, 1 to 4. */
unsigned pool_default_workers(void);

#endif
