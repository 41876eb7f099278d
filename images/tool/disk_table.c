/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables of disk images, as libblkid reads them; see disk_table.h. It compares the sums of a
 * GPT and takes the backup where the first one is damaged, but firmware and the kernel of a larger disk
 * look for the backup elsewhere.
 */
#include "disk_table.h"

#include <blkid.h>
#include <inttypes.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define UNIT_BYTES 512 /* of libblkid, whatever the sectors */

static int check_end(const char *path, blkid_partition p, uint64_t size_bytes, struct err *err)
{
	uint64_t start = (uint64_t)blkid_partition_get_start(p),
		 end = start + (uint64_t)blkid_partition_get_size(p);

	if (end <= size_bytes / UNIT_BYTES)
		return 0;
	return err_set(err, ERR_IMAGE_INPUT,
		       "'%s' is cut, or its partition table damaged: partition %d ends at %" PRIu64
		       " MiB, the disk has %" PRIu64,
		       path, blkid_partition_get_partno(p),
		       (uint64_t)((end * UNIT_BYTES + MIB - 1) / MIB),
		       (uint64_t)(size_bytes / MIB));
}

/* Logical partitions lie in an extended one, and tables of other systems within a partition. */
static bool is_of_its_own(blkid_partition p, blkid_parttable table)
{
	return blkid_partition_get_table(p) == table && !blkid_partition_is_extended(p);
}

static int check_overlap(const char *path, blkid_partlist list, int last, struct err *err)
{
	blkid_parttable table = blkid_partlist_get_table(list);
	blkid_partition p = blkid_partlist_get_partition(list, last);
	uint64_t start = (uint64_t)blkid_partition_get_start(p),
		 end = start + (uint64_t)blkid_partition_get_size(p);

	for (int i = 0; i < last && is_of_its_own(p, table); i++) {
		blkid_partition q = blkid_partlist_get_partition(list, i);
		uint64_t other = (uint64_t)blkid_partition_get_start(q),
			 other_end = other + (uint64_t)blkid_partition_get_size(q);

		if (is_of_its_own(q, table) && start < other_end && other < end)
			return err_set(err, ERR_IMAGE_INPUT,
				       "the partition table of '%s' is damaged: partitions %d and "
				       "%d overlap",
				       path, blkid_partition_get_partno(q),
				       blkid_partition_get_partno(p));
	}
	return 0;
}

static int check_list(const char *path, blkid_partlist list, uint64_t size_bytes,
		      uint32_t sector_bytes, struct err *err)
{
	blkid_parttable table = blkid_partlist_get_table(list);
	const char *type = table ? blkid_parttable_get_type(table) : NULL;

	if (str_eq(type, "gpt") && blkid_parttable_get_offset(table) != (blkid_loff_t)sector_bytes)
		return err_set(err, ERR_IMAGE_INPUT,
			       "the GPT of '%s' is damaged, only its backup is sound: repair it "
			       "(sgdisk --verify, or sfdisk and 'write')",
			       path);
	for (int i = 0; i < blkid_partlist_numof_partitions(list); i++) {
		TRY(check_end(path, blkid_partlist_get_partition(list, i), size_bytes, err));
		TRY(check_overlap(path, list, i, err));
	}
	return 0;
}

/* The list of partitions does not say that a protective MBR stands alone. */
static bool has_lone_mbr(blkid_probe probe)
{
	const char *type = NULL;

	return !blkid_do_safeprobe(probe) &&
	       !blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL) && str_eq(type, "PMBR");
}

static int check(const char *path, blkid_probe probe, uint64_t size_bytes, uint32_t sector_bytes,
		 struct err *err)
{
	blkid_partlist list;

	if (has_lone_mbr(probe))
		return err_set(
			err, ERR_IMAGE_INPUT,
			"'%s' is cut or damaged: its first sector says that it has a GPT, and "
			"none is sound",
			path);
	list = blkid_probe_get_partitions(probe);
	return list ? check_list(path, list, size_bytes, sector_bytes, err) : 0;
}

int disk_table_check(const char *path, int fd, uint64_t size_bytes, uint32_t sector_bytes,
		     struct err *err)
{
	blkid_probe probe = blkid_new_probe();
	int status;

	BUG_ON(!probe);
	if (blkid_probe_set_device(probe, fd, 0, (blkid_loff_t)size_bytes) ||
	    blkid_probe_set_sectorsize(probe, sector_bytes) ||
	    blkid_probe_enable_superblocks(probe, 0) || blkid_probe_enable_partitions(probe, 1))
		status = err_set(err, ERR_IO, "cannot look at the partitions of '%s'", path);
	else
		status = check(path, probe, size_bytes, sector_bytes, err);
	blkid_free_probe(probe);
	return status;
}
