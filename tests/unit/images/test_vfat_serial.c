/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vfat volume gets a serial number of its own, wherever its kind of FAT keeps it; everything else
 * on the disk stays as it was, and another file system is not touched.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <stdlib.h>

#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>
#include <images/core/fs_probe.h>
#include <images/core/vfat_serial.h>

#define VOLUME_AT    MIB
#define BUILT_SERIAL "5149-5057"

static const struct row {
	const char *name;
	const char *bits;      /* of mkfs.vfat -F; NULL: zeros */
	uint64_t volume_bytes; /* that is made */
	uint64_t range_bytes;  /* that is handed over; 0: all of it */
	struct {
		size_t at, n;
		const char *bytes;
	} edit;           /* of the volume, before; n 0: none */
	bool gets_own;    /* the boot sector has another serial afterwards */
	size_t n_changed; /* at most so many bytes of the disk are others */
} rows[] = {
	{.name = "FAT12", .bits = "12", .volume_bytes = 2 * MIB, .gets_own = true, .n_changed = 4},
	{.name = "FAT16", .bits = "16", .volume_bytes = 16 * MIB, .gets_own = true, .n_changed = 4},
	{.name = "FAT32", .bits = "32", .volume_bytes = 64 * MIB, .gets_own = true, .n_changed = 8},
	{.name = "the copy lies past the range",
	 .bits = "32",
	 .volume_bytes = 64 * MIB,
	 .range_bytes = 6 * 512,
	 .gets_own = true,
	 .n_changed = 4},
	{.name = "the copy is not a boot sector",
	 .bits = "32",
	 .volume_bytes = 64 * MIB,
	 .edit = {6 * 512 + 510, 2, "no"},
	 .gets_own = true,
	 .n_changed = 4},
	{.name = "a copy of itself",
	 .bits = "32",
	 .volume_bytes = 64 * MIB,
	 .edit = {50, 2, "\0"},
	 .gets_own = true,
	 .n_changed = 4},
	{.name = "sectors of an impossible size",
	 .bits = "32",
	 .volume_bytes = 64 * MIB,
	 .edit = {11, 2, "\xff\xff"},
	 .gets_own = true,
	 .n_changed = 4},
	{.name = "no serial in it",
	 .bits = "32",
	 .volume_bytes = 64 * MIB,
	 .edit = {66, 1, "\x28"}},
	{.name = "another type", .bits = "32", .volume_bytes = 64 * MIB, .edit = {82, 4, "NTFS"}},
	{.name = "no boot sector", .bits = "32", .volume_bytes = 64 * MIB, .edit = {510, 1, "x"}},
	{.name = "zeros", .volume_bytes = MIB},
	{.name = "shorter than a sector",
	 .bits = "12",
	 .volume_bytes = 2 * MIB,
	 .range_bytes = 511},
};

static void make_volume(const char *path, const struct row *row)
{
	autofree char *offset = xasprintf("%ju", (uintmax_t)(VOLUME_AT / 512));
	autofree char *kib = xasprintf("%ju", (uintmax_t)(row->volume_bytes / KIB));
	const char *const mkfs[] = {"mkfs.vfat", "-F",   row->bits, "-i", "51495057",
				    "--offset",  offset, path,      kib,  NULL};
	struct err err = ERR_INIT;

	if (row->bits && process_check(mkfs, 60000, &err))
		fail_msg("row '%s': %s", row->name, err.msg);
}

static uint8_t *contents(int fd, size_t n_bytes)
{
	uint8_t *p = xmalloc(n_bytes);

	assert_int_equal(pread(fd, p, n_bytes, 0), (ssize_t)n_bytes);
	return p;
}

static void check_row(const struct row *row, const char *path)
{
	size_t n_disk = VOLUME_AT + row->volume_bytes, n_changed = 0;
	struct target t = {.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
	uint64_t range = row->range_bytes ? row->range_bytes : row->volume_bytes;
	struct err err = ERR_INIT;

	assert_int_equal(ftruncate(t.fd, (off_t)n_disk), 0);
	make_volume(path, row);
	if (row->edit.n)
		assert_int_equal(pwrite(t.fd, row->edit.bytes, row->edit.n,
					(off_t)(VOLUME_AT + row->edit.at)),
				 (ssize_t)row->edit.n);
	autofree uint8_t *before = contents(t.fd, n_disk);
	CHECK_ERR(row->name, vfat_serial_renew(&t, VOLUME_AT, range, &err), ERR_OK);
	autofree uint8_t *after = contents(t.fd, n_disk);
	for (size_t i = 0; i < n_disk; i++)
		n_changed += before[i] != after[i];
	CHECK(row->name, n_changed <= row->n_changed);
	CHECK_INT(row->name, n_changed > 0, row->gets_own);
	(void)close(t.fd);
}

static void test_kinds(void **state)
{
	const char *path = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i], path);
}

/* Both sectors say the same, blkid reads another UUID than was built, and no checker complains. */
static void test_the_volume_stays_sound(void **state)
{
	const char *path = *state;
	const struct row row = {.name = "sound",
				.bits = "32",
				.volume_bytes = 64 * MIB,
				.gets_own = true,
				.n_changed = 8};
	char first[UUID_TEXT_BYTES], second[UUID_TEXT_BYTES];
	autofree char *volume = xasprintf("%s.volume", path);
	const char *const fsck[] = {"fsck.vfat", "-n", volume, NULL};
	struct err err = ERR_INIT;

	check_row(&row, path);
	struct target t = {.fd = open(path, O_RDWR | O_CLOEXEC)};
	fs_probe(t.fd, VOLUME_AT, row.volume_bytes, first);
	assert_int_equal(vfat_serial_renew(&t, VOLUME_AT, row.volume_bytes, &err), 0);
	assert_int_equal(fs_probe(t.fd, VOLUME_AT, row.volume_bytes, second), PARTITION_FS_VFAT);
	assert_int_equal(strlen(second), strlen(BUILT_SERIAL));
	assert_string_not_equal(first, BUILT_SERIAL);
	assert_string_not_equal(first, second);
	autofree uint8_t *disk = contents(t.fd, VOLUME_AT + row.volume_bytes);
	assert_memory_equal(disk + VOLUME_AT, disk + VOLUME_AT + 6 * 512, 512);
	autoclose int fd = open(volume, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, disk + VOLUME_AT, row.volume_bytes), (ssize_t)row.volume_bytes);
	if (process_check(fsck, 60000, &err))
		fail_msg("%s", err.msg);
	(void)close(t.fd);
	(void)unlink(volume);
}

static void test_a_disk_that_fails(void **state)
{
	struct err err = ERR_INIT;
	struct target t = {.fd = open(*state, O_WRONLY | O_CLOEXEC)};

	assert_int_equal(vfat_serial_renew(&t, VOLUME_AT, MIB, &err), -ERR_IO);
	(void)close(t.fd);
	t.fd = open(*state, O_RDONLY | O_CLOEXEC); /* the sound volume of the test before */
	assert_int_equal(vfat_serial_renew(&t, VOLUME_AT, MIB, &err), -ERR_IO);
	(void)close(t.fd);
}

static int setup(void **state)
{
	char path[] = "/tmp/test_vfat_serial.XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		return -1;
	(void)close(fd);
	*state = xstrdup(path);
	return 0;
}

static int teardown(void **state)
{
	(void)unlink(*state);
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_the_volume_stays_sound),
		cmocka_unit_test(test_a_disk_that_fails),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/vfat_serial", tests, setup, teardown);
}
