/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot loaders of trees that are laid out as systems are: each row of the table is found in a tree
 * of its layout, for both architectures, and lies where firmware looks; loaders for another
 * architecture, and what no host could start, are refused by name.
 */
#include "fixture.h"
#include "pe_program.h"
#include <tests/harness/sandbox_root.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <images/install.h>

#include "images/tool/boot_systems.h"
#include "images/tool/pe_image.h"

#define UEFI "{\"firmware\":[\"uefi\"],\"partitions\":[{\"role\":\"esp\"},{\"role\":\"root\"}]}"

static char *new_tree(const struct fixture *f)
{
	char *dir = xasprintf("%s/tree", f->dir);

	IGNORE_RESULT(file_remove_tree(dir, NULL));
	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	return dir;
}

static void put_text(const char *dir, const char *path, const char *text)
{
	autofree char *full = xasprintf("%s/%s", dir, path), *folder = xstrdup(full);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(full, text, strlen(text), 0644, NULL), 0);
}

static void put_link(const char *dir, const char *path, const char *to)
{
	autofree char *full = xasprintf("%s/%s", dir, path), *folder = xstrdup(full);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
	(void)unlink(full);
	assert_int_equal(symlink(to, full), 0);
}

static enum err_code build(const struct fixture *f, const char *dir, enum image_arch arch,
			   const char *layout, struct err *err)
{
	autofree char *out = xasprintf("%s/x.slip", f->dir), *path = xasprintf("%s/l", f->dir);
	struct image_build_request r = {.input = dir,
					.output = out,
					.line = "test",
					.version = "1",
					.arch = arch,
					.created_s = 1700000000,
					.layout_path = path};

	memset(err, 0, sizeof(*err));
	assert_int_equal(file_write_atomic(path, layout, strlen(layout), 0600, NULL), 0);
	return -image_build(&r, NULL, err);
}

/* Install what was built; "IMAGE@@OFFSET" of the EFI system partition, as mtools take it. */
static char *install_esp(const struct fixture *f)
{
	autofree char *out = xasprintf("%s/x.slip", f->dir), *disk = xasprintf("%s/disk", f->dir);
	struct image_install_request r = {.root = f->root,
					  .archive_path = out,
					  .target_fd = -1,
					  .target_path = disk,
					  .no_grow = true,
					  .keep_identity = true};
	const struct signer *signer = f->signers[0];
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	(void)unlink(disk);
	assert_int_equal(archive_sign(out, &signer, 1, &err), 0);
	if (image_install(&r, &receipt, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < receipt.n_partitions; i++)
		if (receipt.partitions[i].role == PARTITION_ROLE_ESP)
			return xasprintf("%s@@%ju", disk,
					 (uintmax_t)receipt.partitions[i].start_bytes);
	fail_msg("no EFI system partition");
	return NULL;
}

/* A file of the EFI system partition, "" if there is none. */
static char *esp_file(const struct fixture *f, const char *esp, const char *path, size_t *ret_n)
{
	autofree char *from = xasprintf("::/%s", path), *to = xasprintf("%s/from-esp", f->dir);
	const char *const argv[] = {"mcopy", "-n", "-i", esp, from, to, NULL};
	char *p = NULL;

	(void)unlink(to);
	*ret_n = 0;
	if (process_check(argv, 60000, NULL) || file_read(to, 1 << 24, &p, ret_n, NULL))
		return xstrdup("");
	return p;
}

/* Is a file there, and is it the program with this mark? */
static void check_program(const struct fixture *f, const char *row, const char *esp,
			  const char *path, const char *mark)
{
	size_t n;
	autofree char *p = esp_file(f, esp, path, &n);

	if (n != PE_PROGRAM_BYTES || strcmp(p + n - 64, mark) != 0)
		fail_msg("row '%s': '%s' is not the program '%s' (%zu bytes)", row, path, mark, n);
}

static void check_text(const struct fixture *f, const char *row, const char *esp, const char *path,
		       const char *has)
{
	size_t n;
	autofree char *p = esp_file(f, esp, path, &n);

	if (!n || !strstr(p, has))
		fail_msg("row '%s': '%s' has no '%s':\n%s", row, path, has, p);
}

static const char *efi_of(enum image_arch arch)
{
	return arch == IMAGE_ARCH_X86_64 ? "x64" : "aa64";
}

static char *row_path(const struct boot_system *row, const char *pattern, enum image_arch arch)
{
	autofree char *path = boot_pattern(pattern, arch);
	char *word = strstr(path, "{vendor}");

	(void)row;
	return word ? xasprintf("%.*sacme%s", (int)(word - path), path, word + strlen("{vendor}"))
		    : xstrdup(path);
}

static const struct pe_text unified[] = {
	{".cmdline", "console=ttyS0 rw"}, {".linux", "kernel"}, {NULL, NULL}};

/* A tree of one row's layout; candidate: which of its paths. */
static void lay_out(const char *dir, const struct boot_system *row, enum image_arch arch,
		    size_t candidate)
{
	size_t shim = candidate;

	if (row->ids) {
		autofree char *id = xstrndup(row->ids, strcspn(row->ids, " "));
		autofree char *text = xasprintf("NAME=\"x\"\nID=\"%s\"\n", id);

		put_text(dir, "usr/lib/os-release", text);
		put_link(dir, "etc/os-release", "../usr/lib/os-release");
		put_text(dir, "usr/lib/grub/i386-pc/fdt.lst", ""); /* empty in each GRUB */
	}
	while (shim && !row->shim[shim])
		shim--;
	if (row->shim[shim]) {
		autofree char *path = row_path(row, row->shim[shim], arch);

		pe_program_write(dir, path, pe_machine_of(arch), "shim", NULL);
	}
	if (row->loader[candidate]) {
		autofree char *path = row_path(row, row->loader[candidate], arch);

		pe_program_write(dir, path, pe_machine_of(arch), "loader", NULL);
	}
	if (row->kind == BOOT_SYSTEMD || row->kind == BOOT_UNIFIED)
		pe_program_write(dir, "boot/efi/EFI/Linux/one.efi", pe_machine_of(arch), "unified",
				 unified);
}

static void check_row(const struct fixture *f, const struct boot_system *row, enum image_arch arch)
{
	const char *vendor = row->vendor ? row->vendor
			     : strstr(row->loader[0] ? row->loader[0] : "", "{vendor}") ? "acme"
											: "linux";
	autofree char *first = xasprintf("EFI/BOOT/BOOT%s.EFI",
					 arch == IMAGE_ARCH_X86_64 ? "X64" : "AA64");
	autofree char *second = row->second_name ? xstrdup(row->second_name)
						 : xasprintf("grub%s.efi", efi_of(arch));
	autofree char *beside = xasprintf("EFI/BOOT/%s", second);
	autofree char *own = xasprintf("EFI/%s/%s", vendor, second);
	autofree char *own_shim = xasprintf("EFI/%s/shim%s.efi", vendor, efi_of(arch));
	autofree char *own_cfg = xasprintf("EFI/%s/grub.cfg", vendor);
	autofree char *prefix = xasprintf("prefix=\"($root)/%s\"", row->prefix ? row->prefix : "");
	autofree char *systemd = xasprintf("EFI/systemd/systemd-boot%s.efi", efi_of(arch));
	autofree char *esp = install_esp(f);

	switch (row->kind) {
	case BOOT_GRUB:
		check_program(f, row->name, esp, first, row->shim[0] ? "shim" : "loader");
		check_program(f, row->name, esp, own, "loader");
		if (row->shim[0]) {
			check_program(f, row->name, esp, beside, "loader");
			check_program(f, row->name, esp, own_shim, "shim");
		}
		check_text(f, row->name, esp, "EFI/BOOT/grub.cfg", prefix);
		check_text(f, row->name, esp, own_cfg, prefix);
		break;
	case BOOT_SYSTEMD:
		check_program(f, row->name, esp, first, "loader");
		check_program(f, row->name, esp, systemd, "loader");
		check_text(f, row->name, esp, "loader/loader.conf", "timeout");
		check_program(f, row->name, esp, "EFI/Linux/one.efi", "unified");
		break;
	case BOOT_UNIFIED:
		check_program(f, row->name, esp, first, "unified");
		check_program(f, row->name, esp, "EFI/Linux/one.efi", "unified");
		break;
	case BOOT_GRUB_MODULES:
		break;
	}
}

/* Every row, every path that it knows, both architectures. GRUB's modules take another way: see
 * test_grub_from_modules. */
static void test_every_system(void **state)
{
	const struct fixture *f = *state;
	size_t n_checked = 0;

	for (size_t i = 0; i < n_boot_systems; i++)
		for (int arch = 0; arch < _IMAGE_ARCH_MAX; arch++)
			for (size_t j = 0; j < BOOT_CANDIDATES_MAX; j++) {
				const struct boot_system *row = &boot_systems[i];
				struct err err;

				if (row->kind == BOOT_GRUB_MODULES || (j && !row->loader[j]))
					continue;
				autofree char *dir = new_tree(f);
				lay_out(dir, row, (enum image_arch)arch, j);
				if (build(f, dir, (enum image_arch)arch, UEFI, &err))
					fail_msg("row '%s': %s", row->name, err.msg);
				check_row(f, row, (enum image_arch)arch);
				n_checked++;
			}
	assert_true(n_checked >= 2 * (n_boot_systems - 2));
}

/* T-05: the same trees for the other architecture. */
static void test_every_system_of_another_architecture(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < n_boot_systems; i++)
		for (int arch = 0; arch < _IMAGE_ARCH_MAX; arch++) {
			const struct boot_system *row = &boot_systems[i];
			autofree char *dir = new_tree(f);
			struct err err;

			lay_out(dir, row, (enum image_arch)arch, 0);
			CHECK_INT(row->name,
				  build(f, dir, (enum image_arch)(_IMAGE_ARCH_MAX - 1 - arch), "{}",
					&err),
				  ERR_IMAGE_LOADER_ARCH);
			CHECK(row->name, strstr(err.msg, image_arch_str((enum image_arch)arch)));
			CHECK(row->name, strstr(err.msg, "boot") || strstr(err.msg, "usr/"));
		}
}

/* ---- trees of their own ---------------------------------------------------------------------- */

struct tree_file {
	const char *path, *link, *text; /* both NULL: a program */
	uint16_t machine;               /* 0: x86_64 */
	const struct pe_text *texts;
};
#define PROGRAM(p)                                                                                 \
	{                                                                                          \
		.path = (p)                                                                        \
	}
#define PROGRAM_FOR(p, m)                                                                          \
	{                                                                                          \
		.path = (p), .machine = (m)                                                        \
	}
#define KERNEL(p, m, parts)                                                                        \
	{                                                                                          \
		.path = (p), .machine = (m), .texts = (parts)                                      \
	}
#define LINK(p, to)                                                                                \
	{                                                                                          \
		.path = (p), .link = (to)                                                          \
	}
#define TEXT(p, content)                                                                           \
	{                                                                                          \
		.path = (p), .text = (content)                                                     \
	}

static void make_tree(const char *dir, const struct tree_file *files)
{
	for (; files->path; files++)
		if (!files->link && !files->text)
			pe_program_write(dir, files->path,
					 files->machine ? files->machine : PE_MACHINE_X86_64,
					 files->path, files->texts);
		else if (files->text)
			put_text(dir, files->path, files->text);
		else
			put_link(dir, files->path, files->link);
}

#define SHIM "usr/lib/shim/shimx64.efi.signed"
#define GRUB "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"

/* Trees that differ from the plain layout of their row. */
static void test_trees(void **state)
{
	static const struct {
		const char *name;
		struct tree_file files[8];
		const char *path, *is; /* a file of the partition, and the tree's that it is */
	} rows[] = {
		{"Ubuntu: shim through two links",
		 {LINK(SHIM, "/etc/alternatives/shimx64.efi.signed"),
		  LINK("etc/alternatives/shimx64.efi.signed", "/" SHIM ".latest"),
		  PROGRAM(SHIM ".latest"), PROGRAM(SHIM ".previous"), PROGRAM(GRUB),
		  TEXT("etc/os-release", "ID=ubuntu\nID_LIKE=debian\n")},
		 "EFI/ubuntu/shimx64.efi",
		 SHIM ".latest"},
		{"a derivative of Ubuntu",
		 {PROGRAM(SHIM), PROGRAM(GRUB),
		  TEXT("etc/os-release", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n")},
		 "EFI/ubuntu/grubx64.efi",
		 GRUB},
		{"no shim", {PROGRAM(GRUB)}, "EFI/BOOT/BOOTX64.EFI", GRUB},
		{"two vendors, one is the system's",
		 {PROGRAM("boot/efi/EFI/aaa/grubx64.efi"),
		  PROGRAM("boot/efi/EFI/redhat/grubx64.efi"),
		  PROGRAM("boot/efi/EFI/redhat/shimx64.efi"),
		  PROGRAM("boot/efi/EFI/BOOT/BOOTX64.EFI"),
		  TEXT("etc/os-release", "ID=\"rhel\"\n")},
		 "EFI/BOOT/BOOTX64.EFI",
		 "boot/efi/EFI/redhat/shimx64.efi"},
		{"systemd-boot with a kernel of each version",
		 {PROGRAM("usr/lib/systemd/boot/efi/systemd-bootx64.efi"),
		  KERNEL("usr/lib/modules/6.1/vmlinuz.efi", 0, unified),
		  KERNEL("usr/lib/modules/6.2/vmlinuz.efi", 0, unified)},
		 "EFI/Linux/6.1-vmlinuz.efi",
		 "usr/lib/modules/6.1/vmlinuz.efi"},
		{"the newest kernel",
		 {KERNEL("efi/EFI/Linux/a-6.9.efi", 0, unified),
		  KERNEL("efi/EFI/Linux/a-6.10.efi", 0, unified),
		  PROGRAM("efi/EFI/Linux/not-a-kernel.efi")},
		 "EFI/BOOT/BOOTX64.EFI",
		 "efi/EFI/Linux/a-6.10.efi"},
		{"GRUB before a kernel image that is its own",
		 {PROGRAM(SHIM), PROGRAM(GRUB),
		  KERNEL("boot/efi/EFI/Linux/x.efi", PE_MACHINE_AARCH64, unified)},
		 "EFI/BOOT/BOOTX64.EFI",
		 SHIM},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *dir = new_tree(f);
		struct err err;

		make_tree(dir, rows[i].files);
		if (build(f, dir, IMAGE_ARCH_X86_64, UEFI, &err))
			fail_msg("row '%s': %s", rows[i].name, err.msg);
		autofree char *esp = install_esp(f);
		check_program(f, rows[i].name, esp, rows[i].path, rows[i].is);
	}
}

static const struct pe_text by_uuid[] = {
	{".cmdline", "root=UUID=0f3c quiet"}, {".linux", "kernel"}, {NULL, NULL}};

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		struct tree_file files[6];
		const char *layout;
		enum err_code code;
		const char *says;
	} rows[] = {
		{"grub for ARM under the name of x86",
		 {PROGRAM(SHIM), PROGRAM_FOR(GRUB, PE_MACHINE_AARCH64)},
		 UEFI,
		 ERR_IMAGE_LOADER_ARCH,
		 "aarch64"},
		{"shim for ARM under the name of x86",
		 {PROGRAM_FOR(SHIM, PE_MACHINE_AARCH64), PROGRAM(GRUB)},
		 UEFI,
		 ERR_IMAGE_LOADER_ARCH,
		 SHIM},
		{"grub for i386",
		 {PROGRAM(SHIM), PROGRAM_FOR(GRUB, PE_MACHINE_I386)},
		 UEFI,
		 ERR_IMAGE_LOADER_ARCH,
		 "i386"},
		{"grub that is a text",
		 {PROGRAM(SHIM), TEXT(GRUB, "loader")},
		 UEFI,
		 ERR_IMAGE_BOOT_LOADER,
		 GRUB},
		{"a link to nothing",
		 {PROGRAM(SHIM), LINK(GRUB, "/nowhere")},
		 UEFI,
		 ERR_IMAGE_BOOT_LOADER,
		 "no firmware"},
		{"links in a circle",
		 {PROGRAM(SHIM), LINK(GRUB, "grubx64.efi.signed")},
		 UEFI,
		 ERR_IMAGE_BOOT_LOADER,
		 "no firmware"},
		{"systemd-boot without a kernel",
		 {PROGRAM("usr/lib/systemd/boot/efi/systemd-bootx64.efi")},
		 UEFI,
		 ERR_IMAGE_BOOT_LOADER,
		 "no firmware"},
		{"a kernel image for another machine",
		 {KERNEL("efi/EFI/Linux/a.efi", PE_MACHINE_AARCH64, unified)},
		 UEFI,
		 ERR_IMAGE_LOADER_ARCH,
		 "a.efi"},
		{"a kernel image for one root file system",
		 {KERNEL("efi/EFI/Linux/a.efi", 0, by_uuid)},
		 UEFI,
		 ERR_IMAGE_BOOT_LOADER,
		 "root=UUID="},
		{"GRUB is asked for, systemd-boot is there",
		 {PROGRAM("usr/lib/systemd/boot/efi/systemd-bootx64.efi"),
		  KERNEL("efi/EFI/Linux/a.efi", 0, unified)},
		 "{\"boot\":\"grub\"}",
		 ERR_IMAGE_BOOT_LOADER,
		 "no firmware"},
		{"a partition that is too small",
		 {PROGRAM(SHIM), PROGRAM(GRUB)},
		 "{\"partitions\":[{\"role\":\"esp\",\"size\":\"1M\"},{\"role\":\"root\"}]}",
		 ERR_IMAGE_LAYOUT,
		 "its content needs"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *dir = new_tree(f), *out = xasprintf("%s/x.slip", f->dir);
		struct err err;

		(void)unlink(out);
		make_tree(dir, rows[i].files);
		CHECK_INT(rows[i].name, build(f, dir, IMAGE_ARCH_X86_64, rows[i].layout, &err),
			  rows[i].code);
		CHECK(rows[i].name, access(out, F_OK));
		if (!strstr(err.msg, rows[i].says))
			fail_msg("row '%s': no '%s' in: %s", rows[i].name, rows[i].says, err.msg);
	}
}

/* Signed GRUB reads its configuration from the folder that was built into it. */
static void test_the_folder_that_grub_reads(void **state)
{
	const struct fixture *f = *state;
	autofree char *dir = new_tree(f), *path = xasprintf("%s/" GRUB, dir);
	uint8_t p[PE_PROGRAM_BYTES];
	struct err err;

	make_tree(dir, (const struct tree_file[]){PROGRAM(SHIM), PROGRAM(GRUB), {.path = NULL}});
	pe_program(p, PE_MACHINE_X86_64, "grub", NULL);
	memcpy(p + 2000, "/EFI/decoy", 11); /* a text, not the object */
	put_le32(p + 2048, 3);
	put_le32(p + 2052, 24);
	memcpy(p + 2056, "/EFI/other", 11);
	assert_int_equal(file_write_atomic(path, p, sizeof(p), 0644, NULL), 0);
	if (build(f, dir, IMAGE_ARCH_X86_64, UEFI, &err))
		fail_msg("%s", err.msg);
	autofree char *esp = install_esp(f);
	size_t n;
	check_text(f, "built in", esp, "EFI/other/grub.cfg", "configfile");
	autofree char *decoy = esp_file(f, esp, "EFI/decoy/grub.cfg", &n);
	assert_int_equal(n, 0);
}

/* /boot on a partition of its own: GRUB's folder is /grub there. */
static void test_boot_on_its_own_partition(void **state)
{
	static const char layout[] =
		"{\"firmware\":[\"uefi\"],\"partitions\":[{\"role\":\"esp\"},"
		"{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/boot\"},{\"role\":\"root\"}]}";
	const struct fixture *f = *state;
	autofree char *dir = new_tree(f);
	struct err err;

	make_tree(dir, (const struct tree_file[]){PROGRAM(SHIM),
						  PROGRAM(GRUB),
						  TEXT("boot/grub2/grub.cfg", "menu"),
						  {.path = NULL}});
	if (build(f, dir, IMAGE_ARCH_X86_64, layout, &err))
		fail_msg("%s", err.msg);
	autofree char *esp = install_esp(f);
	check_text(f, "partition", esp, "EFI/BOOT/grub.cfg", "$disk,gpt4");
	check_text(f, "path", esp, "EFI/BOOT/grub.cfg", "($root)/grub2\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_system),
		cmocka_unit_test(test_every_system_of_another_architecture),
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_the_folder_that_grub_reads),
		cmocka_unit_test(test_boot_on_its_own_partition),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/boot_systems", tests, fixture_setup,
					   fixture_teardown);
}
