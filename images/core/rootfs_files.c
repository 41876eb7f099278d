/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files from a tar to a file system and back, over libarchive; see rootfs_files.h. Every byte of
 * the tar was checked before it came here, and the thread cannot leave the new root, so
 * libarchive's slow checks of every path component are not needed.
 */
#include "rootfs_files.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/str.h>

#define FILES_MAX   10000000
#define CHECK_BYTES (1024 * 1024)

static bool leaves_tree(const char *path)
{
	struct sv rest = sv_of(path);

	if (path[0] == '/')
		return true;
	while (rest.n)
		if (sv_eq_str(sv_split(&rest, '/'), ".."))
			return true;
	return false;
}

static int check_entry(struct archive_entry *entry, bool devices, struct err *err)
{
	const char *path = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	mode_t type = archive_entry_filetype(entry);

	if (!path || leaves_tree(path) || (link && leaves_tree(link)))
		return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' leaves the tree",
			       path ? path : "");
	if ((type == AE_IFCHR || type == AE_IFBLK) && !devices)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "'%s' is a device node, which the manifest does not allow", path);
	return 0;
}

static int copy_content(struct archive *from, struct archive *to, const char *path,
			struct sha256 *hash, struct err *err)
{
	const void *p;
	size_t n;
	la_int64_t at;
	int status;

	while ((status = archive_read_data_block(from, &p, &n, &at)) == ARCHIVE_OK) {
		if (hash)
			sha256_update(hash, p, n);
		if (archive_write_data_block(to, p, n, at) < ARCHIVE_OK)
			return err_set(err, ERR_IMAGE_MEMBER, "cannot write '%s': %s", path,
				       archive_error_string(to));
	}
	if (status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read '%s': %s", path,
			       archive_error_string(from));
	return 0;
}

static int unpack_entry(struct rootfs_files *f, struct archive *from, struct archive *to,
			struct archive_entry *entry, struct sha256 *hash, struct err *err)
{
	const char *path = archive_entry_pathname(entry);
	bool is_file = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
	struct rootfs_file file = {.size_bytes = (uint64_t)archive_entry_size(entry)};

	if (archive_write_header(to, entry) != ARCHIVE_OK)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot make '%s': %s", path,
			       archive_error_string(to));
	if (is_file && archive_entry_size(entry) > 0)
		TRY(copy_content(from, to, path, hash, err));
	if (!is_file || !hash)
		return 0;
	if (f->list.n == FILES_MAX)
		return err_set(err, ERR_TOO_BIG, "tar has more than %d files", FILES_MAX);
	sha256_final(hash, file.sha256);
	file.path = xstrdup(path);
	VEC_PUSH(&f->list, file);
	return 0;
}

/* The root is there before its entry comes, so libarchive dates it at once, and all that is made in
 * it afterwards dates it again. */
static int date_root(const struct timespec times[static 2], struct err *err)
{
	return utimensat(AT_FDCWD, ".", times, 0)
		       ? err_sys(err, ERR_IMAGE_MEMBER, "cannot date the root folder")
		       : 0;
}

static bool is_root(const char *path)
{
	return path[strspn(path, "./")] == '\0';
}

static int unpack(struct rootfs_files *f, struct archive *from, struct archive *to, bool devices,
		  struct sha256 *hash, struct err *err)
{
	struct timespec root_times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(from, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		TRY(check_entry(entry, devices, err));
		if (is_root(archive_entry_pathname(entry)))
			root_times[1] = (struct timespec){archive_entry_mtime(entry),
							  archive_entry_mtime_nsec(entry)};
		TRY(unpack_entry(f, from, to, entry, hash, err));
	}
	if (status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read the tar: %s",
			       archive_error_string(from));
	if (archive_write_close(to) != ARCHIVE_OK) /* times of folders */
		return err_set(err, ERR_IMAGE_MEMBER, "cannot finish: %s",
			       archive_error_string(to));
	return date_root(root_times, err);
}

int rootfs_files_unpack(struct rootfs_files *f, struct archive *from, bool devices, bool remember,
			struct err *err)
{
	struct archive *to = archive_write_disk_new();
	AUTO(sha256) struct sha256 *hash = remember ? sha256_new() : NULL;
	int status;

	BUG_ON(!to);
	archive_write_disk_set_options(to, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
						   ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
						   ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_FFLAGS);
	status = unpack(f, from, to, devices, hash, err);
	archive_write_free(to);
	return status;
}

/* ---- and back -------------------------------------------------------------------------------- */

static int check_file(const struct rootfs_file *file, struct sha256 *hash, uint8_t *buffer,
		      struct err *err)
{
	autoclose int fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t size_bytes = 0;
	uint8_t digest[SHA256_BYTES];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buffer, CHECK_BYTES)) > 0) {
		sha256_update(hash, buffer, (size_t)n);
		size_bytes += (uint64_t)n;
	}
	if (n < 0)
		return err_sys(err, ERR_IMAGE_READ_BACK, "cannot read '%s' back", file->path);
	sha256_final(hash, digest);
	if (size_bytes != file->size_bytes || !digest_eq(digest, file->sha256, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_READ_BACK, "'%s' holds other bytes than were written",
			       file->path);
	return 0;
}

int rootfs_files_check(const struct rootfs_files *f, struct err *err)
{
	AUTO(sha256) struct sha256 *hash = sha256_new();
	autofree uint8_t *buffer = xmalloc(CHECK_BYTES);

	for (size_t i = 0; i < f->list.n; i++)
		TRY(check_file(&f->list.items[i], hash, buffer, err));
	return 0;
}

void rootfs_files_digest(const struct rootfs_files *f, uint8_t ret[static SHA256_BYTES])
{
	AUTO(sha256) struct sha256 *hash = sha256_new();

	for (size_t i = 0; i < f->list.n; i++) {
		const struct rootfs_file *file = &f->list.items[i];
		uint8_t size[8];

		put_le64(size, file->size_bytes);
		sha256_update(hash, file->path, strlen(file->path) + 1);
		sha256_update(hash, size, sizeof(size));
		sha256_update(hash, file->sha256, SHA256_BYTES);
	}
	sha256_final(hash, ret);
}

void rootfs_files_done(struct rootfs_files *f)
{
	for (size_t i = 0; i < f->list.n; i++)
		free(f->list.items[i].path);
	VEC_DONE(&f->list);
}
