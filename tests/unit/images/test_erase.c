/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing: every byte becomes zero and is read back; what ends it before leaves a disk that starts
 * nothing; a disk that does not hold what it is given is noticed.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <base/limits.h>
#include <base/str.h>
#include <images/core/loop_device.h>
#include <images/erase.h>

#define DISK_BYTES (13 * MIB + 512 * KIB) /* no whole number of pieces */
#define EDGE_BYTES (1 * MIB)

struct order {
	int disk; /* memory */
	int may_writes_left;
	bool cancelled;
	uint64_t spoil_at; /* 0: never; else a byte is changed there when reading back begins */
};

static bool may_write(void *arg)
{
	struct order *o = arg;

	return o->may_writes_left < 0 || o->may_writes_left-- > 0;
}

static bool cancelled(void *arg)
{
	return ((struct order *)arg)->cancelled;
}

static void progress(void *arg, enum image_erase_stage stage, uint64_t done_bytes,
		     uint64_t total_bytes)
{
	struct order *o = arg;

	assert_true(done_bytes <= total_bytes);
	if (stage == IMAGE_ERASE_READ_BACK && o->spoil_at) {
		assert_int_equal(pwrite(o->disk, "x", 1, (off_t)o->spoil_at), 1);
		o->spoil_at = 0;
	}
}

static void soil(int disk)
{
	autofree char *p = xmalloc(DISK_BYTES);

	memset(p, 0xa5, DISK_BYTES);
	assert_int_equal(pwrite(disk, p, DISK_BYTES, 0), (ssize_t)DISK_BYTES);
}

static size_t n_nonzero(int disk, uint64_t at, size_t n_bytes)
{
	autofree char *p = xmalloc(n_bytes);
	size_t n = 0;

	assert_int_equal(pread(disk, p, n_bytes, (off_t)at), (ssize_t)n_bytes);
	for (size_t i = 0; i < n_bytes; i++)
		n += p[i] != 0;
	return n;
}

static const struct {
	const char *name;
	struct order order;
	enum err_code code;
	bool touched;
} rows[] = {
	{"to the end", {.may_writes_left = -1}, ERR_OK, true},
	{"not permitted", {.may_writes_left = 0}, ERR_IMAGE_LEASE, false},
	{"the lease ends at once", {.may_writes_left = 1}, ERR_IMAGE_LEASE, true},
	{"the lease ends in the middle", {.may_writes_left = 4}, ERR_IMAGE_LEASE, true},
	{"stopped", {.may_writes_left = -1, .cancelled = true}, ERR_CANCELLED, false},
	{"a byte stays at the start",
	 {.may_writes_left = -1, .spoil_at = 1},
	 ERR_IMAGE_READ_BACK,
	 true},
	{"a byte stays at the end",
	 {.may_writes_left = -1, .spoil_at = DISK_BYTES - 1},
	 ERR_IMAGE_READ_BACK,
	 true},
};

static void check_row(size_t i, int disk, int target)
{
	struct order o = rows[i].order;
	struct image_erase_request r = {.target_fd = target,
					.may_write = may_write,
					.cancelled = cancelled,
					.progress = progress,
					.arg = &o};
	struct image_erase_receipt receipt = {0};
	struct err err = ERR_INIT;

	o.disk = disk;
	soil(disk);
	CHECK_ERR(rows[i].name, image_erase(&r, &receipt, &err), rows[i].code);
	if (rows[i].code == ERR_OK) {
		CHECK_INT(rows[i].name, n_nonzero(disk, 0, DISK_BYTES), 0);
		CHECK_INT(rows[i].name, receipt.overwritten_bytes, DISK_BYTES);
		CHECK_INT(rows[i].name, receipt.read_back_bytes, DISK_BYTES);
		autofree char *text = image_erase_receipt_json(&receipt);
		CHECK(rows[i].name, strstr(text, "\"method\":\"overwrite\"") != NULL);
	} else {
		CHECK_INT(rows[i].name, receipt.disk_bytes, 0);
	}
	if (rows[i].code == ERR_IMAGE_LEASE || rows[i].code == ERR_CANCELLED) {
		size_t first = n_nonzero(disk, 0, EDGE_BYTES);
		size_t last = n_nonzero(disk, DISK_BYTES - EDGE_BYTES, EDGE_BYTES);

		CHECK_INT(rows[i].name, first, rows[i].touched ? 0 : EDGE_BYTES);
		CHECK_INT(rows[i].name, last, rows[i].touched ? 0 : EDGE_BYTES);
	}
}

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoclose int disk = memfd_create("disk", MFD_CLOEXEC);

		check_row(i, disk, disk);
	}
}

/* A block device that is held exclusively, as the agent does; it knows discard. */
static void test_a_disk(void **state)
{
	autoclose int disk = memfd_create("disk", MFD_CLOEXEC);
	struct image_erase_receipt receipt;
	struct loop_device loop;
	struct err err = ERR_INIT;

	(void)state;
	soil(disk);
	if (geteuid() != 0 || loop_device_open(disk, 0, 0, &loop, NULL) < 0) {
		print_message("needs root and loop devices\n");
		skip();
	}
	autoclose int held = open(loop.path, O_RDWR | O_EXCL | O_CLOEXEC);
	struct image_erase_request r = {.target_fd = held};
	if (image_erase(&r, &receipt, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(fsync(loop.fd), 0);
	assert_int_equal(n_nonzero(disk, 0, DISK_BYTES), 0);
	assert_int_equal(receipt.discarded_bytes, DISK_BYTES);
	assert_int_equal(receipt.overwritten_bytes, DISK_BYTES);
	loop_device_close(&loop);
}

/* ---- by the drive ---------------------------------------------------------------------------- */

struct drive {
	struct order order; /* first: the callbacks of an overwrite take it */
	int disk;
	enum { ERASES_ALL, BLANKS_ALL, FORGETS_A_PLACE, DOES_NOTHING, REFUSES } does;
	bool was_asked;
};

/* Noise, so that no two places look alike. */
static void make_noise(int disk, unsigned seed)
{
	autofree uint8_t *p = xmalloc(DISK_BYTES);
	uint32_t x = seed;

	for (size_t i = 0; i < DISK_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = (uint8_t)(x >> 24);
	}
	assert_int_equal(pwrite(disk, p, DISK_BYTES, 0), (ssize_t)DISK_BYTES);
}

static int drive_command(void *arg, struct err *err)
{
	struct drive *d = arg;
	autofree char *kept = xmalloc(MIB);

	d->was_asked = true;
	assert_int_equal(n_nonzero(d->disk, 0, EDGE_BYTES), 0); /* it starts nothing any more */
	assert_int_equal(pread(d->disk, kept, MIB, 5 * MIB), (ssize_t)MIB);
	if (d->does == REFUSES)
		return err_set(err, ERR_UNSUPPORTED, "no");
	if (d->does == ERASES_ALL || d->does == FORGETS_A_PLACE)
		make_noise(d->disk, 2);
	if (d->does == BLANKS_ALL) {
		assert_int_equal(ftruncate(d->disk, 0), 0);
		assert_int_equal(ftruncate(d->disk, DISK_BYTES), 0);
	}
	if (d->does == FORGETS_A_PLACE)
		assert_int_equal(pwrite(d->disk, kept, MIB, 5 * MIB), (ssize_t)MIB);
	return 0;
}

static void test_a_drive_erases_itself(void **state)
{
	static const struct {
		const char *name;
		struct drive drive;
		enum err_code code;
		bool asked;
	} drives[] = {
		{"another key", {.order.may_writes_left = -1, .does = ERASES_ALL}, ERR_OK, true},
		{"blank", {.order.may_writes_left = -1, .does = BLANKS_ALL}, ERR_OK, true},
		{"what was there is there",
		 {.order.may_writes_left = -1, .does = FORGETS_A_PLACE},
		 ERR_IMAGE_READ_BACK,
		 true},
		{"it says done and does nothing",
		 {.order.may_writes_left = -1, .does = DOES_NOTHING},
		 ERR_IMAGE_READ_BACK,
		 true},
		{"it refuses",
		 {.order.may_writes_left = -1, .does = REFUSES},
		 ERR_UNSUPPORTED,
		 true},
		{"not permitted", {.does = ERASES_ALL}, ERR_IMAGE_LEASE, false},
		{"stopped",
		 {.order = {.may_writes_left = -1, .cancelled = true}, .does = ERASES_ALL},
		 ERR_CANCELLED,
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(drives); i++) {
		autoclose int disk = memfd_create("disk", MFD_CLOEXEC);
		struct drive d = drives[i].drive;
		struct image_erase_request r = {.target_fd = disk,
						.may_write = may_write,
						.cancelled = cancelled,
						.arg = &d};
		struct image_erase_samples samples = {0};
		struct err err = ERR_INIT;

		d.disk = disk;
		make_noise(disk, 1);
		CHECK_ERR(drives[i].name, image_erase_by_drive(&r, drive_command, &samples, &err),
			  drives[i].code);
		CHECK_INT(drives[i].name, d.was_asked, drives[i].asked);
		CHECK_INT(drives[i].name, samples.n > 100, drives[i].code == ERR_OK);
		if (drives[i].code == ERR_OK) {
			CHECK_INT(drives[i].name, n_nonzero(disk, 0, EDGE_BYTES), 0);
			CHECK_INT(drives[i].name, samples.disk_bytes, DISK_BYTES);
			CHECK_INT(drives[i].name, samples.n_blank < samples.n / 4, true);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_a_disk),
		cmocka_unit_test(test_a_drive_erases_itself),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/erase", tests, NULL, NULL);
}
