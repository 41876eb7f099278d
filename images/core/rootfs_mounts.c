/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounting the file systems of a tar below each other; see rootfs_mounts.h. Mount points are reached
 * from the root's descriptor, without links: a tar may hold any.
 */
#include "rootfs_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#include "empty_fs.h"

#define BUSY_TRIES   200
#define BUSY_WAIT_MS 25

/* Others look into a new block device by themselves (udev's probers, a desktop's indexer) and hold it
 * for a moment: what is busy now is tried again for five seconds. True when a try is left. */
static bool may_try_again(unsigned *n_tries)
{
	return errno == EBUSY && ++*n_tries < BUSY_TRIES && poll(NULL, 0, BUSY_WAIT_MS) == 0;
}

void rootfs_mounts_init(struct rootfs_mounts *m)
{
	*m = (struct rootfs_mounts){0};
	for (size_t i = 0; i < ARRAY_LEN(m->items); i++)
		m->items[i].fd = m->items[i].loop.fd = -1;
}

void rootfs_mounts_done(struct rootfs_mounts *m)
{
	IGNORE_RESULT(rootfs_mounts_unmount(m, NULL));
	for (size_t i = m->n; i > 0; i--)
		loop_device_close(&m->items[i - 1].loop);
	if (m->folder[0])
		(void)rmdir(m->folder);
	m->folder[0] = '\0';
	m->n = 0;
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool is_root(const struct image_receipt_partition *p)
{
	return p->role == PARTITION_ROLE_ROOT;
}

/* Parents first, so that "/var" is there before "/var/log"; the root is above all. */
static bool goes_before(const struct image_receipt_partition *a,
			const struct image_receipt_partition *b)
{
	return is_root(a) || (!is_root(b) && strlen(a->mount) < strlen(b->mount));
}

static void list_parts(struct rootfs_mounts *m, const struct image_receipt *r)
{
	for (size_t i = 0; i < r->n_partitions; i++) {
		size_t at = m->n;

		if (!r->partitions[i].was_unpacked)
			continue;
		for (; at > 0 && goes_before(&r->partitions[i], m->items[at - 1].part); at--)
			m->items[at].part = m->items[at - 1].part;
		m->items[at].part = &r->partitions[i];
		m->n++;
	}
	BUG_ON(!m->n || !is_root(m->items[0].part));
}

static int make_one(struct rootfs_mounts *m, size_t i, int target_fd, struct err *err)
{
	const struct image_receipt_partition *p = m->items[i].part;

	TRY(loop_device_open(target_fd, p->start_bytes, p->size_bytes, &m->items[i].loop, err));
	return empty_fs_make_on(m->items[i].loop.path, p->fs, err);
}

int rootfs_mounts_make(struct rootfs_mounts *m, const struct image_receipt *r, int target_fd,
		       struct err *err)
{
	list_parts(m, r);
	for (size_t i = 0; i < m->n; i++)
		TRY(make_one(m, i, target_fd, err));
	(void)str_copy(m->folder, sizeof(m->folder), "/tmp/.slipway-root.XXXXXX");
	if (!mkdtemp(m->folder)) {
		m->folder[0] = '\0';
		return err_sys(err, ERR_IMAGE_TARGET, "cannot make a folder to mount on");
	}
	return 0;
}

/* ---- mounting -------------------------------------------------------------------------------- */

static int open_below(int root_fd, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root_fd, path[0] ? path : ".", &how, sizeof(how));
}

/* The folder, made where it is missing. in: a clean path without its first slash. */
static int open_point(int root_fd, const char *path)
{
	autofree char *parent_path = xstrdup(path);
	char *slash = strrchr(parent_path, '/');
	int fd = open_below(root_fd, path);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (slash)
		*slash = '\0';
	autoclose int parent = open_point(root_fd, slash ? parent_path : "");
	if (parent < 0 || mkdirat(parent, slash ? slash + 1 : path, 0755))
		return -1;
	return open_below(root_fd, path);
}

static int mount_on(struct rootfs_mounts *m, size_t i, const char *where, unsigned long flags,
		    struct err *err)
{
	const struct image_receipt_partition *p = m->items[i].part;
	unsigned n_tries = 0;

	while (mount(m->items[i].loop.path, where, partition_fs_str(p->fs), flags | MS_NOATIME,
		     NULL))
		if (!may_try_again(&n_tries))
			return err_sys(err, ERR_IMAGE_TARGET, "cannot mount the new file system");
	m->items[i].is_mounted = true;
	return 0;
}

static char *path_of(const struct rootfs_mounts *m, size_t i)
{
	return xasprintf("%s%s", m->folder, i ? m->items[i].part->mount : "");
}

static int mount_one(struct rootfs_mounts *m, size_t i, unsigned long flags, struct err *err)
{
	autofree char *path = path_of(m, i);

	if (!i) {
		TRY(mount_on(m, i, path, flags, err));
	} else {
		autoclose int point = open_point(m->items[0].fd, m->items[i].part->mount + 1);
		autofree char *where = xasprintf("/proc/self/fd/%d", point);

		if (point < 0)
			return err_sys(err, ERR_IMAGE_MEMBER,
				       "'%s' of the image is not a folder to mount on",
				       m->items[i].part->mount);
		TRY(mount_on(m, i, where, flags, err));
	}
	m->items[i].fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return m->items[i].fd < 0
		       ? err_sys(err, ERR_IMAGE_TARGET, "cannot open the new file system")
		       : 0;
}

int rootfs_mounts_mount(struct rootfs_mounts *m, unsigned long flags, struct err *err)
{
	for (size_t i = 0; i < m->n; i++)
		TRY(mount_one(m, i, flags, err));
	return 0;
}

static int unmount_one(struct rootfs_mounts *m, size_t i, struct err *err)
{
	autofree char *path = path_of(m, i);
	unsigned n_tries = 0;

	if (m->items[i].fd >= 0)
		(void)close(m->items[i].fd);
	m->items[i].fd = -1;
	while (m->items[i].is_mounted && umount2(path, UMOUNT_NOFOLLOW))
		if (!may_try_again(&n_tries))
			return err_sys(err, ERR_IMAGE_TARGET, "cannot unmount the new file system");
	m->items[i].is_mounted = false;
	return 0;
}

int rootfs_mounts_unmount(struct rootfs_mounts *m, struct err *err)
{
	for (size_t i = m->n; i > 0; i--)
		TRY(unmount_one(m, i - 1, err));
	return 0;
}

int rootfs_mounts_flush(const struct rootfs_mounts *m, struct err *err)
{
	for (size_t i = 0; i < m->n; i++)
		if (syncfs(m->items[i].fd))
			return err_sys(err, ERR_IO, "cannot flush the new file system");
	return 0;
}

void rootfs_mounts_read_ahead(const struct rootfs_mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		(void)ioctl(m->items[i].loop.fd, LOOP_SET_DIRECT_IO, 0UL);
}
