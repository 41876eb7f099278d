/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Safe file work below a root; see new_root.h. glibc 2.36 has no openat2() wrapper, so the
 * system call is made here, once.
 */
#include "new_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

static int open_in(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

/* A descriptor of the folder that path lies in, and the last component. */
static int open_parent(int root_fd, const char *path, const char **ret_leaf, struct err *err)
{
	const char *slash = strrchr(path, '/');
	autofree char *dir = xstrndup(path, slash > path ? (size_t)(slash - path) : 1);

	BUG_ON(path[0] != '/' || !slash[1]);
	*ret_leaf = slash + 1;
	TRY(new_root_mkdirs(root_fd, dir, 0755, 0, 0, err));
	int fd = open_in(root_fd, dir, O_DIRECTORY | O_RDONLY);
	if (fd < 0)
		return err_sys(err, ERR_AGENT_PERSONALISE, "cannot open folder '%s'", dir);
	return fd;
}

/* Make the last component of path, whose parent exists; nothing to do if it is a folder already. */
static int make_one(int root_fd, const char *path, mode_t mode, uid_t uid, gid_t gid,
		    struct err *err)
{
	const char *slash = strrchr(path, '/');
	autofree char *dir = xstrndup(path, slash > path ? (size_t)(slash - path) : 1);
	autoclose int there = open_in(root_fd, path, O_DIRECTORY | O_PATH);

	if (there >= 0)
		return 0;
	autoclose int parent = open_in(root_fd, dir, O_DIRECTORY | O_RDONLY);
	if (parent < 0 || mkdirat(parent, slash + 1, mode) < 0)
		return err_sys(err, ERR_AGENT_PERSONALISE, "cannot make folder '%s'", path);
	autoclose int made = openat(parent, slash + 1, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (made < 0 || fchown(made, uid, gid) < 0 || fchmod(made, mode) < 0)
		return err_sys(err, ERR_AGENT_PERSONALISE, "cannot set up folder '%s'", path);
	return 0;
}

int new_root_mkdirs(int root_fd, const char *path, mode_t mode, uid_t uid, gid_t gid,
		    struct err *err)
{
	for (const char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		autofree char *part = xstrndup(path, (size_t)(p - path));
		TRY(make_one(root_fd, part, 0755, 0, 0, err));
	}
	return path[1] ? make_one(root_fd, path, mode, uid, gid, err) : 0;
}

static int fill(int fd, const struct new_root_file *f, struct err *err)
{
	TRY(file_write_all(fd, f->p, f->n_bytes, err));
	if (fchown(fd, f->uid, f->gid) < 0 || fchmod(fd, f->mode) < 0 || fsync(fd) < 0)
		return err_sys(err, ERR_AGENT_PERSONALISE, "cannot finish '%s'", f->path);
	return 0;
}

int new_root_write(int root_fd, const struct new_root_file *f, struct err *err)
{
	static const char temporary[] = ".slipway.new";
	const char *leaf = NULL;
	autoclose int dir = open_parent(root_fd, f->path, &leaf, err);

	if (dir < 0)
		return dir;
	(void)unlinkat(dir, temporary, 0);
	autoclose int fd = openat(dir, temporary,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, ERR_AGENT_PERSONALISE, "cannot write '%s'", f->path);
	int r = fill(fd, f, err);
	if (r == 0 && renameat(dir, temporary, dir, leaf) < 0)
		r = err_sys(err, ERR_AGENT_PERSONALISE, "cannot put '%s' in place", f->path);
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r;
}

int new_root_symlink(int root_fd, const char *to, const char *path, struct err *err)
{
	const char *leaf = NULL;
	autoclose int dir = open_parent(root_fd, path, &leaf, err);

	if (dir < 0)
		return dir;
	(void)unlinkat(dir, leaf, 0);
	if (symlinkat(to, dir, leaf) < 0)
		return err_sys(err, ERR_AGENT_PERSONALISE, "cannot link '%s'", path);
	return 0;
}

int new_root_read(int root_fd, const char *path, size_t max_bytes, char **ret_p,
		  size_t *ret_n_bytes, struct err *err)
{
	autoclose int fd = open_in(root_fd, path, O_RDONLY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_sys(err, ERR_NOT_FOUND, "no file '%s' in the new system", path);
	return file_read_fd(fd, max_bytes, ret_p, ret_n_bytes, err);
}

DIR *new_root_open_folder(int root_fd, const char *path)
{
	autoclose int fd = open_in(root_fd, path, O_DIRECTORY | O_RDONLY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir)
		(void)take_fd(&fd);
	return dir;
}

int new_root_remove_files(int root_fd, const char *folder, const char *suffix, struct err *err)
{
	DIR *dir = new_root_open_folder(root_fd, folder);
	const struct dirent *d;
	int r = 0;

	if (!dir)
		return 0;
	while (r == 0 && (d = readdir(dir)))
		if (str_ends(d->d_name, suffix) && unlinkat(dirfd(dir), d->d_name, 0) < 0)
			r = err_sys(err, ERR_AGENT_PERSONALISE, "cannot remove '%s' of '%s'",
				    d->d_name, folder);
	(void)closedir(dir);
	return r;
}

bool new_root_exists(int root_fd, const char *path)
{
	autoclose int fd = open_in(root_fd, path, O_PATH);

	return fd >= 0;
}
