/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Member headers: around the sizes where other formats broke, as libarchive reads them, and the
 * three blocks of a member that is too large for one. What a verifier says of bad headers is in
 * test_verify.c.
 */
#include <tests/harness/check.h>

#include <archive.h>
#include <archive_entry.h>

#include <base/str.h>
#include <images/container.h>

/* sizes of a member. */
static void test_sizes_around_the_edges(void **state)
{
	static const uint64_t sizes[] = {0,
					 1,
					 511,
					 512,
					 (UINT64_C(1) << 31) - 1,
					 UINT64_C(1) << 31,
					 (UINT64_C(1) << 31) + 1,
					 (UINT64_C(1) << 32) - 1,
					 UINT64_C(1) << 32,
					 (UINT64_C(1) << 32) + 1,
					 UINT64_C(5) << 30,
					 CONTAINER_USTAR_MAX_BYTES,
					 CONTAINER_USTAR_MAX_BYTES + 1,
					 (UINT64_C(1) << 53) - 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		uint8_t header[CONTAINER_HEADER_MAX_BYTES + 512] = {0};
		size_t n = container_header("root.ext4", sizes[i], header);
		struct archive *a = archive_read_new();
		struct archive_entry *e;

		archive_read_support_format_tar(a);
		assert_int_equal(archive_read_open_memory(a, header, sizeof(header)), ARCHIVE_OK);
		assert_true(archive_read_next_header(a, &e) >= ARCHIVE_WARN);
		assert_string_equal(archive_entry_pathname(e), "root.ext4");
		assert_int_equal(archive_entry_size(e), sizes[i]);
		archive_read_free(a);
		assert_int_equal(container_check_header(header, n, "root.ext4", sizes[i], NULL), 0);
		header[n - 1] ^= 1;
		assert_true(container_check_header(header, n, "root.ext4", sizes[i], NULL) < 0);
	}
}

/* each block of a large member's header is the one that is expected. */
static void test_three_blocks(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		enum err_code code;
	} rows[] = {
		{"A-08 another name in the extended header", 3, ERR_IMAGE_MEMBER_NAME},
		{"A-09 another length of the record", 124 + 10, ERR_IMAGE_MEMBER_SIZE},
		{"A-09 another size in the record", 512 + 9, ERR_IMAGE_MEMBER_SIZE},
		{"A-09 a second record", 512 + 100, ERR_IMAGE_MEMBER_SIZE},
		{"A-09 a size in the header, too", 1024 + 124 + 10, ERR_IMAGE_MEMBER_SIZE},
		{"A-03 a link after the extended header", 1024 + 156, ERR_IMAGE_MEMBER_TYPE},
		{"A-06 an owner", 1024 + 108, ERR_IMAGE_MEMBER_HEADER},
	};
	const uint64_t size_bytes = UINT64_C(9) << 30;
	uint8_t header[CONTAINER_HEADER_MAX_BYTES];
	size_t n = container_header("root.ext4", size_bytes, header);

	(void)state;
	assert_int_equal(n, CONTAINER_HEADER_MAX_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		header[rows[i].at] ^= 1;
		CHECK_ERR(rows[i].name,
			  container_check_header(header, n, "root.ext4", size_bytes, &err),
			  rows[i].code);
		header[rows[i].at] ^= 1;
	}
	CHECK_BUG("a header of another length",
		  container_check_header(header, 512, "root.ext4", size_bytes, NULL));
}

static void test_names_are_short(void **state)
{
	uint8_t header[CONTAINER_HEADER_MAX_BYTES];
	char name[82] = {0};

	(void)state;
	memset(name, 'a', 80);
	assert_int_equal(container_header(name, 1, header), 512);
	name[80] = 'a';
	CHECK_BUG("a name of 81 bytes", container_header(name, 1, header));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_around_the_edges),
		cmocka_unit_test(test_three_blocks),
		cmocka_unit_test(test_names_are_short),
	};

	return cmocka_run_group_tests_name("images/container", tests, NULL, NULL);
}
