/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step machine that judges archives; see images/verify.h. It holds the manifest, the signatures
 * and the chunk tables, never a payload. Pieces that are not chunks arrive in parts of at most 64
 * KiB and are gathered here, so that no caller needs a buffer larger than a chunk.
 */
#include <images/verify.h>

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include <images/container.h>

#define PART_MAX_BYTES (64 * 1024)

/* Where the machine is: what the bytes that it wants next are. */
enum place {
	AT_MANIFEST_HEADER,
	AT_MANIFEST,
	AT_SIGS_HEADER,
	AT_SIGS,
	AT_TABLE_HEADER,
	AT_TABLE,
	AT_DATA_HEADER,
	AT_DATA,
	AT_DATA_PADDING,
	AT_TRAILER,
	AT_END,
	AT_DONE,
	AT_FAILED,
};

struct image_verify {
	const struct trust_root *root;
	struct image_policy policy;
	enum place place;
	uint64_t offset; /* of the piece that is wanted next */
	size_t payload;
	size_t index;

	/* The piece that is being gathered: content, then padding, which must be zero. */
	uint8_t *piece;
	size_t piece_bytes;
	size_t n_gathered;
	size_t content_bytes;

	char *manifest_text;
	size_t manifest_bytes;
	char *sigs_text;
	size_t sigs_bytes;
	struct manifest *manifest;
	uint8_t *table_records[MANIFEST_MAX_PAYLOADS];
	struct chunk_table tables[MANIFEST_MAX_PAYLOADS];
};

static void want_piece(struct image_verify *v, enum place place, size_t content_bytes,
		       size_t piece_bytes)
{
	free(v->piece);
	v->piece = xmalloc(piece_bytes + 1);
	v->piece_bytes = piece_bytes;
	v->content_bytes = content_bytes;
	v->n_gathered = 0;
	v->place = place;
}

static void want_content(struct image_verify *v, enum place place, uint64_t size_bytes)
{
	want_piece(v, place, size_bytes, size_bytes + container_padding(size_bytes));
}

struct image_verify *image_verify_new(const struct trust_root *root,
				      const struct image_policy *policy)
{
	struct image_verify *v = xcalloc(1, sizeof(*v));

	v->root = root;
	if (policy)
		v->policy = *policy;
	want_piece(v, AT_MANIFEST_HEADER, CONTAINER_BLOCK_BYTES, CONTAINER_BLOCK_BYTES);
	return v;
}

void image_verify_free(struct image_verify *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < MANIFEST_MAX_PAYLOADS; i++)
		free(v->table_records[i]);
	free(v->piece);
	free(v->manifest_text);
	free(v->sigs_text);
	manifest_free(v->manifest);
	free(v);
}

static const struct manifest_payload *payload_of(const struct image_verify *v)
{
	return &v->manifest->payloads[v->payload];
}

/* Name of the member at the current place, for headers and messages. */
static void member_name(const struct image_verify *v, char *ret, size_t ret_bytes)
{
	switch (v->place) {
	case AT_MANIFEST_HEADER:
	case AT_MANIFEST:
		(void)str_copy(ret, ret_bytes, CONTAINER_MANIFEST_NAME);
		return;
	case AT_SIGS_HEADER:
	case AT_SIGS:
		(void)str_copy(ret, ret_bytes, CONTAINER_SIGS_NAME);
		return;
	case AT_TABLE_HEADER:
	case AT_TABLE:
		snprintf(ret, ret_bytes, "%s.chunks", payload_of(v)->name);
		return;
	case AT_DATA_HEADER:
	case AT_DATA:
	case AT_DATA_PADDING:
		(void)str_copy(ret, ret_bytes, payload_of(v)->name);
		return;
	case AT_TRAILER:
	case AT_END:
	case AT_DONE:
	case AT_FAILED:
		break;
	}
	(void)str_copy(ret, ret_bytes, "end of archive");
}

int image_verify_blame(const struct image_verify *v, struct err *err)
{
	char name[96];

	member_name(v, name, sizeof(name));
	return err_wrap(err, "member '%s', offset %" PRIu64, name, v->offset);
}

int image_verify_truncated(const struct image_verify *v, struct err *err)
{
	(void)err_set(err, ERR_IMAGE_TRUNCATED, "the archive ends here");
	return image_verify_blame(v, err);
}

void image_verify_next(const struct image_verify *v, struct image_step *ret)
{
	size_t left_bytes = v->piece_bytes - v->n_gathered;

	*ret = (struct image_step){.want = IMAGE_WANT_BYTES};
	BUG_ON(v->place == AT_FAILED);
	if (v->place == AT_DONE) {
		ret->want = IMAGE_DONE;
	} else if (v->place == AT_END) {
		ret->want = IMAGE_WANT_END;
	} else if (v->place == AT_DATA) {
		ret->want = IMAGE_WANT_CHUNK;
		ret->payload = v->payload;
		ret->index = v->index;
		ret->chunk = chunk_table_at(&v->tables[v->payload], v->index);
		ret->n_bytes = ret->chunk.packed_bytes;
	} else {
		ret->n_bytes = left_bytes < PART_MAX_BYTES ? left_bytes : PART_MAX_BYTES;
	}
}

/* ---- what follows on what -------------------------------------------------------------------- */

static void want_header(struct image_verify *v, enum place place, uint64_t size_bytes)
{
	size_t n = size_bytes > CONTAINER_USTAR_MAX_BYTES ? CONTAINER_HEADER_MAX_BYTES
							  : CONTAINER_BLOCK_BYTES;

	want_piece(v, place, n, n);
}

static void want_payload_or_trailer(struct image_verify *v)
{
	if (v->payload < v->manifest->n_payloads)
		want_header(v, AT_TABLE_HEADER, payload_of(v)->table_bytes);
	else
		want_piece(v, AT_TRAILER, 0, CONTAINER_TRAILER_BYTES);
}

static void after_data(struct image_verify *v)
{
	v->payload++;
	v->index = 0;
	want_payload_or_trailer(v);
}

static void after_chunk(struct image_verify *v)
{
	size_t padding = container_padding(payload_of(v)->packed_bytes);

	if (++v->index < v->tables[v->payload].n)
		return;
	if (padding)
		want_piece(v, AT_DATA_PADDING, 0, padding);
	else
		after_data(v);
}

static char *take_content(struct image_verify *v, size_t *ret_n_bytes)
{
	*ret_n_bytes = v->content_bytes;
	v->piece[v->content_bytes] = '\0';
	return (char *)take_ptr(v->piece);
}

static int accept_manifest_header(struct image_verify *v, struct err *err)
{
	uint64_t size_bytes;

	TRY(container_read_header(v->piece, CONTAINER_MANIFEST_NAME, MANIFEST_MAX_BYTES,
				  &size_bytes, err));
	want_content(v, AT_MANIFEST, size_bytes);
	return 0;
}

static int accept_manifest(struct image_verify *v, struct err *err)
{
	(void)err;
	v->manifest_text = take_content(v, &v->manifest_bytes);
	want_piece(v, AT_SIGS_HEADER, CONTAINER_BLOCK_BYTES, CONTAINER_BLOCK_BYTES);
	return 0;
}

static int accept_sigs_header(struct image_verify *v, struct err *err)
{
	uint64_t size_bytes;

	TRY(container_read_header(v->piece, CONTAINER_SIGS_NAME, SIGNATURES_MAX_BYTES, &size_bytes,
				  err));
	want_content(v, AT_SIGS, size_bytes);
	return 0;
}

/* The gate: nothing of the manifest was looked at before this. */
static int accept_sigs(struct image_verify *v, struct err *err)
{
	autofree struct signatures *sigs = xcalloc(1, sizeof(*sigs));

	v->sigs_text = take_content(v, &v->sigs_bytes);
	TRY(signatures_parse(v->sigs_text, v->sigs_bytes, sigs, err));
	TRY(trust_root_open_manifest(v->root, sigs, v->manifest_text, v->manifest_bytes,
				     &v->manifest, err));
	TRY(image_policy_check(&v->policy, v->root, v->manifest, err));
	want_payload_or_trailer(v);
	return 0;
}

static int accept_table_header(struct image_verify *v, struct err *err)
{
	char name[96];

	member_name(v, name, sizeof(name));
	TRY(container_check_header(v->piece, v->piece_bytes, name, payload_of(v)->table_bytes,
				   err));
	want_content(v, AT_TABLE, payload_of(v)->table_bytes);
	return 0;
}

static int accept_table(struct image_verify *v, struct err *err)
{
	const struct manifest_payload *p = payload_of(v);

	TRY(chunk_table_check(p, v->piece, v->content_bytes, &v->tables[v->payload], err));
	v->table_records[v->payload] = take_ptr(v->piece);
	want_header(v, AT_DATA_HEADER, p->packed_bytes);
	return 0;
}

static int accept_data_header(struct image_verify *v, struct err *err)
{
	const struct manifest_payload *p = payload_of(v);

	TRY(container_check_header(v->piece, v->piece_bytes, p->name, p->packed_bytes, err));
	v->piece_bytes = v->n_gathered = 0;
	v->place = AT_DATA;
	return 0;
}

static int accept_data_padding(struct image_verify *v, struct err *err)
{
	(void)err;
	after_data(v);
	return 0;
}

static int accept_trailer(struct image_verify *v, struct err *err)
{
	(void)err;
	v->place = AT_END;
	return 0;
}

static int (*const accept_piece[])(struct image_verify *, struct err *) = {
	[AT_MANIFEST_HEADER] = accept_manifest_header,
	[AT_MANIFEST] = accept_manifest,
	[AT_SIGS_HEADER] = accept_sigs_header,
	[AT_SIGS] = accept_sigs,
	[AT_TABLE_HEADER] = accept_table_header,
	[AT_TABLE] = accept_table,
	[AT_DATA_HEADER] = accept_data_header,
	[AT_DATA_PADDING] = accept_data_padding,
	[AT_TRAILER] = accept_trailer,
};

static int check_padding(const struct image_verify *v, struct err *err)
{
	for (size_t i = v->content_bytes; i < v->piece_bytes; i++) {
		if (!v->piece[i])
			continue;
		return err_set(
			err, v->place == AT_TRAILER ? ERR_IMAGE_TRAILING : ERR_IMAGE_MEMBER_HEADER,
			"bytes that must be zero are not");
	}
	return 0;
}

static int give_part(struct image_verify *v, const void *p, size_t n_bytes, struct err *err)
{
	memcpy(v->piece + v->n_gathered, p, n_bytes);
	v->n_gathered += n_bytes;
	if (v->n_gathered < v->piece_bytes)
		return 0;
	TRY(check_padding(v, err));
	return accept_piece[v->place](v, err);
}

static int give_chunk(struct image_verify *v, const struct chunk *c, const void *p, size_t n_bytes,
		      struct err *err)
{
	TRY(chunk_check_packed(c, p, n_bytes, err));
	after_chunk(v);
	return 0;
}

int image_verify_give(struct image_verify *v, const void *p, size_t n_bytes, struct err *err)
{
	struct image_step step;
	struct image_verify before = *v; /* for the blame: the place moves on success only */
	int status;

	image_verify_next(v, &step);
	BUG_ON(step.want > IMAGE_WANT_CHUNK || n_bytes != step.n_bytes);
	if (step.want == IMAGE_WANT_CHUNK)
		status = give_chunk(v, &step.chunk, p, n_bytes, err);
	else
		status = give_part(v, p, n_bytes, err);
	if (status < 0) {
		before.manifest = v->manifest;
		IGNORE_RESULT(image_verify_blame(&before, err));
		v->place = AT_FAILED;
		return status;
	}
	v->offset += n_bytes;
	return 0;
}

void image_verify_taken(struct image_verify *v)
{
	struct image_step step;

	image_verify_next(v, &step);
	BUG_ON(step.want != IMAGE_WANT_CHUNK);
	after_chunk(v);
	v->offset += step.n_bytes;
}

int image_verify_end(struct image_verify *v, size_t n_bytes_read, struct err *err)
{
	BUG_ON(v->place != AT_END);
	if (n_bytes_read) {
		(void)err_set(err, ERR_IMAGE_TRAILING, "there are bytes after the archive's end");
		IGNORE_RESULT(image_verify_blame(v, err));
		v->place = AT_FAILED;
		return -ERR_IMAGE_TRAILING;
	}
	v->place = AT_DONE;
	return 0;
}

const struct manifest *image_verify_manifest(const struct image_verify *v)
{
	return v->manifest;
}

const char *image_verify_document(const struct image_verify *v, size_t *ret_n_bytes)
{
	*ret_n_bytes = v->manifest_bytes;
	return v->manifest_text;
}

const char *image_verify_signatures(const struct image_verify *v, size_t *ret_n_bytes)
{
	*ret_n_bytes = v->sigs_bytes;
	return v->sigs_text;
}

const struct chunk_table *image_verify_table(const struct image_verify *v, size_t payload)
{
	BUG_ON(payload >= MANIFEST_MAX_PAYLOADS);
	return v->table_records[payload] ? &v->tables[payload] : NULL;
}

uint64_t image_verify_offset(const struct image_verify *v)
{
	return v->offset;
}
