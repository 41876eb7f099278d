/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See source_file.h. A packed tar is read by two archives, one above the other: the lower one
 * unpacks, so that the rest of it can be read when the upper one has found the tar's end.
 */
#include "source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "gunzip.h"

#define READ_BYTES        (256 * 1024)
#define TAR_BLOCK         512
#define MAGIC_AT          257       /* of a tar's header */
#define GROWTH_FREE_BYTES (4 * GIB) /* below, growth does not matter */
#define GROWTH_MAX        500       /* packed systems grow threefold, gzip's zeros thousandfold */

struct source_file {
	char *path;
	struct archive *lower, *tar; /* tar: NULL for plain bytes */
	struct gunzip *gzip;         /* NULL: libarchive unpacks */
	bool is_packed;
	uint64_t file_bytes; /* as it is packed */
	char fault[200];     /* of gzip */
	const uint8_t *last; /* what the tar's reader was given last */
	size_t last_bytes;
	uint64_t given_bytes; /* to the tar's reader */
	uint8_t *kept;        /* of those, the last ones: a ring */
	int fd;               /* of a tar that is not packed, or -1 */
};

void source_file_close(struct source_file *f)
{
	if (!f)
		return;
	archive_read_free(f->tar);
	archive_read_free(f->lower);
	gunzip_free(f->gzip);
	if (f->fd >= 0)
		(void)close(f->fd);
	free(f->kept);
	free(f->path);
	free(f);
}

struct archive *source_file_archive(struct source_file *f)
{
	return f->tar ? f->tar : f->lower;
}

bool source_file_is_packed(const struct source_file *f)
{
	return f->is_packed;
}

const char *source_file_fault(const struct source_file *f)
{
	struct archive *a = f->tar ? f->tar : f->lower;

	if (f->fault[0])
		return f->fault;
	if (f->tar && f->lower && archive_errno(f->lower))
		return archive_error_string(f->lower);
	return archive_error_string(a) ? archive_error_string(a) : "it is empty";
}

static uint64_t packed_bytes(const struct source_file *f)
{
	la_int64_t n = archive_filter_bytes(f->lower ? f->lower : f->tar, -1);

	return f->gzip ? gunzip_packed_bytes(f->gzip) : n > 0 ? (uint64_t)n : 0;
}

uint64_t source_file_plain_bytes(const struct source_file *f)
{
	la_int64_t n = archive_filter_bytes(f->tar ? f->tar : f->lower, 0);

	return n > 0 ? (uint64_t)n : 0;
}

static bool grows_too_far(const struct source_file *f, uint64_t plain_bytes)
{
	return f->is_packed && plain_bytes > GROWTH_FREE_BYTES &&
	       plain_bytes / GROWTH_MAX > f->file_bytes;
}

int source_file_check_growth(const struct source_file *f, uint64_t plain_bytes, struct err *err)
{
	if (!grows_too_far(f, plain_bytes))
		return 0;
	return err_set(err, ERR_IMAGE_INPUT, "'%s' unpacks to more than %d times its size", f->path,
		       GROWTH_MAX);
}

/* ---- opening --------------------------------------------------------------------------------- */

static la_ssize_t give_gzip(struct archive *a, void *arg, const void **ret)
{
	struct source_file *f = arg;
	struct err err = {0};
	ssize_t n = gunzip_read(f->gzip, ret, &err);

	if (n >= 0)
		return n;
	(void)str_copy(f->fault, sizeof(f->fault), err.msg);
	archive_set_error(a, EIO, "%s", f->fault);
	return ARCHIVE_FATAL;
}

static void keep(struct source_file *f, const uint8_t *p, size_t n_bytes)
{
	for (size_t n; n_bytes; p += n, n_bytes -= n) {
		size_t at = f->given_bytes % SOURCE_KEPT_BYTES;

		n = n_bytes < SOURCE_KEPT_BYTES - at ? n_bytes : SOURCE_KEPT_BYTES - at;
		memcpy(f->kept + at, p, n);
		f->given_bytes += n;
	}
}

static la_ssize_t give_plain(struct archive *a, void *arg, const void **ret)
{
	struct source_file *f = arg;
	size_t n = 0;
	la_int64_t at;
	int status = archive_read_data_block(f->lower, ret, &n, &at);

	if (status == ARCHIVE_EOF)
		return 0;
	if (status != ARCHIVE_OK) {
		archive_set_error(a, EIO, "%s", source_file_fault(f));
		return ARCHIVE_FATAL;
	}
	if (grows_too_far(f, f->given_bytes + n)) {
		snprintf(f->fault, sizeof(f->fault), "it unpacks to more than %d times its size",
			 GROWTH_MAX);
		archive_set_error(a, EIO, "%s", f->fault);
		return ARCHIVE_FATAL;
	}
	f->last = *ret;
	f->last_bytes = n;
	keep(f, f->last, n);
	return (la_ssize_t)n;
}

static void take_filters(struct archive *a)
{
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_lzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_compress(a);
}

static struct archive *raw_archive(void)
{
	struct archive *a = archive_read_new();

	BUG_ON(!a);
	take_filters(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	return a;
}

static int failed(const struct source_file *f, struct err *err)
{
	return err_set(err, ERR_IMAGE_INPUT, "cannot read '%s': %s", f->path, source_file_fault(f));
}

/* in: fd: of a file that begins as gzip does, or -1. */
static int open_lower(struct source_file *f, int fd, struct err *err)
{
	struct archive_entry *entry;
	int status;

	f->lower = raw_archive();
	if (fd >= 0) {
		f->gzip = gunzip_new(fd);
		status = archive_read_open2(f->lower, f, NULL, give_gzip, NULL, NULL);
	} else {
		status = archive_read_open_filename(f->lower, f->path, READ_BYTES);
	}
	if (status != ARCHIVE_OK || archive_read_next_header(f->lower, &entry) != ARCHIVE_OK)
		return failed(f, err);
	f->is_packed = f->gzip || archive_filter_count(f->lower) > 1;
	return 0;
}

int source_file_bytes(const char *path, struct source_file **ret, struct err *err)
{
	AUTO(source_file) struct source_file *f = xcalloc(1, sizeof(*f));
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t head[4] = {0};
	struct stat st;

	f->fd = -1;
	f->path = xstrdup(path);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(err, ERR_IMAGE_INPUT, "cannot open '%s'", path);
	f->file_bytes = (uint64_t)st.st_size;
	if (pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    gunzip_is_gzip(head, sizeof(head)))
		TRY(open_lower(f, take_fd(&fd), err));
	else
		TRY(open_lower(f, -1, err));
	*ret = take_ptr(f);
	return 0;
}

/* A file that is not packed is opened by the tar's reader itself, which then skips by seeking. */
int source_file_tar(const char *path, struct source_file **ret, struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;
	int status;

	TRY(source_file_bytes(path, &f, err));
	f->tar = archive_read_new();
	BUG_ON(!f->tar);
	archive_read_support_format_tar(f->tar);
	if (f->is_packed) {
		f->kept = xmalloc(SOURCE_KEPT_BYTES);
		status = archive_read_open2(f->tar, f, NULL, give_plain, NULL, NULL);
	} else {
		archive_read_free(f->lower);
		f->lower = NULL;
		f->fd = open(path, O_RDONLY | O_CLOEXEC);
		status = archive_read_open_filename(f->tar, path, READ_BYTES);
	}
	if (status != ARCHIVE_OK)
		return failed(f, err);
	*ret = take_ptr(f);
	return 0;
}

/* ---- looking back ---------------------------------------------------------------------------- */

static int kept_at(const struct source_file *f, uint64_t at, uint8_t *ret, size_t n_bytes)
{
	if (at > f->given_bytes || n_bytes > f->given_bytes - at ||
	    f->given_bytes - at > SOURCE_KEPT_BYTES)
		return -1;
	for (size_t i = 0, n; i < n_bytes; i += n) {
		size_t from = (at + i) % SOURCE_KEPT_BYTES;

		n = n_bytes - i < SOURCE_KEPT_BYTES - from ? n_bytes - i : SOURCE_KEPT_BYTES - from;
		memcpy(ret + i, f->kept + from, n);
	}
	return 0;
}

int source_file_plain_at(const struct source_file *f, uint64_t at, void *ret, size_t n_bytes,
			 struct err *err)
{
	if (f->is_packed ? !kept_at(f, at, ret, n_bytes)
			 : pread(f->fd, ret, n_bytes, (off_t)at) == (ssize_t)n_bytes)
		return 0;
	return err_set(err, ERR_IMAGE_INPUT, "cannot read a header of '%s' again", f->path);
}

/* ---- the end --------------------------------------------------------------------------------- */

static size_t n_zeros(const uint8_t *p, size_t n_bytes)
{
	size_t n = 0;

	while (n < n_bytes && !p[n])
		n++;
	return n;
}

/* Behind a tar: zeros, then what tar programs pass over, but never the header of one more tar.
 * out: *ret_done: nothing further needs to be looked at. */
static int check_behind(const struct source_file *f, const uint8_t *p, size_t n_bytes,
			bool *ret_done, struct err *err)
{
	size_t at = n_zeros(p, n_bytes) / TAR_BLOCK * TAR_BLOCK;

	*ret_done = at < n_bytes;
	if (n_bytes - at < TAR_BLOCK || memcmp(p + at + MAGIC_AT, "ustar", 5) != 0)
		return 0;
	return err_set(err, ERR_IMAGE_INPUT,
		       "'%s' holds two tars one behind the other, of which programs read the "
		       "first alone: join them with tar -A",
		       f->path);
}

/* The lower archive's rest, read to its end for the sums there. */
static int drain(struct source_file *f, struct err *err)
{
	uint64_t used = source_file_plain_bytes(f);
	uint64_t left = f->given_bytes > used ? f->given_bytes - used : 0;
	const void *p;
	size_t n;
	la_int64_t at;
	bool done = !f->tar;
	int status;

	if (!done && left && left <= f->last_bytes)
		TRY(check_behind(f, f->last + f->last_bytes - left, left, &done, err));
	while ((status = archive_read_data_block(f->lower, &p, &n, &at)) == ARCHIVE_OK) {
		if (f->tar)
			TRY(source_file_check_growth(f, (uint64_t)at + n, err));
		if (!done)
			TRY(check_behind(f, p, n, &done, err));
	}
	if (status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is damaged or cut: %s", f->path,
			       source_file_fault(f));
	return 0;
}

/* Read a file's rest. in: tar: look for a tar; otherwise for anything but zeros. */
static int check_file_rest(const struct source_file *f, uint64_t at, bool tar, struct err *err)
{
	autoclose int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	autofree uint8_t *p = xmalloc(READ_BYTES);
	bool done = false;
	ssize_t n = 1;

	if (fd < 0)
		return err_sys(err, ERR_IMAGE_INPUT, "cannot open '%s'", f->path);
	for (; n > 0 && !done; at += (uint64_t)n) {
		n = pread(fd, p, READ_BYTES, (off_t)at);
		if (n > 0 && tar)
			TRY(check_behind(f, p, (size_t)n, &done, err));
		if (n > 0 && !tar && n_zeros(p, (size_t)n) < (size_t)n)
			return err_set(err, ERR_IMAGE_INPUT,
				       "'%s' is damaged: other bytes follow the end of what is "
				       "packed",
				       f->path);
	}
	return n < 0 ? err_sys(err, ERR_IO, "cannot read '%s'", f->path) : 0;
}

int source_file_end(struct source_file *f, struct err *err)
{
	if (f->lower)
		TRY(drain(f, err));
	if (f->gzip)
		return 0; /* zlib has read the file to its end */
	if (!f->is_packed)
		return f->tar ? check_file_rest(f, source_file_plain_bytes(f), true, err) : 0;
	return check_file_rest(f, packed_bytes(f), false, err);
}
