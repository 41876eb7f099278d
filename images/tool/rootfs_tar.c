/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a tree as a pax tar, over libarchive; see rootfs_tar.h. Inputs of every kind come out in
 * one form, so that the host has one kind of tar to unpack.
 */
#include "rootfs_tar.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "pack.h"
#include "tree_content.h"

#define COPY_BYTES (256 * 1024)
#define ZERO_BYTES (64 * 1024)

struct tar_writer {
	const struct rootfs_tar *t;
	struct archive *out;
};

static int write_bytes(const struct tar_writer *w, const uint8_t *p, size_t n_bytes,
		       struct err *err)
{
	return archive_write_data(w->out, p, n_bytes) == (la_ssize_t)n_bytes
		       ? 0
		       : err_set(err, ERR_IO, "cannot write the tar: %s",
				 archive_error_string(w->out));
}

static int write_zeros(const struct tar_writer *w, uint64_t n_bytes, struct err *err)
{
	static const uint8_t zeros[ZERO_BYTES];

	for (size_t n; n_bytes; n_bytes -= n) {
		n = n_bytes < ZERO_BYTES ? (size_t)n_bytes : ZERO_BYTES;
		TRY(write_bytes(w, zeros, n, err));
	}
	return 0;
}

/* Holes are written as zeros. */
static int copy_content(const struct tar_writer *w, uint64_t size_bytes, struct archive *a,
			struct err *err)
{
	struct tree_content c = {.a = a, .size_bytes = size_bytes};
	uint64_t done = 0;
	int status;

	/* an empty file of a folder comes without an entry to read from */
	if (!size_bytes)
		return 0;
	while ((status = tree_content_next(&c, err)) > 0) {
		TRY(write_zeros(w, c.at - done, err));
		TRY(write_bytes(w, c.p, c.n_bytes, err));
		done = c.at + c.n_bytes;
	}
	return status < 0 ? status : write_zeros(w, size_bytes - done, err);
}

static int write_entry(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		       struct err *err)
{
	struct tar_writer *w = arg;
	mode_t type = archive_entry_filetype(entry);
	int wanted = w->t->wants(w->t->arg, path, entry, err);

	if (wanted <= 0)
		return wanted;
	if ((type == AE_IFCHR || type == AE_IFBLK) && !w->t->rules->devices)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "'%s' is a device node, which the layout does not allow", path);
	archive_entry_set_pathname(entry, path[0] ? path : ".");
	archive_entry_sparse_clear(entry);
	archive_entry_unset_atime(entry);
	archive_entry_unset_ctime(entry);
	archive_entry_unset_birthtime(entry);
	if (archive_write_header(w->out, entry) != ARCHIVE_OK)
		return err_set(err, ERR_IMAGE_INPUT, "cannot write '%s': %s", path,
			       archive_error_string(w->out));
	if (type != AE_IFREG || archive_entry_hardlink(entry))
		return 0;
	if (copy_content(w, (uint64_t)archive_entry_size(entry), a, err) < 0)
		return err_wrap(err, "entry '%s'", path);
	return 0;
}

static int write_tar(const struct rootfs_tar *t, int fd, struct err *err)
{
	struct tar_writer w = {.t = t};
	int status;

	w.out = archive_write_new();
	archive_write_set_format_pax(w.out);
	archive_write_set_bytes_in_last_block(w.out, 1);
	/* Names are bytes: what is not UTF-8 must survive, too. */
	(void)archive_write_set_options(w.out, "hdrcharset=BINARY,xattrheader=SCHILY");
	if (archive_write_open_fd(w.out, fd) != ARCHIVE_OK)
		status = err_set(err, ERR_IO, "cannot write a tar");
	else
		status = tree_walk(t->tree, write_entry, &w, err);
	if (!status && archive_write_close(w.out) != ARCHIVE_OK)
		status = err_set(err, ERR_IO, "cannot finish the tar");
	archive_write_free(w.out);
	return status;
}

/* The host's own rules, before anything is signed. */
static int try_tar(int fd, const struct rootfs_rules *rules, struct err *err)
{
	struct archive *from = archive_read_new();
	int status;

	archive_read_support_format_tar(from);
	if (lseek(fd, 0, SEEK_SET) || archive_read_open_fd(from, fd, COPY_BYTES) != ARCHIVE_OK)
		status = err_set(err, ERR_IO, "cannot read the tar again");
	else
		status = rootfs_rules_try(rules, from, err);
	archive_read_free(from);
	return status;
}

int rootfs_tar_make(const struct rootfs_tar *t, int *ret_fd, uint64_t *ret_bytes, struct err *err)
{
	autoclose int fd = nameless_file(t->folder, err);
	struct stat st;

	if (fd < 0)
		return fd;
	TRY(write_tar(t, fd, err));
	TRY(try_tar(fd, t->rules, err));
	if (fstat(fd, &st))
		return err_sys(err, ERR_IO, "cannot look at the tar");
	*ret_bytes = (uint64_t)st.st_size;
	*ret_fd = take_fd(&fd);
	return 0;
}
