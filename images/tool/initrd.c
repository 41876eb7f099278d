/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initial RAM disks, read for the names in them; see initrd.h. Those before the last are plain cpio
 * archives ("newc", Linux's Documentation/driver-api/early-userspace/buffer-format.rst), walked here
 * because libarchive ends at the first; the last one is unpacked by it.
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
#define PLAIN_MAX_BYTES   (4 * GIB) /* of the packed one */
#define NAME_MAX_BYTES    4096
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

static bool take_hex(const char *at, size_t *ret)
{
	char digits[9] = "";
	char *end;

	memcpy(digits, at, 8);
	*ret = strtoul(digits, &end, 16);
	return end == digits + 8;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static bool is_head(const char *at)
{
	return !memcmp(at, "070701", 6) || !memcmp(at, "070702", 6);
}

static bool is_at_head(const struct reading *r)
{
	return r->n_bytes - r->at >= HEAD_BYTES && is_head(r->p + r->at);
}

static bool is_builtin_list(const char *name)
{
	return str_ends(name, "/modules.builtin");
}

/* One entry. 1: another may follow, 0: it was the archive's last, -1: it is damaged. */
static int next_entry(struct reading *r)
{
	size_t name_bytes, content_bytes, room;

	if (!is_at_head(r) || !take_hex(r->p + r->at + NAME_SIZE_AT, &name_bytes) ||
	    !take_hex(r->p + r->at + SIZE_AT, &content_bytes))
		return -1;
	room = r->n_bytes - r->at - HEAD_BYTES;
	if (!name_bytes || name_bytes > room)
		return -1;
	const char *name = r->p + r->at + HEAD_BYTES;
	size_t head_bytes = padded(HEAD_BYTES + name_bytes);
	if (name[name_bytes - 1] || head_bytes > r->n_bytes - r->at ||
	    content_bytes > r->n_bytes - r->at - head_bytes)
		return -1;
	if (is_builtin_list(name))
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

/* Of libarchive the filters alone: its readers of cpio take names of any length. */
struct packed {
	struct archive *a;
	uint64_t n_bytes; /* that were taken */
	unsigned found;
};

static bool take(struct packed *s, char *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		la_ssize_t got = archive_read_data(s->a, to + done, n - done);

		if (got <= 0)
			return false;
		done += (size_t)got;
		s->n_bytes += (size_t)got;
	}
	return s->n_bytes <= PLAIN_MAX_BYTES;
}

static bool skip(struct packed *s, size_t n)
{
	char block[16 * 1024];

	while (n) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		if (!take(s, block, part))
			return false;
		n -= part;
	}
	return true;
}

static bool skip_padding(struct packed *s)
{
	return skip(s, padded(s->n_bytes % 4) - s->n_bytes % 4);
}

static bool take_builtin(struct packed *s, size_t n_bytes)
{
	autofree char *text = xmalloc(n_bytes + 1);
	bool good = take(s, text, n_bytes);

	if (good)
		s->found |= features_of_list(text, n_bytes);
	return good;
}

/* 1: another may follow, 0: it was the last, -1: it is damaged. */
static int take_entry(struct packed *s)
{
	char head[HEAD_BYTES], name[NAME_MAX_BYTES];
	size_t name_bytes, content_bytes;
	bool good;

	if (!take(s, head, sizeof(head)) || !is_head(head) ||
	    !take_hex(head + NAME_SIZE_AT, &name_bytes) ||
	    !take_hex(head + SIZE_AT, &content_bytes))
		return -1;
	if (!name_bytes || name_bytes > sizeof(name) || !take(s, name, name_bytes) ||
	    name[name_bytes - 1] || !skip_padding(s))
		return -1;
	if (str_eq(name, LAST_NAME))
		return 0;
	s->found |= feature_of_path(name);
	good = is_builtin_list(name) && content_bytes <= BUILTIN_MAX_BYTES
		       ? take_builtin(s, content_bytes)
		       : skip(s, content_bytes);
	return good && skip_padding(s) ? 1 : -1;
}

static bool take_entries(struct packed *s)
{
	int more = 1;

	for (unsigned n = 0; more > 0 && n < ENTRIES_MAX; n++)
		more = take_entry(s);
	return more == 0;
}

static bool read_packed(struct reading *r)
{
	struct packed s = {.a = archive_read_new()};
	struct archive_entry *entry;
	bool good;

	BUG_ON(!s.a);
	archive_read_support_filter_gzip(s.a);
	archive_read_support_filter_xz(s.a);
	archive_read_support_filter_lzma(s.a);
	archive_read_support_filter_bzip2(s.a);
	archive_read_support_filter_zstd(s.a);
	archive_read_support_format_raw(s.a);
	good = archive_read_open_memory(s.a, r->p + r->at, r->n_bytes - r->at) == ARCHIVE_OK &&
	       archive_read_next_header(s.a, &entry) == ARCHIVE_OK && take_entries(&s);
	archive_read_free(s.a);
	r->found |= s.found;
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
