/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives on the disk. Each is one zstd frame, so that `zstd -dc FILE` is all that a person needs.
 * Input: rows of the store; when it is read again, a file that anybody may have changed: the bytes are
 * hashed, and counted in a buffer of fixed size.
 */
#include "archive_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>

#define LEVEL       6
#define BLOCK_BYTES (128 * 1024)
#define WINDOW_LOG  23 /* 8 MiB: what zstd -d takes without being asked */

struct archive_file {
	char *dir, *path;
	int fd;
	ZSTD_CCtx *zstd;
	struct sha256 *hash;
	int64_t bytes;
};

void archive_file_drop(struct archive_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0) {
		close(f->fd);
		(void)unlink(f->path);
	}
	(void)ZSTD_freeCCtx(f->zstd);
	sha256_free(f->hash);
	free(f->path);
	free(f->dir);
	free(f);
}

int archive_file_new(const char *dir, struct archive_file **ret, struct err *err)
{
	struct archive_file *f = xcalloc(1, sizeof(*f));

	f->dir = xstrdup(dir);
	f->path = xasprintf("%s/.making-XXXXXX", dir);
	f->fd = mkostemp(f->path, O_CLOEXEC);
	f->zstd = ZSTD_createCCtx();
	f->hash = sha256_new();
	if (f->fd < 0 || !f->zstd) {
		int r = err_sys(err, ERR_SYS, "cannot make an archive in '%s'", dir);
		archive_file_drop(f);
		return r;
	}
	(void)ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, LEVEL);
	(void)ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1);
	*ret = f;
	return 0;
}

static int feed(struct archive_file *f, const char *p, size_t n, ZSTD_EndDirective end,
		struct err *err)
{
	static char block[BLOCK_BYTES];
	ZSTD_inBuffer in = {p, n, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {block, sizeof(block), 0};
		left = ZSTD_compressStream2(f->zstd, &out, &in, end);
		if (ZSTD_isError(left))
			return err_set(err, ERR_SYS, "zstd: %s", ZSTD_getErrorName(left));
		TRY(file_write_all(f->fd, block, out.pos, err));
		sha256_update(f->hash, block, out.pos);
		f->bytes += (int64_t)out.pos;
	} while (end == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

int archive_file_line(struct archive_file *f, const char *text, struct err *err)
{
	TRY(feed(f, text, strlen(text), ZSTD_e_continue, err));
	return feed(f, "\n", 1, ZSTD_e_continue, err);
}

static int sync_folder(const char *dir, struct err *err)
{
	autoclose int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? err_sys(err, ERR_SYS, "cannot sync '%s'", dir) : 0;
}

static int name_it(struct archive_file *f, const char *prefix, struct archive_file_result *ret,
		   struct err *err)
{
	uint8_t digest[SHA256_BYTES];

	TRY(feed(f, "", 0, ZSTD_e_end, err));
	sha256_final(f->hash, digest);
	hex_encode(digest, sizeof(digest), ret->sha256);
	ret->bytes = f->bytes;
	(void)snprintf(ret->name, sizeof(ret->name), "%.60s-%.16s.ndjson.zst", prefix, ret->sha256);
	autofree char *to = xasprintf("%s/%s", f->dir, ret->name);
	if (fsync(f->fd) < 0 || rename(f->path, to) < 0)
		return err_sys(err, ERR_SYS, "cannot write the archive '%s'", to);
	close(f->fd);
	f->fd = -1;
	return sync_folder(f->dir, err);
}

int archive_file_end(struct archive_file *f, const char *prefix, struct archive_file_result *ret,
		     struct err *err)
{
	int r = name_it(f, prefix, ret, err);

	archive_file_drop(f);
	return r;
}

/* ---- reading it again ------------------------------------------------------------------------ */

static int count_lines(ZSTD_DCtx *zstd, ZSTD_inBuffer *in, int64_t *lines, size_t *left,
		       struct err *err)
{
	static char block[BLOCK_BYTES];

	while (in->pos < in->size) {
		ZSTD_outBuffer out = {block, sizeof(block), 0};
		*left = ZSTD_decompressStream(zstd, &out, in);
		if (ZSTD_isError(*left))
			return err_set(err, ERR_INVALID, "zstd: %s", ZSTD_getErrorName(*left));
		for (const char *at = block, *end = block + out.pos;
		     (at = memchr(at, '\n', (size_t)(end - at))); at++)
			(*lines)++;
	}
	return 0;
}

static int look(int fd, ZSTD_DCtx *zstd, struct sha256 *hash, int64_t *lines, struct err *err)
{
	static char block[BLOCK_BYTES];
	size_t left = 1;
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_SYS, "cannot read the archive");
		sha256_update(hash, block, (size_t)n);
		ZSTD_inBuffer in = {block, (size_t)n, 0};
		TRY(count_lines(zstd, &in, lines, &left, err));
	}
	return left == 0 ? 0 : err_set(err, ERR_INVALID, "the archive ends too early");
}

int archive_file_look(const char *path, char ret_sha256[static SHA256_HEX_BYTES],
		      int64_t *ret_lines, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO(sha256) struct sha256 *hash = sha256_new();
	uint8_t digest[SHA256_BYTES];
	ZSTD_DCtx *zstd = ZSTD_createDCtx();

	*ret_lines = 0;
	if (zstd)
		(void)ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
	int r = fd < 0 || !zstd ? err_sys(err, ERR_SYS, "cannot open '%s'", path)
				: look(fd, zstd, hash, ret_lines, err);
	(void)ZSTD_freeDCtx(zstd);
	sha256_final(hash, digest);
	hex_encode(digest, sizeof(digest), ret_sha256);
	return r;
}
