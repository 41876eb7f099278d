/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables of targets; see partition_table.h. libfdisk lays out and writes the GPT through
 * the descriptor that the caller checked. Types are those of the Discoverable Partitions
 * Specification.
 */
#include "partition_table.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdisk/libfdisk.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define BOOT_SECTOR_BYTES 512

DEFINE_AUTO(fdisk, struct fdisk_context, fdisk_unref_context);
DEFINE_AUTO(fdisk_table, struct fdisk_table, fdisk_unref_table);

static const char *type_uuid(enum image_arch arch, enum partition_role role)
{
	static const char *const root_types[_IMAGE_ARCH_MAX] = {
		[IMAGE_ARCH_X86_64] = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
		[IMAGE_ARCH_AARCH64] = "B921B045-1DF0-41C3-AF44-4C6F280D3FAE",
	};
	static const char *const types[_PARTITION_ROLE_MAX] = {
		[PARTITION_ROLE_BIOS] = "21686148-6449-6E6F-744E-656564454649",
		[PARTITION_ROLE_ESP] = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
		[PARTITION_ROLE_DATA] = "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
		[PARTITION_ROLE_SWAP] = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
	};

	return role == PARTITION_ROLE_ROOT ? root_types[arch] : types[role];
}

int partition_table_plan(const struct manifest *m, const struct target *t,
			 struct image_receipt *ret, struct err *err)
{
	uint64_t end_bytes = (t->size_bytes - MIB) / MIB * MIB;

	ret->n_partitions = m->n_partitions;
	for (size_t i = 0; i < m->n_partitions; i++) {
		const struct manifest_partition *from = &m->partitions[i];
		struct image_receipt_partition *to = &ret->partitions[i];

		to->number = from->number;
		to->role = from->role;
		to->fs = from->fs;
		to->start_bytes = from->start_bytes;
		to->size_bytes = from->size_bytes;
		uuid_v4(to->part_uuid);
		(void)str_copy(to->mount, sizeof(to->mount), from->mount);
		if (from->start_bytes + from->size_bytes > end_bytes)
			return err_set(err, ERR_IMAGE_DISK_SIZE,
				       "partition %u does not fit a disk of %" PRIu64 " bytes",
				       from->number, t->size_bytes);
		if (from->grow)
			to->size_bytes = end_bytes - from->start_bytes;
	}
	return 0;
}

static int fdisk_failed(struct err *err, int status, const char *what)
{
	errno = -status;
	return err_sys(err, ERR_IMAGE_TARGET, "cannot %s", what);
}

static int no_questions(struct fdisk_context *ctx, struct fdisk_ask *ask, void *arg)
{
	(void)ctx, (void)arg;
	/* libfdisk asks before it replaces things; the caller has consent for the whole disk. */
	if (fdisk_ask_get_type(ask) == FDISK_ASKTYPE_YESNO)
		return fdisk_ask_yesno_set_result(ask, 1);
	return 0;
}

static int open_context(const struct target *t, struct fdisk_context **ret, struct err *err)
{
	AUTO(fdisk) struct fdisk_context *ctx = fdisk_new_context();
	int status;

	BUG_ON(!ctx);
	fdisk_disable_dialogs(ctx, 1);
	fdisk_set_ask(ctx, no_questions, NULL);
	status = fdisk_assign_device_by_fd(ctx, t->fd, t->name, 0);
	if (status)
		return fdisk_failed(err, status, "open the target for partitioning");
	*ret = take_ptr(ctx);
	return 0;
}

/* By it a system finds the place of the next one (/dev/disk/by-partlabel). */
static const char *name_of(const struct manifest *m, const struct image_receipt_partition *part)
{
	const struct manifest_partition *from = manifest_partition_find(m, part->number);

	return from && from->is_second_root ? disk_layout_role_str(DISK_LAYOUT_ROOT_B)
					    : partition_role_str(part->role);
}

static int add_partition(struct fdisk_context *ctx, struct fdisk_table *table,
			 const struct manifest *m, const struct target *t,
			 const struct image_receipt_partition *part, struct err *err)
{
	struct fdisk_partition *p = fdisk_new_partition();
	struct fdisk_parttype *type = fdisk_label_parse_parttype(fdisk_get_label(ctx, NULL),
								 type_uuid(m->arch, part->role));
	int status;

	BUG_ON(!p || !type);
	status = fdisk_partition_set_partno(p, part->number - 1) ||
		 fdisk_partition_set_start(p, part->start_bytes / t->sector_bytes) ||
		 fdisk_partition_set_size(p, part->size_bytes / t->sector_bytes) ||
		 fdisk_partition_size_explicit(p, 1) || fdisk_partition_set_type(p, type) ||
		 fdisk_partition_set_uuid(p, part->part_uuid) ||
		 fdisk_partition_set_name(p, name_of(m, part)) ||
		 fdisk_table_add_partition(table, p);
	fdisk_unref_parttype(type);
	fdisk_unref_partition(p);
	return status ? err_set(err, ERR_IMAGE_TARGET, "partition %u cannot be described",
				part->number)
		      : 0;
}

static int keep_disk_guid(struct fdisk_context *ctx, struct image_receipt *ret)
{
	char *id = NULL;
	int status = fdisk_get_disklabel_id(ctx, &id);

	if (!status) {
		for (char *c = id; *c; c++)
			if (*c >= 'A' && *c <= 'F')
				*c = (char)(*c - 'A' + 'a');
		(void)str_copy(ret->disk_guid, sizeof(ret->disk_guid), id);
	}
	free(id);
	return status;
}

static int write_boot_code(const struct manifest *m, const struct target *t, struct err *err)
{
	uint8_t sector[BOOT_SECTOR_BYTES];

	if (!m->has_boot_code)
		return 0;
	if (pread(t->fd, sector, sizeof(sector), 0) != (ssize_t)sizeof(sector))
		return err_sys(err, ERR_IO, "cannot read the boot sector");
	memcpy(sector, m->boot_code, MANIFEST_BOOT_CODE_BYTES);
	if (pwrite(t->fd, sector, sizeof(sector), 0) != (ssize_t)sizeof(sector))
		return err_sys(err, ERR_IO, "cannot write the boot sector");
	return 0;
}

int partition_table_write(const struct manifest *m, const struct target *t,
			  struct image_receipt *ret, struct err *err)
{
	AUTO(fdisk) struct fdisk_context *ctx = NULL;
	AUTO(fdisk_table) struct fdisk_table *table = fdisk_new_table();
	int status;

	TRY(open_context(t, &ctx, err));
	status = fdisk_create_disklabel(ctx, "gpt");
	if (status)
		return fdisk_failed(err, status, "make a partition table");
	for (size_t i = 0; i < ret->n_partitions; i++)
		TRY(add_partition(ctx, table, m, t, &ret->partitions[i], err));
	status = fdisk_apply_table(ctx, table);
	if (status)
		return fdisk_failed(err, status, "lay out the partition table");
	status = keep_disk_guid(ctx, ret);
	if (!status)
		status = fdisk_write_disklabel(ctx);
	if (status)
		return fdisk_failed(err, status, "write the partition table");
	(void)fdisk_deassign_device(ctx, 1);
	TRY(write_boot_code(m, t, err));
	return fsync(t->fd) ? err_sys(err, ERR_IO, "cannot flush the partition table") : 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool describe(struct fdisk_partition *p, const struct partition_source *from,
		     struct image_part *ret)
{
	struct fdisk_parttype *type = fdisk_partition_get_type(p);
	const char *guid = type ? fdisk_parttype_get_string(type) : NULL;

	if (!fdisk_partition_is_used(p) || fdisk_partition_is_container(p) ||
	    !fdisk_partition_has_start(p) || !fdisk_partition_has_size(p))
		return false;
	*ret = (struct image_part){
		.number = (unsigned)fdisk_partition_get_partno(p) + 1,
		.start_bytes = fdisk_partition_get_start(p) * from->sector_bytes,
		.size_bytes = fdisk_partition_get_size(p) * from->sector_bytes,
	};
	if (guid && !strcasecmp(guid, type_uuid(from->arch, PARTITION_ROLE_ROOT)))
		ret->is_root = true;
	return ret->size_bytes && ret->start_bytes <= from->limit_bytes &&
	       ret->size_bytes <= from->limit_bytes - ret->start_bytes;
}

static int list_partitions(struct fdisk_context *ctx, const struct partition_source *from,
			   struct image_part *ret, size_t *ret_n, struct err *err)
{
	AUTO(fdisk_table) struct fdisk_table *table = NULL;
	struct fdisk_iter *at = fdisk_new_iter(FDISK_ITER_FORWARD);
	struct fdisk_partition *p = NULL;
	int status = fdisk_get_partitions(ctx, &table);

	BUG_ON(!at);
	while (!status && *ret_n < MANIFEST_MAX_PARTITIONS &&
	       !fdisk_table_next_partition(table, at, &p))
		*ret_n += describe(p, from, &ret[*ret_n]);
	fdisk_free_iter(at);
	return status ? fdisk_failed(err, status, "read the partition table") : 0;
}

int partition_table_read(const struct partition_source *from,
			 struct image_part ret[static MANIFEST_MAX_PARTITIONS], size_t *ret_n,
			 struct err *err)
{
	AUTO(fdisk) struct fdisk_context *ctx = fdisk_new_context();
	int status;

	*ret_n = 0;
	BUG_ON(!ctx);
	fdisk_disable_dialogs(ctx, 1);
	(void)fdisk_save_user_sector_size(ctx, from->sector_bytes, from->sector_bytes);
	status = fdisk_assign_device_by_fd(ctx, from->fd, "partition table", 1);
	if (status)
		return fdisk_failed(err, status, "look for a partition table");
	if (!fdisk_has_label(ctx))
		return 0;
	return list_partitions(ctx, from, ret, ret_n, err);
}

/* ---- whole disks ----------------------------------------------------------------------------- */

int partition_table_relocate(const struct target *t, struct image_receipt *ret, struct err *err)
{
	AUTO(fdisk) struct fdisk_context *ctx = NULL;
	int status;

	TRY(open_context(t, &ctx, err));
	if (!fdisk_has_label(ctx) || !fdisk_is_labeltype(ctx, FDISK_DISKLABEL_GPT))
		return 0;
	(void)keep_disk_guid(ctx, ret);
	/* Writing corrects the place of the backup header and the last usable sector. */
	status = fdisk_write_disklabel(ctx);
	if (status)
		return fdisk_failed(err, status, "move the backup partition table");
	(void)fdisk_deassign_device(ctx, 1);
	return fsync(t->fd) ? err_sys(err, ERR_IO, "cannot flush the partition table") : 0;
}
