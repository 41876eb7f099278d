/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives as files; see images/archive.h. A new file is always written under a temporary name in
 * the same folder and renamed when it is whole and on the disk.
 */
#include <images/archive.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#include <images/chunk_table.h>
#include <images/container.h>
#include <images/read_exact.h>

/* A member that is read whole; text is the caller's. */
struct document {
	const char *name;
	size_t max_bytes;
	char *text;
	size_t n_bytes;
};

/* in/out: offset: of the member, then of what follows it. */
static int read_document(int fd, uint64_t *offset, struct document *d, struct err *err)
{
	uint8_t header[CONTAINER_BLOCK_BYTES];
	uint64_t size_bytes;
	autofree char *text = NULL;

	TRY(read_exact_at(fd, header, sizeof(header), *offset, err));
	TRY(container_read_header(header, d->name, d->max_bytes, &size_bytes, err));
	text = xmalloc(size_bytes + 1);
	TRY(read_exact_at(fd, text, size_bytes, *offset + sizeof(header), err));
	text[size_bytes] = '\0';
	*offset += sizeof(header) + size_bytes + container_padding(size_bytes);
	d->n_bytes = size_bytes;
	d->text = take_ptr(text);
	return 0;
}

void archive_head_done(struct archive_head *h)
{
	free(h->manifest_text);
	manifest_free(h->manifest);
	*h = (struct archive_head){0};
}

int archive_read_head(int fd, struct archive_head *ret, struct err *err)
{
	struct archive_head h = {0};
	struct document manifest = {.name = CONTAINER_MANIFEST_NAME,
				    .max_bytes = MANIFEST_MAX_BYTES};
	struct document sigs = {.name = CONTAINER_SIGS_NAME, .max_bytes = SIGNATURES_MAX_BYTES};
	int status = read_document(fd, &h.payloads_offset, &manifest, err);

	h.manifest_text = manifest.text;
	h.manifest_bytes = manifest.n_bytes;
	if (!status)
		status = manifest_parse(h.manifest_text, h.manifest_bytes, &h.manifest, err);
	if (!status)
		status = read_document(fd, &h.payloads_offset, &sigs, err);
	if (!status)
		status = signatures_parse(sigs.text, sigs.n_bytes, &h.signatures, err);
	free(sigs.text);
	if (status < 0)
		archive_head_done(&h);
	else
		*ret = h;
	return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_member_header(int fd, const char *name, uint64_t size_bytes, struct err *err)
{
	uint8_t header[CONTAINER_HEADER_MAX_BYTES];
	size_t n = container_header(name, size_bytes, header);

	return file_write_all(fd, header, n, err);
}

static int write_padding(int fd, uint64_t size_bytes, struct err *err)
{
	static const uint8_t zeros[CONTAINER_BLOCK_BYTES];

	return file_write_all(fd, zeros, container_padding(size_bytes), err);
}

static int write_member(int fd, const char *name, const void *p, size_t n_bytes, struct err *err)
{
	TRY(write_member_header(fd, name, n_bytes, err));
	TRY(file_write_all(fd, p, n_bytes, err));
	return write_padding(fd, n_bytes, err);
}

static int copy_by_hand(int in, uint64_t offset, int out, uint64_t n_bytes, struct err *err)
{
	size_t room = 1024 * 1024;
	autofree char *p = xmalloc(room);

	while (n_bytes) {
		size_t n = n_bytes < room ? (size_t)n_bytes : room;

		TRY(read_exact_at(in, p, n, offset, err));
		TRY(file_write_all(out, p, n, err));
		offset += n;
		n_bytes -= n;
	}
	return 0;
}

static int copy_bytes(int in, uint64_t offset, int out, uint64_t n_bytes, struct err *err)
{
	while (n_bytes) {
		off_t at = (off_t)offset;
		ssize_t n = copy_file_range(in, &at, out, NULL, n_bytes, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return copy_by_hand(in, offset, out, n_bytes, err);
		offset += (uint64_t)n;
		n_bytes -= (uint64_t)n;
	}
	return 0;
}

/* A file that appears at path only when commit_file() was called. */
struct new_file {
	int fd;
	char *temporary;
	const char *path;
};

static int begin_file(const char *path, struct new_file *ret, struct err *err)
{
	ret->path = path;
	ret->temporary = xasprintf("%s.XXXXXX", path);
	ret->fd = mkostemp(ret->temporary, O_CLOEXEC);
	if (ret->fd >= 0)
		return 0;
	free(ret->temporary);
	return err_sys(err, ERR_IO, "cannot create a file beside '%s'", path);
}

static int end_file(struct new_file *f, int status, struct err *err)
{
	if (!status && (fchmod(f->fd, 0644) || fsync(f->fd)))
		status = err_sys(err, ERR_IO, "cannot flush '%s'", f->path);
	if (!status && rename(f->temporary, f->path))
		status = err_sys(err, ERR_IO, "cannot replace '%s'", f->path);
	if (status)
		(void)unlink(f->temporary);
	(void)close(f->fd);
	free(f->temporary);
	return status;
}

static int write_head(int fd, const char *manifest, size_t n_bytes, const struct signatures *sigs,
		      struct err *err)
{
	autofree char *text = signatures_encode(sigs);

	TRY(write_member(fd, CONTAINER_MANIFEST_NAME, manifest, n_bytes, err));
	return write_member(fd, CONTAINER_SIGS_NAME, text, strlen(text), err);
}

static int write_payload(int fd, const struct manifest_payload *p,
			 const struct packed_payload *from, struct err *err)
{
	char name[MANIFEST_NAME_BYTES + 16];

	snprintf(name, sizeof(name), "%s.chunks", p->name);
	TRY(write_member(fd, name, from->table, p->table_bytes, err));
	TRY(write_member_header(fd, p->name, p->packed_bytes, err));
	TRY(copy_bytes(from->fd, 0, fd, p->packed_bytes, err));
	return write_padding(fd, p->packed_bytes, err);
}

static int write_archive(int fd, const struct manifest *m, const struct packed_payload *payloads,
			 struct err *err)
{
	static const uint8_t trailer[CONTAINER_TRAILER_BYTES];
	autofree struct signatures *none = xcalloc(1, sizeof(*none));
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(manifest_encode(m, &text, &n_bytes, err));
	TRY(write_head(fd, text, n_bytes, none, err));
	for (size_t i = 0; i < m->n_payloads; i++)
		TRY(write_payload(fd, &m->payloads[i], &payloads[i], err));
	return file_write_all(fd, trailer, sizeof(trailer), err);
}

int archive_write(const char *path, const struct manifest *m, const struct packed_payload *payloads,
		  struct err *err)
{
	struct new_file f;

	TRY(begin_file(path, &f, err));
	return end_file(&f, write_archive(f.fd, m, payloads, err), err);
}

/* ---- signing --------------------------------------------------------------------------------- */

static int sign_into(int in, int out, struct archive_head *h, const struct signer *const *signers,
		     size_t n_signers, struct err *err)
{
	struct stat st;

	for (size_t i = 0; i < n_signers; i++) {
		struct signature sig;

		TRY(signer_sign(signers[i], MANIFEST_PAYLOAD_TYPE, h->manifest_text,
				h->manifest_bytes, &sig, err));
		TRY(signatures_add(&h->signatures, &sig, err));
	}
	if (fstat(in, &st))
		return err_sys(err, ERR_IO, "cannot look at the archive");
	if ((uint64_t)st.st_size < h->payloads_offset)
		return err_set(err, ERR_IMAGE_TRUNCATED, "the archive ends here");
	TRY(write_head(out, h->manifest_text, h->manifest_bytes, &h->signatures, err));
	return copy_bytes(in, h->payloads_offset, out, (uint64_t)st.st_size - h->payloads_offset,
			  err);
}

int archive_sign(const char *path, const struct signer *const *signers, size_t n_signers,
		 struct err *err)
{
	autoclose int in = open(path, O_RDONLY | O_CLOEXEC);
	struct archive_head head;
	struct new_file f;
	int status;

	if (in < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	if (archive_read_head(in, &head, err) < 0)
		return err_wrap(err, "'%s'", path);
	status = begin_file(path, &f, err);
	if (!status)
		status = end_file(&f, sign_into(in, f.fd, &head, signers, n_signers, err), err);
	archive_head_done(&head);
	return status;
}
