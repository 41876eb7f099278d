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

/* What the disk or the kernel could not do is not the image's fault. */
static int unpack_failed(struct archive *to, const char *path, const char *what, struct err *err)
{
	int e = archive_errno(to);
	enum err_code code = e == EIO || e == EROFS || e == ENODEV || e == ENXIO || e == EUCLEAN ||
					     e == ENOMEM
				     ? ERR_IO
				     : ERR_IMAGE_MEMBER;

	return err_set(err, code, "cannot %s '%s': %s: %s", what, path, archive_error_string(to),
		       strerror(e));
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
			return unpack_failed(to, path, "write", err);
	}
	if (status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read '%s': %s", path,
			       archive_error_string(from));
	return 0;
}

/* A tar of another builder may have a path twice: the later entry takes its place, and what was
 * remembered of the earlier one must not be looked for on the disk. */
static void forget_replaced(struct rootfs_files *f, const char *name, mode_t type)
{
	autofree char *path = xstrdup(name);
	size_t n = strlen(path);
	struct stat now, other;

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	if (lstat(path, &now) || (S_ISDIR(now.st_mode) && type == AE_IFDIR))
		return;
	for (size_t i = 0; i < f->list.n; i++) {
		struct rootfs_file *file = &f->list.items[i];

		if (!str_eq(file->path, path) &&
		    (now.st_nlink > 1 || lstat(file->path, &other) || other.st_ino != now.st_ino))
			continue;
		free(file->path);
		f->list.n--;
		memmove(file, file + 1, (f->list.n - i) * sizeof(*file));
		return;
	}
}

static int unpack_entry(struct rootfs_files *f, struct archive *from, struct archive *to,
			struct archive_entry *entry, struct sha256 *hash, struct err *err)
{
	const char *path = archive_entry_pathname(entry);
	bool is_file = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
	struct rootfs_file file = {.size_bytes = (uint64_t)archive_entry_size(entry)};

	forget_replaced(f, path, archive_entry_filetype(entry));
	if (archive_write_header(to, entry) != ARCHIVE_OK)
		return unpack_failed(to, path, "make", err);
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

/* Folders of the empty file system are there before their entries come, so libarchive dates them at
 * once, and all that is made in them afterwards dates them again. */
static const char *const made_folders[] = {".", "lost+found"};

static const char *made_folder(const char *path)
{
	path += strspn(path, "./");
	if (!path[0])
		return made_folders[0];
	return !strncmp(path, made_folders[1], strlen(made_folders[1])) &&
			       (str_eq(path + strlen(made_folders[1]), "") ||
				str_eq(path + strlen(made_folders[1]), "/"))
		       ? made_folders[1]
		       : NULL;
}

struct folder_times {
	struct timespec times[ARRAY_LEN(made_folders)][2];
};

static void note_time(struct folder_times *t, struct archive_entry *entry)
{
	const char *folder = archive_entry_filetype(entry) == AE_IFDIR
				     ? made_folder(archive_entry_pathname(entry))
				     : NULL;

	for (size_t i = 0; folder && i < ARRAY_LEN(made_folders); i++)
		if (folder == made_folders[i])
			t->times[i][1] = (struct timespec){archive_entry_mtime(entry),
							   archive_entry_mtime_nsec(entry)};
}

static int date_folders(const struct folder_times *t, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(made_folders); i++)
		if (t->times[i][1].tv_nsec != UTIME_OMIT &&
		    utimensat(AT_FDCWD, made_folders[i], t->times[i], 0))
			return err_sys(err, ERR_IMAGE_MEMBER, "cannot date the folder '%s'",
				       made_folders[i]);
	return 0;
}

static int unpack(struct rootfs_files *f, const struct rootfs_rules *rules, struct archive *from,
		  struct archive *to, struct sha256 *hash, struct err *err)
{
	struct folder_times times = {{{{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}},
				      {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}}}};
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(from, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		TRY(rootfs_rules_check(rules, entry, err));
		note_time(&times, entry);
		TRY(unpack_entry(f, from, to, entry, hash, err));
	}
	if (status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read the tar: %s",
			       archive_error_string(from));
	if (archive_write_close(to) != ARCHIVE_OK) /* times of folders */
		return err_set(err, ERR_IMAGE_MEMBER, "cannot finish: %s",
			       archive_error_string(to));
	return date_folders(&times, err);
}

int rootfs_files_unpack(struct rootfs_files *f, const struct rootfs_rules *rules,
			struct archive *from, bool remember, struct err *err)
{
	struct archive *to = archive_write_disk_new();
	AUTO(sha256) struct sha256 *hash = remember ? sha256_new() : NULL;
	int status;

	BUG_ON(!to);
	archive_write_disk_set_options(to, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
						   ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
						   ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_FFLAGS);
	status = unpack(f, rules, from, to, hash, err);
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
