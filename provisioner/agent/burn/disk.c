/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk read and verify, without writing: blocks spread evenly over the whole surface (so that a
 * short test still sees both edges and the middle), read past the page cache, then read again and
 * compared. A disk that is small enough for the time is read completely.
 */
#include "burn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <base/child.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/limits.h>
#include <base/str.h>

#define BLOCK_BYTES  ((size_t)MIB)
#define ALIGN_BYTES  4096
#define MAX_COMPARED 65536 /* marks kept: 512 KiB */
#define TRIES        3
#define EDGE_BLOCKS                                                                                \
	8 /* at each end: what is read and written most, and where disks are cut short */
#define STALL_MS     120000 /* a read that is retried in the disk and in the kernel */
#define ASK_EVERY_US 100000

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

/* Both ends first, whatever the time: partition tables lie there, and a capacity that is not true
 * (HPA, wrong size) shows at the last block. */
static void read_edges(struct reader *r)
{
	uint64_t mark;

	for (uint64_t i = 0; i < EDGE_BLOCKS && i < r->n_blocks; i++) {
		(void)read_block(r, i, &mark);
		(void)read_block(r, r->n_blocks - 1 - i, &mark);
	}
}

/* First pass; returns how many values of i it went through. */
static uint64_t read_all(struct reader *r, int64_t until_ms)
{
	uint64_t limit = spread_limit(r->n_blocks), i;
	uint64_t mark;

	read_edges(r);
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

/* A pass says how much of the disk it is about. */
static void passed(struct burn *b, const char *step, const struct component *c,
		   const struct burn_disk_result *r)
{
	autofree char *message = xasprintf(
		"covered %.1f %%: every block read was readable and stable",
		(double)r->covered_permille / 10);

	burn_passed(b, step, c, "disk-read-pass", message);
}

static void judge(struct burn *b, const char *step, const struct component *c,
		  const struct burn_disk_result *r)
{
	double seconds = r->took_ms > 0 ? (double)r->took_ms / 1000 : 0.001;
	struct burnin_finding finding = {.component = c};

	const struct ocp_measurement list[] = {
		{c, "read-rate", (double)r->read_bytes / (double)MIB / seconds, "MiB/s", {0}},
		{c, "surface-read", (double)r->covered_permille / 10, "%", {0}},
		{c, "read-errors", r->n_errors, "blocks", {"EQUAL", 0}},
		{c, "unstable-blocks", r->n_unstable, "blocks", {"EQUAL", 0}},
	};
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		ocp_measure(&b->stream, step, &list[i]);
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
		passed(b, step, c, r);
}

static int open_disk(const struct drive *d)
{
	int fd = open(d->dev_path, O_RDONLY | O_CLOEXEC | O_DIRECT);

	return fd >= 0 || errno != EINVAL ? fd : open(d->dev_path, O_RDONLY | O_CLOEXEC);
}

/* One disk, read by a child of its own: all disks at once load the machine as its work will, and
 * each gets the whole time. The result is in memory that parent and child share. */
struct disk_job {
	int fd;
	int64_t budget_ms;
	uint64_t size_bytes;
	struct child child;
	bool has_child, done; /* done: the child wrote its result */
	struct burn_disk_result result;
};

static bool go_on_child(void *arg)
{
	(void)arg;
	return true; /* the parent kills it when the run must stop */
}

static void run_job(void *arg)
{
	struct disk_job *j = arg;

	burn_read_disk(&(struct burn_disk_request){.fd = j->fd,
						   .size_bytes = j->size_bytes,
						   .budget_ms = j->budget_ms,
						   .tick = go_on_child},
		       &j->result);
	j->done = true;
}

/* Returns how many still run. */
static size_t reap_jobs(struct disk_job *jobs, size_t n)
{
	size_t n_running = 0;

	for (size_t i = 0; i < n; i++) {
		int status = 0;

		if (!jobs[i].has_child)
			continue;
		if (child_try_reap(&jobs[i].child, &status, NULL) != 0)
			jobs[i].has_child = false;
		n_running += jobs[i].has_child;
	}
	return n_running;
}

static bool wait_for_jobs(struct burn *b, struct disk_job *jobs, size_t n)
{
	int64_t until_ms = time_boot_ms() + b->test_s * 1000 + STALL_MS;

	while (reap_jobs(jobs, n)) {
		bool stop = !burn_tick(b);

		/* A disk that does not answer at all keeps its child: it has no result. */
		for (size_t i = 0; i < n && (stop || time_boot_ms() > until_ms); i++)
			if (jobs[i].has_child)
				child_signal(&jobs[i].child, SIGKILL);
		if (stop || time_boot_ms() > until_ms + STALL_MS)
			return !stop;
		usleep(ASK_EVERY_US);
	}
	return true;
}

static void start_job(struct burn *b, const char *step, const struct drive *d, struct disk_job *j)
{
	const struct component *c = component_find(&b->components, COMPONENT_DISK, d->facts.name);
	struct err err = ERR_INIT;

	j->fd = open_disk(d);
	j->budget_ms = b->test_s * 1000;
	j->size_bytes = (uint64_t)d->facts.capacity_bytes;
	if (j->fd < 0)
		burn_unjudged(b, step, c, strerror(errno));
	else if (child_fork(run_job, j, &j->child, &err) < 0)
		burn_unjudged(b, step, c, err.msg);
	else
		j->has_child = true;
}

/* false: it has no verdict. */
static bool end_job(struct burn *b, const char *step, const struct drive *d, struct disk_job *j,
		    bool started)
{
	const struct component *c = component_find(&b->components, COMPONENT_DISK, d->facts.name);
	struct burnin_finding stuck = {.symptom = SYMPTOM_DISK_COMMANDS, .component = c};

	if (!started)
		return false;
	if (j->done) {
		judge(b, step, c, &j->result);
		return true;
	}
	(void)text_fit(stuck.message, sizeof(stuck.message), "a read did not come back");
	burn_found(b, step, &stuck);
	return true;
}

static void compare_jobs(struct burn *b, const char *step, const struct disk_job *jobs, size_t n)
{
	autofree struct burn_disk_result *results = xcalloc(n, sizeof(*results));

	for (size_t i = 0; i < n; i++)
		if (jobs[i].done)
			results[i] = jobs[i].result;
	burn_compare_siblings(b, step, results);
}

enum burn_end burn_test_disk_read(struct burn *b, const char *step)
{
	size_t n = b->drives.n, n_bytes = n * sizeof(struct disk_job);
	bool all = true;

	if (n == 0)
		return BURN_SKIPPED;
	struct disk_job *jobs = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (jobs == MAP_FAILED)
		return BURN_ERROR;
	autofree bool *started = xcalloc(n, sizeof(*started));
	for (size_t i = 0; i < n; i++) {
		start_job(b, step, &b->drives.items[i], &jobs[i]);
		started[i] = jobs[i].has_child;
	}
	bool stopped = !wait_for_jobs(b, jobs, n);
	(void)reap_jobs(jobs, n);
	for (size_t i = 0; i < n; i++)
		if (jobs[i].fd >= 0)
			close(jobs[i].fd);
	for (size_t i = 0; i < n && !stopped; i++)
		all &= end_job(b, step, &b->drives.items[i], &jobs[i], started[i]);
	if (!stopped)
		compare_jobs(b, step, jobs, n);
	(void)munmap(jobs, n_bytes);
	return stopped ? BURN_STOPPED : all ? BURN_JUDGED : BURN_ERROR;
}
