/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks: the decoy's content is known, differs between decoys and places, and every single changed
 * byte is noticed; a boot sector or a partition table at either end counts as bootable.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <unistd.h>
#include <base/limits.h>
#include <base/str.h>
#include <vm-lab/disk.h>

#define DISK_BYTES (2 * MIB)

static const char *disk_path(void)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/slipway-test-disk.%d", (int)getpid());
	return path;
}

static int remove_disk(void **state)
{
	(void)state;
	(void)unlink(disk_path());
	return 0;
}

static void put(off_t at, const char *bytes, size_t n_bytes)
{
	autoclose int fd = open(disk_path(), O_WRONLY | O_CLOEXEC);

	assert_int_equal(n_bytes, pwrite(fd, bytes, n_bytes, at));
}

static void a_changed_byte_is_noticed(void **state)
{
	static const struct {
		const char *name;
		off_t at;
		bool write;
	} rows[] = {
		{"nothing written", 0, false},
		{"first byte", 0, true},
		{"in the middle", MIB + 77, true},
		{"last byte", DISK_BYTES - 1, true},
	};
	static const struct lab_disk decoy = {
		.role = DISK_DECOY, .serial = "D1", .size_bytes = DISK_BYTES};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char before[SHA256_HEX_BYTES], after[SHA256_HEX_BYTES];

		assert_int_equal(0, disk_make(disk_path(), &decoy, before, NULL));
		if (rows[i].write)
			put(rows[i].at, "\xff", 1);
		assert_int_equal(0, disk_hash(disk_path(), after, NULL));
		CHECK(rows[i].name, str_eq(before, after) == !rows[i].write);
	}
}

static void holes_are_zeros_and_places_count(void **state)
{
	static const struct lab_disk target = {
		.role = DISK_TARGET, .serial = "T1", .size_bytes = DISK_BYTES};
	char sparse[SHA256_HEX_BYTES], written[SHA256_HEX_BYTES], one[SHA256_HEX_BYTES],
		moved[SHA256_HEX_BYTES];
	static const char zeros[4096];

	(void)state;
	assert_int_equal(0, disk_make(disk_path(), &target, sparse, NULL));
	put(MIB, zeros, sizeof(zeros));
	assert_int_equal(0, disk_hash(disk_path(), written, NULL));
	assert_string_equal(sparse, written);
	put(0, "x", 1);
	assert_int_equal(0, disk_hash(disk_path(), one, NULL));
	assert_int_equal(0, disk_make(disk_path(), &target, sparse, NULL));
	put(MIB, "x", 1);
	assert_int_equal(0, disk_hash(disk_path(), moved, NULL));
	assert_string_not_equal(one, moved);
	assert_string_not_equal(one, sparse);
}

static void tells_how_much_was_written(void **state)
{
	static const struct lab_disk target = {
		.role = DISK_TARGET, .serial = "T1", .size_bytes = DISK_BYTES};
	char hex[SHA256_HEX_BYTES], block[64 * KIB];
	uint64_t before, after;

	(void)state;
	memset(block, 'x', sizeof(block));
	assert_int_equal(0, disk_make(disk_path(), &target, hex, NULL));
	before = disk_allocated_bytes(disk_path());
	put(MIB, block, sizeof(block));
	after = disk_allocated_bytes(disk_path());
	assert_true(before < sizeof(block));
	assert_true(after >= sizeof(block) && after < MIB);
	assert_int_equal(0, disk_allocated_bytes("/no/such/disk"));
}

static void decoys_differ_and_repeat(void **state)
{
	static const struct lab_disk one = {.role = DISK_DECOY,
					    .serial = "D1",
					    .size_bytes = DISK_BYTES},
				     two = {.role = DISK_DECOY,
					    .serial = "D2",
					    .size_bytes = DISK_BYTES};
	char first[SHA256_HEX_BYTES], again[SHA256_HEX_BYTES], other[SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(0, disk_make(disk_path(), &one, first, NULL));
	assert_int_equal(0, disk_make(disk_path(), &two, other, NULL));
	assert_int_equal(0, disk_make(disk_path(), &one, again, NULL));
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
}

static void sees_what_firmware_would_start(void **state)
{
	static const struct {
		const char *name;
		off_t at;
		const char *bytes;
		bool bootable;
	} rows[] = {
		{"zeros", 100, "x", false},
		{"boot sector", 510, "\x55\xaa", true},
		{"half a boot sector", 510, "\x55", false},
		{"gpt", 512, "EFI PART", true},
		{"backup gpt", DISK_BYTES - 512, "EFI PART", true},
		{"gpt of large sectors", 4096, "EFI PART", true},
		{"backup gpt of large sectors", DISK_BYTES - 4096, "EFI PART", true},
		{"gpt elsewhere", 1024, "EFI PART", false},
	};
	static const struct lab_disk target = {
		.role = DISK_TARGET, .serial = "T1", .size_bytes = DISK_BYTES};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char hex[SHA256_HEX_BYTES];
		bool bootable;

		assert_int_equal(0, disk_make(disk_path(), &target, hex, NULL));
		put(rows[i].at, rows[i].bytes, strlen(rows[i].bytes));
		assert_int_equal(0, disk_is_bootable(disk_path(), &bootable, NULL));
		CHECK_INT(rows[i].name, bootable, rows[i].bootable);
	}
}

static void tells_a_blank_disk(void **state)
{
	static const struct {
		const char *name;
		off_t at;
		const char *bytes;
		bool blank;
	} rows[] = {
		{"a hole", 0, "", true},
		{"written zeros", 4096, "\0", true},
		{"the first byte", 0, "x", false},
		{"the last byte", DISK_BYTES - 1, "x", false},
	};
	static const struct lab_disk target = {
		.role = DISK_TARGET, .serial = "T1", .size_bytes = DISK_BYTES};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char hex[SHA256_HEX_BYTES];
		bool blank;

		assert_int_equal(0, disk_make(disk_path(), &target, hex, NULL));
		put(rows[i].at, rows[i].bytes, 1);
		assert_int_equal(0, disk_is_blank(disk_path(), &blank, NULL));
		CHECK_INT(rows[i].name, blank, rows[i].blank);
	}
}

static void a_missing_disk_is_an_error(void **state)
{
	char hex[SHA256_HEX_BYTES];
	bool bootable;

	(void)state;
	(void)unlink(disk_path());
	assert_int_equal(-ERR_IO, disk_hash(disk_path(), hex, NULL));
	assert_int_equal(-ERR_IO, disk_is_bootable(disk_path(), &bootable, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_byte_is_noticed),
		cmocka_unit_test(holes_are_zeros_and_places_count),
		cmocka_unit_test(tells_how_much_was_written),
		cmocka_unit_test(decoys_differ_and_repeat),
		cmocka_unit_test(sees_what_firmware_would_start),
		cmocka_unit_test(tells_a_blank_disk),
		cmocka_unit_test(a_missing_disk_is_an_error),
	};

	return cmocka_run_group_tests_name("lab disk", tests, NULL, remove_disk);
}
