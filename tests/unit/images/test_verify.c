/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier of archives: rows A of the fault list as changes of a small valid archive, every
 * prefix, a flip of every byte, and random mutations. None may be accepted, none may crash.
 */
#include "crafted.h"

#include <base/limits.h>
#include <base/str.h>
#include <images/container.h>

#define MUTATIONS 20000

static void test_the_valid_one(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint8_t digest[SHA256_BYTES] = {0};
	struct image_policy policy = {.arch = "x86_64",
				      .firmware = IMAGE_FIRMWARE_UEFI,
				      .disk_bytes = 16384,
				      .min_seq = 7,
				      .now_s = 1500000000,
				      .line = "debian12"};

	assert_int_equal(fixture_verify(f->archive, f->n_archive, f->root, NULL, &err), 0);
	assert_int_equal(fixture_verify(f->archive, f->n_archive, f->root, &policy, &err), 0);
	AUTO(manifest) struct manifest *m = NULL;
	assert_int_equal(manifest_parse(f->archive + 512, strlen(f->archive + 512), &m, &err), 0);
	policy.digest = m->digest;
	assert_int_equal(fixture_verify(f->archive, f->n_archive, f->root, &policy, &err), 0);
	policy.digest = digest;
	assert_int_equal(fixture_verify(f->archive, f->n_archive, f->root, &policy, &err),
			 -ERR_IMAGE_OTHER);
}

static void test_policy(void **state)
{
	static const struct {
		const char *name;
		struct image_policy policy;
		enum err_code code;
	} rows[] = {
		{"M-06 other arch", {.arch = "aarch64"}, ERR_IMAGE_ARCH},
		{"M-07 disk too small", {.disk_bytes = 16383}, ERR_IMAGE_DISK_SIZE},
		{"M-08 older", {.min_seq = 8}, ERR_IMAGE_ROLLBACK},
		{"M-08 older, allowed once", {.min_seq = 8, .rollback_reason = "x"}, ERR_OK},
		{"M-08 older, with a reason that says nothing",
		 {.min_seq = 8, .rollback_reason = ""},
		 ERR_IMAGE_ROLLBACK},
		{"root expired", {.now_s = 2000000001}, ERR_IMAGE_ROOT_EXPIRED},
		{"other line", {.line = "debian13"}, ERR_IMAGE_OTHER},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name,
			  fixture_verify(f->archive, f->n_archive, f->root, &rows[i].policy, &err),
			  rows[i].code);
	}
}

/* M-08: what the holders of the root keys have put an end to, no operator brings back. */
static void test_floors_hold(void **state)
{
	static const struct {
		const char *name;
		uint64_t floor;
		bool allow;
		enum err_code code;
	} rows[] = {
		{"at the floor", 7, false, ERR_OK},
		{"M-08 below the floor", 8, false, ERR_IMAGE_ROLLBACK},
		{"M-08 below the floor, with a permission", 8, true, ERR_IMAGE_ROLLBACK},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct trust_root *r = trust_root_copy(f->root);
		struct image_policy policy = {.min_seq = 9,
					      .rollback_reason = rows[i].allow ? "x" : NULL};
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name, trust_root_set_floor(r, "debian12", rows[i].floor, &err),
			  ERR_OK);
		CHECK_ERR(rows[i].name, trust_root_seal(&r, &err), ERR_OK);
		CHECK_ERR(rows[i].name,
			  fixture_verify(f->archive, f->n_archive, r,
					 rows[i].allow ? &policy : NULL, &err),
			  rows[i].code);
		trust_root_free(r);
	}
}

/* M-06: an image that boots nowhere fits no firmware. */
static void test_firmware(void **state)
{
	struct fixture *f = *state;
	struct manifest m = {.firmware = IMAGE_FIRMWARE_UEFI, .seq = 1};
	struct image_policy p = {.firmware = IMAGE_FIRMWARE_BIOS};
	struct err err = ERR_INIT;

	assert_int_equal(image_policy_check(&p, f->root, &m, &err), -ERR_IMAGE_FIRMWARE);
	p.firmware = IMAGE_FIRMWARE_UEFI;
	assert_int_equal(image_policy_check(&p, f->root, &m, &err), 0);
	assert_int_equal(image_policy_check(NULL, f->root, &m, &err), 0);
	m.firmware = 0;
	assert_int_equal(image_policy_check(&p, f->root, &m, &err), -ERR_IMAGE_FIRMWARE);
}

/* ---- members --------------------------------------------------------------------------------- */

/* Offset of the header of a member by its name. */
static size_t member_at(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i + 512 <= f->n_archive; i += 512)
		if (!strcmp(f->archive + i, name) && !memcmp(f->archive + i + 257, "ustar", 5))
			return i;
	fail_msg("no member '%s'", name);
	return 0;
}

/* Make a header's sum right again, so that only the change itself is wrong. */
static void fix_sum(char *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
}

static void test_members(void **state)
{
	static const struct {
		const char *name, *member;
		size_t at;
		const char *bytes;
		size_t n;
		enum err_code code;
	} rows[] = {
		{"A-01 a path that goes up", "disk.img", 0, "../../etc/cron.d/x", 19,
		 ERR_IMAGE_MEMBER_NAME},
		{"A-02 an absolute path", "disk.img", 0, "/etc/passwd", 12, ERR_IMAGE_MEMBER_NAME},
		{"A-03 a symbolic link", "disk.img", 156, "2", 1, ERR_IMAGE_MEMBER_TYPE},
		{"A-03 in place of the manifest", "manifest.json", 156, "2", 1,
		 ERR_IMAGE_MEMBER_TYPE},
		{"A-04 a hard link", "disk.img", 156, "1", 1, ERR_IMAGE_MEMBER_TYPE},
		{"A-05 a character device", "disk.img", 156, "3", 1, ERR_IMAGE_MEMBER_TYPE},
		{"A-05 a block device", "disk.img", 156, "4", 1, ERR_IMAGE_MEMBER_TYPE},
		{"A-05 a folder", "disk.img", 156, "5", 1, ERR_IMAGE_MEMBER_TYPE},
		{"A-05 a fifo", "disk.img.chunks", 156, "6", 1, ERR_IMAGE_MEMBER_TYPE},
		{"A-06 set-uid", "disk.img", 100, "0004755", 8, ERR_IMAGE_MEMBER_HEADER},
		{"A-06 an owner", "disk.img", 108, "0001750", 8, ERR_IMAGE_MEMBER_HEADER},
		{"A-06 a user name", "disk.img", 265, "root", 4, ERR_IMAGE_MEMBER_HEADER},
		{"A-08 a long name by pax", "disk.img", 156, "x", 1, ERR_IMAGE_MEMBER_TYPE},
		{"A-08 a name with a newline", "disk.img", 4, "\n", 1, ERR_IMAGE_MEMBER_NAME},
		{"A-08 a name that is not UTF-8", "disk.img", 4, "\xff", 1, ERR_IMAGE_MEMBER_NAME},
		{"A-08 bytes after the name", "disk.img", 20, "x", 1, ERR_IMAGE_MEMBER_NAME},
		{"A-09 another size", "disk.img", 124, "00000000001", 12, ERR_IMAGE_MEMBER_SIZE},
		{"A-09 base-256", "disk.img", 124, "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12,
		 ERR_IMAGE_MEMBER_SIZE},
		{"A-09 manifest of base-256", "manifest.json", 124,
		 "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, ERR_IMAGE_MEMBER_SIZE},
		{"A-09 manifest of 2 MiB", "manifest.json", 124, "00010000000", 12,
		 ERR_IMAGE_MEMBER_SIZE},
		{"A-09 manifest of nothing", "manifest.json", 124, "00000000000", 12,
		 ERR_IMAGE_MEMBER_SIZE},
		{"A-09 signatures of 1 MiB", "manifest.sigs", 124, "00004000000", 12,
		 ERR_IMAGE_MEMBER_SIZE},
		{"A-14 no archive", "manifest.json", 257, "nothing", 7, ERR_IMAGE_NOT_ARCHIVE},
		{"A-16 out of order", "manifest.sigs", 0, "manifest.json", 14,
		 ERR_IMAGE_MEMBER_NAME},
		{"A-16 table and data change places", "disk.img.chunks", 0,
		 "disk.img\0\0\0\0\0\0\0", 15, ERR_IMAGE_MEMBER_NAME},
		{"a link name", "disk.img", 157, "x", 1, ERR_IMAGE_MEMBER_HEADER},
		{"a time", "disk.img", 136, "00000000001", 12, ERR_IMAGE_MEMBER_HEADER},
		{"a prefix", "disk.img", 345, "usr", 3, ERR_IMAGE_MEMBER_HEADER},
		{"bytes in the header's end", "disk.img", 511, "x", 1, ERR_IMAGE_MEMBER_HEADER},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *copy = xmalloc(f->n_archive);
		size_t at = member_at(f, rows[i].member);
		struct err err = ERR_INIT;

		memcpy(copy, f->archive, f->n_archive);
		memcpy(copy + at + rows[i].at, rows[i].bytes, rows[i].n);
		fix_sum(copy + at);
		CHECK_ERR(rows[i].name, fixture_verify(copy, f->n_archive, f->root, NULL, &err),
			  rows[i].code);
		CHECK(rows[i].name, strstr(err.msg, "offset"));
	}
}

/* other kinds of files are recognised by their first block and never parsed. */
static void test_other_kinds_of_files(void **state)
{
	static const struct {
		const char *name, *magic;
		size_t n;
	} rows[] = {
		{"gzip", "\x1f\x8b\x08", 3},
		{"zip", "PK\x03\x04", 4},
		{"7z", "7z\xbc\xaf\x27\x1c", 6},
		{"rar", "Rar!\x1a\x07", 6},
		{"cpio", "070701", 6},
		{"zstd", "\x28\xb5\x2f\xfd", 4},
		{"qcow2", "QFI\xfb", 4},
		{"xz",
		 "\xfd"
		 "7zXZ",
		 5},
		{"zeros", "", 0},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char file[4096] = {0};
		struct err err = ERR_INIT;

		memcpy(file, rows[i].magic, rows[i].n);
		CHECK_ERR(rows[i].name, fixture_verify(file, sizeof(file), f->root, NULL, &err),
			  ERR_IMAGE_NOT_ARCHIVE);
	}
}

/* thousands of further members are refused at the first, and none of them is kept. */
static void test_too_many_members(void **state)
{
	enum { MANY = 4097 };
	struct fixture *f = *state;
	size_t end = f->n_archive - CONTAINER_TRAILER_BYTES;
	size_t n = end + MANY * CONTAINER_BLOCK_BYTES;
	autofree char *copy = xcalloc(1, n), *offset = xasprintf("offset %zu", end);
	struct err err = ERR_INIT;

	memcpy(copy, f->archive, end);
	for (size_t i = 0; i < MANY; i++)
		(void)container_header("more", 0,
				       (uint8_t *)copy + end + i * CONTAINER_BLOCK_BYTES);
	CHECK_ERR("A-07 4,097 members more", fixture_verify(copy, n, f->root, NULL, &err),
		  ERR_IMAGE_TRAILING);
	CHECK("A-07 at the first", strstr(err.msg, offset));
}

/* further members and anything after the end. */
static void test_what_follows(void **state)
{
	struct fixture *f = *state;
	size_t n = f->n_archive, end = n - CONTAINER_TRAILER_BYTES;
	autofree char *copy = xcalloc(1, n + 4096);
	struct err err = ERR_INIT;

	memcpy(copy, f->archive, n);
	assert_int_equal(fixture_verify(copy, n + 1, f->root, NULL, &err), -ERR_IMAGE_TRAILING);
	assert_int_equal(fixture_verify(copy, n + 512, f->root, NULL, &err), -ERR_IMAGE_TRAILING);
	container_header("extra", 0, (uint8_t *)copy + end);
	assert_int_equal(fixture_verify(copy, n + 512, f->root, NULL, &err), -ERR_IMAGE_TRAILING);
}

static void test_every_prefix(void **state)
{
	struct fixture *f = *state;

	for (size_t n = 0; n < f->n_archive; n++) {
		struct err err = ERR_INIT;

		if (fixture_verify(f->archive, n, f->root, NULL, &err) != -ERR_IMAGE_TRUNCATED)
			fail_msg("prefix of %zu bytes: %s", n, err_name(err.code));
	}
}

/* M-11, and more: one bit of every byte. */
static void test_every_byte(void **state)
{
	struct fixture *f = *state;
	autofree char *copy = xmalloc(f->n_archive);

	memcpy(copy, f->archive, f->n_archive);
	for (size_t i = 0; i < f->n_archive; i++) {
		copy[i] ^= (char)(1 << i % 8);
		if (!fixture_verify(copy, f->n_archive, f->root, NULL, NULL))
			fail_msg("byte %zu can be changed", i);
		copy[i] ^= (char)(1 << i % 8);
	}
}

/* xorshift: the same mutations every time. */
static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static size_t mutate(char *p, size_t n, uint64_t *x)
{
	size_t at = next_random(x) % n, len = next_random(x) % 64 + 1, to;

	if (len > n - at)
		len = n - at;
	switch (next_random(x) % 5) {
	case 0:
		p[at] = (char)(p[at] + 1 + (char)(next_random(x) % 255));
		return n;
	case 1: /* overwrite a run */
		for (size_t i = 0; i < len; i++)
			p[at + i] = (char)(p[at + i] ^ (char)(next_random(x) | 1));
		return n;
	case 2: /* cut */
		return at;
	case 3: /* take a run out */
		memmove(p + at, p + at + len, n - at - len);
		return n - len;
	default: /* copy a run elsewhere */
		to = next_random(x) % (n - len + 1);
		memmove(p + to, p + at, len);
		return n;
	}
}

static void test_random_mutations(void **state)
{
	struct fixture *f = *state;
	autofree char *copy = xmalloc(f->n_archive);
	uint64_t x = 88172645463325252u;
	unsigned n_same = 0;

	for (unsigned i = 0; i < MUTATIONS; i++) {
		size_t n = f->n_archive;

		memcpy(copy, f->archive, n);
		for (uint64_t k = next_random(&x) % 3 + 1; k && n; k--)
			n = mutate(copy, n, &x);
		if (n == f->n_archive && !memcmp(copy, f->archive, n)) {
			n_same++; /* a run of zeros copied onto zeros */
			continue;
		}
		if (!fixture_verify(copy, n, f->root, NULL, NULL))
			fail_msg("mutation %u was accepted", i);
	}
	assert_in_range(n_same, 0, MUTATIONS / 4);
}

/* M-12: payload of one image, manifest of another. */
static void test_mixed_archives(void **state)
{
	struct fixture *f = *state;
	size_t n;
	autofree char *other = fixture_archive(f, fixture_path(f, "o.slip"), 16384, "debian12", 8,
					       &n);
	size_t at = member_at(f, "disk.img.chunks");
	struct err err = ERR_INIT;

	assert_int_equal(n, f->n_archive);
	memcpy(other + at, f->archive + at, 512 + 512 + 512); /* same payload: still good */
	assert_int_equal(fixture_verify(other, n, f->root, NULL, &err), 0);
	memcpy(other, f->archive, 512 + 1024); /* the other's manifest under this one's signature */
	assert_int_not_equal(fixture_verify(other, n, f->root, NULL, &err), 0);
}

/* ---- archives that nobody builds ------------------------------------------------------------- */

/* Give the machine what it wants from p until it wants something else than bytes. */
static int give_until(struct image_verify *v, const char *p, size_t n, size_t *at,
		      enum image_want wanted, struct err *err)
{
	for (;;) {
		struct image_step step;

		image_verify_next(v, &step);
		if (step.want == wanted)
			return 0;
		assert_true(*at + step.n_bytes <= n);
		TRY(image_verify_give(v, p + *at, step.n_bytes, err));
		*at += step.n_bytes;
	}
}

/* a member of more than 8 GiB has a header of three blocks, and a table of many parts.
 */
static void test_a_member_of_9_gib(void **state)
{
	enum { N = 2304, BLOCK = 4 << 20 };
	struct fixture *f = *state;
	autofree struct chunk *chunks = xcalloc(N, sizeof(*chunks));
	struct crafted_payload p = {.chunk_bytes = BLOCK, .n_chunks = N, .chunks = chunks};
	struct err err = ERR_INIT;
	autofree char *archive = NULL;
	size_t n, at = 0;

	for (size_t i = 0; i < N; i++)
		chunks[i].packed_bytes = chunks[i].plain_bytes = BLOCK;
	p.packed = "";
	archive = crafted_archive(f, &p, 1, &n);
	AUTO(image_verify) struct image_verify *v = image_verify_new(f->root, NULL);
	assert_null(image_verify_table(v, 0));
	CHECK_BUG("a table past the last", image_verify_table(v, MANIFEST_MAX_PAYLOADS) != NULL);
	assert_int_equal(give_until(v, archive, n, &at, IMAGE_WANT_CHUNK, &err), 0);
	assert_int_equal(at, n - CONTAINER_TRAILER_BYTES);
	assert_int_equal(image_verify_offset(v), at);
	assert_int_equal(image_verify_table(v, 0)->n, N);

	/* The size in the extended header is not the manifest's. */
	archive[at - 2 * CONTAINER_BLOCK_BYTES + 9] ^= 1;
	image_verify_free(v);
	v = image_verify_new(f->root, NULL);
	at = 0;
	CHECK_ERR("A-09 pax size is not the manifest's",
		  give_until(v, archive, n, &at, IMAGE_WANT_CHUNK, &err), ERR_IMAGE_MEMBER_SIZE);
	assert_non_null(strstr(err.msg, "member 'part0', offset "));
}

/* A member that fills its last block has no padding after it. */
static void test_a_member_of_whole_blocks(void **state)
{
	struct fixture *f = *state;
	char packed[1024], plain[4096] = {0};
	struct chunk chunks[2];
	struct crafted_payload p = {.chunk_bytes = CHUNK_MIN_BYTES,
				    .n_chunks = 2,
				    .chunks = chunks,
				    .packed = packed,
				    .n_packed = sizeof(packed)};
	autofree char *archive = NULL;
	struct err err = ERR_INIT;
	size_t n;

	memset(packed, 'x', sizeof(packed));
	chunks[0] = crafted_chunk(packed, 500, plain, sizeof(plain));
	chunks[1] = crafted_chunk(packed + 500, 524, plain, sizeof(plain));
	archive = crafted_archive(f, &p, 1, &n);
	assert_int_equal(fixture_verify(archive, n, f->root, NULL, &err), 0);
	assert_int_equal(fixture_verify(archive, n - 1, f->root, NULL, &err), -ERR_IMAGE_TRUNCATED);
}

/* The order of calls is the caller's duty; a mistake stops the process instead of being believed.
 */
static void test_calls_out_of_order(void **state)
{
	struct fixture *f = *state;
	AUTO(image_verify) struct image_verify *v = image_verify_new(f->root, NULL);
	AUTO(image_verify) struct image_verify *failed = image_verify_new(f->root, NULL);
	struct image_step step;
	char bad[CONTAINER_BLOCK_BYTES] = {0};
	size_t at = 0;
	struct err err = ERR_INIT;

	image_verify_free(NULL);
	CHECK_BUG("fewer bytes than asked for", image_verify_give(v, f->archive, 100, &err));
	CHECK_BUG("a chunk before its time", (image_verify_taken(v), 0));
	CHECK_BUG("the end before its time", image_verify_end(v, 0, &err));
	assert_int_equal(give_until(v, f->archive, f->n_archive, &at, IMAGE_WANT_END, &err), 0);
	CHECK_BUG("bytes at the end", image_verify_give(v, bad, 0, &err));
	assert_int_equal(image_verify_end(v, 0, &err), 0);

	assert_int_equal(image_verify_give(failed, bad, sizeof(bad), &err), -ERR_IMAGE_NOT_ARCHIVE);
	CHECK_BUG("on after a failure", (image_verify_next(failed, &step), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_valid_one),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_floors_hold),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_other_kinds_of_files),
		cmocka_unit_test(test_too_many_members),
		cmocka_unit_test(test_what_follows),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_random_mutations),
		cmocka_unit_test(test_mixed_archives),
		cmocka_unit_test(test_a_member_of_9_gib),
		cmocka_unit_test(test_a_member_of_whole_blocks),
		cmocka_unit_test(test_calls_out_of_order),
	};

	return cmocka_run_group_tests_name("images/verify", tests, fixture_setup, fixture_teardown);
}
