/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of gzip (RFC 1952) one behind the other; see gunzip.h.
 */
#include "gunzip.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <base/json.h>
#include <base/str.h>

#define PACKED_BYTES (64 * 1024)
#define PLAIN_BYTES  (256 * 1024)
#define GZIP_ONLY    (15 + 16) /* the largest window, and the form of gzip */

struct gunzip {
	int fd;
	z_stream z;
	uint64_t packed_bytes;
	bool in_member, has_ended;
	uint8_t packed[PACKED_BYTES], plain[PLAIN_BYTES];
};

bool gunzip_is_gzip(const uint8_t *head, size_t n_bytes)
{
	return n_bytes >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == Z_DEFLATED;
}

struct gunzip *gunzip_new(int fd)
{
	struct gunzip *g = xcalloc(1, sizeof(*g));

	g->fd = fd;
	BUG_ON(inflateInit2(&g->z, GZIP_ONLY) != Z_OK);
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	(void)inflateEnd(&g->z);
	(void)close(g->fd);
	free(g);
}

uint64_t gunzip_packed_bytes(const struct gunzip *g)
{
	return g->packed_bytes - g->z.avail_in;
}

/* Keep at least one packed byte in the buffer; none at the file's end. */
static int fill(struct gunzip *g, struct err *err)
{
	ssize_t n;

	if (g->z.avail_in)
		return 0;
	do
		n = read(g->fd, g->packed, PACKED_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, ERR_IO, "cannot read");
	g->z.next_in = g->packed;
	g->z.avail_in = (unsigned)n;
	g->packed_bytes += (uint64_t)n;
	return 0;
}

/* Between two members: zeros may fill up a tape's block, anything else must be a member. */
static int next_member(struct gunzip *g, struct err *err)
{
	TRY(fill(g, err));
	while (g->z.avail_in && !g->z.next_in[0]) {
		g->z.next_in++;
		g->z.avail_in--;
		TRY(fill(g, err));
	}
	g->has_ended = !g->z.avail_in;
	if (!g->has_ended && g->z.next_in[0] != 0x1f)
		return err_set(err, ERR_IMAGE_INPUT, "other bytes follow the end of gzip");
	g->in_member = true;
	BUG_ON(inflateReset(&g->z) != Z_OK);
	return 0;
}

static int inflate_some(struct gunzip *g, struct err *err)
{
	int status;

	TRY(fill(g, err));
	if (!g->z.avail_in)
		return err_set(err, ERR_IMAGE_INPUT, "gzip is cut off");
	status = inflate(&g->z, Z_NO_FLUSH);
	g->in_member = status != Z_STREAM_END;
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		return err_set(err, ERR_IMAGE_INPUT, "gzip is damaged: %s",
			       g->z.msg ? g->z.msg : "wrong data");
	return 0;
}

ssize_t gunzip_read(struct gunzip *g, const void **ret, struct err *err)
{
	g->z.next_out = g->plain;
	g->z.avail_out = PLAIN_BYTES;
	while (g->z.avail_out && !g->has_ended)
		TRY(g->in_member ? inflate_some(g, err) : next_member(g, err));
	*ret = g->plain;
	return PLAIN_BYTES - (ssize_t)g->z.avail_out;
}
