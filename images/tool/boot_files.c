/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files for boot loaders, put aside; see boot_files.h. They are kept under numbers: names of a
 * tree never become names of the builder's disk.
 */
#include "boot_files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define TOTAL_MAX_BYTES (4 * GIB)
#define BLOCK_BYTES     (256 * 1024)

/* Whole folders, files in them and below. */
static const char *const folders[] = {
	"boot/efi/",
	"efi/",
	"boot/loader/",
	"boot/EFI/",
	"usr/lib/bootupd/updates/",
	"usr/lib/grub/",
	"usr/lib/grub2/",
	"usr/share/grub2/",
};
static const char *const names[] = {"etc/os-release", "usr/lib/os-release",
				    "usr/lib/slipway/esp-grub.cfg"};

bool boot_files_wants(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (str_starts(path, folders[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(path, names[i]))
			return true;
	/* wherever a link to a loader may lead: "x.efi", "x.efi.signed", "x.efi.signed.latest" */
	return str_ends(path, ".efi") || strstr(path, ".efi.");
}

int boot_files_begin(struct boot_files *f, const char *under, struct err *err)
{
	f->folder = xasprintf("%s/.slipway-boot.XXXXXX", under);
	if (mkdtemp(f->folder))
		return 0;
	free(take_ptr(f->folder));
	return err_sys(err, ERR_IO, "cannot make a folder in '%s'", under);
}

void boot_files_done(struct boot_files *f)
{
	if (f->folder)
		IGNORE_RESULT(file_remove_tree(f->folder, NULL));
	free(take_ptr(f->folder));
	for (size_t i = 0; i < f->files.n; i++) {
		free(f->files.items[i].path);
		free(f->files.items[i].kept);
	}
	VEC_DONE(&f->files);
}

char *boot_files_new_path(const struct boot_files *f, const char *name)
{
	return xasprintf("%s/%s", f->folder, name);
}

static struct boot_file *find_kept(const struct boot_files *f, const char *path)
{
	/* the last one counts: a later entry takes the place of an earlier one */
	for (size_t i = f->files.n; i > 0; i--)
		if (str_eq(f->files.items[i - 1].path, path))
			return &f->files.items[i - 1];
	return NULL;
}

/* An empty file of a folder comes without an entry to read from, and libarchive does not give out
 * the hole at the end of a tar's file. */
static int copy_content(const struct boot_file *file, struct archive *a, struct err *err)
{
	autoclose int fd = open(file->kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	autofree char *block = xmalloc(BLOCK_BYTES);
	la_ssize_t n = 1;

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot create '%s'", file->kept);
	for (uint64_t done = 0; n > 0 && done < file->size_bytes; done += (uint64_t)n) {
		n = archive_read_data(a, block, BLOCK_BYTES);
		if (n < 0 || (n == 0 && archive_format(a) == ARCHIVE_FORMAT_RAW))
			return err_set(err, ERR_IMAGE_INPUT, "cannot read '%s'", file->path);
		TRY(file_write_all(fd, block, (size_t)n, err));
	}
	return ftruncate(fd, (off_t)file->size_bytes)
		       ? err_sys(err, ERR_IO, "cannot enlarge '%s'", file->kept)
		       : 0;
}

int boot_files_keep(struct boot_files *f, const char *path, struct archive_entry *entry,
		    struct archive *a, struct err *err)
{
	struct boot_file file = {.path = xstrdup(path),
				 .size_bytes = (uint64_t)archive_entry_size(entry)};

	/* what is too large for a loader is remembered, and refused when a loader needs it */
	if (file.size_bytes <= BOOT_FILE_MAX_BYTES && f->files.n < BOOT_FILES_MAX &&
	    f->n_bytes + file.size_bytes <= TOTAL_MAX_BYTES)
		file.kept = xasprintf("%s/%zu", f->folder, f->files.n);
	VEC_PUSH(&f->files, file);
	if (!file.kept)
		return 0;
	f->n_bytes += file.size_bytes;
	return copy_content(&file, a, err);
}

const struct boot_file *boot_files_find(const struct boot_files *f, const struct plan *plan,
					const char *path)
{
	const struct plan_node *node = plan_find(plan, path, true);

	if (!node || node->file->type != AE_IFREG)
		return NULL;
	/* the name that brought the content is among the file's names, mostly the first */
	for (node = node->file->first_name; node; node = node->next_name) {
		autofree char *at = plan_path(node);
		const struct boot_file *file = find_kept(f, at);

		if (file && file->size_bytes == node->file->size_bytes)
			return file;
	}
	return NULL;
}

int boot_file_check(const struct boot_file *file, struct err *err)
{
	if (file->kept)
		return 0;
	return err_set(err, ERR_IMAGE_BOOT_LOADER,
		       "'%s' has %" PRIu64 " bytes, and files of boot loaders have at most %u MiB, "
		       "%u GiB and %d files in all",
		       file->path, file->size_bytes, (unsigned)(BOOT_FILE_MAX_BYTES / MIB),
		       (unsigned)(TOTAL_MAX_BYTES / GIB), BOOT_FILES_MAX);
}

int boot_file_read(const struct boot_file *file, char **ret_p, size_t *ret_n_bytes, struct err *err)
{
	TRY(boot_file_check(file, err));
	return file_read(file->kept, BOOT_FILE_MAX_BYTES, ret_p, ret_n_bytes, err);
}
