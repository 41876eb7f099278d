/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, recognising and spoiling a disk, on loop devices with real partition tables; what sysfs
 * would say of a disk comes from a fake tree, because a loop device is none. Needs root and a loop
 * driver, else it skips.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <images/core/loop_device.h>
#include <agent/disk/guard.h>
#include <agent/disk/work.h>

#define DISK_BYTES (8 * 1024 * 1024)
#define EDGE_BYTES (1024 * 1024)
#define BLOCK      "sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda"
#define MARK       0x5a

static char root[] = "/tmp/slipway-device-XXXXXX";
static struct loop_device loop = {.fd = -1};
static struct drive drive;

static void put(const char *path, const char *text)
{
	autofree char *full = xasprintf("%s/%s", root, path);
	autofree char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(full, text, strlen(text), 0644, NULL), 0);
}

static void link_to(const char *path, const char *target)
{
	autofree char *full = xasprintf("%s/%s", root, path);
	autofree char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	assert_int_equal(symlink(target, full), 0);
}

static void say_serial(const char *serial)
{
	put(BLOCK "/serial", serial);
}

/* A whole disk of a byte that no table has, then a real GPT, with a boot sector's signature. */
static int make_image(const char *path)
{
	static const char *const argv[] = {"sfdisk", "-q", NULL, NULL};
	const char *command[ARRAY_LEN(argv)];
	struct process_result result = {0};
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	autofree char *mark = malloc(DISK_BYTES);

	assert_true(fd >= 0 && mark);
	memset(mark, MARK, DISK_BYTES);
	assert_int_equal(file_write_all(fd, mark, DISK_BYTES, NULL), 0);
	memcpy(command, argv, sizeof(argv));
	command[2] = path;
	struct process_options options = {
		.argv = command, .input = "label: gpt\n,4M\n", .input_bytes = 15};
	assert_int_equal(process_run(&options, &result, NULL), 0);
	assert_int_equal(result.exit_code, 0);
	process_result_done(&result);
	return fd;
}

static dev_t loop_number;
static char root_aside[128];

static int setup(void **state)
{
	struct stat st;
	char number[64], size[32];

	(void)state;
	(void)snprintf(root, sizeof(root), "/tmp/slipway-device-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	if (geteuid() != 0)
		return 0;
	autofree char *image = xasprintf("%s/image", root);
	autoclose int fd = make_image(image);
	if (loop_device_open(fd, 0, 0, &loop, NULL) < 0 || fstat(loop.fd, &st) < 0)
		return 0;
	(void)snprintf(size, sizeof(size), "%d\n", DISK_BYTES / 512);
	put(BLOCK "/size", size);
	say_serial("AAA\n");
	link_to("sys/block/sda", "../../" BLOCK);
	(void)snprintf(number, sizeof(number), "sys/dev/block/%u:%u", major(st.st_rdev),
		       minor(st.st_rdev));
	link_to(number, "../../../" BLOCK);
	loop_number = st.st_rdev;
	(void)snprintf(root_aside, sizeof(root_aside), "%s/aside", root);
	assert_true(drive_read_one(root, "sda", &drive));
	(void)str_copy(drive.dev_path, sizeof(drive.dev_path), loop.path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_device_close(&loop);
	return file_remove_tree(root, NULL);
}

#define NEED_LOOP()                                                                                \
	do {                                                                                       \
		(void)state;                                                                       \
		if (loop.fd < 0) {                                                                 \
			print_message("needs root and loop devices\n");                            \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* ---- opening --------------------------------------------------------------------------------- */

/* K-03. */
static void test_open(void **state)
{
	static const struct {
		const char *name, *path; /* NULL: the loop device */
		int64_t more_bytes;
		const char *serial; /* at the time of opening */
		bool held;
		enum err_code code;
	} rows[] = {
		{"good", NULL, 0, "AAA\n", false, 0},
		{"another serial by now", NULL, 0, "BBB\n", false, ERR_AGENT_DISK_SWAPPED},
		{"no serial by now", NULL, 0, "", false, ERR_AGENT_DISK_SWAPPED},
		{"another size", NULL, 512, "AAA\n", false, ERR_AGENT_DISK_SWAPPED},
		{"held by somebody", NULL, 0, "AAA\n", true, ERR_AGENT_DISK_BUSY},
		{"gone", "/dev/slipway-none", 0, "AAA\n", false, ERR_IO},
		{"no block device", "/dev/null", 0, "AAA\n", false, ERR_IO},
	};

	NEED_LOOP();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoclose int holder = -1;
		struct disk_handle disk;
		struct drive chosen = drive;

		if (rows[i].held)
			holder = open(loop.path, O_RDWR | O_EXCL | O_CLOEXEC);
		CHECK_INT(rows[i].name, holder >= 0, rows[i].held);
		if (rows[i].path)
			(void)str_copy(chosen.dev_path, sizeof(chosen.dev_path), rows[i].path);
		chosen.facts.capacity_bytes += rows[i].more_bytes;
		say_serial(rows[i].serial);
		CHECK_ERR(rows[i].name, disk_open(root, &chosen, &disk, NULL), rows[i].code);
		disk_close(&disk);
		CHECK_INT(rows[i].name, disk.fd, -1);
	}
}

/* With the machine's own sysfs the number is a loop device's, and that is never a disk. */
static void test_loop_is_no_disk(void **state)
{
	struct disk_handle disk;

	NEED_LOOP();
	assert_int_equal(disk_open("", &drive, &disk, NULL), -ERR_AGENT_DISK_SWAPPED);
	disk_close(&disk);
}

static void test_same(void **state)
{
	static const struct {
		const char *name, *serial;
		unsigned more_seq;
		bool same;
	} rows[] = {
		{"untouched", "AAA\n", 0, true},
		{"another serial", "BBB\n", 0, false},
		{"attached anew", "AAA\n", 1, false},
		{"itself again", "AAA\n", 0, true},
	};
	struct disk_handle disk;

	NEED_LOOP();
	assert_int_equal(disk_open(root, &drive, &disk, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct disk_handle now = disk;

		say_serial(rows[i].serial);
		if (!disk.diskseq && rows[i].more_seq)
			continue; /* a kernel before 5.15 counts none */
		now.diskseq += rows[i].more_seq;
		CHECK_INT(rows[i].name, disk_is_same(&now), rows[i].same);
	}
	disk_close(&disk);
}

/* Writing fails: the disk went away, is another one, or the error is about something else. */
static void test_failed(void **state)
{
	static const struct {
		const char *name, *serial;
		enum err_code first, wanted;
		bool listed;
		const char *words;
	} rows[] = {
		{"not the disk's", "AAA\n", ERR_IMAGE_DIGEST, ERR_IMAGE_DIGEST, true, "first"},
		{"another one", "BBB\n", ERR_IO, ERR_AGENT_DISK_SWAPPED, true,
		 "disk 'sda' while it was written; first error: first [system.io]"},
		{"pulled", "AAA\n", ERR_IMAGE_TARGET, ERR_AGENT_DISK_LOST, false,
		 "disk 'sda' while it was written; first error: first [image.target]"},
		{"pulled, and no permission since", "AAA\n", ERR_IMAGE_LEASE, ERR_AGENT_DISK_LOST,
		 false, "disk 'sda' while it was written"},
	};
	char number[128];

	NEED_LOOP();
	(void)snprintf(number, sizeof(number), "%s/sys/dev/block/%u:%u", root, major(loop_number),
		       minor(loop_number));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct disk_work w = {.context = NULL};
		struct err err = ERR_INIT;

		say_serial("AAA\n");
		assert_int_equal(disk_open(root, &drive, &w.disk, NULL), 0);
		say_serial(rows[i].serial);
		if (!rows[i].listed)
			assert_int_equal(rename(number, root_aside), 0);
		(void)err_set(&err, rows[i].first, "first");
		CHECK_ERR(rows[i].name, disk_work_failed(&w, "while it was written", &err),
			  rows[i].wanted);
		CHECK_STR(rows[i].name, err.msg, rows[i].words);
		if (!rows[i].listed)
			assert_int_equal(rename(root_aside, number), 0);
		disk_close(&w.disk);
	}
	say_serial("AAA\n");
}

/* ---- spoiling -------------------------------------------------------------------------------- */

/* How many of n bytes at offset are not the value. */
static size_t others(off_t offset, size_t n, unsigned char value)
{
	autofree unsigned char *p = malloc(n);
	size_t count = 0;

	assert_non_null(p);
	assert_int_equal(pread(loop.fd, p, n, offset), (ssize_t)n);
	for (size_t i = 0; i < n; i++)
		count += p[i] != value;
	return count;
}

static const struct {
	const char *name;
	const char *serial;
	unsigned more_seq;
	enum err_code code;
} spoil_rows[] = {
	{"the same", "AAA\n", 0, 0},
	{"another disk by now", "BBB\n", 0, ERR_AGENT_DISK_SWAPPED},
	{"a twin attached by now", "AAA\n", 1, ERR_AGENT_DISK_SWAPPED},
};

static void check_spoiled(const char *row, bool spoiled)
{
	CHECK(row, others(EDGE_BYTES, DISK_BYTES - 2 * EDGE_BYTES, MARK) == 0);
	CHECK_INT(row, others(0, EDGE_BYTES, 0) == 0, spoiled);
	CHECK_INT(row, others(DISK_BYTES - EDGE_BYTES, EDGE_BYTES, 0) == 0, spoiled);
}

static void test_unbootable(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spoil_rows); i++) {
		const char *row = spoil_rows[i].name;
		struct disk_handle disk;

		assert_int_equal(setup(NULL), 0);
		if (loop.fd < 0) {
			assert_int_equal(teardown(NULL), 0);
			print_message("needs root and loop devices\n");
			skip();
		}
		check_spoiled(row, false);
		CHECK_ERR(row, disk_open(root, &drive, &disk, NULL), 0);
		say_serial(spoil_rows[i].serial);
		disk.diskseq += spoil_rows[i].more_seq;
		CHECK_ERR(row, disk_make_unbootable(&disk, NULL), spoil_rows[i].code);
		check_spoiled(row, spoil_rows[i].code == 0);
		disk_close(&disk);
		assert_int_equal(teardown(NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loop_is_no_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed, setup, teardown),
		cmocka_unit_test(test_unbootable),
	};

	sandbox_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
