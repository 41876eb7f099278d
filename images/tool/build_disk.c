/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of whole disks: their bytes are packed as they are.
 */
#include "build_run.h"

#include <fcntl.h>
#include <string.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "disk_open.h"
#include "disk_table.h"

#define GPT_MAGIC "EFI PART"

static int disk_size(int fd, uint64_t *ret_bytes, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(err, ERR_IO, "cannot look at the input");
	*ret_bytes = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, ret_bytes))
		return err_sys(err, ERR_IO, "cannot ask the size of the input");
	if (!*ret_bytes || *ret_bytes % 512)
		return err_set(err, ERR_IMAGE_INPUT,
			       "disk image has %" PRIu64
			       " bytes, not a whole number of sectors of 512",
			       *ret_bytes);
	return 0;
}

/* A disk of this machine is taken as it is. */
static int open_input(struct build *b, int *ret_fd, struct err *err)
{
	const char *path = b->request->input;
	struct stat st;

	if (stat(path, &st))
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	if (!b->created_s)
		b->created_s = st.st_mtime;
	return disk_open(path, b->request->raw || S_ISBLK(st.st_mode), b->folder, ret_fd, err);
}

static bool has_gpt(int fd, off_t sector_bytes)
{
	char head[sizeof(GPT_MAGIC) - 1];

	return pread(fd, head, sizeof(head), sector_bytes) == (ssize_t)sizeof(head) &&
	       !memcmp(head, GPT_MAGIC, sizeof(head));
}

/* The size of sectors that a disk's table counts in: its header lies in the second one. */
static uint32_t sector_of(int fd)
{
	return !has_gpt(fd, MANIFEST_SECTOR_BYTES) && has_gpt(fd, MANIFEST_SECTOR_4K_BYTES)
		       ? MANIFEST_SECTOR_4K_BYTES
		       : MANIFEST_SECTOR_BYTES;
}

int build_disk(struct build *b, struct err *err)
{
	autoclose int fd = -1;
	uint64_t size_bytes;

	TRY(open_input(b, &fd, err));
	TRY(disk_size(fd, &size_bytes, err));
	b->m->min_disk_bytes = size_bytes;
	b->m->sector_bytes = sector_of(fd);
	if (!b->request->raw)
		TRY(disk_table_check(b->request->input, fd, size_bytes, b->m->sector_bytes, err));
	b->m->firmware = b->layout.firmware_set
				 ? b->layout.firmware
				 : IMAGE_FIRMWARE_UEFI | (b->request->arch == IMAGE_ARCH_X86_64
								  ? IMAGE_FIRMWARE_BIOS
								  : 0);
	const struct build_part part = {
		.name = "disk.img", .role = PAYLOAD_ROLE_DISK, .fd = fd, .size_bytes = size_bytes};
	return build_pack(b, &part, err);
}
