/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capped reads, atomic writes, directory trees; see base/file.h.
 */
#include <base/file.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#define READ_STEP_BYTES (64 * 1024)

int file_read_fd(int fd, size_t max_bytes, char **ret_p, size_t *ret_n_bytes, struct err *err)
{
	autostr struct str s;
	autofree char *buffer = xmalloc(READ_STEP_BYTES);

	str_init(&s, max_bytes);
	for (;;) {
		ssize_t n = read(fd, buffer, READ_STEP_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_IO, "cannot read");
		if (n == 0)
			break;
		str_addn(&s, buffer, (size_t)n);
		if (!str_ok(&s))
			return err_set(err, ERR_TOO_BIG, "more than %zu bytes", max_bytes);
	}
	*ret_n_bytes = s.n_bytes;
	*ret_p = str_take(&s);
	return 0;
}

int file_read(const char *path, size_t max_bytes, char **ret_p, size_t *ret_n_bytes,
	      struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	if (file_read_fd(fd, max_bytes, ret_p, ret_n_bytes, err) < 0)
		return err_wrap(err, "file '%s'", path);
	return 0;
}

void file_read_line(const char *path, char *ret, size_t ret_bytes)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;
	struct sv line;

	ret[0] = '\0';
	if (fd < 0)
		return;
	n = read(fd, ret, ret_bytes - 1);
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	line = sv_trim(sv_of(ret));
	memmove(ret, line.p, line.n);
	ret[line.n] = '\0';
}

int file_write_all(int fd, const void *p, size_t n_bytes, struct err *err)
{
	const char *at = p;

	while (n_bytes) {
		ssize_t n = write(fd, at, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_IO, "cannot write %zu bytes", n_bytes);
		at += n;
		n_bytes -= (size_t)n;
	}
	return 0;
}

static int sync_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	autofree char *dir = slash ? xstrndup(path, (size_t)(slash - path) + (slash == path))
				   : xstrdup(".");
	autoclose int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, ERR_IO, "cannot sync folder '%s'", dir);
	return 0;
}

static int write_and_sync(int fd, const void *p, size_t n_bytes, mode_t mode, struct err *err)
{
	if (fchmod(fd, mode) < 0)
		return err_sys(err, ERR_IO, "cannot set mode");
	TRY(file_write_all(fd, p, n_bytes, err));
	if (fsync(fd) < 0)
		return err_sys(err, ERR_IO, "cannot sync");
	return 0;
}

int file_write_atomic(const char *path, const void *p, size_t n_bytes, mode_t mode, struct err *err)
{
	autofree char *temporary = xasprintf("%s.XXXXXX", path);
	autoclose int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot create '%s'", temporary);
	if (write_and_sync(fd, p, n_bytes, mode, err) < 0) {
		(void)unlink(temporary);
		return err_wrap(err, "file '%s'", path);
	}
	if (rename(temporary, path) < 0) {
		int status = err_sys(err, ERR_IO, "cannot rename to '%s'", path);

		(void)unlink(temporary);
		return status;
	}
	return sync_parent(path, err);
}

/* errno is mkdir's. EEXIST alone does not tell a folder from a file of that name. */
static bool is_folder_already(const char *path)
{
	int saved = errno;
	struct stat st;
	bool is_folder = saved == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	errno = saved;
	return is_folder;
}

int file_make_dirs(const char *path, mode_t mode, struct err *err)
{
	autofree char *copy = xstrdup(path);

	for (char *at = copy + 1; *copy; at++) {
		char was = *at;

		if (was != '/' && was != '\0')
			continue;
		*at = '\0';
		if (mkdir(copy, mode) < 0 && !is_folder_already(copy))
			return err_sys(err, ERR_IO, "cannot make folder '%s'", copy);
		*at = was;
		if (!was)
			break;
	}
	return 0;
}

static int remove_below(int dir_fd, dev_t device, struct err *err);

static int remove_entry(int dir_fd, const char *name, dev_t device, struct err *err)
{
	autoclose int fd = -1;
	struct stat st;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, ERR_IO, "cannot remove '%s'", name);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", name);
	if (st.st_dev != device)
		return err_set(err, ERR_IO, "'%s' is a mount point and is kept", name);
	TRY(remove_below(fd, device, err));
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
		return err_sys(err, ERR_IO, "cannot remove folder '%s'", name);
	return 0;
}

static int remove_below(int dir_fd, dev_t device, struct err *err)
{
	autoclose int copy = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	int status = 0;

	if (!dir)
		return err_sys(err, ERR_IO, "cannot list a folder");
	(void)take_fd(&copy); /* closedir() closes it */
	while (!status && (entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			status = remove_entry(dir_fd, entry->d_name, device, err);
	closedir(dir);
	return status;
}

int file_remove_tree(const char *path, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		if (errno == ENOENT)
			return 0;
		if ((errno == ENOTDIR || errno == ELOOP) && unlink(path) == 0)
			return 0;
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	}
	if (fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "cannot stat '%s'", path);
	if (remove_below(fd, st.st_dev, err) < 0)
		return err_wrap(err, "folder '%s'", path);
	if (rmdir(path) < 0)
		return err_sys(err, ERR_IO, "cannot remove folder '%s'", path);
	return 0;
}
