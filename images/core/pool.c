/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads over a bounded set of jobs; see pool.h. Threads exist because hashing, decoding
 * and direct writes of one image use more than one CPU; they share nothing but the queue.
 */
#include "pool.h"

#include <pthread.h>
#include <sched.h>

#include <base/str.h>

#define PLAIN_ALIGN_BYTES 4096
#define DEFAULT_MAX       4

struct pool {
	struct pool_options options;
	pthread_mutex_t lock;
	pthread_cond_t work_or_end;  /* workers wait */
	pthread_cond_t free_or_idle; /* producers wait */
	struct pool_job *jobs;
	struct pool_job *free_jobs;
	struct pool_job *first, **last;
	size_t n_running;
	bool ending;
	bool failed;
	struct err err;
	unsigned n_threads;
	pthread_t threads[IMAGE_WORKERS_MAX];
};

static void *aligned_room(size_t n_bytes)
{
	void *p = NULL;

	BUG_ON(posix_memalign(&p, PLAIN_ALIGN_BYTES, n_bytes ? n_bytes : 1));
	return p;
}

static void fail_locked(struct pool *p, const struct err *err)
{
	if (!p->failed) {
		p->failed = true;
		p->err = *err;
	}
	pthread_cond_broadcast(&p->free_or_idle);
}

static void put_free_locked(struct pool *p, struct pool_job *job)
{
	job->next = p->free_jobs;
	p->free_jobs = job;
	pthread_cond_broadcast(&p->free_or_idle);
}

/* The next job, or NULL when the pool ends. */
static struct pool_job *begin_job(struct pool *p)
{
	struct pool_job *job;

	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->ending)
		pthread_cond_wait(&p->work_or_end, &p->lock);
	job = p->ending ? NULL : p->first;
	if (job) {
		p->first = job->next;
		if (!p->first)
			p->last = &p->first;
		p->n_running++;
	}
	pthread_mutex_unlock(&p->lock);
	return job;
}

static void end_job(struct pool *p, struct pool_job *job, const struct err *err)
{
	pthread_mutex_lock(&p->lock);
	p->n_running--;
	if (err->code)
		fail_locked(p, err);
	put_free_locked(p, job);
	pthread_mutex_unlock(&p->lock);
}

static void *run_worker(void *arg)
{
	struct pool *p = arg;
	AUTO(chunk_decoder) struct chunk_decoder *decoder = chunk_decoder_new();
	autofree uint8_t *plain = aligned_room(p->options.plain_bytes);
	struct pool_job *job;

	while ((job = begin_job(p))) {
		struct err err = ERR_INIT;

		if (!pool_has_failed(p))
			(void)p->options.work(p->options.arg, job, decoder, plain, &err);
		end_job(p, job, &err);
	}
	return NULL;
}

struct pool *pool_new(const struct pool_options *options)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->options = *options;
	if (p->options.n_workers > IMAGE_WORKERS_MAX)
		p->options.n_workers = IMAGE_WORKERS_MAX;
	BUG_ON(pthread_mutex_init(&p->lock, NULL) || pthread_cond_init(&p->work_or_end, NULL) ||
	       pthread_cond_init(&p->free_or_idle, NULL));
	p->last = &p->first;
	p->jobs = xcalloc(options->n_jobs, sizeof(*p->jobs));
	for (unsigned i = 0; i < options->n_jobs; i++) {
		p->jobs[i].packed = options->packed_bytes ? aligned_room(options->packed_bytes)
							  : NULL;
		put_free_locked(p, &p->jobs[i]);
	}
	for (; p->n_threads < p->options.n_workers; p->n_threads++)
		BUG_ON(pthread_create(&p->threads[p->n_threads], NULL, run_worker, p));
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work_or_end);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		(void)pthread_join(p->threads[i], NULL);
	for (unsigned i = 0; i < p->options.n_jobs; i++)
		free(p->jobs[i].packed);
	pthread_cond_destroy(&p->free_or_idle);
	pthread_cond_destroy(&p->work_or_end);
	pthread_mutex_destroy(&p->lock);
	free(p->jobs);
	free(p);
}

struct pool_job *pool_take(struct pool *p)
{
	struct pool_job *job = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->free_jobs && !p->failed)
		pthread_cond_wait(&p->free_or_idle, &p->lock);
	if (!p->failed) {
		job = p->free_jobs;
		p->free_jobs = job->next;
		job->next = NULL;
		job->is_filled = false;
	}
	pthread_mutex_unlock(&p->lock);
	return job;
}

void pool_submit(struct pool *p, struct pool_job *job)
{
	pthread_mutex_lock(&p->lock);
	job->next = NULL;
	*p->last = job;
	p->last = &job->next;
	pthread_cond_signal(&p->work_or_end);
	pthread_mutex_unlock(&p->lock);
}

void pool_return(struct pool *p, struct pool_job *job)
{
	pthread_mutex_lock(&p->lock);
	put_free_locked(p, job);
	pthread_mutex_unlock(&p->lock);
}

void pool_fail(struct pool *p, const struct err *err)
{
	pthread_mutex_lock(&p->lock);
	fail_locked(p, err);
	pthread_mutex_unlock(&p->lock);
}

bool pool_has_failed(struct pool *p)
{
	bool failed;

	pthread_mutex_lock(&p->lock);
	failed = p->failed;
	pthread_mutex_unlock(&p->lock);
	return failed;
}

int pool_drain(struct pool *p, struct err *err)
{
	int status = 0;

	pthread_mutex_lock(&p->lock);
	while (p->n_running || p->first)
		pthread_cond_wait(&p->free_or_idle, &p->lock);
	if (p->failed) {
		if (err)
			*err = p->err;
		status = -p->err.code;
	}
	pthread_mutex_unlock(&p->lock);
	return status;
}

unsigned pool_default_workers(void)
{
	cpu_set_t set;
	int n = 1;

	if (!sched_getaffinity(0, sizeof(set), &set))
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > DEFAULT_MAX ? DEFAULT_MAX : (unsigned)n;
}
