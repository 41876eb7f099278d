/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capped reads, atomic writes, folders, and a tree removal that follows no link. All of it in a
 * folder of its own under /tmp.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <base/file.h>
#include <base/str.h>

static char root[] = "/tmp/slipway-file-XXXXXX";

static const char *under(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	struct err err = ERR_INIT;

	if (file_write_atomic(under(name), text, strlen(text), 0644, &err) < 0)
		fail_msg("%s", err.msg);
}

static size_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void test_read_is_capped(void **state)
{
	autofree char *text = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	(void)state;
	put("four", "abcd");
	CHECK_ERR("exact", file_read(under("four"), 4, &text, &n, &err), 0);
	assert_int_equal(n, 4);
	assert_string_equal(text, "abcd");
	free(take_ptr(text));
	CHECK_ERR("one less", file_read(under("four"), 3, &text, &n, &err), ERR_TOO_BIG);
	assert_null(text);
	assert_non_null(strstr(err.msg, "four"));
	CHECK_ERR("missing", file_read(under("none"), 9, &text, &n, &err), ERR_NOT_FOUND);
	CHECK_ERR("a folder", file_read(root, 9, &text, &n, &err), ERR_IO);
	CHECK_ERR("endless", file_read("/dev/zero", 100000, &text, &n, &err), ERR_TOO_BIG);
	put("empty", "");
	CHECK_ERR("empty", file_read(under("empty"), 0, &text, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_string_equal(text, "");
}

struct line_row {
	const char *name, *text, *line;
};

static const struct line_row line_rows[] = {
	{"plain", "QEMU\n", "QEMU"},
	{"no newline", "QEMU", "QEMU"},
	{"blanks", "  a b \t\n", "a b"},
	{"two lines", "one\ntwo\n", "one"},
	{"empty", "", ""},
	{"only a newline", "\n", ""},
	{"cut at the buffer", "12345678901234567890", "123456789012345"},
};

static void test_one_line(void **state)
{
	char line[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(line_rows); i++) {
		put("line", line_rows[i].text);
		file_read_line(under("line"), line, sizeof(line));
		CHECK_STR(line_rows[i].name, line, line_rows[i].line);
	}
	file_read_line(under("none"), line, sizeof(line));
	assert_string_equal(line, "");
	file_read_line(root, line, sizeof(line)); /* a folder cannot be read */
	assert_string_equal(line, "");
}

static void test_atomic_write(void **state)
{
	struct err err = ERR_INIT;
	struct stat before, after;
	size_t entries;
	mode_t mask = umask(077);

	(void)state;
	put("key", "old");
	stat(under("key"), &before);
	entries = count_entries(root);
	CHECK_ERR("again", file_write_atomic(under("key"), "new", 3, 0640, &err), 0);
	stat(under("key"), &after);
	assert_int_equal(after.st_mode & 07777, 0640); /* whatever the umask says */
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(count_entries(root), entries);
	umask(mask);
	CHECK_ERR("no folder", file_write_atomic(under("none/key"), "x", 1, 0600, &err), ERR_IO);
	/* A folder of that name: nothing is lost and no temporary file stays. */
	mkdir(under("dir"), 0755);
	entries = count_entries(root);
	CHECK_ERR("onto a folder", file_write_atomic(under("dir"), "x", 1, 0600, &err), ERR_IO);
	assert_int_equal(count_entries(root), entries);
}

static void test_write_all_reports_failure(void **state)
{
	struct err err = ERR_INIT;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	CHECK_ERR("full", file_write_all(fd, "x", 1, &err), ERR_IO);
	assert_int_equal(err.sys_errno, ENOSPC);
	CHECK_ERR("nothing to write", file_write_all(fd, "", 0, &err), 0);
	close(fd);
}

struct dirs_row {
	const char *path;
	enum err_code code;
};

static const struct dirs_row dirs_rows[] = {
	{"a/b/c", 0},       {"a/b/c", 0},     {"a//d/", 0},
	{"a/../e", 0},      {"four", ERR_IO}, /* a file of that name */
	{"four/x", ERR_IO}, {"to-e", 0},      {"to-nowhere", ERR_IO},
};

static void test_make_dirs(void **state)
{
	struct err err = ERR_INIT;
	struct stat st;

	(void)state;
	put("four", "abcd");
	assert_int_equal(symlink("e", under("to-e")), 0);
	assert_int_equal(symlink("nowhere", under("to-nowhere")), 0);
	for (size_t i = 0; i < ARRAY_LEN(dirs_rows); i++) {
		const char *path = under(dirs_rows[i].path);

		CHECK_ERR(dirs_rows[i].path, file_make_dirs(path, 0755, &err), dirs_rows[i].code);
		if (!dirs_rows[i].code)
			CHECK(dirs_rows[i].path, stat(path, &st) == 0 && S_ISDIR(st.st_mode));
	}
	CHECK_ERR("root", file_make_dirs("/", 0755, &err), 0);
}

static void test_remove_tree(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(file_make_dirs(under("tree/x/y"), 0755, &err), 0);
	assert_int_equal(file_make_dirs(under("safe"), 0755, &err), 0);
	put("tree/x/y/file", "1");
	put("tree/hidden", "2");
	put("safe/precious", "3");
	assert_int_equal(symlink("../safe", under("tree/link")), 0);
	assert_int_equal(symlink("safe", under("link")), 0);
	CHECK_ERR("tree", file_remove_tree(under("tree"), &err), 0);
	assert_int_equal(access(under("tree"), F_OK), -1);
	CHECK_ERR("a link goes, its target stays", file_remove_tree(under("link"), &err), 0);
	assert_int_equal(access(under("link"), F_OK), -1);
	assert_int_equal(access(under("safe/precious"), F_OK), 0);
	CHECK_ERR("a file", file_remove_tree(under("safe/precious"), &err), 0);
	assert_int_equal(access(under("safe/precious"), F_OK), -1);
	CHECK_ERR("nothing there", file_remove_tree(under("tree"), &err), 0);
	CHECK_ERR("below a file", file_remove_tree("/dev/null/x", &err), ERR_IO);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return file_remove_tree(root, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_is_capped),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_atomic_write),
		cmocka_unit_test(test_write_all_reports_failure),
		cmocka_unit_test(test_make_dirs),
		cmocka_unit_test(test_remove_tree),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("base/file", tests, set_up, tear_down);
}
