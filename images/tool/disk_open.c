/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a disk image of any kind to plain bytes; see disk_open.h. qemu-img runs behind a fence
 * (qemu_img.h); what it would follow to another file was refused before (disk_format.h), and what
 * it says of the image is looked at once more.
 */
#include "disk_open.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "pack.h"
#include "qemu_img.h"
#include "tree_source.h"
#include "source_file.h"

#define READ_BYTES     (256 * 1024)
#define DISK_MAX_BYTES (16 * 1024 * GIB)

/* ---- compressed ------------------------------------------------------------------------------ */

static int cannot_unpack(const char *path, const struct source_file *f, struct err *err)
{
	return err_set(err, ERR_IMAGE_INPUT, "cannot unpack '%s', which is damaged or cut: %s",
		       path, source_file_fault(f));
}

int disk_head(const char *path, uint8_t ret[static FORMAT_HEAD_BYTES], size_t *ret_n,
	      bool *ret_packed, struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;
	la_ssize_t n;

	TRY(source_file_bytes(path, &f, err));
	n = archive_read_data(source_file_archive(f), ret, FORMAT_HEAD_BYTES);
	*ret_packed = source_file_is_packed(f);
	*ret_n = n > 0 ? (size_t)n : 0;
	return n < 0 ? cannot_unpack(path, f, err) : 0;
}

static bool is_zero(const uint8_t *p, size_t n_bytes)
{
	return !p[0] && !memcmp(p, p + 1, n_bytes - 1);
}

/* Zeros become holes. */
static int put(int fd, const uint8_t *p, size_t n_bytes, uint64_t at, struct err *err)
{
	if (is_zero(p, n_bytes))
		return 0;
	while (n_bytes) {
		ssize_t n = pwrite(fd, p, n_bytes, (off_t)at);

		if (n <= 0)
			return err_sys(err, ERR_IO, "cannot write a temporary file");
		p += n;
		at += (uint64_t)n;
		n_bytes -= (size_t)n;
	}
	return 0;
}

static int unpack_all(const char *path, struct source_file *f, int fd, struct err *err)
{
	autofree uint8_t *buffer = xmalloc(READ_BYTES);
	uint64_t at = 0;
	la_ssize_t n;

	while ((n = archive_read_data(source_file_archive(f), buffer, READ_BYTES)) > 0) {
		TRY(put(fd, buffer, (size_t)n, at, err));
		at += (uint64_t)n;
		if (at > DISK_MAX_BYTES)
			return err_set(err, ERR_IMAGE_INPUT, "'%s' unpacks to more than %d TiB",
				       path, (int)(DISK_MAX_BYTES / GIB / 1024));
	}
	if (n < 0)
		return cannot_unpack(path, f, err);
	TRY(source_file_end(f, err));
	return ftruncate(fd, (off_t)at) ? err_sys(err, ERR_IO, "cannot write a temporary file") : 0;
}

static int unpack(const char *path, const char *folder, int *ret_fd, struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;
	autoclose int fd = nameless_file(folder, err);

	if (fd < 0)
		return fd;
	TRY(source_file_bytes(path, &f, err));
	TRY(unpack_all(path, f, fd, err));
	*ret_fd = take_fd(&fd);
	return 0;
}

/* ---- converted ------------------------------------------------------------------------------- */

static bool has_data_file(const json_t *doc)
{
	const json_t *more = json_object_get(json_object_get(doc, "format-specific"), "data");

	return json_object_get(more, "data-file") != NULL ||
	       json_array_size(json_object_get(more, "extents")) > 1;
}

static int check_answer(const char *path, const char *text, uint64_t *ret_bytes, struct err *err)
{
	autojson json_t *doc = json_loads(text, 0, NULL);
	json_int_t size = json_integer_value(json_object_get(doc, "virtual-size"));

	if (json_object_get(doc, "backing-filename") ||
	    json_object_get(doc, "full-backing-filename") || has_data_file(doc))
		return err_set(err, ERR_IMAGE_INPUT, "'%s' has a part of its data in another file",
			       path);
	if (json_is_true(json_object_get(doc, "encrypted")))
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is encrypted", path);
	if (size <= 0 || (uint64_t)size > DISK_MAX_BYTES)
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is a disk of %lld bytes", path,
			       (long long)size);
	*ret_bytes = (uint64_t)size;
	return 0;
}

static int convert(const char *path, int from_fd, enum disk_format format, const char *folder,
		   int *ret_fd, struct err *err)
{
	autoclose int fd = nameless_file(folder, err);
	autofree char *answer = NULL, *found = NULL, *none = NULL;
	const char *f = disk_format_str(format);
	const char *const check[] = {"check", "-q", "-f", f, QEMU_IMG_FROM, NULL};
	const char *const info[] = {"info", "-f", f, "--output=json", QEMU_IMG_FROM, NULL};
	const char *const make[] = {"convert", "-n",  "--target-is-zero", "-f",        f,
				    "-O",      "raw", QEMU_IMG_FROM,      QEMU_IMG_TO, NULL};
	struct qemu_img q = {
		.path = path, .folder = folder, .words = info, .from_fd = from_fd, .to_fd = -1};
	uint64_t size_bytes = 0;

	if (fd < 0)
		return fd;
	TRY(qemu_img_run(&q, &answer, err));
	TRY(check_answer(path, answer, &size_bytes, err));
	q.words = check;
	TRY(qemu_img_run(&q, &found, err));
	if (ftruncate(fd, (off_t)size_bytes))
		return err_sys(err, ERR_IO, "cannot enlarge a temporary file");
	q.words = make;
	q.to_fd = fd;
	TRY(qemu_img_run(&q, &none, err));
	*ret_fd = take_fd(&fd);
	return 0;
}

/* ---- any ------------------------------------------------------------------------------------- */

static int refuse_unknown(const char *path, struct err *err)
{
	return err_set(err, ERR_IMAGE_INPUT,
		       "'%s' does not look like a disk: no partition table, and no format of "
		       "virtual machines (--raw takes a file as it is)",
		       path);
}

int disk_open(const char *path, bool raw, const char *folder, int *ret_fd, struct err *err)
{
	autofree uint8_t *head = xmalloc(FORMAT_HEAD_BYTES);
	autoclose int fd = -1;
	enum disk_format format = DISK_RAW;
	bool packed = false;
	size_t n;

	if (!raw) {
		TRY(disk_head(path, head, &n, &packed, err));
		TRY(disk_format_of(path, head, n, &format, err));
	}
	if (format == DISK_UNKNOWN)
		return refuse_unknown(path, err);
	if (packed)
		TRY(unpack(path, folder, &fd, err));
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	if (!raw)
		TRY(disk_format_check(path, fd, format, err));
	if (format != DISK_RAW)
		return convert(path, fd, format, folder, ret_fd, err);
	*ret_fd = take_fd(&fd);
	return 0;
}
