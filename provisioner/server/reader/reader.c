/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's side: read a question, answer it, again. Exports go out in pieces as they are read
 * from one snapshot, gzip made here, so that the daemon only passes bytes on. Input: the daemon.
 */
#include "reader.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "read_job.h"

#define READER_NICE      10 /* behind the daemon, which hosts wait for */
#define PIECE_MAX_BYTES  (16 * MIB)
#define GZIP_LEVEL       1
#define GZIP_WINDOW_BITS (15 + 16) /* with a gzip head */

struct reader_side {
	int fd;
	char *url;
	struct db *db;
	bool answering; /* a part of the answer is out */
};

/* ---- frames ---------------------------------------------------------------------------------- */

static int read_all(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static int send_frame(struct reader_side *s, char letter, const void *p, size_t n, struct err *err)
{
	uint8_t head[READER_HEAD_BYTES];

	s->answering = true;
	reader_head(head, letter, n);
	TRY(file_write_all(s->fd, head, sizeof(head), err));
	return n ? file_write_all(s->fd, p, n, err) : 0;
}

static int send_bytes(struct reader_side *s, const char *p, size_t n, struct err *err)
{
	while (n > 0) {
		size_t part = n < READER_FRAME_BYTES ? n : READER_FRAME_BYTES;
		TRY(send_frame(s, 'D', p, part, err));
		p += part;
		n -= part;
	}
	return 0;
}

static int send_error(struct reader_side *s, const struct err *e)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = json_pack("{s:i, s:s%, s:s}", "code", e->code, "message", e->msg,
					 strlen(e->msg), "pointer", e->pointer);
	autofree char *text = doc ? json_text(doc) : xasprintf("{\"code\":%d}", e->code);

	return send_frame(s, 'E', text, strlen(text), &err);
}

/* ---- exports --------------------------------------------------------------------------------- */

static int send_gzip(struct reader_side *s, z_stream *z, struct str *piece, bool last,
		     struct err *err)
{
	char buf[READER_FRAME_BYTES];
	int status = Z_OK;

	z->next_in = (Bytef *)piece->p;
	z->avail_in = (uInt)piece->n_bytes;
	do {
		z->next_out = (Bytef *)buf;
		z->avail_out = sizeof(buf);
		status = deflate(z, last ? Z_FINISH : Z_NO_FLUSH);
		if (status == Z_STREAM_ERROR)
			return err_set(err, ERR_SYS, "gzip failed");
		TRY(send_bytes(s, buf, sizeof(buf) - z->avail_out, err));
	} while (z->avail_out == 0 || (last && status != Z_STREAM_END));
	return 0;
}

/* The first piece is made before the answer begins, so that a wrong question is refused as one. */
static int send_pieces(struct reader_side *s, struct export_run *e, z_stream *z, struct err *err)
{
	autostr struct str piece;

	str_init(&piece, PIECE_MAX_BYTES);
	bool begun = false;
	int more = 1;
	while (more) {
		str_clear(&piece);
		more = export_next(e, &piece, err);
		if (more < 0)
			return more;
		if (!str_ok(&piece))
			return err_set(err, ERR_TOO_BIG, "a row is too large to export");
		if (!begun)
			TRY(send_frame(s, 'B', NULL, 0, err));
		begun = true;
		TRY(z ? send_gzip(s, z, &piece, more == 0, err)
		      : send_bytes(s, piece.p, piece.n_bytes, err));
	}
	return 0;
}

static int run_export(struct reader_side *s, const struct read_job *j, struct err *err)
{
	struct export_run *e = NULL;
	z_stream z = {0};

	if (j->gzip && deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
				    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_SYS, "gzip cannot begin");
	int r = export_new(s->db, j->of, &j->q, j->format, &e, err);
	if (r >= 0) {
		s->db = NULL; /* the export's now, which closes it */
		r = send_pieces(s, e, j->gzip ? &z : NULL, err);
	}
	export_free(e);
	if (j->gzip)
		(void)deflateEnd(&z);
	return r;
}

/* ---- questions ------------------------------------------------------------------------------- */

static int answer(struct reader_side *s, json_t *doc, struct err *err)
{
	struct read_job job;
	autofree char *text = NULL;
	size_t n = 0;

	TRY(read_job_from_json(doc, &job, err));
	if (!s->db && job.kind != READ_PASSWORD)
		TRY(db_open(s->url, DB_READONLY, &s->db, err));
	if (job.kind == READ_EXPORT)
		return run_export(s, &job, err);
	TRY(read_job_run(s->db, &job, NULL, &text, &n, err));
	return send_bytes(s, text, n, err);
}

static int on_question(struct reader_side *s, const char *text, size_t n)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	int r = json_load_strict(text, n, READER_ASK_BYTES, &doc, &err);

	s->answering = false;
	if (r >= 0)
		r = answer(s, doc, &err);
	/* the server was started anew since the last question: a connection of before says so late */
	if (r == -ERR_DB_LOST && !s->answering) {
		db_close(take_ptr(s->db));
		r = answer(s, doc, &err);
	}
	return r >= 0 ? send_frame(s, 'Z', NULL, 0, &err) : send_error(s, &err);
}

static int one_frame(struct reader_side *s)
{
	uint8_t head[READER_HEAD_BYTES];

	if (read_all(s->fd, head, sizeof(head)) < 0)
		return -1;
	size_t n = reader_length(head);
	if (n > READER_ASK_BYTES)
		return -1;
	autofree char *text = xcalloc(1, n + 1);
	if (read_all(s->fd, (uint8_t *)text, n) < 0)
		return -1;
	if (head[0] == 'Q' && s->url)
		return on_question(s, text, n);
	if (head[0] != 'S' || s->url)
		return -1;
	s->url = take_ptr(text);
	return 0;
}

int reader_main(int fd)
{
	struct reader_side s = {.fd = fd};

	(void)prctl(PR_SET_NAME, "slipway-reader");
	(void)setpriority(PRIO_PROCESS, 0, READER_NICE);
	while (one_frame(&s) >= 0)
		;
	db_close(s.db);
	free(s.url);
	return 0;
}
