/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunk tables: the check of every record against the manifest, and single records; see
 * images/chunk_table.h. Nothing of a table is used before its own digest was compared.
 */
#include <images/chunk_table.h>

#include <inttypes.h>
#include <string.h>

#include <base/bytes.h>
#include <base/json.h>

static struct chunk decode_record(const uint8_t *record)
{
	struct cur c = cur_of(record, CHUNK_RECORD_BYTES);
	struct chunk ret;

	ret.plain_offset = cur_le64(&c);
	ret.packed_offset = cur_le64(&c);
	ret.packed_bytes = cur_le32(&c);
	ret.plain_bytes = cur_le32(&c);
	memcpy(ret.packed_sha256, cur_bytes(&c, SHA256_BYTES), SHA256_BYTES);
	memcpy(ret.plain_sha256, cur_bytes(&c, SHA256_BYTES), SHA256_BYTES);
	return ret;
}

struct chunk chunk_table_at(const struct chunk_table *t, size_t i)
{
	BUG_ON(i >= t->n);
	return decode_record(t->records + i * CHUNK_RECORD_BYTES);
}

void chunk_encode(const struct chunk *c, uint8_t ret[static CHUNK_RECORD_BYTES])
{
	memset(ret, 0, CHUNK_RECORD_BYTES);
	put_le64(ret, c->plain_offset);
	put_le64(ret + 8, c->packed_offset);
	put_le32(ret + 16, c->packed_bytes);
	put_le32(ret + 20, c->plain_bytes);
	memcpy(ret + 24, c->packed_sha256, SHA256_BYTES);
	memcpy(ret + 56, c->plain_sha256, SHA256_BYTES);
}

/* What the records before this one have used up. */
struct sums {
	uint64_t plain_end_bytes;
	uint64_t packed_end_bytes;
};

static const char *record_fault(const struct manifest_payload *p, const struct chunk *c,
				const uint8_t *record, const struct sums *before)
{
	static const uint8_t zero[8];
	uint64_t limit_bytes = (uint64_t)p->chunk_bytes + CHUNK_PACKED_SLACK_BYTES;

	if (memcmp(record + 88, zero, sizeof(zero)))
		return "flags that are not zero";
	if (!c->plain_bytes || c->plain_bytes > p->chunk_bytes)
		return "a plain size outside its bounds";
	if (!c->packed_bytes || c->packed_bytes > limit_bytes)
		return "a packed size outside its bounds";
	if (c->packed_offset != before->packed_end_bytes)
		return "a packed offset that is not the end of the one before";
	if (c->packed_bytes > p->packed_bytes - before->packed_end_bytes)
		return "packed bytes past the end of the payload";
	if (c->plain_offset < before->plain_end_bytes)
		return "plain bytes that overlap the one before";
	if (c->plain_offset >= p->size_bytes || c->plain_bytes > p->size_bytes - c->plain_offset)
		return "plain bytes past the end of the payload";
	return NULL;
}

/* Blocks go to aligned places; a tar goes out in one piece. */
static const char *role_fault(const struct manifest_payload *p, const struct chunk *c,
			      const struct sums *before)
{
	bool is_end = c->plain_offset + c->plain_bytes == p->size_bytes;

	if (p->role == PAYLOAD_ROLE_ROOTFS)
		return c->plain_offset == before->plain_end_bytes ? NULL : "a hole in a tar";
	if (c->plain_offset % CHUNK_ALIGN_BYTES || (!is_end && c->plain_bytes % CHUNK_ALIGN_BYTES))
		return "plain bytes that are not aligned";
	return NULL;
}

static int check_sums(const struct manifest_payload *p, const struct sums *sums, struct err *err)
{
	if (sums->packed_end_bytes != p->packed_bytes)
		return err_set(err, ERR_IMAGE_CHUNK_TABLE,
			       "records add up to %" PRIu64
			       " packed bytes, the manifest says %" PRIu64,
			       sums->packed_end_bytes, p->packed_bytes);
	if (p->role == PAYLOAD_ROLE_ROOTFS && sums->plain_end_bytes != p->size_bytes)
		return err_set(err, ERR_IMAGE_CHUNK_TABLE,
			       "records add up to %" PRIu64
			       " plain bytes, the manifest says %" PRIu64,
			       sums->plain_end_bytes, p->size_bytes);
	return 0;
}

static int check_records(const struct manifest_payload *p, const struct chunk_table *t,
			 struct err *err)
{
	struct sums sums = {0};

	for (size_t i = 0; i < t->n; i++) {
		const uint8_t *record = t->records + i * CHUNK_RECORD_BYTES;
		struct chunk c = decode_record(record);
		const char *fault = record_fault(p, &c, record, &sums);

		if (!fault)
			fault = role_fault(p, &c, &sums);
		if (fault)
			return err_set(err, ERR_IMAGE_CHUNK_TABLE, "record %zu has %s", i, fault);
		sums.plain_end_bytes = c.plain_offset + c.plain_bytes;
		sums.packed_end_bytes = c.packed_offset + c.packed_bytes;
	}
	return check_sums(p, &sums, err);
}

int chunk_table_check(const struct manifest_payload *payload, const void *p, size_t n_bytes,
		      struct chunk_table *ret, struct err *err)
{
	struct chunk_table t = {.n = n_bytes / CHUNK_RECORD_BYTES, .records = p};
	uint8_t digest[SHA256_BYTES];

	if (n_bytes != payload->table_bytes || n_bytes % CHUNK_RECORD_BYTES)
		return err_set(err, ERR_IMAGE_CHUNK_TABLE, "table has %zu bytes", n_bytes);
	sha256_of(p, n_bytes, digest);
	if (!digest_eq(digest, payload->table_sha256, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_DIGEST, "the table's digest is not the signed one");
	TRY(check_records(payload, &t, err));
	*ret = t;
	return 0;
}

int chunk_check_packed(const struct chunk *c, const void *p, size_t n_bytes, struct err *err)
{
	uint8_t digest[SHA256_BYTES];

	if (n_bytes != c->packed_bytes)
		return err_set(err, ERR_IMAGE_DIGEST, "chunk has %zu bytes instead of %" PRIu32,
			       n_bytes, c->packed_bytes);
	sha256_of(p, n_bytes, digest);
	if (!digest_eq(digest, c->packed_sha256, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_DIGEST, "chunk's digest is not the signed one");
	return 0;
}
