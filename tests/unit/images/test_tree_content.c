/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps of sparse files, as foreign tars may have them: pieces in order, with holes between them, or
 * refused. GNU's old header (type 'S') has the map in itself.
 */
#include "raw_tar.h"
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <images/tool/tree_content.h>
#include <archive_entry.h>

#define MAP_AT  386
#define SIZE_AT 483

static const struct row {
	const char *name;
	uint64_t map[4][2]; /* offset, length */
	size_t n_map;
	uint64_t size_bytes;
	const char *says; /* NULL: read, with the pieces as in map */
	uint64_t claimed; /* what the tree was told, if not size_bytes */
} rows[] = {
	{"all of it", {{0, 512}}, 1, 512, NULL, 0},
	{"a hole before", {{1024, 512}}, 1, 1536, NULL, 0},
	{"a hole behind", {{0, 512}}, 1, 4096, NULL, 0},
	{"a hole between", {{0, 512}, {2048, 512}}, 2, 2560, NULL, 0},
	{"pieces that touch", {{0, 512}, {512, 512}}, 2, 1024, NULL, 0},
	{"pieces that overlap by one byte", {{0, 512}, {511, 512}}, 2, 1024, "overlap", 0},
	{"one piece twice", {{512, 512}, {512, 512}}, 2, 2048, "overlap", 0},
	{"a piece that goes back", {{1024, 512}, {0, 512}}, 2, 2048, "overlap", 0},
	{"a piece inside another", {{0, 1024}, {256, 256}}, 2, 2048, "overlap", 0},
	{"a third piece that goes back",
	 {{0, 512}, {2048, 512}, {1024, 512}},
	 3,
	 4096,
	 "overlap",
	 0},
	{"a piece past the end", {{4096, 512}}, 1, 4096, "longer", 0},
	{"a piece over the end", {{4000, 512}}, 1, 4096, "longer", 0},
	{"a piece far past the end", {{UINT64_C(0x1ffffffff), 512}}, 1, 4096, "longer", 0},
	{"more than the tree was told", {{0, 1024}}, 1, 1024, "longer", 512},
};

static void make(const struct row *row, struct str *tar)
{
	static char texts[RAW_TAR_PUTS][13];
	struct raw_put put[RAW_TAR_PUTS] = {{0}};
	static char body[4096];
	size_t n = 0, n_bytes = 0;

	for (size_t i = 0; i < row->n_map; i++)
		for (size_t j = 0; j < 2; j++) {
			snprintf(texts[n], sizeof(texts[n]), "%011llo",
				 (unsigned long long)row->map[i][j]);
			put[n] = (struct raw_put){MAP_AT + 24 * i + 12 * j, texts[n]};
			n += 1;
			n_bytes += j ? row->map[i][1] : 0;
		}
	snprintf(texts[n], sizeof(texts[n]), "%011llo", (unsigned long long)row->size_bytes);
	put[n] = (struct raw_put){SIZE_AT, texts[n]};
	memset(body, 'x', sizeof(body));
	raw_tar_add(tar, 'S', put, (struct sv){body, n_bytes});
	raw_tar_end(tar);
}

static int read_pieces(struct archive *a, const struct row *row, struct err *err)
{
	struct tree_content c = {.a = a,
				 .size_bytes = row->claimed ? row->claimed : row->size_bytes};
	size_t n = 0;
	int r;

	while ((r = tree_content_next(&c, err)) > 0) {
		if (!c.n_bytes) /* libarchive ends with an empty piece */
			continue;
		if (!row->says) {
			CHECK_INT(row->name, c.at, row->map[n][0]);
			CHECK_INT(row->name, c.n_bytes, row->map[n][1]);
			CHECK_INT(row->name, c.p[0], 'x');
		}
		n++;
	}
	if (!row->says)
		CHECK_INT(row->name, n, row->n_map);
	return r;
}

static void test_maps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str tar = {0};
		struct archive *a = archive_read_new();
		struct archive_entry *entry;
		struct err err = ERR_INIT;

		str_init(&tar, RAW_TAR_MAX_BYTES);
		make(&rows[i], &tar);
		assert_int_equal(archive_read_support_format_tar(a), ARCHIVE_OK);
		assert_int_equal(archive_read_open_memory(a, tar.p, tar.n_bytes), ARCHIVE_OK);
		if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
			fail_msg("row '%s': %s", rows[i].name, archive_error_string(a));
		int r = read_pieces(a, &rows[i], &err);

		if ((r < 0) != (rows[i].says != NULL) ||
		    (rows[i].says && !strstr(err.msg, rows[i].says)))
			fail_msg("row '%s': %d, no '%s' in: %s", rows[i].name, r,
				 rows[i].says ? rows[i].says : "", err.msg);
		(void)archive_read_free(a);
	}
}

/* A tar that ends within a file. */
static void test_cut(void **state)
{
	autostr struct str tar = {0};
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct tree_content c = {.a = a, .size_bytes = 2048};
	struct err err = ERR_INIT;
	static char body[2048];
	int r;

	(void)state;
	str_init(&tar, RAW_TAR_MAX_BYTES);
	raw_tar_add(&tar, 0, NULL, (struct sv){body, sizeof(body)});
	assert_int_equal(archive_read_support_format_tar(a), ARCHIVE_OK);
	assert_int_equal(archive_read_open_memory(a, tar.p, tar.n_bytes - 1024), ARCHIVE_OK);
	assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_OK);
	while ((r = tree_content_next(&c, &err)) > 0)
		;
	CHECK_ERR("cut", r, ERR_IMAGE_MEMBER);
	(void)archive_read_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_cut),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/tree_content", tests, NULL, NULL);
}
