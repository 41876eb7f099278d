/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initial RAM disks, read for the names in them; see initrd.h. Those before the last are plain cpio
 * archives ("newc", Linux's Documentation/driver-api/early-userspace/buffer-format.rst), walked here
 * because libarchive ends at the first; the last is libarchive's.
 */
#include "initrd.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <images/manifest.h>

#define HEAD_BYTES        110
#define SIZE_AT           54 /* of the content, eight hexadecimal digits */
#define NAME_SIZE_AT      94
#define ENTRIES_MAX       1000000
#define PLAIN_MAX_BYTES   (4 * (int64_t)GIB)
#define BUILTIN_MAX_BYTES (4 * MIB)
#define LAST_NAME         "TRAILER!!!"

/* A kernel has a file system as a module, or as part of itself, which modules.builtin says. */
static const struct {
	const char *module;
	unsigned feature;
} modules[] = {
	{"ext4.ko", IMAGE_FEATURE_ROOT_EXT4},
	{"xfs.ko", IMAGE_FEATURE_ROOT_XFS},
	{"btrfs.ko", IMAGE_FEATURE_ROOT_BTRFS},
};

bool initrd_is(const char *path)
{
	const char *name = strrchr(path, '/');

	if (str_starts(path, "usr/lib/modules/"))
		return str_ends(path, "/initrd") || str_ends(path, "/initramfs.img");
	return str_starts(path, "boot/") && name == path + strlen("boot") &&
	       (str_starts(name, "/initrd") || str_starts(name, "/initramfs")) &&
	       !strstr(name, "kdump");
}

/* "usr/lib/modules/6.1/kernel/fs/xfs/xfs.ko.zst" */
static unsigned feature_of_path(const char *path)
{
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < ARRAY_LEN(modules); i++) {
		size_t n = strlen(modules[i].module);

		if (str_starts(name + 1, modules[i].module) && (!name[1 + n] || name[1 + n] == '.'))
			return modules[i].feature;
	}
	return 0;
}

static unsigned features_of_list(const char *p, size_t n_bytes)
{
	struct sv rest = {p, n_bytes};
	unsigned found = 0;

	while (rest.n) {
		struct sv line = sv_trim(sv_split(&rest, '\n'));
		autofree char *path = xstrndup(line.p ? line.p : "", line.n);

		found |= feature_of_path(path);
	}
	return found;
}

/* ---- plain archives -------------------------------------------------------------------------- */

struct reading {
	const char *p;
	size_t n_bytes, at;
	unsigned found;
};

static bool take_hex(const struct reading *r, size_t offset, size_t *ret)
{
	char digits[9] = "";
	char *end;

	memcpy(digits, r->p + r->at + offset, 8);
	*ret = strtoul(digits, &end, 16);
	return end == digits + 8;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static bool is_at_head(const struct reading *r)
{
	return r->n_bytes - r->at >= HEAD_BYTES &&
	       (!memcmp(r->p + r->at, "070701", 6) || !memcmp(r->p + r->at, "070702", 6));
}

/* One entry. 1: another may follow, 0: it was the archive's last, -1: it is damaged. */
static int next_entry(struct reading *r)
{
	size_t name_bytes, content_bytes, room;

	if (!is_at_head(r) || !take_hex(r, NAME_SIZE_AT, &name_bytes) ||
	    !take_hex(r, SIZE_AT, &content_bytes))
		return -1;
	room = r->n_bytes - r->at - HEAD_BYTES;
	if (!name_bytes || name_bytes > room)
		return -1;
	const char *name = r->p + r->at + HEAD_BYTES;
	size_t head_bytes = padded(HEAD_BYTES + name_bytes);
	if (name[name_bytes - 1] || head_bytes > r->n_bytes - r->at ||
	    content_bytes > r->n_bytes - r->at - head_bytes)
		return -1;
	if (str_ends(name, "/modules.builtin"))
		r->found |= features_of_list(r->p + r->at + head_bytes, content_bytes);
	r->found |= feature_of_path(name);
	r->at += head_bytes;
	room = r->n_bytes - r->at;
	r->at += padded(content_bytes) < room ? padded(content_bytes) : room;
	return !str_eq(name, LAST_NAME);
}

/* Up to the first byte that belongs to none; false if one of them is damaged. */
static bool pass_plain(struct reading *r)
{
	unsigned n_entries = 0;

	while (is_at_head(r)) {
		int more = next_entry(r);

		if (more < 0 || ++n_entries > ENTRIES_MAX)
			return false;
		while (!more && r->at < r->n_bytes && !r->p[r->at])
			r->at++;
	}
	return true;
}

/* ---- the packed one -------------------------------------------------------------------------- */

static void read_builtin(struct reading *r, struct archive *a, struct archive_entry *entry)
{
	int64_t n_bytes = archive_entry_size(entry);

	if (n_bytes <= 0 || n_bytes > (int64_t)BUILTIN_MAX_BYTES)
		return;
	autofree char *text = xmalloc((size_t)n_bytes);
	la_ssize_t got = archive_read_data(a, text, (size_t)n_bytes);
	if (got > 0)
		r->found |= features_of_list(text, (size_t)got);
}

static bool read_entries(struct reading *r, struct archive *a)
{
	struct archive_entry *entry;
	int status = ARCHIVE_OK;

	for (unsigned n = 0; n < ENTRIES_MAX && archive_filter_bytes(a, 0) < PLAIN_MAX_BYTES; n++) {
		status = archive_read_next_header(a, &entry);
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return status == ARCHIVE_EOF;
		const char *path = archive_entry_pathname(entry);
		if (path && str_ends(path, "/modules.builtin"))
			read_builtin(r, a, entry);
		if (path)
			r->found |= feature_of_path(path);
	}
	return false;
}

static bool read_packed(struct reading *r)
{
	struct archive *a = archive_read_new();
	bool good;

	BUG_ON(!a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_cpio(a);
	good = archive_read_open_memory(a, r->p + r->at, r->n_bytes - r->at) == ARCHIVE_OK &&
	       read_entries(r, a);
	archive_read_free(a);
	return good;
}

unsigned initrd_features(const void *p, size_t n_bytes)
{
	struct reading r = {.p = p, .n_bytes = n_bytes};

	if (!pass_plain(&r) || (r.at < n_bytes && !read_packed(&r)))
		return 0;
	return r.found;
}

int initrd_features_of_tree(const struct boot_files *f, const struct plan *plan, unsigned *ret,
			    struct err *err)
{
	unsigned common = ~0U;
	bool any = false;

	for (size_t i = 0; i < f->files.n; i++) {
		const struct boot_file *file = &f->files.items[i];
		autofree char *p = NULL;
		size_t n_bytes;

		if (!initrd_is(file->path) || boot_files_find(f, plan, file->path) != file)
			continue;
		any = true;
		if (!file->kept) { /* too large to be read */
			common = 0;
			continue;
		}
		TRY(boot_file_read(file, &p, &n_bytes, err));
		common &= initrd_features(p, n_bytes);
	}
	*ret = any ? common : 0;
	return 0;
}
