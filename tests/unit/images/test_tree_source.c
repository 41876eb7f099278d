/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of tars: what a packed tar announces is compared with its size before it is unpacked.
 */
#include "raw_tar.h"
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <stdlib.h>
#include <string.h>

#include <base/file.h>
#include <base/str.h>
#include <images/tool/tree_source.h>

#define SIZE_AT 124
#define GROWTH  "unpacks to more than 500 times"

/* A tar of one entry that announces a size, and nothing behind it. */
static char *write_tar(const char *filter, const char *size)
{
	const struct raw_put put[RAW_TAR_PUTS] = {{SIZE_AT, size}};
	char *path = xasprintf("%s/t", dir);
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	autostr struct str tar = {0};

	str_init(&tar, RAW_TAR_MAX_BYTES);
	raw_tar_add(&tar, 0, put, sv_of(""));
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_write_set_format_raw(a);
	if (filter)
		assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_true(archive_write_data(a, tar.p, tar.n_bytes) > 0);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(a);
	return path;
}

static int count(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		 struct err *err)
{
	int *n = arg;

	(void)path, (void)entry, (void)a, (void)err;
	++*n;
	return 0;
}

static void test_bombs(void **state)
{
	static const struct {
		const char *name, *filter, *size;
		bool is_bomb;
	} rows[] = {
		{"8 GiB in gzip", "gzip", "77777777777", true},
		{"8 GiB in xz", "xz", "77777777777", true},
		{"8 GiB in zstd", "zstd", "77777777777", true},
		{"a little more than 4 GiB", "zstd", "40000001000", true},
		{"a little less than 4 GiB", "zstd", "37777770000", false},
		{"a file that is not packed", NULL, "77777777777", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *path = write_tar(rows[i].filter, rows[i].size);
		struct err err = ERR_INIT;
		int n = 0;

		CHECK_INT(rows[i].name, source_walk_tar(path, count, &n, &err), -ERR_IMAGE_INPUT);
		CHECK_INT(rows[i].name, strstr(err.msg, GROWTH) != NULL, rows[i].is_bomb);
		CHECK_INT(rows[i].name, n, rows[i].is_bomb ? 0 : 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bombs),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/tree_source", tests, make_dir, remove_dir);
}
