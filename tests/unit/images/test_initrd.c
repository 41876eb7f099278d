/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initial RAM disks as systems make them: plain archives before a packed one, modules that are packed
 * or built in; damaged ones can do nothing.
 */
#include <tests/harness/check.h>

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>
#include <images/manifest.h>

#include "images/tool/initrd.h"

#define ROOM (256 * 1024)
#define XFS  "usr/lib/modules/6.1/kernel/fs/xfs/xfs.ko"
#define EXT4 "lib/modules/6.1/kernel/fs/ext4/ext4.ko.zst"

struct part {
	const char *path, *content;
	bool packed; /* the archive that it begins goes through zstd */
	bool begins;
};

static size_t add(char *at, const struct part *parts, size_t n)
{
	struct archive *a = archive_write_new();
	size_t used = 0;

	assert_int_equal(archive_write_set_format_cpio_newc(a), ARCHIVE_OK);
	if (parts[0].packed)
		assert_int_equal(archive_write_add_filter_zstd(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, at, ROOM / 4, &used), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *e = archive_entry_new();
		size_t n_bytes = strlen(parts[i].content);

		archive_entry_set_pathname(e, parts[i].path);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, (la_int64_t)n_bytes);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		assert_int_equal(archive_write_data(a, parts[i].content, n_bytes), n_bytes);
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return used;
}

static size_t make(char *at, const struct part *parts)
{
	size_t used = 0, i = 0;

	while (parts[i].path) {
		size_t n = 1;

		while (parts[i + n].path && !parts[i + n].begins)
			n++;
		used += add(at + used, parts + i, n);
		i += n;
		while (parts[i].path && used % 512)
			at[used++] = '\0';
	}
	return used;
}

static const struct {
	const char *name;
	struct part parts[5];
	unsigned features;
} rows[] = {
	{"one packed archive", {{XFS, "x", true, true}}, IMAGE_FEATURE_ROOT_XFS},
	{"one plain archive",
	 {{XFS, "x", false, true}, {EXT4, "", false, false}},
	 IMAGE_FEATURE_ROOT_XFS | IMAGE_FEATURE_ROOT_EXT4},
	{"microcode before it",
	 {{"kernel/x86/microcode/GenuineIntel.bin", "odd", false, true}, {EXT4, "x", true, true}},
	 IMAGE_FEATURE_ROOT_EXT4},
	{"two before it",
	 {{"kernel/x86/microcode/a", "abc", false, true},
	  {XFS, "abcde", false, true},
	  {EXT4, "x", true, true}},
	 IMAGE_FEATURE_ROOT_XFS | IMAGE_FEATURE_ROOT_EXT4},
	{"built in",
	 {{"usr/lib/modules/6.1/modules.builtin",
	   "kernel/fs/btrfs/btrfs.ko\nkernel/fs/fat/fat.ko\n", true, true}},
	 IMAGE_FEATURE_ROOT_BTRFS},
	{"built in, in a plain archive",
	 {{"lib/modules/6.1/modules.builtin", "kernel/fs/xfs/xfs.ko", false, true}},
	 IMAGE_FEATURE_ROOT_XFS},
	{"names that are alike",
	 {{"a/xfs.konf", "", true, true},
	  {"a/myxfs.ko", "", true, false},
	  {"xfs.ko/a", "", true, false}},
	 0},
};

static void test_archives(void **state)
{
	autofree char *p = xmalloc(ROOM);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = make(p, rows[i].parts);

		CHECK_INT(rows[i].name, initrd_features(p, n), rows[i].features);
	}
}

/* Cut short, or with a byte changed: never more than the whole one, and nothing outside is read. */
static void test_damage(void **state)
{
	autofree char *p = xmalloc(ROOM);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = make(p, rows[i].parts);

		for (size_t cut = 0; cut < n; cut += 7) {
			autofree char *copy = xmalloc(cut + 1);

			memcpy(copy, p, cut);
			CHECK_INT(rows[i].name, initrd_features(copy, cut) & ~rows[i].features, 0);
		}
	}
	CHECK_INT("nothing", initrd_features("", 0), 0);
	CHECK_INT("rubbish", initrd_features("rubbish, not an archive...", 26), 0);
	memcpy(p, "07070100000000", 14);
	memset(p + 14, 'f', 200);
	CHECK_INT("sizes beyond the end", initrd_features(p, 214), 0);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		bool is;
	} paths[] = {
		{"boot/initrd.img-6.1.0", true},
		{"boot/initramfs-5.14.0.el9.x86_64.img", true},
		{"boot/initramfs-virt", true},
		{"boot/initramfs-5.14.0kdump.img", false},
		{"boot/grub/initrd.img", false},
		{"usr/lib/modules/6.1/initramfs.img", true},
		{"usr/lib/modules/6.1/initrd", true},
		{"usr/lib/modules/6.1/vmlinuz", false},
		{"boot/vmlinuz", false},
		{"initrd.img", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		CHECK_INT(paths[i].path, initrd_is(paths[i].path), paths[i].is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests_name("images/initrd", tests, NULL, NULL);
}
