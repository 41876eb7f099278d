/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files below the root of a freshly written system. The image is signed, and still no path of it
 * may lead out: every step is resolved by the kernel with that root as "/" (openat2
 * RESOLVE_IN_ROOT), so a symbolic link to /etc means the new system's /etc.
 */
#ifndef AGENT_NEW_ROOT_H
#define AGENT_NEW_ROOT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <base/err.h>

struct new_root_file {
	const char *path; /* absolute within the new system */
	const void *p;
	size_t n_bytes;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Folders on the way are made with mode 0755. A file or link of that name is replaced, never
 * written through. errors: ERR_AGENT_PERSONALISE */
MUST_CHECK int new_root_write(int root_fd, const struct new_root_file *file, struct err *err);
MUST_CHECK int new_root_mkdirs(int root_fd, const char *path, mode_t mode, uid_t uid, gid_t gid,
			       struct err *err);
MUST_CHECK int new_root_symlink(int root_fd, const char *to, const char *path, struct err *err);
/* Whole file; errors: ERR_NOT_FOUND, ERR_TOO_BIG, ERR_IO. The caller frees. */
MUST_CHECK int new_root_read(int root_fd, const char *path, size_t max_bytes, char **ret_p,
			     size_t *ret_n_bytes, struct err *err);
/* Files of a folder whose names end so; a folder that is missing has none. errors:
 * ERR_AGENT_PERSONALISE */
MUST_CHECK int new_root_remove_files(int root_fd, const char *folder, const char *suffix,
				     struct err *err);
/* NULL if there is none; the caller closes it. */
DIR *new_root_open_folder(int root_fd, const char *path);
bool new_root_exists(int root_fd, const char *path);

#endif
