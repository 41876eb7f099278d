/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The EFI system partition: the loader on the path that firmware takes by itself (\EFI\BOOT) and in
 * the folder of its vendor, with the configuration that GRUB reads first. vfat is written by mtools,
 * without root.
 */
#include "boot_parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#include "boot_release.h"

#define TOOL_TIMEOUT_MS    (5 * 60 * 1000)
#define ESP_FILES_MAX      64
#define LARGE_BYTES        (512 * MIB) /* from here on with clusters of 4 KiB */
#define LARGE_CLUSTER      "8"
#define GRUB_OBJECT_PREFIX 3 /* OBJ_TYPE_PREFIX of GRUB's include/grub/kernel.h */

/* One file of the partition. */
struct esp_file {
	char *kept; /* on the builder's disk */
	char *path; /* "EFI/BOOT/BOOTX64.EFI" */
	uint64_t size_bytes;
};
struct esp {
	const struct boot_parts *b;
	const char *efi; /* "x64" */
	struct esp_file files[ESP_FILES_MAX];
	size_t n;
};

static void esp_done(struct esp *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->files[i].kept);
		free(e->files[i].path);
	}
}

/* ---- what lies in it ------------------------------------------------------------------------- */

/* vfat has no two names that differ in case alone. */
static bool has_path(const struct esp *e, const char *path)
{
	for (size_t i = 0; i < e->n; i++)
		if (!strcasecmp(e->files[i].path, path))
			return true;
	return false;
}

static int put(struct esp *e, const char *kept, uint64_t size_bytes, const char *path,
	       struct err *err)
{
	if (has_path(e, path))
		return 0;
	if (e->n >= ESP_FILES_MAX)
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "the EFI system partition would have more than %d files",
			       ESP_FILES_MAX);
	e->files[e->n++] = (struct esp_file){
		.kept = xstrdup(kept), .path = xstrdup(path), .size_bytes = size_bytes};
	return 0;
}

static int put_file(struct esp *e, const struct boot_file *file, const char *folder,
		    const char *name, struct err *err)
{
	autofree char *path = xasprintf("%s/%s", folder, name);

	TRY(boot_file_check(file, err));
	return put(e, file->kept, file->size_bytes, path, err);
}

static int put_text(struct esp *e, const char *text, const char *path, struct err *err)
{
	autofree char *name = xasprintf("text.%zu", e->n);
	autofree char *kept = boot_files_new_path(&e->b->files, name);

	TRY(file_write_atomic(kept, text, strlen(text), 0600, err));
	return put(e, kept, strlen(text), path, err);
}

static char *first_name(const struct esp *e)
{
	return xasprintf("BOOT%s.EFI", str_eq(e->efi, "x64") ? "X64" : "AA64");
}

/* ---- GRUB ------------------------------------------------------------------------------------ */

/* The root is a partition of the disk that GRUB came from: a second disk with the same image is
 * never taken. */
static char *default_config(const struct boot_parts *b)
{
	return xasprintf("regexp --set=1:disk '^\\((.*),gpt[0-9]+\\)' \"$cmdpath\"\n"
			 "set root=\"$disk,gpt%u\"\n"
			 "set prefix=\"($root)%s\"\n"
			 "configfile \"$prefix/grub.cfg\"\n",
			 b->grub_partition, b->grub_path);
}

static int grub_config(const struct esp *e, char **ret, struct err *err)
{
	const struct boot_file *own = boot_files_find(&e->b->files, e->b->plan,
						      "usr/lib/slipway/esp-grub.cfg");
	size_t n_bytes;

	if (own)
		return boot_file_read(own, ret, &n_bytes, err);
	*ret = default_config(e->b);
	return 0;
}

/* Signed GRUB reads its configuration from the folder that was built in: an object of type
 * "prefix", with its length, behind the modules. out: the vendor's folder, "" for none. */
static void built_in_vendor(const char *p, size_t n_bytes, char ret[static BOOT_VENDOR_BYTES])
{
	static const char efi[] = "/EFI/";
	const size_t n_efi = sizeof(efi) - 1;
	const char *end = p + n_bytes, *at = p;

	ret[0] = '\0';
	while (at < end && (at = memmem(at, (size_t)(end - at), efi, n_efi))) {
		const char *name = at + n_efi;
		size_t n = strnlen(name, (size_t)(end - name));
		struct cur head = cur_of(at - p >= 8 ? at - 8 : p, 8);

		if (at - p >= 8 && cur_le32(&head) == GRUB_OBJECT_PREFIX && n < BOOT_VENDOR_BYTES &&
		    name + n < end) {
			memcpy(ret, name, n + 1);
			if (boot_vendor_is_valid(ret))
				return;
			ret[0] = '\0';
		}
		at = name;
	}
}

static int put_grub_configs(struct esp *e, const struct boot_file *grub, struct err *err)
{
	const char *folders[3] = {"BOOT", e->b->loader.vendor, NULL};
	autofree char *text = NULL, *program = NULL;
	char vendor[BOOT_VENDOR_BYTES] = "";
	size_t n_bytes;

	TRY(grub_config(e, &text, err));
	if (grub) {
		TRY(boot_file_read(grub, &program, &n_bytes, err));
		built_in_vendor(program, n_bytes, vendor);
	}
	folders[2] = vendor;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		autofree char *path = xasprintf("EFI/%s/grub.cfg", folders[i]);

		if (folders[i][0])
			TRY(put_text(e, text, path, err));
	}
	return 0;
}

/* Firmware starts shim, and shim the second name in its own folder. */
static int put_grub(struct esp *e, const struct boot_file *grub, struct err *err)
{
	const struct boot_loader *l = &e->b->loader;
	autofree char *vendor = xasprintf("EFI/%s", l->vendor), *first = first_name(e);
	autofree char *shim = xasprintf("shim%s.efi", e->efi);
	autofree char *second = l->system->second_name ? xstrdup(l->system->second_name)
						       : xasprintf("grub%s.efi", e->efi);

	TRY(put_file(e, l->shim ? l->shim : grub, "EFI/BOOT", first, err));
	TRY(put_file(e, grub, vendor, second, err));
	if (l->shim) {
		TRY(put_file(e, grub, "EFI/BOOT", second, err));
		TRY(put_file(e, l->shim, vendor, shim, err));
	}
	return put_grub_configs(e, l->first, err);
}

/* Made here, and unsigned: for machines without Secure Boot. */
static int put_grub_modules(struct esp *e, struct err *err)
{
	const char *platform = strrchr(e->b->loader.modules, '/') + 1;
	autofree char *core = boot_files_new_path(&e->b->files, "core.efi");
	struct boot_file made = {.path = core, .kept = core};
	struct stat st;

	TRY(boot_parts_core(e->b, e->b->loader.modules, platform, core, err));
	if (stat(core, &st))
		return err_sys(err, ERR_IO, "cannot look at GRUB's core image");
	made.size_bytes = (uint64_t)st.st_size;
	return put_grub(e, &made, err);
}

/* ---- systemd-boot and unified kernel images -------------------------------------------------- */

/* "usr/lib/modules/6.1/vmlinuz.efi" is 6.1-vmlinuz.efi, for there is one of each version. */
static char *unified_name(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	size_t n = str_starts(path, "usr/lib/modules/") ? strlen("usr/lib/modules/") : 0;

	return n ? xasprintf("%.*s-%s", (int)strcspn(path + n, "/"), path + n, name)
		 : xstrdup(name);
}

static int put_unified(struct esp *e, const struct boot_file *file, struct err *err)
{
	autofree char *name = unified_name(file->path);
	autofree char *path = xasprintf("EFI/Linux/%s", name);

	if (!boot_vendor_is_valid(name) || has_path(e, path))
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "the unified kernel image '%s' has a name that vfat cannot hold, or "
			       "that another one has",
			       file->path);
	return put_file(e, file, "EFI/Linux", name, err);
}

static int put_loader_conf(struct esp *e, struct err *err)
{
	static const char *const places[] = {"boot/efi/loader/loader.conf",
					     "efi/loader/loader.conf", "boot/loader/loader.conf"};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const struct boot_file *file = boot_files_find(&e->b->files, e->b->plan, places[i]);

		if (file)
			return put_file(e, file, "loader", "loader.conf", err);
	}
	return put_text(e, "timeout 0\n", "loader/loader.conf", err);
}

static int put_systemd(struct esp *e, struct err *err)
{
	autofree char *first = first_name(e), *name = xasprintf("systemd-boot%s.efi", e->efi);

	TRY(put_file(e, e->b->loader.first, "EFI/BOOT", first, err));
	TRY(put_file(e, e->b->loader.first, "EFI/systemd", name, err));
	return put_loader_conf(e, err);
}

static int put_newest_unified(struct esp *e, struct err *err)
{
	const struct boot_loader *l = &e->b->loader;
	const struct boot_file *newest = l->unified[0];
	autofree char *first = first_name(e);

	for (size_t i = 1; i < l->n_unified; i++)
		if (strverscmp(l->unified[i]->path, newest->path) > 0)
			newest = l->unified[i];
	return put_file(e, newest, "EFI/BOOT", first, err);
}

static int list_files(struct esp *e, struct err *err)
{
	const struct boot_loader *l = &e->b->loader;

	e->efi = e->b->arch == IMAGE_ARCH_X86_64 ? "x64" : "aa64";
	switch (l->system->kind) {
	case BOOT_GRUB:
		return put_grub(e, l->first, err);
	case BOOT_GRUB_MODULES:
		return put_grub_modules(e, err);
	case BOOT_SYSTEMD:
		TRY(put_systemd(e, err));
		break;
	case BOOT_UNIFIED:
		TRY(put_newest_unified(e, err));
		break;
	}
	for (size_t i = 0; i < l->n_unified; i++)
		TRY(put_unified(e, l->unified[i], err));
	return 0;
}

/* Two of each file at most, a cluster's rest for each, and the tables of vfat. */
uint64_t boot_parts_esp_bytes(const struct boot_parts *b)
{
	const struct boot_loader *l = &b->loader;
	uint64_t n_bytes = 0;

	if (!l->system)
		return 0;
	n_bytes += l->shim ? 2 * l->shim->size_bytes : 0;
	n_bytes += l->first ? 2 * l->first->size_bytes : 8 * MIB;
	for (size_t i = 0; i < l->n_unified; i++)
		n_bytes += (l->system->kind == BOOT_UNIFIED ? 2 : 1) * l->unified[i]->size_bytes;
	return n_bytes + n_bytes / 32 + 4 * MIB;
}

/* ---- writing it ------------------------------------------------------------------------------ */

/* mtools and mkfs.vfat run with these, for the same bytes every time. */
static int run_dated(const char *epoch, const char *const *argv, struct err *err)
{
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
				   "LC_ALL=C.UTF-8",
				   "TZ=UTC",
				   "MTOOLS_SKIP_CHECK=1",
				   epoch,
				   NULL};
	struct process_options options = {.argv = argv, .env = env, .timeout_ms = TOOL_TIMEOUT_MS};
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

/* Folders on the way to file i that no file before it has. */
static int make_folders(const struct esp *e, size_t i, const char *epoch, const char *image,
			struct err *err)
{
	const char *path = e->files[i].path;

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		autofree char *folder = xasprintf("::/%.*s", (int)(p - path), path);
		const char *const argv[] = {"mmd", "-i", image, folder, NULL};
		bool there = false;

		for (size_t j = 0; j < i && !there; j++)
			there = !strncasecmp(e->files[j].path, path, (size_t)(p - path) + 1);
		if (!there)
			TRY(run_dated(epoch, argv, err));
	}
	return 0;
}

static int fill(const struct esp *e, const char *epoch, const char *image, int64_t created_s,
		struct err *err)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct esp_file *f = &e->files[i];
		autofree char *to = xasprintf("::/%s", f->path);
		const char *const argv[] = {"mcopy", "-m", "-i", image, f->kept, to, NULL};

		TRY(make_folders(e, i, epoch, image, err));
		TRY(date_file(f->kept, created_s, err));
		TRY(run_dated(epoch, argv, err));
	}
	return 0;
}

static int make_vfat(const char *epoch, const char *image, uint64_t size_bytes,
		     uint32_t sector_bytes, struct err *err)
{
	autofree char *sector = xasprintf("%" PRIu32, sector_bytes);
	autofree char *kib = xasprintf("%" PRIu64, (uint64_t)(size_bytes / KIB));
	bool large = size_bytes >= LARGE_BYTES && sector_bytes == MANIFEST_SECTOR_BYTES;
	const char *const mkfs[] = {"mkfs.vfat",   "-C",   "-F", "32",
				    "-S",          sector, "-s", large ? LARGE_CLUSTER : "1",
				    "-n",          "ESP",  "-i", "51495057",
				    "--invariant", image,  kib,  NULL};

	return run_dated(epoch, mkfs, err);
}

static int make_esp(struct esp *e, const char *image, uint64_t size_bytes, uint32_t sector_bytes,
		    int64_t created_s, struct err *err)
{
	autofree char *epoch = xasprintf("SOURCE_DATE_EPOCH=%" PRId64, created_s);

	TRY(list_files(e, err));
	TRY(make_vfat(epoch, image, size_bytes, sector_bytes, err));
	return fill(e, epoch, image, created_s, err);
}

int boot_parts_esp(const struct boot_parts *b, uint64_t size_bytes, uint32_t sector_bytes,
		   int64_t created_s, int *ret_fd, struct err *err)
{
	autofree char *image = boot_files_new_path(&b->files, "esp.img");
	struct esp e = {.b = b};
	int status = make_esp(&e, image, size_bytes, sector_bytes, created_s, err);

	esp_done(&e);
	TRY(status);
	*ret_fd = open(image, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(err, ERR_IO, "cannot open the EFI system partition") : 0;
}
