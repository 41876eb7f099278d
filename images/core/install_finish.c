/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an install, after the data was read back: file systems get their size and a UUID of
 * their own, the caller adds the host's own files, and only then partition table and boot sector
 * make the target one that can be started.
 *
 * Without a table the kernel knows no partitions, and on a disk that is held exclusively it would
 * lend them to nobody. A loop device over the held descriptor shows just one range of it: the disk
 * stays ours alone from the first check to the last write.
 */
#include "install_run.h"

#include <errno.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "empty_fs.h"
#include "fs_probe.h"
#include "grow.h"
#include "partition_table.h"
#include "vfat_serial.h"

/* ---- size and identity ----------------------------------------------------------------------- */

/* The tools get a loop device to work on: resize2fs would cut a plain file at the file system's
 * end, and may not open a disk that is held. Where none may be made for a file, the size
 * that was built is kept. */
static int grow_on_loop(struct install *in, struct image_receipt_partition *p, bool grow,
			struct err *err)
{
	const struct image_install_request *r = in->request;
	struct loop_device loop;
	int status;

	if (loop_device_open(in->target.fd, p->start_bytes, p->size_bytes, &loop, err) < 0) {
		if (in->target.is_device)
			return -err->code;
		return grow_ext4(in->target.name, p->start_bytes, p->size_bytes, !r->keep_identity,
				 false, err);
	}
	status = grow_ext4(loop.path, 0, p->size_bytes, !r->keep_identity, grow, err);
	if (fsync(loop.fd) && !status)
		status = err_sys(err, ERR_IO, "cannot flush the file system");
	loop_device_close(&loop);
	return status;
}

static int grow_partition(struct install *in, struct image_receipt_partition *p, struct err *err)
{
	const struct image_install_request *r = in->request;
	bool grow = !r->no_grow && p->size_bytes > p->payload_bytes;

	if (p->has_payload && p->fs == PARTITION_FS_VFAT && !r->keep_identity)
		return vfat_serial_renew(&in->target, p->start_bytes, p->size_bytes, err);
	if (!p->has_payload || p->fs != PARTITION_FS_EXT4 || p->was_unpacked ||
	    (!grow && r->keep_identity))
		return 0;
	if (in->target.is_device && in->target.is_shared)
		return grow_ext4(in->target.name, p->start_bytes, p->size_bytes, !r->keep_identity,
				 grow, err);
	return grow_on_loop(in, p, grow, err);
}

/* What the image brings no bytes for. */
static int make_empty_all(struct install *in, struct err *err)
{
	for (size_t i = 0; i < in->receipt.n_partitions; i++)
		if (!in->receipt.partitions[i].has_payload &&
		    !in->receipt.partitions[i].was_unpacked)
			TRY(empty_fs_make(&in->target, &in->receipt.partitions[i], err));
	return 0;
}

static int grow_all(struct install *in, struct err *err)
{
	/* Where nobody else's file systems are mounted from it, the tools may open the disk itself.
	 */
	if (in->target.is_device && !in->request->own_files)
		TRY(target_release(&in->target, err));
	for (size_t i = 0; i < in->receipt.n_partitions; i++) {
		struct image_receipt_partition *p = &in->receipt.partitions[i];

		TRY(grow_partition(in, p, err));
		if (p->number)
			(void)fs_probe(in->target.fd, p->start_bytes, p->size_bytes, p->fs_uuid);
	}
	return target_flush(&in->target, err);
}

/* ---- the host's own files -------------------------------------------------------------------- */

static void manifest_parts(const struct install *in, struct install_parts *ret)
{
	for (size_t i = 0; i < in->receipt.n_partitions; i++) {
		const struct image_receipt_partition *from = &in->receipt.partitions[i];
		struct image_part *to = &ret->parts[ret->n++];

		to->number = from->number;
		to->start_bytes = from->start_bytes;
		to->size_bytes = from->size_bytes;
		to->fs = from->fs;
		to->is_root = from->role == PARTITION_ROLE_ROOT;
		(void)str_copy(to->mount, sizeof(to->mount), from->mount);
		(void)str_copy(to->options, sizeof(to->options), in->m->partitions[i].options);
		(void)str_copy(to->part_uuid, sizeof(to->part_uuid), from->part_uuid);
	}
}

static int open_parts(struct install *in, struct install_parts *p, struct err *err)
{
	for (size_t i = 0; i < p->n; i++) {
		struct image_part *part = &p->parts[i];
		enum partition_fs fs = fs_probe(in->target.fd, part->start_bytes, part->size_bytes,
						part->fs_uuid);

		if (fs == PARTITION_FS_NONE)
			continue;
		part->fs = fs;
		TRY(loop_device_open(in->target.fd, part->start_bytes, part->size_bytes,
				     &p->loops[i], err));
		(void)str_copy(part->device, sizeof(part->device), p->loops[i].path);
	}
	return 0;
}

static int close_parts(struct install_parts *p, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (p->loops[i].fd >= 0 && fsync(p->loops[i].fd) && !status)
			status = err_sys(err, ERR_IO, "cannot flush partition %u",
					 p->parts[i].number);
		loop_device_close(&p->loops[i]);
	}
	return status;
}

static int add_own_files(struct install *in, struct install_parts *p, struct err *err)
{
	const struct image_install_request *r = in->request;
	int status, closed;

	if (!r->own_files)
		return 0;
	status = open_parts(in, p, err);
	if (!status)
		status = r->own_files(r->arg, p->parts, p->n, err);
	closed = close_parts(p, status ? NULL : err);
	if (!status)
		status = closed;
	return status ? status : target_flush(&in->target, err);
}

/* ---- the table ------------------------------------------------------------------------------- */

static int finish_partitions(struct install *in, struct install_parts *parts, struct err *err)
{
	install_enter_stage(in, IMAGE_STAGE_GROW, 0);
	TRY(make_empty_all(in, err));
	TRY(grow_all(in, err));
	install_enter_stage(in, IMAGE_STAGE_OWN_FILES, 0);
	manifest_parts(in, parts);
	TRY(add_own_files(in, parts, err));
	install_enter_stage(in, IMAGE_STAGE_TABLE, 0);
	TRY(install_may_write(in, err));
	if (in->request->root_fs_only) /* the disk around it has one */
		return 0;
	return partition_table_write(in->m, &in->target, &in->receipt, err);
}

static int finish_disk(struct install *in, struct install_parts *parts, struct err *err)
{
	install_enter_stage(in, IMAGE_STAGE_OWN_FILES, 0);
	TRY(install_held_parts(in, parts, err));
	TRY(install_write_held(in, parts, true, err));
	TRY(add_own_files(in, parts, err));
	install_enter_stage(in, IMAGE_STAGE_TABLE, 0);
	TRY(install_write_held(in, parts, false, err));
	if (in->request->read_back)
		install_digest_of_disk(in, 0);
	return partition_table_relocate(&in->target, &in->receipt, err);
}

int install_finish(struct install *in, struct err *err)
{
	struct install_parts parts = {0};

	for (size_t i = 0; i < ARRAY_LEN(parts.loops); i++)
		parts.loops[i].fd = -1;
	target_set_direct(&in->target, false);
	TRY(install_may_write(in, err));
	if (in->m->n_partitions)
		TRY(finish_partitions(in, &parts, err));
	else
		TRY(finish_disk(in, &parts, err));
	target_reread_table(&in->target);
	return 0;
}
