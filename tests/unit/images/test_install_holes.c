/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large holes: what the image says nothing about is made zero, and that is writing, too: the lease
 * is asked again and again on the way.
 */
#include "fixture.h"
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <unistd.h>

#include <base/limits.h>
#include <base/str.h>
#include <images/install.h>

#define END_BYTES  (2 * MIB) /* of data, at both ends */
#define HOLE_BYTES (1 * GIB)
#define DISK_BYTES (2 * END_BYTES + HOLE_BYTES)

static void make_archive(const struct fixture *f, const char *archive, const char *disk)
{
	const struct signer *signer = f->signers[0];
	struct image_build_request r = {.input = disk,
					.output = archive,
					.line = "debian12",
					.version = "1.0",
					.arch = IMAGE_ARCH_X86_64,
					.seq = 1,
					.raw = true,
					.created_s = 1700000000};
	autofree char *data = xmalloc(END_BYTES);
	autoclose int fd = open(disk, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct err err = ERR_INIT;

	memset(data, 0x5a, END_BYTES);
	assert_int_equal(ftruncate(fd, DISK_BYTES), 0);
	assert_int_equal(pwrite(fd, data, END_BYTES, 0), END_BYTES);
	assert_int_equal(pwrite(fd, data, END_BYTES, END_BYTES + HOLE_BYTES), END_BYTES);
	if (image_build(&r, NULL, &err) < 0 || archive_sign(archive, &signer, 1, &err) < 0)
		fail_msg("%s", err.msg);
}

static bool lend(void *arg)
{
	return *(unsigned *)arg > 0 && (*(unsigned *)arg)--;
}

/* A disk that writes zeros itself does some 100 MB/s: the lease must be asked every few seconds, so
 * one that ends after so many questions ends the work in the middle of the hole. */
static void test_a_hole_is_zeroed_in_pieces(void **state)
{
	static const struct {
		const char *name;
		unsigned n_leases;
		enum err_code code;
	} rows[] = {
		{"it ends in the hole", 6, ERR_IMAGE_LEASE},
		{"it lasts", 1000, ERR_OK},
	};
	struct fixture *f = *state;
	autofree char *archive = xasprintf("%s/hole.slip", f->dir);
	autofree char *disk = xasprintf("%s/hole.disk", f->dir);
	autofree char *target = xasprintf("%s/hole.target", f->dir);

	make_archive(f, archive, disk);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned n_left = rows[i].n_leases;
		struct image_install_request r = {.root = f->root,
						  .archive_path = archive,
						  .target_fd = -1,
						  .target_path = target,
						  .n_workers = 1,
						  .may_write = lend,
						  .arg = &n_left};
		struct image_receipt receipt;
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name, image_install(&r, &receipt, &err), rows[i].code);
		if (rows[i].code)
			continue;
		CHECK(rows[i].name, receipt.zeroed_bytes >= HOLE_BYTES);
		CHECK(rows[i].name, rows[i].n_leases - n_left >= HOLE_BYTES / (256 * MIB) + 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_hole_is_zeroed_in_pieces)};

	sandbox_root();
	return cmocka_run_group_tests_name("images/install holes", tests, fixture_setup,
					   fixture_teardown);
}
