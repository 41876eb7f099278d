/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounting a new system for the time of writing its own files; see own_files.h. The file systems
 * come from a signed image and are still mounted without devices, set-user-ID and programs.
 */
#include "own_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#include "new_root.h"
#include "personalise.h"

#define MOUNT_FLAGS (MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME)

struct mounted {
	const struct own_files *own;
	char *paths[MANIFEST_MAX_PARTITIONS]; /* in the order they were mounted */
	size_t n;
};

int own_files_mount_apart(struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, ERR_AGENT_MOUNT, "cannot get mounts of our own");
	return 0;
}

/* ---- mounting -------------------------------------------------------------------------------- */

static bool is_mountable(const struct image_part *p)
{
	return p->device[0] && (p->fs == PARTITION_FS_EXT4 || p->fs == PARTITION_FS_XFS ||
				p->fs == PARTITION_FS_BTRFS);
}

static int open_root(const struct mounted *m, struct err *err)
{
	int fd = open(m->own->folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(err, ERR_AGENT_MOUNT, "cannot open the new system") : fd;
}

/* An image whose files were unpacked here need not have the folder. */
static int make_mount_point(const struct mounted *m, const char *path, struct err *err)
{
	autoclose int root_fd = open_root(m, err);

	return root_fd < 0 ? root_fd : new_root_mkdirs(root_fd, path, 0755, 0, 0, err);
}

static int mount_part(struct mounted *m, const struct image_part *p, const char *path,
		      struct err *err)
{
	autofree char *where = xasprintf("%s%s", m->own->folder, str_eq(path, "/") ? "" : path);

	if (path[1])
		TRY(make_mount_point(m, path, err));
	if (mount(p->device, where, partition_fs_str(p->fs), MOUNT_FLAGS, NULL) < 0)
		return err_sys(err, ERR_AGENT_MOUNT, "cannot mount partition %u at '%s'", p->number,
			       path);
	m->paths[m->n++] = take_ptr(where);
	return 0;
}

/* The last mounted first. What cannot be unmounted cannot be flushed, and so must not be started.
 */
static int unmount_all(struct mounted *m, struct err *err)
{
	int r = 0;

	while (m->n) {
		autofree char *path = m->paths[--m->n];

		if (umount2(path, UMOUNT_NOFOLLOW) < 0 && r == 0)
			r = err_sys(err, ERR_AGENT_MOUNT, "cannot unmount the new system");
	}
	return r;
}

/* ---- finding the root ------------------------------------------------------------------------ */

static bool looks_like_root(const struct mounted *m)
{
	autoclose int fd = open_root(m, NULL);

	return fd >= 0 && (new_root_exists(fd, "/etc/os-release") ||
			   new_root_exists(fd, "/usr/lib/os-release"));
}

static const struct image_part *root_by_name(const struct image_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_mountable(&parts[i]) && (parts[i].is_root || str_eq(parts[i].mount, "/")))
			return &parts[i];
	return NULL;
}

static int mount_root(struct mounted *m, const struct image_part *parts, size_t n, struct err *err)
{
	const struct image_part *root = root_by_name(parts, n);

	if (root)
		return mount_part(m, root, "/", err);
	for (size_t i = 0; i < n; i++) {
		if (!is_mountable(&parts[i]) || parts[i].mount[0] ||
		    mount_part(m, &parts[i], "/", NULL) < 0)
			continue;
		if (looks_like_root(m))
			return 0;
		TRY(unmount_all(m, err));
	}
	return err_set(err, ERR_AGENT_MOUNT, "the image has no root file system");
}

/* Shorter paths first, so that "/var" is there before "/var/log". */
static int by_path_length(const void *a, const void *b)
{
	const struct image_part *const *x = a, *const *y = b;
	size_t n = strlen((*x)->mount), m = strlen((*y)->mount);

	return n < m ? -1 : n > m;
}

static int mount_all(struct mounted *m, const struct image_part *parts, size_t n, struct err *err)
{
	const struct image_part *sorted[MANIFEST_MAX_PARTITIONS];
	size_t n_sorted = 0;

	TRY(mount_root(m, parts, n, err));
	for (size_t i = 0; i < n && n_sorted < ARRAY_LEN(sorted); i++)
		if (is_mountable(&parts[i]) && parts[i].mount[0] == '/' && parts[i].mount[1])
			sorted[n_sorted++] = &parts[i];
	qsort(sorted, n_sorted, sizeof(sorted[0]), by_path_length);
	for (size_t i = 0; i < n_sorted; i++)
		TRY(mount_part(m, sorted[i], sorted[i]->mount, err));
	return 0;
}

/* ---- fstab ----------------------------------------------------------------------------------- */

static size_t list_mounts(const struct image_part *parts, size_t n, struct personal_mount *ret)
{
	size_t n_mounts = 0;

	for (size_t i = 0; i < n; i++) {
		const struct image_part *p = &parts[i];
		struct personal_mount *m = &ret[n_mounts];
		bool swap = p->fs == PARTITION_FS_SWAP;

		/* A whole disk's partitions will have UUIDs that only its own fstab knows. */
		if ((!swap && p->mount[0] != '/') || !p->part_uuid[0])
			continue;
		if (p->fs_uuid[0])
			snprintf(m->source, sizeof(m->source), "UUID=%s", p->fs_uuid);
		else
			snprintf(m->source, sizeof(m->source), "PARTUUID=%s", p->part_uuid);
		(void)str_copy(m->path, sizeof(m->path), swap ? "none" : p->mount);
		(void)str_copy(m->fs, sizeof(m->fs), partition_fs_str(p->fs));
		(void)str_copy(m->options, sizeof(m->options), p->options);
		n_mounts++;
	}
	return n_mounts;
}

static int write_files(const struct mounted *m, const struct image_part *parts, size_t n,
		       struct err *err)
{
	struct personal_mount mounts[MANIFEST_MAX_PARTITIONS];
	struct personal personal = {
		.image = m->own->image,
		.host_id = m->own->host_id,
		.console = m->own->console,
		.first_boot_program = m->own->first_boot_program,
		.network = m->own->network,
		.boot_is_apart = m->own->boot_is_apart,
		.mounts = mounts,
		.n_mounts = list_mounts(parts, n, mounts),
	};
	autoclose int root_fd = open_root(m, err);

	if (root_fd < 0)
		return root_fd;
	TRY(personalise(root_fd, &personal, err));
	return syncfs(root_fd) < 0 ? err_sys(err, ERR_IO, "cannot flush the new system") : 0;
}

int own_files_write(const struct own_files *o, const struct image_part *parts, size_t n,
		    struct err *err)
{
	struct mounted m = {.own = o};
	int r, unmounted;

	BUG_ON(n > MANIFEST_MAX_PARTITIONS);
	TRY(file_make_dirs(o->folder, 0700, err));
	r = mount_all(&m, parts, n, err);
	if (r == 0)
		r = write_files(&m, parts, n, err);
	unmounted = unmount_all(&m, r < 0 ? NULL : err);
	return r < 0 ? r : unmounted;
}
