/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the root partition that is not in use; see root_slot.h. What is not plain is refused: a root on
 * LVM, RAID, LUKS, btrfs or an overlay, a name that is there twice, a partition of another disk.
 */
#include "root_slot.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <images/disk_layout.h>
#include <images/manifest.h>

#define DEVICE_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

struct partition {
	struct root_slot slot;
	char name[80]; /* in the disk's table */
};

/* ---- one partition --------------------------------------------------------------------------- */

/* The value of a key that is there once; false if it is there twice, or does not fit. */
static bool value_of(const char *text, const char *key, char *ret, size_t ret_bytes)
{
	struct sv rest = sv_of(text);
	size_t n_seen = 0;

	while (rest.n) {
		struct sv value = sv_split(&rest, '\n');
		struct sv word = sv_split(&value, '=');

		if (!sv_eq_str(word, key))
			continue;
		autofree char *copy = xstrndup(value.p, value.n);
		if (++n_seen > 1 || !str_copy(ret, ret_bytes, copy))
			return false;
	}
	return n_seen == 1 && ret[0];
}

static bool read_number(const char *text, dev_t *ret)
{
	char major_text[16], minor_text[16];
	uint64_t ma, mi;

	if (!value_of(text, "MAJOR", major_text, sizeof(major_text)) ||
	    !value_of(text, "MINOR", minor_text, sizeof(minor_text)) ||
	    !parse_u64(major_text, &ma) || !parse_u64(minor_text, &mi) || ma > UINT_MAX ||
	    mi > UINT_MAX)
		return false;
	*ret = makedev((unsigned)ma, (unsigned)mi);
	return true;
}

/* in: a partition's folder below /sys. False if it is none, or says anything unexpected. */
static bool read_partition(const char *folder, struct partition *ret)
{
	autofree char *path = xasprintf("%s/uevent", folder), *text = NULL;
	char type[16], device[48];
	size_t n;

	if (file_read(path, 4 * KIB, &text, &n, NULL) < 0 ||
	    !value_of(text, "DEVTYPE", type, sizeof(type)) || !str_eq(type, "partition") ||
	    !value_of(text, "DEVNAME", device, sizeof(device)) ||
	    device[strspn(device, DEVICE_CHARS)] ||
	    !value_of(text, "PARTNAME", ret->name, sizeof(ret->name)) ||
	    !read_number(text, &ret->slot.number))
		return false;
	snprintf(ret->slot.device, sizeof(ret->slot.device), "/dev/%s", device);
	return true;
}

/* ---- the running root ------------------------------------------------------------------------ */

static struct sv field(struct sv line, unsigned index)
{
	struct sv word = {0};

	for (unsigned i = 0; i <= index; i++)
		word = sv_split(&line, ' ');
	return word;
}

/* "MAJOR:MINOR" of what is mounted at / last, if it is a whole file system. */
static bool root_number(const char *root, char *ret, size_t ret_bytes)
{
	autofree char *path = xasprintf("%s/proc/self/mountinfo", root), *text = NULL;
	size_t n;

	ret[0] = '\0';
	if (file_read(path, MIB, &text, &n, NULL) < 0)
		return false;
	struct sv rest = sv_of(text);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		struct sv number = field(line, 2);

		if (!sv_eq_str(field(line, 4), "/"))
			continue;
		autofree char *copy = xstrndup(number.p, number.n);
		if (!sv_eq_str(field(line, 3), "/") || !str_copy(ret, ret_bytes, copy))
			ret[0] = '\0';
	}
	return ret[0] && !ret[strspn(ret, "0123456789:")];
}

/* Its partition's folder below /sys, without links. The caller frees; NULL: it lies on none. */
static char *root_folder(const char *root)
{
	char number[32];

	if (!root_number(root, number, sizeof(number)))
		return NULL;
	autofree char *path = xasprintf("%s/sys/dev/block/%s", root, number);
	return realpath(path, NULL);
}

/* ---- the other one --------------------------------------------------------------------------- */

static const char *other_name(const char *name)
{
	const char *a = partition_role_str(PARTITION_ROLE_ROOT);
	const char *b = disk_layout_role_str(DISK_LAYOUT_ROOT_B);

	return str_eq(name, a) ? b : str_eq(name, b) ? a : NULL;
}

/* How many partitions of the disk have the name; the last one. */
static size_t count_named(const char *disk, const char *name, struct root_slot *ret)
{
	DIR *dir = opendir(disk);
	const struct dirent *d;
	size_t n = 0;

	while (dir && (d = readdir(dir))) {
		autofree char *folder = xasprintf("%s/%s", disk, d->d_name);
		struct partition p;

		if (d->d_name[0] == '.' || !read_partition(folder, &p) || !str_eq(p.name, name))
			continue;
		*ret = p.slot;
		n++;
	}
	if (dir)
		(void)closedir(dir);
	return n;
}

int root_slot_find_inactive(const char *root, struct root_slot *ret, struct err *err)
{
	autofree char *folder = root_folder(root);
	struct partition active;
	struct root_slot self;

	if (!folder || !read_partition(folder, &active))
		return err_set(err, ERR_UNSUPPORTED,
			       "the running system does not lie on a named partition of a disk");
	const char *name = other_name(active.name);
	if (!name)
		return err_set(err, ERR_UNSUPPORTED,
			       "the running system's partition is not called root or root_b");
	*strrchr(folder, '/') = '\0';
	if (count_named(folder, active.name, &self) != 1 || count_named(folder, name, ret) != 1)
		return err_set(err, ERR_UNSUPPORTED,
			       "the disk of the running system has not just one partition root "
			       "and one root_b");
	return 0;
}

int root_slot_open(const struct root_slot *slot, struct err *err)
{
	autoclose int fd = open(slot->device, O_RDWR | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_sys(err, ERR_IMAGE_TARGET, "cannot open '%s' alone", slot->device);
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != slot->number)
		return err_set(err, ERR_IMAGE_TARGET, "'%s' is another device", slot->device);
	return take_fd(&fd);
}
