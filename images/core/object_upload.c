/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads that survive broken connections; see images/object_store.h. What has arrived is a plain
 * file whose length is the offset; it means nothing until it was imported.
 */
#include "object_paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <images/read_exact.h>

#define COPY_BYTES (1024 * 1024)
#define ID_CHARS   "abcdefghijklmnopqrstuvwxyz0123456789"

static int upload_path(const struct object_store *s, const char *id, char **ret, struct err *err)
{
	size_t n = strlen(id);

	if (n < 8 || n >= OBJECT_UPLOAD_ID_BYTES || strspn(id, ID_CHARS) != n)
		return err_set(err, ERR_INVALID, "upload id is not 8 to 64 of a-z 0-9");
	*ret = xasprintf("%s/uploads/%s", s->dir, id);
	return 0;
}

int object_upload_offset(struct object_store *s, const char *id, uint64_t *ret_bytes,
			 struct err *err)
{
	autofree char *path = NULL;
	struct stat st;

	TRY(upload_path(s, id, &path, err));
	*ret_bytes = 0;
	if (!lstat(path, &st))
		*ret_bytes = (uint64_t)st.st_size;
	else if (errno != ENOENT)
		return err_sys(err, ERR_IO, "cannot look at the upload");
	return 0;
}

static int put(int fd, const void *p, size_t n_bytes, uint64_t offset, struct err *err)
{
	size_t done = 0;

	while (done < n_bytes) {
		ssize_t n = pwrite(fd, (const char *)p + done, n_bytes - done,
				   (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, ERR_IO, "cannot write the upload");
		done += (size_t)n;
	}
	return 0;
}

/* Room for one more: what nobody goes on with is dropped, and there are only so many. */
static int make_room(const struct object_store *s, struct err *err)
{
	autofree char *folder = xasprintf("%s/uploads", s->dir);
	DIR *dir = opendir(folder);
	struct dirent *d;
	unsigned n = 0;

	while (dir && (d = readdir(dir))) {
		autofree char *path = xasprintf("%s/%s", folder, d->d_name);
		struct stat st;

		if (lstat(path, &st) || !S_ISREG(st.st_mode))
			continue;
		if (time_wall_us() / 1000000 - st.st_mtime < OBJECT_UPLOAD_MAX_AGE_S ||
		    unlink(path))
			n++;
	}
	if (dir)
		(void)closedir(dir);
	return n < OBJECT_UPLOADS_MAX ? 0 : err_set(err, ERR_BUSY, "%u uploads are unfinished", n);
}

static int open_for_append(struct object_store *s, const char *id, uint64_t offset,
			   uint64_t n_bytes, int *ret_fd, struct err *err)
{
	autofree char *path = NULL;
	autoclose int fd = -1;
	struct stat st;

	TRY(upload_path(s, id, &path, err));
	if (!offset && lstat(path, &st))
		TRY(make_room(s, err));
	fd = open(path, O_WRONLY | (offset ? 0 : O_CREAT) | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_IMAGE_UPLOAD,
			       "upload has 0 bytes, these are for offset %" PRIu64, offset);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(err, ERR_IO, "cannot open the upload");
	if ((uint64_t)st.st_size != offset)
		return err_set(err, ERR_IMAGE_UPLOAD,
			       "upload has %" PRIu64 " bytes, these are for offset %" PRIu64,
			       (uint64_t)st.st_size, offset);
	if (n_bytes > OBJECT_UPLOAD_MAX_BYTES - offset)
		return err_set(err, ERR_TOO_BIG, "upload is larger than any image may be");
	*ret_fd = take_fd(&fd);
	return 0;
}

int object_upload_append(struct object_store *s, const char *id, uint64_t offset, const void *p,
			 size_t n_bytes, struct err *err)
{
	autoclose int fd = -1;

	TRY(open_for_append(s, id, offset, n_bytes, &fd, err));
	return put(fd, p, n_bytes, offset, err);
}

int object_upload_append_fd(struct object_store *s, const char *id, uint64_t offset, int from_fd,
			    uint64_t n_bytes, struct err *err)
{
	autofree uint8_t *buffer = xmalloc(COPY_BYTES);
	autoclose int fd = -1;

	TRY(open_for_append(s, id, offset, n_bytes, &fd, err));
	for (uint64_t done = 0; done < n_bytes;) {
		size_t n = n_bytes - done < COPY_BYTES ? (size_t)(n_bytes - done) : COPY_BYTES;

		TRY(read_exact_at(from_fd, buffer, n, done, err));
		TRY(put(fd, buffer, n, offset + done, err));
		done += n;
	}
	return 0;
}

int object_upload_open(struct object_store *s, const char *id, int *ret_fd, struct err *err)
{
	autofree char *path = NULL;

	TRY(upload_path(s, id, &path, err));
	*ret_fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
			       "cannot open the upload");
	return 0;
}

void object_upload_remove(struct object_store *s, const char *id)
{
	autofree char *path = NULL;

	if (!upload_path(s, id, &path, NULL))
		(void)unlink(path);
}
