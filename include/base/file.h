/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: read with a cap, write so that a crash leaves the old or the new content and never half
 * of one, make directories. Paths come from configuration or code, never from the wire.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/err.h>

/* Whole content, NUL-terminated for convenience. owns: *ret_p is the caller's (free).
 * errors: ERR_NOT_FOUND, ERR_TOO_BIG, ERR_IO */
MUST_CHECK int file_read(const char *path, size_t max_bytes, char **ret_p, size_t *ret_n_bytes,
			 struct err *err);
/* Read everything that is left on a descriptor. */
MUST_CHECK int file_read_fd(int fd, size_t max_bytes, char **ret_p, size_t *ret_n_bytes,
			    struct err *err);
/* One line of a small file (sysfs), trimmed; "" if it is missing or unreadable. */
void file_read_line(const char *path, char *ret, size_t ret_bytes);
/* Write through a temporary name, fsync, rename, fsync the directory. */
MUST_CHECK int file_write_atomic(const char *path, const void *p, size_t n_bytes, mode_t mode,
				 struct err *err);
MUST_CHECK int file_write_all(int fd, const void *p, size_t n_bytes, struct err *err);
/* mkdir -p. */
MUST_CHECK int file_make_dirs(const char *path, mode_t mode, struct err *err);
/* Remove a tree below path (and path), without following links or crossing mounts. */
MUST_CHECK int file_remove_tree(const char *path, struct err *err);

#endif
