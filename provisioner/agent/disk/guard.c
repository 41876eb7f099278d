/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk rails of disk_guard.h. Each refusal has its own error, and each a test in which it fires
 * on real devices and real signatures (tests/unit/agent/disk/test_guard.c).
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>
#include <images/install.h>
#include <proto/signature.h>

#include <agent/facts/disk_signatures.h>
#include <agent/facts/sysfs.h>

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

/* ---- choosing -------------------------------------------------------------------------------- */

static bool matches(const struct drive *d, const struct plan_disk *want)
{
	if (want->wwn[0] && strcasecmp(want->wwn, d->facts.wwn) != 0)
		return false;
	if (want->serial[0] && !str_eq(want->serial, d->facts.serial))
		return false;
	return (uint64_t)d->facts.capacity_bytes == want->size_bytes;
}

int disk_choose(const drive_list *drives, const struct plan_disk *want, const struct drive **ret,
		struct err *err)
{
	const struct drive *found = NULL;
	unsigned n = 0;

	if ((!want->wwn[0] && !want->serial[0]) || want->size_bytes == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "the plan names no disk");
	for (size_t i = 0; i < drives->n; i++) {
		if (matches(&drives->items[i], want)) {
			found = &drives->items[i];
			n++;
		}
	}
	const char *name = want->serial[0] ? want->serial : want->wwn;
	if (n == 0)
		return err_set(err, ERR_GUARD_DISK_NONE, "no disk '%s' of %llu bytes among %zu",
			       name, (unsigned long long)want->size_bytes, drives->n);
	if (n > 1)
		return err_set(err, ERR_GUARD_DISK_AMBIGUOUS, "%u disks are '%s' of %llu bytes", n,
			       name, (unsigned long long)want->size_bytes);
	if (!found->local)
		return err_set(err, ERR_GUARD_DISK_REMOTE, "disk '%s' is on %s", name,
			       found->facts.protocol);
	if (found->facts.removable == TRI_YES)
		return err_set(err, ERR_GUARD_DISK_REMOTE, "disk '%s' is removable", name);
	if (found->facts.write_protected == TRI_YES || found->facts.zones[0])
		return err_set(err, ERR_AGENT_DISK_READ_ONLY, "disk '%s'", name);
	*ret = found;
	return 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* The kernel name of an open block device, by its number, not by the path that led to it. */
static bool name_of(const struct disk_handle *d, char *ret, size_t ret_bytes)
{
	char path[512];

	if (!sysfs_resolve(d->root, path, sizeof(path), "sys/dev/block/%u:%u", d->major, d->minor))
		return false;
	const char *slash = strrchr(path, '/');
	return slash && str_copy(ret, ret_bytes, slash + 1);
}

static bool same_identity(const struct drive *a, const struct drive *b)
{
	return str_eq(a->facts.serial, b->facts.serial) && str_eq(a->facts.wwn, b->facts.wwn) &&
	       a->facts.capacity_bytes == b->facts.capacity_bytes &&
	       str_eq(a->sys_path, b->sys_path);
}

static bool identity_holds(const struct disk_handle *d)
{
	struct drive now;
	char name[64];

	return name_of(d, name, sizeof(name)) && drive_read_one(d->root, name, &now) &&
	       same_identity(&now, &d->drive);
}

static uint64_t diskseq_of(int fd)
{
	uint64_t seq = 0;

	return ioctl(fd, BLKGETDISKSEQ, &seq) == 0 ? seq : 0;
}

int disk_open(const char *root, const struct drive *drive, struct disk_handle *ret, struct err *err)
{
	uint64_t size_bytes = 0;
	struct stat st;

	*ret = (struct disk_handle){.root = root, .drive = *drive};
	ret->fd = open(drive->dev_path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (ret->fd < 0 && errno == EBUSY)
		return err_sys(err, ERR_AGENT_DISK_BUSY, "cannot open '%s' exclusively",
			       drive->dev_path);
	if (ret->fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", drive->dev_path);
	if (fstat(ret->fd, &st) < 0 || !S_ISBLK(st.st_mode) ||
	    ioctl(ret->fd, BLKGETSIZE64, &size_bytes) < 0)
		return err_sys(err, ERR_IO, "'%s' is not a disk", drive->dev_path);
	ret->major = major(st.st_rdev);
	ret->minor = minor(st.st_rdev);
	ret->diskseq = diskseq_of(ret->fd);
	if (size_bytes != (uint64_t)drive->facts.capacity_bytes || !identity_holds(ret))
		return err_set(err, ERR_AGENT_DISK_SWAPPED,
			       "'%s' is not the disk that was chosen a moment ago",
			       drive->dev_path);
	return 0;
}

void disk_close(struct disk_handle *d)
{
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
}

bool disk_is_same(const struct disk_handle *d)
{
	if (d->diskseq && diskseq_of(d->fd) != d->diskseq)
		return false;
	return identity_holds(d);
}

bool disk_is_gone(const struct disk_handle *d)
{
	char name[64];

	return !name_of(d, name, sizeof(name));
}

int disk_make_unbootable(const struct disk_handle *d, struct err *err)
{
	if (!disk_is_same(d))
		return err_set(err, ERR_AGENT_DISK_SWAPPED, "'%s' is another disk by now",
			       d->drive.dev_path);
	return image_wipe_table(d->fd, err);
}

/* ---- use ------------------------------------------------------------------------------------- */

static int check_holders(const char *root, const char *block_path, const char *name,
			 struct err *err)
{
	autonames struct sysfs_names holders = sysfs_list(root, "%s/holders", block_path);

	if (holders.n)
		return err_set(err, ERR_AGENT_DISK_BUSY, "'%s' is held by '%s'", name,
			       holders.names[0]);
	return 0;
}

/* A mount or swap of this device number, looked for in the kernel's own lists. */
static int check_mounts(const char *root, const char *number, const char *name, struct err *err)
{
	autofree char *mounts_path = xasprintf("%s/proc/self/mountinfo", root);
	autofree char *swaps_path = xasprintf("%s/proc/swaps", root);
	autofree char *device = xasprintf("/dev/%s ", name);
	autofree char *line = NULL;
	size_t room = 0;

	autoclose_file FILE *mounts = fopen(mounts_path, "re");
	while (mounts && getline(&line, &room, mounts) > 0) {
		char where[32], target[256];

		if (sscanf(line, "%*s %*s %31s %*s %255s", where, target) != 2 ||
		    !str_eq(where, number))
			continue;
		if (str_eq(target, "/"))
			return err_set(err, ERR_AGENT_DISK_BOOT_MEDIUM, "'%s' is mounted at /",
				       name);
		return err_set(err, ERR_AGENT_DISK_BUSY, "'%s' is mounted at '%s'", name, target);
	}
	autoclose_file FILE *swaps = fopen(swaps_path, "re");
	while (swaps && getline(&line, &room, swaps) > 0)
		if (str_starts(line, device))
			return err_set(err, ERR_AGENT_DISK_BUSY, "'%s' is in use as swap", name);
	return 0;
}

static int check_block(const char *root, const char *block_path, const char *name, struct err *err)
{
	char number[32];

	TRY(check_holders(root, block_path, name, err));
	if (!sysfs_text(root, number, sizeof(number), "%s/dev", block_path))
		return 0;
	return check_mounts(root, number, name, err);
}

int disk_check_unused(const char *root, const char *name, struct err *err)
{
	autofree char *disk = xasprintf("sys/block/%s", name);
	autonames struct sysfs_names parts = sysfs_list(root, "%s", disk);

	TRY(check_block(root, disk, name, err));
	for (size_t i = 0; i < parts.n; i++) {
		autofree char *part = xasprintf("%s/%s", disk, parts.names[i]);

		if (sysfs_exists(root, "%s/partition", part))
			TRY(check_block(root, part, parts.names[i], err));
	}
	return 0;
}

/* ---- data ------------------------------------------------------------------------------------ */

static void join_names(const text64_list *list, struct str *out)
{
	for (size_t i = 0; i < list->n; i++)
		str_addf(out, "%s%s", i ? ", " : "", list->items[i].s);
}

int disk_check_data(int fd, const struct drive *drive, const char *wipe_consent, text64_list *found,
		    struct err *err)
{
	const char *id = drive->facts.serial[0] ? drive->facts.serial : drive->facts.wwn;
	struct str names;
	int r = 0;

	TRY(disk_signatures_of_fd(fd, found, err));
	if (found->n == 0)
		return 0;
	str_init(&names, 2048);
	join_names(found, &names);
	for (size_t i = 0; i < found->n && r == 0; i++)
		if (signature_is_shared(found->items[i].s))
			r = err_set(err, ERR_GUARD_SHARED_FS, "disk '%s' holds %s", id, names.p);
	/* Consent names the disk that it was given for; consent for another one is none. */
	if (r == 0 && (!*wipe_consent || !str_eq(wipe_consent, id)))
		r = err_set(err, ERR_GUARD_DATA, "disk '%s' holds %s", id, names.p);
	str_done(&names);
	return r;
}
