/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking a tar into the current folder: what is refused, that the root folder keeps its own
 * time, and that a file which changed afterwards is found.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <base/file.h>
#include <base/str.h>

#include "images/core/rootfs_files.h"

#define TAR_BYTES 65536
#define ROOT_S    1750000000

static int old_folder;
static char folder[64];

static int enter_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/slipway-rootfs.XXXXXX");
	old_folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return old_folder < 0 || !mkdtemp(folder) || chdir(folder);
}

static int leave_folder(void **state)
{
	(void)state;
	if (fchdir(old_folder))
		return -1;
	(void)close(old_folder);
	return file_remove_tree(folder, NULL);
}

static void add(struct archive *a, const char *path, mode_t mode, const char *content)
{
	struct archive_entry *e = archive_entry_new();
	size_t n_bytes = content ? strlen(content) : 0;

	archive_entry_set_pathname(e, path);
	archive_entry_set_mode(e, mode);
	archive_entry_set_uid(e, (la_int64_t)getuid());
	archive_entry_set_gid(e, (la_int64_t)getgid());
	archive_entry_set_mtime(e, ROOT_S, 5000);
	archive_entry_set_size(e, (la_int64_t)n_bytes);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (n_bytes)
		assert_int_equal(archive_write_data(a, content, n_bytes), n_bytes);
	archive_entry_free(e);
}

/* A tar of the root folder under a name, and one entry in it. */
static int unpack(struct rootfs_files *f, const char *root, const char *path, mode_t mode,
		  struct err *err)
{
	autofree char *tar = xmalloc(TAR_BYTES);
	struct archive *a = archive_write_new();
	const struct rootfs_rules rules = {.fs = PARTITION_FS_EXT4};
	size_t n_bytes;
	int status;

	archive_write_set_format_pax(a);
	assert_int_equal(archive_write_open_memory(a, tar, TAR_BYTES, &n_bytes), ARCHIVE_OK);
	if (root)
		add(a, root, S_IFDIR | 0755, NULL);
	add(a, path, mode, S_ISREG(mode) ? "content" : NULL);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	a = archive_read_new();
	archive_read_support_format_tar(a);
	assert_int_equal(archive_read_open_memory(a, tar, n_bytes), ARCHIVE_OK);
	status = rootfs_files_unpack(f, &rules, a, true, err);
	archive_read_free(a);
	return status;
}

static const struct {
	const char *name, *root, *path;
	mode_t mode;
	enum err_code code;
	bool dated; /* the root folder has the tar's time */
} rows[] = {
	{"root named by a dot", ".", "file", S_IFREG | 0644, ERR_OK, true},
	{"root named as tar does", "./", "./file", S_IFREG | 0644, ERR_OK, true},
	{"a folder in it", "./", "./sub", S_IFDIR | 0755, ERR_OK, true},
	{"no root", NULL, "file", S_IFREG | 0644, ERR_OK, false},
	{"a hidden file does not make a root", NULL, "./.file", S_IFREG | 0644, ERR_OK, false},
	{"absolute", "./", "/file", S_IFREG | 0644, ERR_IMAGE_MEMBER, false},
	{"upwards", "./", "a/../../file", S_IFREG | 0644, ERR_IMAGE_MEMBER, false},
	{"a device", "./", "null", S_IFCHR | 0644, ERR_IMAGE_MEMBER, false},
};

static void test_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rootfs_files f = {0};
		struct err err = ERR_INIT;
		struct stat st;

		CHECK_ERR(rows[i].name, unpack(&f, rows[i].root, rows[i].path, rows[i].mode, &err),
			  rows[i].code);
		if (rows[i].code == ERR_OK) {
			CHECK_INT(rows[i].name, stat(".", &st), 0);
			CHECK_INT(rows[i].name,
				  st.st_mtim.tv_sec == ROOT_S && st.st_mtim.tv_nsec == 5000,
				  rows[i].dated);
			CHECK_ERR(rows[i].name, rootfs_files_check(&f, &err), ERR_OK);
		}
		rootfs_files_done(&f);
		(void)remove(rows[i].path);
		CHECK_INT(rows[i].name, utimensat(AT_FDCWD, ".", NULL, 0), 0);
	}
}

static void test_changed_file(void **state)
{
	static const char *const others[] = {"Content", "content and more", ""};
	struct rootfs_files f = {0};

	(void)state;
	assert_int_equal(unpack(&f, "./", "file", S_IFREG | 0644, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		assert_int_equal(
			file_write_atomic("file", others[i], strlen(others[i]), 0644, NULL), 0);
		CHECK_ERR(others[i], rootfs_files_check(&f, NULL), ERR_IMAGE_READ_BACK);
	}
	assert_int_equal(remove("file"), 0);
	CHECK_ERR("gone", rootfs_files_check(&f, NULL), ERR_IMAGE_READ_BACK);
	rootfs_files_done(&f);
}

static void put_text(const char *path, const char *text)
{
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static void make_link(const char *path)
{
	assert_int_equal(symlink("other", path), 0);
}

static void make_second_name(const char *path)
{
	assert_int_equal(link("other", path), 0);
}

static void make_file(const char *path)
{
	put_text(path, "longer than the new content");
}

static void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

/* A later entry takes the place of an earlier one and goes through no link. */
static void test_what_is_in_the_way_is_replaced(void **state)
{
	static const struct {
		const char *name;
		void (*make)(const char *path);
	} in_the_way[] = {
		{"a file", make_file},
		{"a symbolic link", make_link},
		{"a hard link", make_second_name},
		{"an empty folder", make_folder},
	};

	(void)state;
	put_text("other", "other");
	for (size_t i = 0; i < ARRAY_LEN(in_the_way); i++) {
		struct rootfs_files f = {0};
		autofree char *now = NULL, *other = NULL;
		size_t n;

		in_the_way[i].make("file");
		CHECK_ERR(in_the_way[i].name, unpack(&f, "./", "file", S_IFREG | 0644, NULL),
			  ERR_OK);
		CHECK_INT(in_the_way[i].name, file_read("file", 100, &now, &n, NULL), 0);
		CHECK_STR(in_the_way[i].name, now, "content");
		CHECK_INT(in_the_way[i].name, file_read("other", 100, &other, &n, NULL), 0);
		CHECK_STR(in_the_way[i].name, other, "other");
		rootfs_files_done(&f);
		CHECK_INT(in_the_way[i].name, remove("file"), 0);
	}
}

/* field-44, from a builder that gave the path twice: the later entry is what is looked for. */
static void test_a_path_twice(void **state)
{
	static const mode_t first[] = {S_IFREG | 0644, S_IFDIR | 0755, S_IFIFO | 0644};
	static const mode_t second[] = {S_IFREG | 0644, S_IFDIR | 0755, S_IFIFO | 0644};
	const struct rootfs_rules rules = {.fs = PARTITION_FS_EXT4};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(first) * ARRAY_LEN(second); i++) {
		mode_t before = first[i / ARRAY_LEN(second)], after = second[i % ARRAY_LEN(second)];
		autofree char *tar = xmalloc(TAR_BYTES), *row = xasprintf("%o %o", before, after);
		struct archive *a = archive_write_new();
		struct rootfs_files f = {0};
		struct err err = ERR_INIT;
		struct stat st;
		size_t n_bytes;

		archive_write_set_format_pax(a);
		assert_int_equal(archive_write_open_memory(a, tar, TAR_BYTES, &n_bytes),
				 ARCHIVE_OK);
		add(a, "twice", before, S_ISREG(before) ? "one" : NULL);
		add(a, "twice", after, S_ISREG(after) ? "two two" : NULL);
		assert_int_equal(archive_write_free(a), ARCHIVE_OK);
		a = archive_read_new();
		archive_read_support_format_tar(a);
		assert_int_equal(archive_read_open_memory(a, tar, n_bytes), ARCHIVE_OK);
		CHECK_ERR(row, rootfs_files_unpack(&f, &rules, a, true, &err), ERR_OK);
		archive_read_free(a);
		CHECK_INT(row, lstat("twice", &st), 0);
		CHECK_INT(row, st.st_mode, after);
		CHECK_INT(row, f.list.n, S_ISREG(after));
		CHECK_ERR(row, rootfs_files_check(&f, &err), ERR_OK);
		rootfs_files_done(&f);
		CHECK_INT(row, remove("twice"), 0);
	}
}

/* The builder's dry run, and the host: what has no sense is refused before anything is made. */
static void test_dry_run(void **state)
{
	static const struct {
		const char *name, *first, *second, *link;
		mode_t mode;
		enum err_code code;
	} tries[] = {
		{"sound", "a", "a/b", NULL, S_IFDIR | 0755, ERR_OK},
		{"a link after its file", "a", "b", "a", S_IFREG | 0644, ERR_OK},
		{"field-44 twice", "a", "./a", NULL, S_IFREG | 0644, ERR_IMAGE_MEMBER},
		{"no folder", "a", "b/c", NULL, S_IFDIR | 0755, ERR_IMAGE_MEMBER},
		{"below a file", "a", "a/c", NULL, S_IFREG | 0644, ERR_IMAGE_MEMBER},
		{"field-41 a link to a folder", "a", "b", "a", S_IFDIR | 0755, ERR_IMAGE_MEMBER},
		{"field-41 a link to itself", "a", "b", "b", S_IFREG | 0644, ERR_IMAGE_MEMBER},
		{"a device", "a", "b", NULL, S_IFCHR | 0644, ERR_IMAGE_MEMBER},
	};
	const struct rootfs_rules rules = {.fs = PARTITION_FS_EXT4};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		autofree char *tar = xmalloc(TAR_BYTES);
		struct archive *a = archive_write_new();
		struct archive_entry *e = archive_entry_new();
		size_t n_bytes;

		archive_write_set_format_pax(a);
		assert_int_equal(archive_write_open_memory(a, tar, TAR_BYTES, &n_bytes),
				 ARCHIVE_OK);
		add(a, tries[i].first, S_ISCHR(tries[i].mode) ? S_IFREG | 0644 : tries[i].mode,
		    NULL);
		archive_entry_set_pathname(e, tries[i].second);
		archive_entry_set_mode(e, tries[i].mode);
		archive_entry_set_size(e, 0);
		archive_entry_set_hardlink(e, tries[i].link);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		archive_entry_free(e);
		assert_int_equal(archive_write_free(a), ARCHIVE_OK);
		a = archive_read_new();
		archive_read_support_format_tar(a);
		assert_int_equal(archive_read_open_memory(a, tar, n_bytes), ARCHIVE_OK);
		CHECK_ERR(tries[i].name, rootfs_rules_try(&rules, a, NULL), tries[i].code);
		archive_read_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_changed_file),
		cmocka_unit_test(test_a_path_twice),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_what_is_in_the_way_is_replaced),
	};

	sandbox_root();
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
