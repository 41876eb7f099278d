/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GRUB from its modules: the core image for any platform, and for BIOS the boot code before it.
 * Offsets are those of GRUB's include/grub/i386/pc/boot.h and of grub-setup, which does the same to
 * a mounted disk.
 */
#include "boot_parts.h"

#include <inttypes.h>
#include <string.h>
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
#define TOOL_TIMEOUT_MS (5 * 60 * 1000)

/* Modules without which an image does not start, and those that only some systems' GRUB has. */
static const char *const modules_needed[] = {"part_gpt", "ext2",   "search",     "search_fs_uuid",
					     "regexp",   "normal", "configfile", "linux",
					     "echo",     "test",   "gzio"};
static const char *const modules_wanted[] = {
	"biosdisk",       "part_msdos",  "fat",     "xfs",       "btrfs",  "zstd",    "probe",
	"serial",         "terminal",    "minicmd", "all_video", "blscfg", "loadenv", "increment",
	"search_fs_file", "search_label"};
#define MODULES_MAX (ARRAY_LEN(modules_needed) + ARRAY_LEN(modules_wanted))

/* grub-mkimage reads its modules from one folder, under their own names. */
static int link_modules(const struct boot_parts *b, const char *modules, const char *folder,
			struct err *err)
{
	TRY(file_make_dirs(folder, 0700, err));
	for (size_t i = 0; i < b->files.files.n; i++) {
		const struct boot_file *file = &b->files.files.items[i];
		const char *name = strrchr(file->path, '/');
		autofree char *to = NULL;

		if (!file->kept || !name || strlen(modules) != (size_t)(name - file->path) ||
		    !str_starts(file->path, modules) ||
		    boot_files_find(&b->files, b->plan, file->path) != file)
			continue;
		to = xasprintf("%s%s", folder, name);
		if (link(file->kept, to) < 0)
			return err_sys(err, ERR_IO, "cannot link '%s'", to);
	}
	return 0;
}

static bool has_module(const char *folder, const char *name)
{
	autofree char *path = xasprintf("%s/%s.mod", folder, name);

	return !access(path, R_OK);
}

int boot_parts_core(const struct boot_parts *b, const char *modules, const char *platform,
		    const char *core, struct err *err)
{
	autofree char *folder = boot_files_new_path(&b->files, platform);
	autofree char *prefix = xasprintf("(,gpt%u)%s", b->grub_partition, b->grub_path);
	const char *argv[9 + MODULES_MAX + 1] = {"grub-mkimage", "-d",   folder, "-O", platform,
						 "-p",           prefix, "-o",   core};
	size_t n = 9;

	TRY(link_modules(b, modules, folder, err));
	for (size_t i = 0; i < ARRAY_LEN(modules_needed); i++)
		argv[n++] = modules_needed[i];
	for (size_t i = 0; i < ARRAY_LEN(modules_wanted); i++)
		if (has_module(folder, modules_wanted[i]))
			argv[n++] = modules_wanted[i];
	if (process_check(argv, TOOL_TIMEOUT_MS, err) < 0)
		return err_wrap(err, "GRUB from '%s'", modules);
	return 0;
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
	autofree char *path = xasprintf("%s/boot.img", b->bios_modules), *boot = NULL;
	size_t n_bytes;

	TRY(boot_file_read(boot_files_find(&b->files, b->plan, path), &boot, &n_bytes, err));
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
	autofree char *path = boot_files_new_path(&b->files, "core.img"), *core = NULL;
	uint64_t first_sector = start_bytes / SECTOR_BYTES;
	size_t n_bytes;

	TRY(boot_parts_core(b, b->bios_modules, "i386-pc", path, err));
	TRY(file_read(path, BOOT_CODE_MAX_BYTES, &core, &n_bytes, err));
	if (n_bytes > size_bytes)
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "GRUB's core image has %zu bytes, its partition %" PRIu64, n_bytes,
			       size_bytes);
	TRY(patch_core(core, n_bytes, first_sector, err));
	TRY(patch_boot(b, first_sector, ret_code, err));
	return file_of(b->files.folder, core, n_bytes, size_bytes, ret_fd, err);
}
