/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root's file system alone, into one partition of a disk that holds others: what came is sound and
 * whole, and not one byte around it changes. A loop device over a range of memory stands for the partition;
 * needs root, else it skips.
 */
#include "fixture.h"
#include "pe_program.h"
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/digest.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <images/core/loop_device.h>
#include <images/install.h>

#define MIB        (1u << 20)
#define AROUND     (8 * MIB)
#define SLOT_BYTES (420 * MIB)
#define DISK_BYTES (2 * AROUND + SLOT_BYTES)

#define BLOCKS   "{\"firmware\":[\"uefi\"],\"boot\":\"uki\"}"
#define UNPACKED "{\"firmware\":[\"uefi\"],\"boot\":\"uki\",\"unpack\":true}"
#define UNPACKED_XFS                                                                               \
	"{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\",\"fs\":\"xfs\",\"size\":\"320M\"}]}"
#define WITH_SWAP                                                                                  \
	"{\"boot\":\"none\",\"partitions\":[{\"role\":\"swap\",\"size\":\"8M\"},"                  \
	"{\"role\":\"root\",\"grow\":true}]}"
#define WITH_DATA                                                                                  \
	"{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\"},{\"role\":\"data\","               \
	"\"size\":\"64M\",\"mount\":\"/srv\"}]}"
#define SMALL_BYTES (4 * MIB)

struct bench {
	struct fixture *f;
	char *tree, *archive;
	int disk; /* memory */
	struct loop_device slot;
	uint8_t around[SHA256_BYTES]; /* of what lies around the slot */
};

/* ---- images ---------------------------------------------------------------------------------- */

static void put(const struct bench *b, const char *path, const char *text)
{
	autofree char *at = xasprintf("%s/%s", b->tree, path), *parent = xstrdup(at);

	*strrchr(parent, '/') = '\0';
	assert_int_equal(file_make_dirs(parent, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(at, text, strlen(text), 0644, NULL), 0);
}

static void make_tree(const struct bench *b)
{
	static const struct pe_text texts[] = {
		{".osrel", "ID=test\n"}, {".cmdline", "quiet"}, {".linux", "a kernel"}, {0}};

	put(b, "etc/os-release", "ID=test\n");
	put(b, "srv/page", "a page\n");
	pe_program_write(b->tree, "boot/efi/EFI/Linux/one.efi", PE_MACHINE_X86_64, "unified",
			 texts);
}

static void build(const struct bench *b, const char *layout)
{
	const char *path = fixture_path(b->f, "layout.json");
	const struct signer *signer = b->f->signers[0];
	struct image_build_request r = {.input = b->tree,
					.output = b->archive,
					.layout_path = layout ? path : NULL,
					.raw = !layout,
					.line = "test",
					.version = "2",
					.seq = 2,
					.arch = IMAGE_ARCH_X86_64};
	autofree char *raw = xasprintf("%s/raw", b->f->dir);
	struct err err = ERR_INIT;

	if (layout)
		assert_int_equal(file_write_atomic(path, layout, strlen(layout), 0600, NULL), 0);
	else
		fixture_disk(raw, 4 * MIB, 7);
	if (!layout)
		r.input = raw;
	(void)unlink(b->archive);
	if (image_build(&r, NULL, &err) || archive_sign(b->archive, &signer, 1, &err))
		fail_msg("%s: %s", layout ? layout : "raw", err.msg);
}

/* ---- the disk -------------------------------------------------------------------------------- */

static void hash_around(const struct bench *b, uint8_t ret[static SHA256_BYTES])
{
	AUTO(sha256) struct sha256 *h = sha256_new();
	autofree uint8_t *p = xmalloc(AROUND);
	static const off_t at[] = {0, AROUND + SLOT_BYTES};

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		assert_int_equal(pread(b->disk, p, AROUND, at[i]), AROUND);
		sha256_update(h, p, AROUND);
	}
	sha256_final(h, ret);
}

/* A neighbour's bytes everywhere, in the slot also. */
static void soil(struct bench *b, uint64_t slot_bytes)
{
	autofree uint8_t *p = xmalloc(AROUND);

	memset(p, 0xa5, AROUND);
	for (uint64_t at = 0; at < DISK_BYTES; at += AROUND)
		if (at <= 2 * AROUND || at >= SLOT_BYTES)
			assert_true(pwrite(b->disk, p, AROUND, (off_t)at) > 0);
	assert_int_equal(ftruncate(b->disk, DISK_BYTES), 0);
	hash_around(b, b->around);
	assert_int_equal(loop_device_open(b->disk, AROUND, slot_bytes, &b->slot, NULL), 0);
}

static void check_around(const struct bench *b, const char *row)
{
	uint8_t now[SHA256_BYTES];

	hash_around(b, now);
	CHECK(row, !memcmp(now, b->around, SHA256_BYTES));
}

static int install_by(const struct bench *b, int fd, const char *to, struct image_receipt *receipt,
		      struct err *err)
{
	const struct image_install_request r = {.root = b->f->root,
						.archive_path = b->archive,
						.target_fd = fd,
						.target_path = fd < 0 ? to : NULL,
						.root_fs_only = true,
						.read_back = true};

	err_clear(err);
	return image_install(&r, receipt, err);
}

static int install(const struct bench *b, const char *to, struct image_receipt *receipt,
		   struct err *err)
{
	return install_by(b, -1, to, receipt, err);
}

/* ---- what comes ------------------------------------------------------------------------------ */

static char *read_there(const struct bench *b, const char *fs, const char *path)
{
	autofree char *at = xasprintf("%s/mnt", b->f->dir), *file = xasprintf("%s/%s", at, path);
	char *text = NULL;
	size_t n;

	(void)mkdir(at, 0700);
	if (mount(b->slot.path, at, fs, MS_RDONLY, NULL))
		fail_msg("%s cannot be mounted", fs);
	IGNORE_RESULT(file_read(file, 4096, &text, &n, NULL));
	assert_int_equal(umount2(at, 0), 0);
	return text ? text : xstrdup("(none)");
}

static void check_sound(const struct bench *b, const char *row, const char *fs)
{
	const char *const ext4[] = {"e2fsck", "-fn", b->slot.path, NULL};
	const char *const xfs[] = {"xfs_repair", "-n", b->slot.path, NULL};

	CHECK_ERR(row, process_check(str_eq(fs, "xfs") ? xfs : ext4, 60000, NULL), 0);
}

#define NEED_LOOP                                                                                  \
	do {                                                                                       \
		if (geteuid() != 0 || access("/dev/loop-control", W_OK)) {                         \
			print_message("needs root and loop devices\n");                            \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

static void test_one_partition_and_not_a_byte_around_it(void **state)
{
	static const struct {
		const char *name, *layout, *fs;
		bool by_fd;
	} rows[] = {
		{"blocks beside an ESP that is left out", BLOCKS, "ext4", false},
		{"unpacked beside an ESP that is left out", UNPACKED, "ext4", false},
		{"unpacked to xfs", UNPACKED_XFS, "xfs", false},
		{"swap of its own is left out", WITH_SWAP, "ext4", false},
		{"blocks, the partition held by the caller", BLOCKS, "ext4", true},
		{"unpacked, the partition held by the caller", UNPACKED, "ext4", true},
	};
	struct bench *b = *state;

	NEED_LOOP;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_receipt receipt;
		struct err err = ERR_INIT;

		build(b, rows[i].layout);
		soil(b, SLOT_BYTES);
		int fd = rows[i].by_fd ? open(b->slot.path, O_RDWR | O_EXCL | O_CLOEXEC) : -1;
		if (install_by(b, fd, b->slot.path, &receipt, &err))
			fail_msg("row '%s': %s", rows[i].name, err.msg);
		if (fd >= 0)
			(void)close(fd);
		check_around(b, rows[i].name);
		CHECK_INT(rows[i].name, receipt.n_partitions, 1);
		CHECK_INT(rows[i].name, receipt.partitions[0].size_bytes, SLOT_BYTES);
		CHECK_INT(rows[i].name, strlen(receipt.partitions[0].fs_uuid), 36);
		CHECK(rows[i].name, receipt.partitions[0].was_read_back);
		check_sound(b, rows[i].name, rows[i].fs);
		autofree char *text = read_there(b, rows[i].fs, "srv/page");
		CHECK_STR(rows[i].name, text, "a page\n");
		loop_device_close(&b->slot);
	}
}

/* A file becomes the file system, as large as the image's root. */
static void test_a_file(void **state)
{
	struct bench *b = *state;
	autofree char *file = xasprintf("%s/root.ext4", b->f->dir);
	const char *const argv[] = {"e2fsck", "-fn", file, NULL};
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	build(b, WITH_SWAP);
	if (install(b, file, &receipt, &err))
		fail_msg("%s", err.msg);
	CHECK_ERR("sound", process_check(argv, 60000, NULL), 0);
	CHECK_INT("start", receipt.partitions[0].start_bytes, 0);
	(void)unlink(file);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static size_t count_soiled(const struct bench *b)
{
	autofree uint8_t *p = xmalloc(MIB);
	size_t n = 0;

	assert_int_equal(pread(b->disk, p, MIB, AROUND), MIB);
	for (size_t i = 0; i < MIB; i++)
		n += p[i] == 0xa5;
	return n;
}

static void test_images_that_do_not_fit(void **state)
{
	static const struct {
		const char *name, *layout, *says;
		enum err_code code;
		uint64_t slot_bytes;
	} rows[] = {
		{"files beside its root", WITH_DATA, "beside its root", ERR_IMAGE_LAYOUT_UNFIT,
		 SLOT_BYTES},
		{"a whole disk", NULL, "no root partition", ERR_IMAGE_LAYOUT_UNFIT, SLOT_BYTES},
		{"larger than the partition", WITH_SWAP, "the image needs", ERR_IMAGE_DISK_SIZE,
		 SMALL_BYTES},
	};
	struct bench *b = *state;

	NEED_LOOP;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_receipt receipt;
		struct err err = ERR_INIT;

		build(b, rows[i].layout);
		soil(b, rows[i].slot_bytes);
		CHECK_ERR(rows[i].name, install(b, b->slot.path, &receipt, &err), rows[i].code);
		CHECK(rows[i].name, strstr(err.msg, rows[i].says));
		CHECK_INT(rows[i].name, count_soiled(b), MIB);
		check_around(b, rows[i].name);
		loop_device_close(&b->slot);
	}
}

/* The disk in place of its partition: all of them would be gone. */
static void test_a_disk_with_partitions(void **state)
{
	struct bench *b = *state;
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	NEED_LOOP;
	build(b, WITH_SWAP);
	soil(b, SLOT_BYTES);
	const struct image_install_request whole = {.root = b->f->root,
						    .archive_path = b->archive,
						    .target_fd = -1,
						    .target_path = b->slot.path};
	assert_int_equal(image_install(&whole, &receipt, &err), 0);
	CHECK_ERR("a disk", install(b, b->slot.path, &receipt, &err), ERR_IMAGE_TARGET);
	CHECK("named", strstr(err.msg, "2 partitions"));
	loop_device_close(&b->slot);
}

static void test_a_partition_in_use(void **state)
{
	struct bench *b = *state;
	autofree char *at = xasprintf("%s/used", b->f->dir), *text = NULL;
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	NEED_LOOP;
	build(b, WITH_SWAP);
	soil(b, SLOT_BYTES);
	assert_int_equal(install(b, b->slot.path, &receipt, &err), 0);
	(void)mkdir(at, 0700);
	assert_int_equal(mount(b->slot.path, at, "ext4", MS_RDONLY, NULL), 0);
	CHECK_ERR("mounted", install(b, b->slot.path, &receipt, &err), ERR_IMAGE_TARGET);
	assert_int_equal(umount2(at, 0), 0);
	text = read_there(b, "ext4", "srv/page");
	CHECK_STR("as it was", text, "a page\n");
	loop_device_close(&b->slot);
}

/* What is left of an archive that is bad at its end cannot be mounted; around it nothing changes. */
static void test_an_archive_that_was_changed(void **state)
{
	static const char *const rows[] = {BLOCKS, UNPACKED};
	struct bench *b = *state;

	NEED_LOOP;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_receipt receipt;
		struct err err = ERR_INIT;
		struct stat st;
		char byte;

		build(b, rows[i]);
		autoclose int fd = open(b->archive, O_RDWR | O_CLOEXEC);
		assert_int_equal(fstat(fd, &st), 0);
		const off_t at = st.st_size - 1024 - 512;
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		soil(b, SLOT_BYTES);
		CHECK(rows[i], install(b, b->slot.path, &receipt, &err) < 0);
		check_around(b, rows[i]);
		autofree char *where = xasprintf("%s/none", b->f->dir);
		(void)mkdir(where, 0700);
		CHECK(rows[i], mount(b->slot.path, where, "ext4", MS_RDONLY, NULL) < 0);
		loop_device_close(&b->slot);
	}
}

/* ---------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	void *fixture = NULL;

	*state = b;
	b->slot.fd = -1;
	if (geteuid() == 0 &&
	    (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)))
		return -1;
	if (fixture_setup(&fixture))
		return -1;
	b->f = fixture;
	b->tree = xasprintf("%s/tree", b->f->dir);
	b->archive = xasprintf("%s/root.slip", b->f->dir);
	b->disk = memfd_create("disk", MFD_CLOEXEC);
	assert_int_equal(ftruncate(b->disk, DISK_BYTES), 0);
	make_tree(b);
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	void *fixture = b->f;

	loop_device_close(&b->slot);
	(void)close(b->disk);
	free(b->tree);
	free(b->archive);
	free(b);
	return fixture_teardown(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_partition_and_not_a_byte_around_it),
		cmocka_unit_test(test_a_file),
		cmocka_unit_test(test_images_that_do_not_fit),
		cmocka_unit_test(test_a_disk_with_partitions),
		cmocka_unit_test(test_a_partition_in_use),
		cmocka_unit_test(test_an_archive_that_was_changed),
	};

	return cmocka_run_group_tests_name("images/install_root", tests, setup, teardown);
}
