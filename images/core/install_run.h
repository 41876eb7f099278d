/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One running install (install_state.c): shared by its stages (install.c, install_finish.c), the workers' side
 * (install_work.c), chunks that wait (install_held.c) and the unpacking of files
 * (install_rootfs.c).
 */
#ifndef IMAGES_CORE_INSTALL_RUN_H
#define IMAGES_CORE_INSTALL_RUN_H

#include <images/install.h>
#include <pthread.h>
#include <base/err.h>

#include "loop_device.h"
#include "pool.h"
#include "source.h"
#include "target.h"

/* A chunk of a whole disk that holds a partition table: written last. */
struct held_chunk {
	struct chunk chunk;
	uint8_t *plain;
	struct held_chunk *next;
};

/* Partitions that can be mounted although the target has no table yet. */
struct install_parts {
	size_t n;
	struct image_part parts[MANIFEST_MAX_PARTITIONS];
	struct loop_device loops[MANIFEST_MAX_PARTITIONS];
};

struct rootfs_run;

struct install {
	const struct image_install_request *request;
	struct image_policy policy;
	struct target target;
	struct source *source;
	const struct manifest *m; /* the signed one, or laid_out */
	struct manifest laid_out; /* with the partitions of the request's layout */
	struct pool *pool;
	size_t room_bytes;                          /* of a worker's plain bytes */
	uint64_t base_bytes[MANIFEST_MAX_PAYLOADS]; /* where a payload's offset 0 lies */
	bool leaves_out[MANIFEST_MAX_PAYLOADS];     /* verified, and written nowhere */
	struct rootfs_run *rootfs;
	bool wiped;
	enum image_stage stage;
	double stage_began_s;
	struct image_receipt receipt;

	pthread_mutex_t lock; /* over what follows, and the caller's functions */
	uint64_t done_bytes, total_bytes;
	int64_t last_progress_ms;
	struct held_chunk *held;
};

/* in: wanted 0: as many as suit this machine. */
unsigned install_count_workers(unsigned wanted, size_t chunk_bytes);
void install_enter_stage(struct install *in, enum image_stage stage, uint64_t total_bytes);
MUST_CHECK int install_may_write(struct install *in, struct err *err);
void install_progress(struct install *in, uint64_t n_bytes);
struct image_receipt_partition *install_partition_of(struct install *in, size_t payload);
/* Every chunk was found equal to its record: note the digest over the records as the disk's. */
void install_digest_of_disk(struct install *in, size_t payload);

/* install_root.c: of the signed manifest, the root alone; it changes in->m and leaves_out. errors:
 * ERR_IMAGE_LAYOUT_UNFIT, ERR_IMAGE_TARGET: the target is a disk with partitions */
MUST_CHECK int install_root_choose(struct install *in, struct err *err);
/* That partition is the whole target. */
void install_root_plan(struct install *in);

/* install_finish.c: everything after the data was read back. */
MUST_CHECK int install_finish(struct install *in, struct err *err);

/* install_work.c */
MUST_CHECK int install_work(void *arg, struct pool_job *job, struct chunk_decoder *decoder,
			    uint8_t *plain, struct err *err);

/* install_held.c: of a whole disk, what may hold a partition table is written at the end. */
bool install_chunk_is_held(const struct install *in, size_t payload, const struct chunk *c);
/* Keep a copy; at most the edges and one chunk more at each, some 10 MiB. */
void install_hold(struct install *in, const struct chunk *c, const uint8_t *plain);
/* The partitions of the table in what is held; none if there is no table. */
MUST_CHECK int install_held_parts(struct install *in, struct install_parts *ret, struct err *err);
/* Write what lies in the parts, or what lies in none of them, and compare it with the disk. From
 * the end to the start: the table that a firmware would believe appears with the very last write.
 */
MUST_CHECK int install_write_held(struct install *in, const struct install_parts *parts,
				  bool inside, struct err *err);
void install_free_held(struct install *in);

/* Are the bytes that come held against their digests? Always, but in what only benchmarks are built
 * from. */
static inline bool install_checks(const struct install *in)
{
#ifdef SLIPWAY_BENCH
	return !in->request->no_check;
#else
	(void)in;
	return true;
#endif
}

/* install_rootfs.c */
bool install_rootfs_is_possible(void);
MUST_CHECK int install_rootfs_begin(struct install *in, size_t payload, struct err *err);
/* Hand over decoded bytes in any order; they are unpacked in theirs. */
MUST_CHECK int install_rootfs_chunk(struct install *in, const struct pool_job *job,
				    const uint8_t *plain, struct err *err);
/* After the last chunk: everything is on the target. */
MUST_CHECK int install_rootfs_finish(struct install *in, struct err *err);
/* Let nobody wait any more; the install has failed. */
void install_rootfs_stop(struct install *in);
MUST_CHECK int install_rootfs_check(struct install *in, size_t payload, struct err *err);
void install_rootfs_end(struct install *in);

#endif
