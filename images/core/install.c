/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stages of an install, in their order; see images/install.h. What the workers do with single
 * chunks is in install_work.c, what follows the read-back in install_finish.c. Every way out after
 * the first wipe goes through abandon(), which leaves no partition table behind.
 */
#include "install_run.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "empty_fs.h"
#include "partition_table.h"

#define JOB_ROOM_BYTES    (12 * MIB) /* of packed chunks, about */
#define JOBS_MAX          16U
#define WORKER_ROOM_BYTES (12 * MIB) /* of plain chunks */
#define WORKERS_ASLEEP    2U

/* ---- before the first write ------------------------------------------------------------------ */

static int open_target(struct install *in, struct err *err)
{
	const struct image_install_request *r = in->request;

	TRY(target_open(&in->target, r->target_path ? -1 : r->target_fd, r->target_path, err));
	in->policy = r->policy;
	/* A file may still grow to what the manifest needs; a disk may not. */
	if (in->target.is_device && !r->root_fs_only)
		in->policy.disk_bytes = in->target.size_bytes;
	return 0;
}

/* A partition for which the image brings no bytes. */
static bool is_made_here(const struct manifest *m, const struct manifest_partition *p)
{
	for (size_t i = 0; i < m->n_payloads; i++)
		if (m->payloads[i].partition == p->number)
			return false;
	return true;
}

/* A file has no sectors of its own: what it becomes a disk of decides. */
static int check_sector(const struct install *in, struct err *err)
{
	if (in->target.is_device && manifest_needs_sector(in->m) &&
	    in->target.sector_bytes != in->m->sector_bytes)
		return err_set(err, ERR_IMAGE_SECTOR,
			       "disk has sectors of %u bytes, the image is made for %u",
			       in->target.sector_bytes, in->m->sector_bytes);
	return 0;
}

static int check_payloads(const struct install *in, struct err *err)
{
	TRY(check_sector(in, err));
	for (size_t i = 0; i < in->m->n_payloads; i++)
		if (in->m->payloads[i].role == PAYLOAD_ROLE_ROOTFS && !install_rootfs_is_possible())
			return err_set(err, ERR_UNSUPPORTED,
				       "payload '%s' must be unpacked, which needs root and a loop "
				       "device",
				       in->m->payloads[i].name);
	for (size_t i = 0; i < in->m->n_partitions; i++)
		if (is_made_here(in->m, &in->m->partitions[i]) &&
		    empty_fs_needs_loop(in->m->partitions[i].fs) && !install_rootfs_is_possible())
			return err_set(err, ERR_UNSUPPORTED,
				       "partition %u (%s) is made on the target, which needs root "
				       "and a loop device",
				       in->m->partitions[i].number,
				       partition_fs_str(in->m->partitions[i].fs));
	return 0;
}

static void plan_disk_payload(struct install *in)
{
	struct image_receipt_partition *p = &in->receipt.partitions[0];

	in->receipt.n_partitions = 1;
	p->size_bytes = in->target.size_bytes;
	p->has_payload = true;
	p->payload_bytes = in->m->payloads[0].size_bytes;
}

/* With a layout the files also go where it mounts other file systems. */
static void plan_unpacked(struct install *in)
{
	for (size_t i = 0; in->request->layout && i < in->receipt.n_partitions; i++) {
		struct image_receipt_partition *p = &in->receipt.partitions[i];

		p->was_unpacked = p->role == PARTITION_ROLE_DATA && p->mount[0] == '/';
	}
}

static void plan_payloads(struct install *in)
{
	for (size_t i = 0; i < in->m->n_payloads; i++) {
		struct image_receipt_partition *p;

		if (in->leaves_out[i])
			continue;
		p = install_partition_of(in, i);
		p->has_payload = true;
		p->was_unpacked |= in->m->payloads[i].role == PAYLOAD_ROLE_ROOTFS;
		p->payload_bytes = in->m->payloads[i].size_bytes;
		in->base_bytes[i] = p->start_bytes;
	}
}

static int plan(struct install *in, struct err *err)
{
	struct image_receipt *r = &in->receipt;

	memcpy(r->manifest_sha256, in->m->digest, SHA256_BYTES);
	(void)str_copy(r->line, sizeof(r->line), in->m->line);
	(void)str_copy(r->version, sizeof(r->version), in->m->version);
	r->arch = in->m->arch;
	r->seq = in->m->seq;
	r->min_seq = in->policy.min_seq;
	if (image_policy_rolls_back(&in->policy, in->m) &&
	    !str_copy(r->rollback_reason, sizeof(r->rollback_reason), in->policy.rollback_reason))
		return err_set(err, ERR_TOO_BIG, "the reason has more than %d bytes",
			       IMAGE_REASON_BYTES - 1);
	r->disk_bytes = in->target.size_bytes;
	if (!in->m->n_partitions) {
		plan_disk_payload(in);
		return 0;
	}
	if (in->request->root_fs_only)
		install_root_plan(in);
	else
		TRY(partition_table_plan(in->m, &in->target, r, err));
	plan_unpacked(in);
	plan_payloads(in);
	return 0;
}

static uint64_t total_plain_bytes(const struct install *in)
{
	uint64_t n = 0;

	for (size_t i = 0; i < in->m->n_payloads; i++)
		if (!in->leaves_out[i])
			n += in->m->payloads[i].size_bytes;
	return n;
}

/* Some more than there are CPUs, because a worker sleeps while the disk works; never more than the
 * memory is meant for. */
unsigned install_count_workers(unsigned wanted, size_t chunk_bytes)
{
	unsigned n = wanted ? wanted : pool_default_workers() + WORKERS_ASLEEP;
	unsigned n_fit = (unsigned)(WORKER_ROOM_BYTES / chunk_bytes);

	if (n_fit > IMAGE_WORKERS_MAX)
		n_fit = IMAGE_WORKERS_MAX;
	return n < n_fit ? n : n_fit;
}

static void make_pool(struct install *in)
{
	struct pool_options o = {.work = install_work, .arg = in};
	size_t chunk_bytes = CHUNK_MIN_BYTES;

	for (size_t i = 0; i < in->m->n_payloads; i++)
		if (in->m->payloads[i].chunk_bytes > chunk_bytes)
			chunk_bytes = in->m->payloads[i].chunk_bytes;
	in->room_bytes = chunk_bytes;
	o.n_workers = install_count_workers(in->request->n_workers, chunk_bytes);
	o.n_jobs = (unsigned)(JOB_ROOM_BYTES / chunk_bytes);
	if (o.n_jobs > JOBS_MAX)
		o.n_jobs = JOBS_MAX;
	if (o.n_jobs < o.n_workers + 2)
		o.n_jobs = o.n_workers + 2;
	o.packed_bytes = chunk_bytes + CHUNK_PACKED_SLACK_BYTES;
	o.plain_bytes = chunk_bytes + 4096;
	in->pool = pool_new(&o);
}

/* ---- the data -------------------------------------------------------------------------------- */

/* Submit a job for every hole of a payload: what no record covers must read as zeros. */
static int submit_holes(struct install *in, size_t payload, enum pool_task task, struct err *err)
{
	const struct chunk_table *t = source_table(in->source, payload);
	uint64_t at = 0;

	for (size_t i = 0; i <= t->n; i++) {
		struct chunk c = {.plain_offset = in->m->payloads[payload].size_bytes};
		struct pool_job *job;

		if (i < t->n)
			c = chunk_table_at(t, i);
		if (c.plain_offset > at) {
			job = pool_take(in->pool);
			if (!job)
				return pool_drain(in->pool, err);
			job->task = task;
			job->payload = payload;
			job->zero_offset = in->base_bytes[payload] + at;
			job->zero_bytes = c.plain_offset - at;
			pool_submit(in->pool, job);
		}
		at = c.plain_offset + c.plain_bytes;
	}
	return 0;
}

static int table_ready(void *arg, size_t payload, struct err *err)
{
	struct install *in = arg;

	if (in->leaves_out[payload])
		return 0;
	if (in->m->payloads[payload].role == PAYLOAD_ROLE_ROOTFS)
		return install_rootfs_begin(in, payload, err);
	return submit_holes(in, payload, POOL_ZERO, err);
}

static int write_all(struct install *in, struct err *err)
{
	struct source_sink sink = {.pool = in->pool, .table_ready = table_ready, .arg = in};

	target_set_direct(&in->target, true);
	TRY(source_run(in->source, &sink, err));
	TRY(pool_drain(in->pool, err));
	TRY(install_rootfs_finish(in, err));
	in->receipt.fetched_bytes = source_fetched_bytes(in->source);
	return 0;
}

static int submit_checks(struct install *in, size_t payload, struct err *err)
{
	const struct chunk_table *t = source_table(in->source, payload);

	for (size_t i = 0; i < t->n; i++) {
		struct pool_job *job;
		struct chunk c = chunk_table_at(t, i);

		if (install_chunk_is_held(in, payload, &c))
			continue;
		job = pool_take(in->pool);
		if (!job)
			return pool_drain(in->pool, err);
		job->task = POOL_CHECK_CHUNK;
		job->payload = payload;
		job->index = i;
		job->chunk = c;
		pool_submit(in->pool, job);
	}
	return submit_holes(in, payload, POOL_CHECK_ZERO, err);
}

static int read_back(struct install *in, struct err *err)
{
	for (size_t i = 0; i < in->m->n_payloads; i++) {
		if (in->leaves_out[i])
			continue;
		if (in->m->payloads[i].role == PAYLOAD_ROLE_ROOTFS)
			TRY(install_rootfs_check(in, i, err));
		else
			TRY(submit_checks(in, i, err));
	}
	TRY(pool_drain(in->pool, err));
	for (size_t i = 0; i < in->m->n_payloads; i++)
		if (in->m->payloads[i].role == PAYLOAD_ROLE_FS && !in->leaves_out[i])
			install_digest_of_disk(in, i);
	return 0;
}

static int write_and_check(struct install *in, struct err *err)
{
	uint64_t total_bytes = total_plain_bytes(in);

	install_enter_stage(in, IMAGE_STAGE_WIPE, 0);
	TRY(install_may_write(in, err));
	in->wiped = true;
	TRY(target_wipe_edges(&in->target, err));
	install_enter_stage(in, IMAGE_STAGE_WRITE, total_bytes);
	TRY(write_all(in, err));
	install_enter_stage(in, IMAGE_STAGE_FLUSH, 0);
	TRY(target_flush(&in->target, err));
	if (in->request->read_back) {
		install_enter_stage(in, IMAGE_STAGE_READ_BACK, total_bytes);
		TRY(read_back(in, err));
	}
	return install_finish(in, err);
}

/* Nothing that looks like a finished disk may remain. */
static void abandon(struct install *in)
{
	struct err ignored;

	if (!in->wiped)
		return;
	target_set_direct(&in->target, false);
	IGNORE_RESULT(target_wipe_edges(&in->target, &ignored));
}

static int run(struct install *in, struct err *err)
{
	int status;

	TRY(open_target(in, err));
	install_enter_stage(in, IMAGE_STAGE_MANIFEST, 0);
	TRY(source_open(in->request, &in->policy, &in->source, err));
	in->m = source_manifest(in->source);
	if (in->request->layout) {
		TRY(disk_layout_apply(in->request->layout, in->m, &in->laid_out, err));
		in->m = &in->laid_out;
	} else if (in->request->root_fs_only) {
		TRY(install_root_choose(in, err));
	}
	TRY(target_make_room(&in->target, in->m->min_disk_bytes, err));
	TRY(check_payloads(in, err));
	TRY(plan(in, err));
	make_pool(in);
	status = source_probe(in->source, in->pool, install_checks(in), err);
	if (!status)
		status = write_and_check(in, err);
	if (status < 0) {
		const struct err stop = {.code = ERR_CANCELLED};

		pool_fail(in->pool, &stop);
		install_rootfs_stop(in);
		IGNORE_RESULT(
			pool_drain(in->pool, NULL)); /* nobody writes any more when the edges go */
		install_rootfs_end(in);
	}
	install_enter_stage(in, in->stage, 0);
	return status;
}

int image_install(const struct image_install_request *request, struct image_receipt *ret,
		  struct err *err)
{
	struct install *in = xcalloc(1, sizeof(*in));
	struct err why = ERR_INIT;
	int status;

	in->request = request;
	in->target.fd = -1;
	BUG_ON(pthread_mutex_init(&in->lock, NULL));
	status = run(in, &why);
	if (status < 0)
		abandon(in);
	else
		*ret = in->receipt;
	pool_free(in->pool);
	install_rootfs_end(in);
	source_free(in->source);
	install_free_held(in);
	target_close(&in->target);
	pthread_mutex_destroy(&in->lock);
	free(in);
	if (status < 0 && err)
		*err = why;
	return status;
}

int image_wipe_table(int fd, struct err *err)
{
	struct target t;
	int status;

	TRY(target_open(&t, fd, NULL, err));
	status = target_wipe_edges(&t, err);
	if (!status)
		target_reread_table(&t);
	target_close(&t);
	return status;
}
