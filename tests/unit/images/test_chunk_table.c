/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunk tables: a valid table of three records with a hole, and rows that change one field of it
 * (M-14); then single chunks and the decoder.
 */
#include <tests/harness/check.h>

#include <zstd.h>

#include <base/str.h>
#include <images/chunk_table.h>

#define KI 1024u

static const struct chunk good[] = {
	{.plain_offset = 0, .packed_offset = 0, .packed_bytes = 100, .plain_bytes = 64 * KI},
	{.plain_offset = 64 * KI, .packed_offset = 100, .packed_bytes = 200, .plain_bytes = 4 * KI},
	{.plain_offset = 192 * KI,
	 .packed_offset = 300,
	 .packed_bytes = 50,
	 .plain_bytes = 64 * KI},
};
static const struct manifest_payload payload = {.name = "p",
						.role = PAYLOAD_ROLE_FS,
						.chunk_bytes = 64 * KI,
						.size_bytes = 256 * KI,
						.packed_bytes = 350,
						.table_bytes = sizeof(good) / sizeof(good[0]) *
							       CHUNK_RECORD_BYTES};

enum field { NONE, PLAIN_AT, PACKED_AT, PACKED, PLAIN, FLAGS, SIZE, PACKED_SUM, ROLE };

static const struct row {
	const char *name;
	size_t record;
	enum field field;
	uint64_t value;
	enum err_code code;
} rows[] = {
	{"unchanged", 0, NONE, 0, ERR_OK},
	{"hole at the end", 0, SIZE, 1024 * KI, ERR_OK},
	{"M-14 overlap", 1, PLAIN_AT, 60 * KI, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 order", 2, PLAIN_AT, 0, ERR_IMAGE_CHUNK_TABLE},
	{"not aligned", 1, PLAIN_AT, 64 * KI + 512, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 plain past the end", 2, PLAIN_AT, 196 * KI, ERR_IMAGE_CHUNK_TABLE},
	{"plain far past the end", 2, PLAIN_AT, UINT64_MAX - 4095, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 plain 0", 1, PLAIN, 0, ERR_IMAGE_CHUNK_TABLE},
	{"plain over the chunk size", 0, PLAIN, 68 * KI, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 last chunk long", 2, PLAIN, 64 * KI + 4, ERR_IMAGE_CHUNK_TABLE},
	{"plain not aligned inside", 1, PLAIN, 4 * KI - 1, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 packed gap", 1, PACKED_AT, 101, ERR_IMAGE_CHUNK_TABLE},
	{"packed overlap", 1, PACKED_AT, 99, ERR_IMAGE_CHUNK_TABLE},
	{"packed 0", 1, PACKED, 0, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 packed past the end", 2, PACKED, 51, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 packed short of the sum", 2, PACKED, 49, ERR_IMAGE_CHUNK_TABLE},
	{"packed 4 GiB - 1", 1, PACKED, UINT32_MAX, ERR_IMAGE_CHUNK_TABLE},
	{"M-14 flags", 1, FLAGS, 1, ERR_IMAGE_CHUNK_TABLE},
	{"sum larger", 0, PACKED_SUM, 351, ERR_IMAGE_CHUNK_TABLE},
	{"sum smaller", 0, PACKED_SUM, 349, ERR_IMAGE_CHUNK_TABLE},
	{"a tar with a hole", 0, ROLE, PAYLOAD_ROLE_ROOTFS, ERR_IMAGE_CHUNK_TABLE},
};

static void set_field(struct chunk *c, struct manifest_payload *p, uint8_t *flags,
		      const struct row *row)
{
	switch (row->field) {
	case NONE:
		break;
	case PLAIN_AT:
		c->plain_offset = row->value;
		break;
	case PACKED_AT:
		c->packed_offset = row->value;
		break;
	case PACKED:
		c->packed_bytes = (uint32_t)row->value;
		break;
	case PLAIN:
		c->plain_bytes = (uint32_t)row->value;
		break;
	case FLAGS:
		*flags = (uint8_t)row->value;
		break;
	case SIZE:
		p->size_bytes = row->value;
		break;
	case PACKED_SUM:
		p->packed_bytes = row->value;
		break;
	case ROLE:
		p->role = (enum payload_role)row->value;
		break;
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t table[sizeof(good) / sizeof(good[0]) * CHUNK_RECORD_BYTES];
		struct manifest_payload p = payload;
		struct chunk_table t;
		struct err err = ERR_INIT;

		for (size_t r = 0; r < ARRAY_LEN(good); r++) {
			struct chunk c = good[r];
			uint8_t flags = 0;

			if (r == rows[i].record)
				set_field(&c, &p, &flags, &rows[i]);
			chunk_encode(&c, table + r * CHUNK_RECORD_BYTES);
			table[r * CHUNK_RECORD_BYTES + 88] = flags;
		}
		sha256_of(table, sizeof(table), p.table_sha256);
		CHECK_ERR(rows[i].name, chunk_table_check(&p, table, sizeof(table), &t, &err),
			  rows[i].code);
	}
}

static void test_the_digest_comes_first(void **state)
{
	uint8_t table[sizeof(good) / sizeof(good[0]) * CHUNK_RECORD_BYTES] = {0};
	struct manifest_payload p = payload;
	struct chunk_table t;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(chunk_table_check(&p, table, sizeof(table), &t, &err), -ERR_IMAGE_DIGEST);
	assert_int_equal(chunk_table_check(&p, table, sizeof(table) - 1, &t, &err),
			 -ERR_IMAGE_CHUNK_TABLE);
	p.table_bytes = CHUNK_RECORD_BYTES + 1;
	assert_int_equal(chunk_table_check(&p, table, CHUNK_RECORD_BYTES + 1, &t, &err),
			 -ERR_IMAGE_CHUNK_TABLE);
}

static void test_records_read_back(void **state)
{
	uint8_t record[CHUNK_RECORD_BYTES];
	struct chunk c = {.plain_offset = 0x1122334455667788,
			  .packed_offset = 9,
			  .packed_bytes = 3,
			  .plain_bytes = 4};
	struct chunk_table t = {.n = 1, .records = record};

	(void)state;
	memset(c.packed_sha256, 0xaa, SHA256_BYTES);
	memset(c.plain_sha256, 0xbb, SHA256_BYTES);
	chunk_encode(&c, record);
	assert_int_equal(record[0], 0x88);
	struct chunk again = chunk_table_at(&t, 0);
	assert_memory_equal(&again, &c, sizeof(c));
}

/* M-14, for a tar that is unpacked: no holes, and to the last byte. */
static void test_tables_of_tars(void **state)
{
	static const struct {
		const char *name;
		uint64_t size_bytes, second_at;
		enum err_code code;
	} tars[] = {
		{"whole", 128 * KI + 7, 64 * KI + 5, ERR_OK},
		{"M-14 a hole in a tar", 128 * KI + 8, 64 * KI + 6, ERR_IMAGE_CHUNK_TABLE},
		{"M-14 a tar that ends early", 128 * KI + 8, 64 * KI + 5, ERR_IMAGE_CHUNK_TABLE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tars); i++) {
		struct manifest_payload p = {.name = "t",
					     .role = PAYLOAD_ROLE_ROOTFS,
					     .chunk_bytes = 128 * KI,
					     .size_bytes = tars[i].size_bytes,
					     .packed_bytes = 20,
					     .table_bytes = 2 * (size_t)CHUNK_RECORD_BYTES};
		struct chunk c[2] = {{.packed_bytes = 10, .plain_bytes = 64 * KI + 5},
				     {.plain_offset = tars[i].second_at,
				      .packed_offset = 10,
				      .packed_bytes = 10,
				      .plain_bytes = 64 * KI + 2}};
		uint8_t table[2 * CHUNK_RECORD_BYTES];
		struct chunk_table t;
		struct err err = ERR_INIT;

		for (size_t r = 0; r < 2; r++)
			chunk_encode(&c[r], table + r * CHUNK_RECORD_BYTES);
		sha256_of(table, sizeof(table), p.table_sha256);
		CHECK_ERR(tars[i].name, chunk_table_check(&p, table, sizeof(table), &t, &err),
			  tars[i].code);
		if (!tars[i].code)
			CHECK_BUG("a record past the end", chunk_table_at(&t, 2).plain_bytes);
	}
}

/* ---- decoding -------------------------------------------------------------------------------- */

struct frame {
	uint8_t packed[8192];
	size_t n_packed;
	struct chunk chunk;
};

static void make_frame(struct frame *f, const void *plain, size_t n)
{
	f->n_packed = ZSTD_compress(f->packed, sizeof(f->packed), plain, n, 3);
	assert_false(ZSTD_isError(f->n_packed));
	f->chunk = (struct chunk){.packed_bytes = (uint32_t)f->n_packed,
				  .plain_bytes = (uint32_t)n};
	sha256_of(f->packed, f->n_packed, f->chunk.packed_sha256);
}

static void test_decoding(void **state)
{
	AUTO(chunk_decoder) struct chunk_decoder *d = chunk_decoder_new();
	uint8_t plain[4096], out[4096 + 64];
	struct frame f;
	struct err err = ERR_INIT;

	(void)state;
	memset(plain, 'x', sizeof(plain));
	make_frame(&f, plain, sizeof(plain));
	assert_int_equal(chunk_check_packed(&f.chunk, f.packed, f.n_packed, &err), 0);
	assert_int_equal(chunk_decode(d, &f.chunk, f.packed, out, &err), 0);
	assert_memory_equal(out, plain, sizeof(plain));

	f.packed[5] ^= 1;
	assert_int_equal(chunk_check_packed(&f.chunk, f.packed, f.n_packed, &err),
			 -ERR_IMAGE_DIGEST);
	f.packed[5] ^= 1;
	assert_int_equal(chunk_check_packed(&f.chunk, f.packed, f.n_packed - 1, &err),
			 -ERR_IMAGE_DIGEST);
}

/* more than was declared never leaves the decoder; nor does less, or a second frame. */
static void test_a_bomb_stops_at_the_declared_size(void **state)
{
	AUTO(chunk_decoder) struct chunk_decoder *d = chunk_decoder_new();
	autofree uint8_t *zeros = xcalloc(1, 4 << 20);
	uint8_t out[4096 + 1];
	struct frame f;
	struct err err = ERR_INIT;

	(void)state;
	make_frame(&f, zeros, 4 << 20);
	f.chunk.plain_bytes = 4096;
	out[4096] = 0x5a;
	assert_int_equal(chunk_decode(d, &f.chunk, f.packed, out, &err), -ERR_IMAGE_CHUNK);
	assert_int_equal(out[4096], 0x5a);

	make_frame(&f, zeros, 100);
	f.chunk.plain_bytes = 4096;
	assert_int_equal(chunk_decode(d, &f.chunk, f.packed, out, &err), -ERR_IMAGE_CHUNK);

	make_frame(&f, zeros, 100);
	memcpy(f.packed + f.n_packed, f.packed, f.n_packed);
	f.chunk.packed_bytes *= 2;
	f.chunk.plain_bytes = 200;
	assert_int_equal(chunk_decode(d, &f.chunk, f.packed, out, &err), -ERR_IMAGE_CHUNK);
}

/* what is not a frame, or half of one, is not tried. */
static void test_what_is_no_frame(void **state)
{
	AUTO(chunk_decoder) struct chunk_decoder *d = chunk_decoder_new();
	uint8_t out[4096] = {0};
	struct frame f;
	struct err err = ERR_INIT;

	(void)state;
	make_frame(&f, out, sizeof(out));
	f.packed[0] ^= 1;
	assert_int_equal(chunk_decode(d, &f.chunk, f.packed, out, &err), -ERR_IMAGE_CHUNK);
	f.packed[0] ^= 1;
	f.chunk.packed_bytes--;
	assert_int_equal(chunk_decode(d, &f.chunk, f.packed, out, &err), -ERR_IMAGE_CHUNK);
	chunk_decoder_free(NULL);
}

/* an archive or a disk of another kind is bytes, and nothing opens what it names. */
static void test_nested_archives_are_only_bytes(void **state)
{
	static const char inner[] = "QFI\xfb a disk image of another kind, /etc/shadow behind it";
	AUTO(chunk_decoder) struct chunk_decoder *d = chunk_decoder_new();
	char out[sizeof(inner)];
	struct frame f;
	struct err err = ERR_INIT;

	(void)state;
	make_frame(&f, inner, sizeof(inner));
	assert_int_equal(chunk_decode(d, &f.chunk, f.packed, out, &err), 0);
	assert_memory_equal(out, inner, sizeof(inner));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_the_digest_comes_first),
		cmocka_unit_test(test_records_read_back),
		cmocka_unit_test(test_tables_of_tars),
		cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_a_bomb_stops_at_the_declared_size),
		cmocka_unit_test(test_what_is_no_frame),
		cmocka_unit_test(test_nested_archives_are_only_bytes),
	};

	return cmocka_run_group_tests_name("images/chunk_table", tests, NULL, NULL);
}
