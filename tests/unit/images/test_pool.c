/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool of workers: never more of them than the named maximum, all of them at once when there is
 * work, every job done once, and the first failure stops everything.
 */
#include <tests/harness/check.h>

#include <pthread.h>
#include <unistd.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <images/core/install_run.h>
#include <images/core/pool.h>

#define JOBS 64

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	unsigned n_wanted; /* workers that must be at work at one time before any may go on */
	unsigned n_at_work, n_most;
	unsigned n_done[JOBS];
	size_t fail_at; /* job; JOBS: none */
};

#define CREW_INIT                                                                                  \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER,            \
		.fail_at = JOBS                                                                    \
	}

/* Stays until so many are at work together as are wanted: no clock decides. */
static int work(void *arg, struct pool_job *job, struct chunk_decoder *decoder, uint8_t *plain,
		struct err *err)
{
	struct crew *c = arg;

	(void)decoder, (void)plain;
	pthread_mutex_lock(&c->lock);
	if (++c->n_at_work > c->n_most)
		c->n_most = c->n_at_work;
	pthread_cond_broadcast(&c->arrived);
	while (c->n_most < c->n_wanted)
		pthread_cond_wait(&c->arrived, &c->lock);
	c->n_at_work--;
	c->n_done[job->index]++;
	pthread_mutex_unlock(&c->lock);
	return job->index == c->fail_at ? err_set(err, ERR_IO, "job %zu", job->index) : 0;
}

static int run(struct crew *c, unsigned n_workers, unsigned n_jobs, struct err *err)
{
	const struct pool_options o = {
		.n_workers = n_workers, .n_jobs = n_jobs, .work = work, .arg = c};
	AUTO(pool) struct pool *p = pool_new(&o);

	for (size_t i = 0; i < JOBS; i++) {
		struct pool_job *job = pool_take(p);

		if (!job)
			break;
		job->index = i;
		pool_submit(p, job);
	}
	return pool_drain(p, err);
}

static void test_how_many_at_once(void **state)
{
	static const struct {
		const char *name;
		unsigned n_workers, n_most;
	} rows[] = {
		{"one", 1, 1},
		{"three", 3, 3},
		{"the maximum", IMAGE_WORKERS_MAX, IMAGE_WORKERS_MAX},
		{"one more", IMAGE_WORKERS_MAX + 1, IMAGE_WORKERS_MAX},
		{"any number", 4000000000, IMAGE_WORKERS_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct crew c = CREW_INIT;
		struct err err = ERR_INIT;

		c.n_wanted = rows[i].n_most;
		CHECK_ERR(rows[i].name, run(&c, rows[i].n_workers, JOBS / 2, &err), ERR_OK);
		CHECK_INT(rows[i].name, c.n_most, rows[i].n_most);
		for (size_t k = 0; k < JOBS; k++)
			CHECK_INT(rows[i].name, c.n_done[k], 1);
	}
}

static void test_a_failure_stops_the_rest(void **state)
{
	struct crew c = CREW_INIT;
	struct err err = ERR_INIT;
	unsigned n_done = 0;

	(void)state;
	c.fail_at = 3;
	assert_int_equal(run(&c, 1, 2, &err), -ERR_IO);
	assert_string_equal(err.msg, "job 3");
	for (size_t k = 0; k < JOBS; k++)
		n_done += c.n_done[k];
	assert_int_equal(c.n_done[3], 1);
	assert_true(n_done <= 5); /* 0 to 3, and what was taken before the failure was known */
}

/* What an install asks for, and what its memory allows: three workers of 4 MiB. */
static void test_workers_of_an_install(void **state)
{
	static const struct {
		const char *name;
		unsigned wanted;
		size_t chunk_bytes;
		unsigned least, most;
	} rows[] = {
		{"as suits the machine", 0, MIB, 1 + 2, 4 + 2},
		{"as wanted", 5, MIB, 5, 5},
		{"the maximum", IMAGE_WORKERS_MAX, MIB, IMAGE_WORKERS_MAX, IMAGE_WORKERS_MAX},
		{"more than that", 100, MIB, IMAGE_WORKERS_MAX, IMAGE_WORKERS_MAX},
		{"more, of the smallest chunks", 100, CHUNK_MIN_BYTES, IMAGE_WORKERS_MAX,
		 IMAGE_WORKERS_MAX},
		{"as many chunks of 4 MiB as have room", 8, CHUNK_MAX_BYTES, 3, 3},
		{"one is always possible", 1, CHUNK_MAX_BYTES, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned n = install_count_workers(rows[i].wanted, rows[i].chunk_bytes);

		CHECK(rows[i].name, n >= rows[i].least && n <= rows[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_many_at_once),
		cmocka_unit_test(test_a_failure_stops_the_rest),
		cmocka_unit_test(test_workers_of_an_install),
	};

	return cmocka_run_group_tests_name("images/pool", tests, NULL, NULL);
}
