/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot loaders from the image's own files; see boot_parts.h. Offsets in GRUB's images are those of
 * its include/grub/i386/pc/boot.h and of grub-setup, which does the same to a mounted disk.
 */
#include "boot_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#include "pack.h"

#define SECTOR_BYTES    512
#define KERNEL_SECTOR   0x5c  /* boot.img: LBA of the core image */
#define DRIVE_CHECK     0x66  /* boot.img: a jump that trusts the BIOS's drive number; two NOPs */
#define BLOCK_LIST      0x1f4 /* core.img, first sector: u64 LBA, u16 sectors, u16 segment */
#define CORE_SEGMENT    0x820
#define FILE_MAX_BYTES  (16 * MIB)
#define TOOL_TIMEOUT_MS (5 * 60 * 1000)

/* What is looked for in the tree, and the name under which it is kept. */
struct part {
	const char *path;
	const char *name;
	unsigned firmware;
	bool is_x86, is_arm;
};
static const struct part parts[] = {
	{"usr/lib/shim/shimx64.efi.signed", "shim", IMAGE_FIRMWARE_UEFI, true, false},
	{"usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "grub", IMAGE_FIRMWARE_UEFI, true,
	 false},
	{"usr/lib/shim/shimaa64.efi.signed", "shim", IMAGE_FIRMWARE_UEFI, false, true},
	{"usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed", "grub", IMAGE_FIRMWARE_UEFI, false,
	 true},
	{"usr/lib/slipway/esp-grub.cfg", "esp-grub.cfg", 0, true, true},
};
#define GRUB_PC "usr/lib/grub/i386-pc/"

/* When the root file system has no esp-grub.cfg of its own: the root is partition 3 of the disk
 * that GRUB came from, so that a second disk with the same image is never taken. */
static const char default_esp_cfg[] = "regexp --set=1:disk '^\\((.*),gpt[0-9]+\\)' \"$cmdpath\"\n"
				      "set root=\"$disk,gpt3\"\n"
				      "set prefix=\"($root)/boot/grub\"\n"
				      "configfile \"$prefix/grub.cfg\"\n";

static const struct part *find_part(const struct boot_parts *b, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if ((b->arch == IMAGE_ARCH_X86_64 ? parts[i].is_x86 : parts[i].is_arm) &&
		    str_eq(parts[i].path, path))
			return &parts[i];
	return NULL;
}

/* Modules and boot.img lie flat in one folder. */
static const char *pc_name(const struct boot_parts *b, const char *path)
{
	const char *name = path + strlen(GRUB_PC);

	if (b->arch != IMAGE_ARCH_X86_64 || !str_starts(path, GRUB_PC) || strchr(name, '/'))
		return NULL;
	return str_ends(name, ".mod") || str_ends(name, ".lst") || str_ends(name, ".img") ? name
											  : NULL;
}

bool boot_parts_wants(const struct boot_parts *b, const char *path)
{
	return find_part(b, path) || pc_name(b, path);
}

int boot_parts_begin(struct boot_parts *b, enum image_arch arch, const char *under, struct err *err)
{
	autofree char *pc = NULL;

	b->arch = arch;
	b->folder = xasprintf("%s/.slipway-boot.XXXXXX", under);
	if (!mkdtemp(b->folder)) {
		free(take_ptr(b->folder));
		return err_sys(err, ERR_IO, "cannot make a folder in '%s'", under);
	}
	pc = xasprintf("%s/i386-pc", b->folder);
	return file_make_dirs(pc, 0700, err);
}

void boot_parts_done(struct boot_parts *b)
{
	if (b->folder)
		IGNORE_RESULT(file_remove_tree(b->folder, NULL));
	free(take_ptr(b->folder));
}

static char *kept_path(const struct boot_parts *b, const char *path)
{
	const struct part *part = find_part(b, path);
	const char *name = part ? NULL : pc_name(b, path);

	if (part)
		return xasprintf("%s/%s", b->folder, part->name);
	return name ? xasprintf("%s/i386-pc/%s", b->folder, name) : NULL;
}

/* In a folder that goes when the build ends: nothing to flush. */
static int write_part(const char *path, const void *p, size_t n_bytes, struct err *err)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot create '%s'", path);
	return file_write_all(fd, p, n_bytes, err);
}

int boot_parts_keep(struct boot_parts *b, const char *path, struct archive_entry *entry,
		    struct archive *a, struct err *err)
{
	autofree char *kept = kept_path(b, path);
	int64_t size = archive_entry_size(entry);
	autofree char *p = NULL;

	if (!kept || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return 0;
	if (size < 0 || (uint64_t)size > FILE_MAX_BYTES)
		return err_set(err, ERR_IMAGE_BOOT_LOADER, "'%s' has %" PRId64 " bytes", path,
			       size);
	p = xmalloc((size_t)size + 1);
	for (size_t done = 0; done < (size_t)size;) {
		la_ssize_t n = archive_read_data(a, p + done, (size_t)size - done);

		if (n <= 0)
			return err_set(err, ERR_IMAGE_INPUT, "cannot read '%s'", path);
		done += (size_t)n;
	}
	return write_part(kept, p, (size_t)size, err);
}

static bool has(const struct boot_parts *b, const char *name)
{
	autofree char *path = xasprintf("%s/%s", b->folder, name);

	return !access(path, R_OK);
}

unsigned boot_parts_firmware(const struct boot_parts *b)
{
	bool bios = has(b, "i386-pc/boot.img") && has(b, "i386-pc/diskboot.img") &&
		    has(b, "i386-pc/kernel.img") && has(b, "i386-pc/moddep.lst");

	return (bios ? IMAGE_FIRMWARE_BIOS : 0) |
	       (has(b, "shim") && has(b, "grub") ? IMAGE_FIRMWARE_UEFI : 0);
}

/* ---- BIOS ------------------------------------------------------------------------------------ */

static int make_core(const struct boot_parts *b, const char *core, struct err *err)
{
	autofree char *modules = xasprintf("%s/i386-pc", b->folder);
	const char *const argv[] = {"grub-mkimage",
				    "-d",
				    modules,
				    "-O",
				    "i386-pc",
				    "-p",
				    "(,gpt3)/boot/grub",
				    "-o",
				    core,
				    "biosdisk",
				    "part_gpt",
				    "part_msdos",
				    "ext2",
				    "xfs",
				    "search",
				    "search_fs_uuid",
				    "probe",
				    "regexp",
				    "normal",
				    "configfile",
				    "linux",
				    "echo",
				    "test",
				    "serial",
				    "terminal",
				    "minicmd",
				    "all_video",
				    "gzio",
				    NULL};

	return process_check(argv, TOOL_TIMEOUT_MS, err);
}

static int patch_core(char *core, size_t n_bytes, uint64_t first_sector, struct err *err)
{
	uint8_t *list = (uint8_t *)core + BLOCK_LIST;
	uint64_t sectors = (n_bytes + SECTOR_BYTES - 1) / SECTOR_BYTES;

	if (n_bytes < 2 * (size_t)SECTOR_BYTES || sectors > UINT16_MAX)
		return err_set(err, ERR_IMAGE_BOOT_LOADER, "GRUB's core image has %zu bytes",
			       n_bytes);
	put_le64(list, first_sector + 1);
	put_le16(list + 8, (uint16_t)(sectors - 1));
	put_le16(list + 10, CORE_SEGMENT);
	return 0;
}

static int patch_boot(const struct boot_parts *b, uint64_t first_sector, uint8_t *ret_code,
		      struct err *err)
{
	autofree char *path = xasprintf("%s/i386-pc/boot.img", b->folder), *boot = NULL;
	size_t n_bytes;

	TRY(file_read(path, FILE_MAX_BYTES, &boot, &n_bytes, err));
	if (n_bytes != SECTOR_BYTES)
		return err_set(err, ERR_IMAGE_BOOT_LOADER, "boot.img has %zu bytes", n_bytes);
	memcpy(ret_code, boot, MANIFEST_BOOT_CODE_BYTES);
	put_le64(ret_code + KERNEL_SECTOR, first_sector);
	ret_code[DRIVE_CHECK] = ret_code[DRIVE_CHECK + 1] = 0x90;
	return 0;
}

static int file_of(const char *folder, const char *p, size_t n_bytes, uint64_t size_bytes,
		   int *ret_fd, struct err *err)
{
	autoclose int fd = nameless_file(folder, err);

	if (fd < 0)
		return fd;
	TRY(file_write_all(fd, p, n_bytes, err));
	if (ftruncate(fd, (off_t)size_bytes))
		return err_sys(err, ERR_IO, "cannot enlarge a temporary file");
	*ret_fd = take_fd(&fd);
	return 0;
}

int boot_parts_bios(const struct boot_parts *b, uint64_t start_bytes, uint64_t size_bytes,
		    uint8_t ret_code[static MANIFEST_BOOT_CODE_BYTES], int *ret_fd, struct err *err)
{
	autofree char *path = xasprintf("%s/core.img", b->folder), *core = NULL;
	uint64_t first_sector = start_bytes / SECTOR_BYTES;
	size_t n_bytes;

	TRY(make_core(b, path, err));
	TRY(file_read(path, FILE_MAX_BYTES, &core, &n_bytes, err));
	if (n_bytes > size_bytes)
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "GRUB's core image has %zu bytes, its partition %" PRIu64, n_bytes,
			       size_bytes);
	TRY(patch_core(core, n_bytes, first_sector, err));
	TRY(patch_boot(b, first_sector, ret_code, err));
	return file_of(b->folder, core, n_bytes, size_bytes, ret_fd, err);
}

/* ---- UEFI ------------------------------------------------------------------------------------ */

/* mtools and mkfs.vfat run with these, for the same bytes every time. */
struct dated_env {
	char *epoch;
	const char *env[6];
};

static int run_dated(const struct dated_env *d, const char *const *argv, struct err *err)
{
	struct process_options options = {
		.argv = argv, .env = d->env, .timeout_ms = TOOL_TIMEOUT_MS};
	struct process_result result;
	int status = 0;

	TRY(process_run(&options, &result, err));
	if (result.exit_code)
		status = err_set(err, ERR_PROCESS, "%s: %.250s", argv[0], result.errors);
	process_result_done(&result);
	return status;
}

/* mcopy keeps the file's own time: give all files the same. */
static int date_file(const char *path, int64_t created_s, struct err *err)
{
	struct timespec times[2] = {{.tv_sec = created_s}, {.tv_sec = created_s}};

	return utimensat(AT_FDCWD, path, times, 0) ? err_sys(err, ERR_IO, "cannot date '%s'", path)
						   : 0;
}

static int copy_in(const struct boot_parts *b, const struct dated_env *d, const char *image,
		   const char *name, const char *to, int64_t created_s, struct err *err)
{
	autofree char *from = xasprintf("%s/%s", b->folder, name), *target = xasprintf("::%s", to);
	const char *const argv[] = {"mcopy", "-m", "-i", image, from, target, NULL};

	TRY(date_file(from, created_s, err));
	return run_dated(d, argv, err);
}

static int fill_esp(const struct boot_parts *b, const struct dated_env *d, const char *image,
		    int64_t created_s, struct err *err)
{
	bool x86 = b->arch == IMAGE_ARCH_X86_64;
	const char *const folders[] = {"mmd",           "-i", image, "::/EFI", "::/EFI/BOOT",
				       "::/EFI/debian", NULL};

	TRY(run_dated(d, folders, err));
	TRY(copy_in(b, d, image, "shim", x86 ? "/EFI/BOOT/BOOTX64.EFI" : "/EFI/BOOT/BOOTAA64.EFI",
		    created_s, err));
	TRY(copy_in(b, d, image, "grub", x86 ? "/EFI/BOOT/grubx64.efi" : "/EFI/BOOT/grubaa64.efi",
		    created_s, err));
	return copy_in(b, d, image, "esp-grub.cfg", "/EFI/debian/grub.cfg", created_s, err);
}

static int make_esp(const struct boot_parts *b, const char *image, uint64_t size_bytes,
		    uint32_t sector_bytes, int64_t created_s, struct err *err)
{
	autofree char *sector = xasprintf("%" PRIu32, sector_bytes);
	autofree char *kib = xasprintf("%" PRIu64, (uint64_t)(size_bytes / KIB));
	autofree char *epoch = xasprintf("SOURCE_DATE_EPOCH=%" PRId64, created_s);
	struct dated_env d = {.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
				      "TZ=UTC", "MTOOLS_SKIP_CHECK=1", epoch, NULL}};
	const char *const mkfs[] = {"mkfs.vfat",   "-C",  "-F", "32",  "-S", sector,
				    "-s",          "1",   "-n", "ESP", "-i", "51495057",
				    "--invariant", image, kib,  NULL};

	TRY(run_dated(&d, mkfs, err));
	return fill_esp(b, &d, image, created_s, err);
}

int boot_parts_esp(const struct boot_parts *b, uint64_t size_bytes, uint32_t sector_bytes,
		   int64_t created_s, int *ret_fd, struct err *err)
{
	autofree char *image = xasprintf("%s/esp.img", b->folder);
	autofree char *cfg = xasprintf("%s/esp-grub.cfg", b->folder);

	if (access(cfg, R_OK))
		TRY(write_part(cfg, default_esp_cfg, strlen(default_esp_cfg), err));
	TRY(make_esp(b, image, size_bytes, sector_bytes, created_s, err));
	*ret_fd = open(image, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(err, ERR_IO, "cannot open the EFI system partition") : 0;
}
