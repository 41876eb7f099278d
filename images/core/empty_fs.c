/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Empty file systems and swap; see empty_fs.h. mkfs runs on a loop device over the partition's
 * range, so it cannot reach past it; a swap area is one page (mm/swapfile.c, union swap_header) and
 * needs no program.
 */
#include "empty_fs.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>

#include "loop_device.h"

#define MKFS_TIMEOUT_MS (10 * 60 * 1000)
#define SWAP_PAGE_BYTES 4096 /* of all kernels that we ship images for */
#define SWAP_VERSION_AT 1024
#define SWAP_LAST_AT    1028
#define SWAP_UUID_AT    1036
#define SWAP_MAGIC      "SWAPSPACE2"

bool empty_fs_needs_loop(enum partition_fs fs)
{
	return fs == PARTITION_FS_EXT4 || fs == PARTITION_FS_XFS || fs == PARTITION_FS_VFAT ||
	       fs == PARTITION_FS_BTRFS;
}

int empty_fs_make_on(const char *device, enum partition_fs fs, struct err *err)
{
	const char *const ext4[] = {"mke2fs", "-q",   "-F",
				    "-t",     "ext4", "-m",
				    "1",      "-O",   "^metadata_csum_seed,^orphan_file",
				    device,   NULL};
	const char *const xfs[] = {"mkfs.xfs", "-q", "-f", device, NULL};
	const char *const btrfs[] = {"mkfs.btrfs", "-q", "-f", device, NULL};
	const char *const vfat[] = {"mkfs.vfat", device, NULL};
	const char *const *const argv[_PARTITION_FS_MAX] = {
		[PARTITION_FS_EXT4] = ext4,
		[PARTITION_FS_XFS] = xfs,
		[PARTITION_FS_BTRFS] = btrfs,
		[PARTITION_FS_VFAT] = vfat,
	};

	BUG_ON(!argv[fs]);
	return process_check(argv[fs], MKFS_TIMEOUT_MS, err);
}

static int make_on_loop(const struct target *t, const struct image_receipt_partition *p,
			struct err *err)
{
	struct loop_device loop;
	int status;

	TRY(loop_device_open(t->fd, p->start_bytes, p->size_bytes, &loop, err));
	status = empty_fs_make_on(loop.path, p->fs, err);
	if (fsync(loop.fd) && !status)
		status = err_sys(err, ERR_IO, "cannot flush the file system");
	loop_device_close(&loop);
	return status;
}

static int make_swap(const struct target *t, const struct image_receipt_partition *p,
		     struct err *err)
{
	uint8_t page[SWAP_PAGE_BYTES] = {0};

	put_le32(page + SWAP_VERSION_AT, 1);
	put_le32(page + SWAP_LAST_AT, (uint32_t)(p->size_bytes / SWAP_PAGE_BYTES - 1));
	random_bytes(page + SWAP_UUID_AT, 16);
	page[SWAP_UUID_AT + 6] = (page[SWAP_UUID_AT + 6] & 0x0f) | 0x40;
	page[SWAP_UUID_AT + 8] = (page[SWAP_UUID_AT + 8] & 0x3f) | 0x80;
	memcpy(page + SWAP_PAGE_BYTES - strlen(SWAP_MAGIC), SWAP_MAGIC, strlen(SWAP_MAGIC));
	return target_write(t, page, sizeof(page), p->start_bytes, err);
}

static int wipe_ends(const struct target *t, const struct image_receipt_partition *p,
		     struct err *err)
{
	uint64_t edge = p->size_bytes < MIB ? p->size_bytes : MIB;

	TRY(target_zero(t, p->start_bytes, edge, err));
	return target_zero(t, p->start_bytes + p->size_bytes - edge, edge, err);
}

int empty_fs_make(const struct target *t, const struct image_receipt_partition *p, struct err *err)
{
	int status = wipe_ends(t, p, err);

	if (!status && p->fs == PARTITION_FS_SWAP)
		status = make_swap(t, p, err);
	if (!status && empty_fs_needs_loop(p->fs))
		status = make_on_loop(t, p, err);
	return status < 0 ? err_wrap(err, "partition %u", p->number) : 0;
}
