/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to disks and files; see target.h. Page-cache writes are three to five times slower than
 * direct ones on the disks that were measured, so data goes out with O_DIRECT where it exists.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#define ALIGN_BYTES 4096
#define ZERO_BYTES  (1024 * 1024)

static uint8_t zeros[ZERO_BYTES] __attribute__((aligned(ALIGN_BYTES)));

static int learn_device(struct target *t, struct err *err)
{
	int sector;

	if (ioctl(t->fd, BLKGETSIZE64, &t->size_bytes) || ioctl(t->fd, BLKSSZGET, &sector))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot ask the size of '%s'", t->name);
	if (sector < 512 || sector > ALIGN_BYTES)
		return err_set(err, ERR_IMAGE_TARGET, "disk has sectors of %d bytes", sector);
	t->is_device = true;
	t->sector_bytes = (uint32_t)sector;
	return 0;
}

static int learn(struct target *t, struct err *err)
{
	struct stat st;

	if (fstat(t->fd, &st))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot look at '%s'", t->name);
	t->old_flags = fcntl(t->fd, F_GETFL);
	if (S_ISBLK(st.st_mode))
		return learn_device(t, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_IMAGE_TARGET, "'%s' is neither a disk nor a file", t->name);
	t->size_bytes = (uint64_t)st.st_size;
	t->sector_bytes = 512;
	t->is_shared = true;
	return 0;
}

int target_release(struct target *t, struct err *err)
{
	struct stat before, after;
	int fd;

	if (!t->owns_fd || fstat(t->fd, &before))
		return 0;
	fd = open(t->name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, ERR_IMAGE_TARGET, "cannot open '%s' again", t->name);
	if (fstat(fd, &after) || before.st_rdev != after.st_rdev) {
		(void)close(fd);
		return err_set(err, ERR_IMAGE_TARGET, "'%s' is another disk now", t->name);
	}
	(void)close(t->fd);
	t->fd = fd;
	t->is_shared = true;
	return 0;
}

int target_open(struct target *t, int fd, const char *path, struct err *err)
{
	*t = (struct target){.fd = fd};
	if (fd >= 0) {
		snprintf(t->name, sizeof(t->name), "/proc/%d/fd/%d", (int)getpid(), fd);
		return learn(t, err);
	}
	if (!path || !str_copy(t->name, sizeof(t->name), path))
		return err_set(err, ERR_IMAGE_TARGET, "no target, or its path is too long");
	/* O_EXCL without O_CREAT refuses a mounted or otherwise used disk. */
	t->fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (t->fd < 0 && errno == ENOENT)
		t->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return err_sys(err, ERR_IMAGE_TARGET, "cannot open '%s'", path);
	t->owns_fd = true;
	if (learn(t, err) < 0) {
		target_close(t);
		return err ? -err->code : -ERR_IMAGE_TARGET;
	}
	return 0;
}

int target_make_room(struct target *t, uint64_t min_bytes, struct err *err)
{
	if (t->size_bytes >= min_bytes)
		return 0;
	if (t->is_device)
		return err_set(err, ERR_IMAGE_DISK_SIZE,
			       "disk has %" PRIu64 " bytes, the image needs %" PRIu64,
			       t->size_bytes, min_bytes);
	if (ftruncate(t->fd, (off_t)min_bytes))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot enlarge '%s'", t->name);
	t->size_bytes = min_bytes;
	return 0;
}

void target_close(struct target *t)
{
	if (t->fd < 0)
		return;
	if (t->owns_fd)
		(void)close(t->fd);
	else
		(void)fcntl(t->fd, F_SETFL, t->old_flags);
	t->fd = -1;
}

void target_set_direct(struct target *t, bool direct)
{
	int flags = fcntl(t->fd, F_GETFL);

	if (flags < 0)
		return;
	flags = direct ? flags | O_DIRECT : flags & ~O_DIRECT;
	t->is_direct = !fcntl(t->fd, F_SETFL, flags) && direct;
}

int target_write(const struct target *t, uint8_t *p, size_t n_bytes, uint64_t offset,
		 struct err *err)
{
	size_t rest = n_bytes % t->sector_bytes, done = 0;

	if (rest) {
		memset(p + n_bytes, 0, t->sector_bytes - rest);
		n_bytes += t->sector_bytes - rest;
	}
	while (done < n_bytes) {
		ssize_t n = pwrite(t->fd, p + done, n_bytes - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, ERR_IO, "cannot write %zu bytes at %" PRIu64,
				       n_bytes - done, offset + done);
		done += (size_t)n;
	}
	return 0;
}

int target_read(const struct target *t, uint8_t *p, size_t n_bytes, uint64_t offset,
		struct err *err)
{
	size_t rest = n_bytes % t->sector_bytes, done = 0;

	if (rest)
		n_bytes += t->sector_bytes - rest;
	while (done < n_bytes) {
		ssize_t n = pread(t->fd, p + done, n_bytes - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_IO, "cannot read %zu bytes at %" PRIu64,
				       n_bytes - done, offset + done);
		if (!n)
			return err_set(err, ERR_IO, "disk ends at %" PRIu64, offset + done);
		done += (size_t)n;
	}
	return 0;
}

static int write_zeros(const struct target *t, uint64_t offset, uint64_t n_bytes, struct err *err)
{
	while (n_bytes) {
		size_t n = n_bytes < ZERO_BYTES ? (size_t)n_bytes : ZERO_BYTES;

		TRY(target_write(t, zeros, n, offset, err));
		offset += n;
		n_bytes -= n;
	}
	return 0;
}

/* A hole punched in a block device is zeros by the kernel's promise (it never falls back to a plain
 * discard); a device that cannot says so, and may still know a fast way to write zeros. */
int target_zero(const struct target *t, uint64_t offset, uint64_t n_bytes, struct err *err)
{
	static const int modes[] = {FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				    FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (!fallocate(t->fd, modes[i], (off_t)offset, (off_t)n_bytes))
			return 0;
	return write_zeros(t, offset, n_bytes, err);
}

int target_flush(const struct target *t, struct err *err)
{
	if (fsync(t->fd))
		return err_sys(err, ERR_IO, "cannot flush '%s'", t->name);
	if (t->is_device)
		(void)ioctl(t->fd, BLKFLSBUF, 0);
	else
		(void)posix_fadvise(t->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

int target_wipe_edges(const struct target *t, struct err *err)
{
	uint64_t edge = t->size_bytes < TARGET_EDGE_BYTES ? t->size_bytes : TARGET_EDGE_BYTES;
	uint64_t tail = (t->size_bytes - edge) / t->sector_bytes * t->sector_bytes;

	TRY(write_zeros(t, 0, edge / t->sector_bytes * t->sector_bytes, err));
	TRY(write_zeros(t, tail, (t->size_bytes - tail) / t->sector_bytes * t->sector_bytes, err));
	return target_flush(t, err);
}

void target_reread_table(const struct target *t)
{
	if (t->is_device)
		(void)ioctl(t->fd, BLKRRPART, 0);
}
