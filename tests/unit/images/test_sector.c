/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes of sectors: an image that counts in sectors of one size is refused by a disk with others,
 * before the first write; what is made for such a disk works on it. On loop devices, as root.
 */
#include "fixture.h"
#include "pe_program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <images/install.h>

#define DISK_BYTES (64 << 20)

/* A program's first line of output. The caller frees. */
static char *run(const char *const *argv, const char *input)
{
	struct process_options o = {
		.argv = argv, .input = input, .input_bytes = input ? strlen(input) : 0};
	struct process_result r;
	char *out;

	assert_int_equal(process_run(&o, &r, NULL), 0);
	if (r.exit_code)
		fail_msg("%s: %s", argv[0], r.errors);
	r.out[strcspn(r.out, "\n")] = '\0';
	out = xstrdup(r.out);
	process_result_done(&r);
	return out;
}

static unsigned size_of(const char *sector)
{
	return str_eq(sector, "4096") ? 4096 : 512;
}

static char *attach(const char *path, const char *sector)
{
	const char *const argv[] = {"losetup", "-f", "--show", "-b", sector, path, NULL};

	return run(argv, NULL);
}

static void detach(const char *loop)
{
	const char *const argv[] = {"losetup", "-d", loop, NULL};

	free(run(argv, NULL));
}

static void make_file(const char *path, off_t n_bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, n_bytes), 0);
	(void)close(fd);
}

/* A disk image with a table for sectors of that size, from a real partitioner. */
static void make_disk(const char *path, const char *sector)
{
	static const char table[] = "label: gpt\nsize=16MiB\n";

	make_file(path, DISK_BYTES);
	autofree char *loop = attach(path, sector);
	const char *const argv[] = {"sfdisk", "-q", "--no-reread", "--no-tell-kernel", loop, NULL};
	free(run(argv, table));
	detach(loop);
}

static struct manifest *build(const struct image_build_request *from, const char *output,
			      const struct signer *signer)
{
	struct image_build_request r = *from;
	struct manifest *m = NULL;
	struct err err = ERR_INIT;

	r.output = output;
	r.line = "sector";
	r.version = "1";
	r.arch = IMAGE_ARCH_X86_64;
	if (image_build(&r, &m, &err))
		fail_msg("build of '%s': %s", r.input, err.msg);
	assert_int_equal(archive_sign(output, &signer, 1, &err), 0);
	return m;
}

static int install(struct fixture *f, const char *archive, const char *target, struct err *err)
{
	struct image_install_request r = {.root = f->root,
					  .archive_path = archive,
					  .target_fd = -1,
					  .target_path = target,
					  .read_back = true};
	struct image_receipt receipt;

	return image_install(&r, &receipt, err);
}

static bool is_untouched(const char *path)
{
	autofree char *p = NULL;
	size_t n;

	assert_int_equal(file_read(path, DISK_BYTES * 16UL, &p, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void test_field_56_a_disk_image(void **state)
{
	static const struct {
		const char *name, *image, *disk;
		enum err_code code;
	} rows[] = {
		{"field-56 512 on 512", "512", "512", ERR_OK},
		{"field-56 512 on 4096", "512", "4096", ERR_IMAGE_SECTOR},
		{"field-56 4096 on 512", "4096", "512", ERR_IMAGE_SECTOR},
		{"field-56 4096 on 4096", "4096", "4096", ERR_OK},
		{"field-56 4096 on a file", "4096", NULL, ERR_OK},
	};
	struct fixture *f = *state;
	autofree char *raw = xasprintf("%s/raw", f->dir), *out = xasprintf("%s/raw.slip", f->dir);
	autofree char *disk = xasprintf("%s/target", f->dir);

	if (geteuid() != 0 || access("/dev/loop-control", W_OK))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct image_build_request r = {.input = raw};
		struct err err = ERR_INIT;

		make_disk(raw, rows[i].image);
		AUTO(manifest) struct manifest *m = build(&r, out, f->signers[0]);
		CHECK_INT(rows[i].name, m->sector_bytes, size_of(rows[i].image));
		make_file(disk, 2 * DISK_BYTES);
		autofree char *loop = rows[i].disk ? attach(disk, rows[i].disk) : xstrdup(disk);
		CHECK_ERR(rows[i].name, install(f, out, loop, &err), rows[i].code);
		if (rows[i].code)
			CHECK(rows[i].name, is_untouched(loop));
		if (!rows[i].code && rows[i].disk) {
			const char *const show[] = {"sfdisk", "-d", loop, NULL};
			autofree char *first = run(show, NULL);

			CHECK_STR(rows[i].name, first, "label: gpt");
		}
		if (rows[i].disk)
			detach(loop);
	}
	(void)unlink(disk);
}

static void put_loader(const char *dir, const char *path)
{
	pe_program_write(dir, path, PE_MACHINE_X86_64, "loader", NULL);
}

/* The sector size that the FAT at an offset of a disk counts in. */
static unsigned fat_sector(const char *disk, uint64_t at)
{
	uint8_t p[16];
	int fd = open(disk, O_RDONLY | O_CLOEXEC);

	assert_int_equal(pread(fd, p, sizeof(p), (off_t)at), sizeof(p));
	(void)close(fd);
	return (unsigned)p[11] | (unsigned)p[12] << 8;
}

/* A tree with an EFI system partition, an xfs root and empty partitions, on a disk of either kind. */
static void test_field_56_a_tree(void **state)
{
#define PARTS                                                                                      \
	"\"firmware\":[\"uefi\"],\"partitions\":[{\"role\":\"esp\"},{\"role\":\"data\",\"fs\":"    \
	"\"vfat\",\"size\":\"300M\",\"mount\":\"/boot/x\"},{\"role\":\"root\",\"fs\":\"xfs\"}]}"
	static const struct {
		const char *name, *layout, *disk;
		enum err_code code;
	} rows[] = {
		{"512 on 512", "{" PARTS, "512", ERR_OK},
		{"512 on 4096", "{" PARTS, "4096", ERR_IMAGE_SECTOR},
		{"4096 on 4096", "{\"sector\":4096," PARTS, "4096", ERR_OK},
		{"4096 on 512", "{\"sector\":4096," PARTS, "512", ERR_IMAGE_SECTOR},
		{"nothing that counts in sectors", "{\"boot\":\"none\"}", "4096", ERR_OK},
	};
	struct fixture *f = *state;
	autofree char *dir = xasprintf("%s/tree", f->dir), *out = xasprintf("%s/tree.slip", f->dir);
	autofree char *disk = xasprintf("%s/target", f->dir), *layout = xasprintf("%s/l", f->dir);

	if (geteuid() != 0 || access("/dev/loop-control", W_OK))
		skip();
	put_loader(dir, "usr/lib/shim/shimx64.efi.signed");
	put_loader(dir, "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct image_build_request r = {.input = dir, .layout_path = layout};
		struct err err = ERR_INIT;

		assert_int_equal(file_write_atomic(layout, rows[i].layout, strlen(rows[i].layout),
						   0600, &err),
				 0);
		AUTO(manifest) struct manifest *m = build(&r, out, f->signers[0]);
		make_file(disk, DISK_BYTES * 32L);
		autofree char *loop = attach(disk, rows[i].disk);
		CHECK_ERR(rows[i].name, install(f, out, loop, &err), rows[i].code);
		for (size_t j = 0; !rows[i].code && j < m->n_partitions; j++)
			if (m->partitions[j].fs == PARTITION_FS_VFAT)
				CHECK_INT(rows[i].name,
					  fat_sector(disk, m->partitions[j].start_bytes),
					  size_of(rows[i].disk));
		detach(loop);
	}
	(void)unlink(disk);
}

static void test_layouts(void **state)
{
	static const struct {
		const char *name, *layout;
		enum err_code code;
	} rows[] = {
		{"neither size", "{\"sector\":1024,\"boot\":\"none\"}", ERR_IMAGE_LAYOUT},
		{"a small ESP",
		 "{\"sector\":4096,\"partitions\":[{\"role\":\"esp\",\"size\":\"64M\"},"
		 "{\"role\":\"root\"}]}",
		 ERR_IMAGE_LAYOUT},
		{"BIOS", "{\"sector\":4096,\"firmware\":[\"bios\"]}", ERR_IMAGE_BOOT_LOADER},
	};
	struct fixture *f = *state;
	autofree char *dir = xasprintf("%s/tree", f->dir), *out = xasprintf("%s/bad.slip", f->dir);
	autofree char *layout = xasprintf("%s/l", f->dir);

	put_loader(dir, "usr/lib/shim/shimx64.efi.signed");
	put_loader(dir, "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_build_request r = {.input = dir,
						.output = out,
						.line = "sector",
						.version = "1",
						.arch = IMAGE_ARCH_X86_64,
						.layout_path = layout};

		assert_int_equal(file_write_atomic(layout, rows[i].layout, strlen(rows[i].layout),
						   0600, NULL),
				 0);
		CHECK_ERR(rows[i].name, image_build(&r, NULL, NULL), rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_56_a_disk_image),
		cmocka_unit_test(test_field_56_a_tree),
		cmocka_unit_test(test_layouts),
	};

	return cmocka_run_group_tests_name("images/sector", tests, fixture_setup, fixture_teardown);
}
