/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: what arrives on the target, what is left after every kind of failure, and servers
 * that misbehave. Targets are files; "no unverified byte" means that every byte of a failed target
 * is what it was before, zero, or what the image has at that place.
 */
#include "fixture.h"
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <images/install.h>
#include <images/object_store.h>

#include "odd_server.h"

#define DISK_BYTES   (6u << 20)
#define TARGET_BYTES (8u << 20)

struct bench {
	struct fixture *f;
	char *path;    /* archive */
	char *archive; /* its bytes */
	size_t n_archive;
	char *disk; /* the plain disk */
	char *target;
};

static struct bench bench_of(void **state)
{
	struct bench b = {.f = *state};
	struct err err = ERR_INIT;
	size_t n;

	b.path = xasprintf("%s/install.slip", b.f->dir);
	b.archive = fixture_archive(b.f, b.path, DISK_BYTES, "debian12", 3, &b.n_archive);
	b.target = xasprintf("%s/target", b.f->dir);
	autofree char *disk = xasprintf("%s.disk", b.path);
	assert_int_equal(file_read(disk, DISK_BYTES, &b.disk, &n, &err), 0);
	return b;
}

static void bench_done(struct bench *b)
{
	free(b->path);
	free(b->archive);
	free(b->disk);
	free(b->target);
}

/* A disk with somebody else's data on it. */
static void soil_target(const struct bench *b)
{
	autofree char *p = xmalloc(TARGET_BYTES);
	struct err err = ERR_INIT;

	memset(p, 0xa5, TARGET_BYTES);
	assert_int_equal(file_write_atomic(b->target, p, TARGET_BYTES, 0600, &err), 0);
}

static struct image_install_request request_of(const struct bench *b)
{
	return (struct image_install_request){.root = b->f->root,
					      .archive_path = b->path,
					      .target_fd = -1,
					      .target_path = b->target,
					      .read_back = true};
}

static void check_disk(const struct bench *b, const char *row)
{
	autofree char *p = NULL;
	size_t n;

	CHECK_ERR(row, file_read(b->target, TARGET_BYTES, &p, &n, NULL), ERR_OK);
	CHECK_INT(row, n, TARGET_BYTES);
	CHECK(row, !memcmp(p, b->disk, DISK_BYTES));
}

/* After a failure: nothing that was not verified, and both ends empty if anything was touched. */
static void check_failed_disk(const struct bench *b, const char *row, bool touched)
{
	autofree char *p = NULL;
	size_t n;

	CHECK_ERR(row, file_read(b->target, TARGET_BYTES, &p, &n, NULL), ERR_OK);
	for (size_t i = 0; i < n; i++)
		if (p[i] && (unsigned char)p[i] != 0xa5 && (i >= DISK_BYTES || p[i] != b->disk[i]))
			fail_msg("row '%s': byte %zu was never verified", row, i);
	for (size_t i = 0; touched && i < 512; i++) {
		CHECK(row, !p[i]);
		CHECK(row, !p[n - 1 - i]);
	}
	CHECK(row, touched || (unsigned char)p[0] == 0xa5);
}

/* Refused before the disk was touched: every byte is as it was. */
static void check_untouched(const struct bench *b, const char *row)
{
	autofree char *p = NULL;
	size_t n;

	CHECK_ERR(row, file_read(b->target, TARGET_BYTES, &p, &n, NULL), ERR_OK);
	CHECK_INT(row, n, TARGET_BYTES);
	CHECK(row, (unsigned char)p[0] == 0xa5 && !memcmp(p, p + 1, n - 1));
}

/* M-08: an older image, once, for a reason that the receipt keeps. */
static void test_rollback_leaves_a_trace(void **state)
{
	static const struct {
		const char *name, *reason;
		uint64_t min_seq; /* the image has 3 */
		enum err_code code;
		const char *kept; /* in the receipt, or NULL */
	} rows[] = {
		{"older", NULL, 8, ERR_IMAGE_ROLLBACK, NULL},
		{"older, and why", "8 does not boot", 8, ERR_OK,
		 "\"rollback\":{\"min_seq\":8,\"reason\":\"8 does not boot\"}"},
		{"older again: the permission was for once", NULL, 8, ERR_IMAGE_ROLLBACK, NULL},
		{"a reason that was not needed", "to be safe", 3, ERR_OK, NULL},
	};
	struct bench b = bench_of(state);
	autofree char *long_reason = xcalloc(1, IMAGE_REASON_BYTES + 1);
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_install_request r = request_of(&b);
		autofree char *json = NULL;

		soil_target(&b);
		r.policy.min_seq = rows[i].min_seq;
		r.policy.rollback_reason = rows[i].reason;
		CHECK_ERR(rows[i].name, image_install(&r, &receipt, &err), rows[i].code);
		if (rows[i].code)
			continue;
		json = image_receipt_json(&receipt);
		CHECK(rows[i].name, rows[i].kept ? strstr(json, rows[i].kept) != NULL
						 : strstr(json, "rollback") == NULL);
	}
	struct image_install_request r = request_of(&b);
	soil_target(&b);
	memset(long_reason, 'x', IMAGE_REASON_BYTES);
	r.policy.min_seq = 8;
	r.policy.rollback_reason = long_reason; /* would not fit: then nothing is written */
	assert_int_equal(image_install(&r, &receipt, &err), -ERR_TOO_BIG);
	check_untouched(&b, "a long reason");
	bench_done(&b);
}

static void test_a_disk_arrives(void **state)
{
	struct bench b = bench_of(state);
	struct image_install_request r = request_of(&b);
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	soil_target(&b);
	assert_int_equal(image_install(&r, &receipt, &err), 0);
	check_disk(&b, "file");
	assert_int_equal(receipt.n_partitions, 1);
	assert_true(receipt.partitions[0].was_read_back);
	assert_string_equal(receipt.line, "debian12");
	assert_true(receipt.zeroed_bytes > DISK_BYTES / 4);
	autofree char *json = image_receipt_json(&receipt);
	assert_non_null(strstr(json, "\"read_back_sha256\":\""));

	assert_null(strstr(json, "rollback"));

	/* The same through a descriptor, whose flags stay. */
	soil_target(&b);
	r.target_path = NULL;
	r.target_fd = open(b.target, O_RDWR | O_CLOEXEC);
	int flags = fcntl(r.target_fd, F_GETFL);
	assert_int_equal(image_install(&r, &receipt, &err), 0);
	assert_int_equal(fcntl(r.target_fd, F_GETFL), flags);
	(void)close(r.target_fd);
	check_disk(&b, "descriptor");
	bench_done(&b);
}

static void test_small_targets_grow(void **state)
{
	struct bench b = bench_of(state);
	struct image_install_request r = request_of(&b);
	struct image_receipt receipt;
	struct err err = ERR_INIT;
	struct stat st;

	(void)unlink(b.target);
	assert_int_equal(image_install(&r, &receipt, &err), 0);
	assert_int_equal(stat(b.target, &st), 0);
	assert_int_equal(st.st_size, DISK_BYTES);
	bench_done(&b);
}

/* ---- stops ----------------------------------------------------------------------------------- */

struct stop {
	int may_writes_left; /* -1: always */
	bool cancel_in_read_back;
	bool cancelled;
	const char *spoil_path; /* written to when reading back begins */
	size_t spoil_at;
};

static bool may_write(void *arg)
{
	struct stop *s = arg;

	return s->may_writes_left < 0 || s->may_writes_left-- > 0;
}

static bool cancelled(void *arg)
{
	return ((struct stop *)arg)->cancelled;
}

static void progress(void *arg, enum image_stage stage, uint64_t done_bytes, uint64_t total_bytes)
{
	struct stop *s = arg;

	(void)done_bytes, (void)total_bytes;
	if (stage == IMAGE_STAGE_READ_BACK && s->spoil_path) {
		int fd = open(s->spoil_path, O_WRONLY | O_CLOEXEC);

		assert_int_equal(pwrite(fd, "spoilt", 6, (off_t)s->spoil_at), 6);
		(void)fsync(fd);
		(void)close(fd);
		s->spoil_path = NULL;
	}
	if (stage == IMAGE_STAGE_READ_BACK && s->cancel_in_read_back)
		s->cancelled = true;
}

static int install_with(struct bench *b, struct stop *s, struct err *err)
{
	struct image_install_request r = request_of(b);
	struct image_receipt receipt;

	r.may_write = may_write;
	r.progress = progress;
	r.cancelled = cancelled;
	r.arg = s;
	soil_target(b);
	return image_install(&r, &receipt, err);
}

static void test_the_lease_ends(void **state)
{
	struct bench b = bench_of(state);

	for (int n = 0; n < 40; n += 3) {
		struct stop s = {.may_writes_left = n};
		struct err err = ERR_INIT;
		char row[32];

		snprintf(row, sizeof(row), "after %d writes", n);
		CHECK_ERR(row, install_with(&b, &s, &err), ERR_IMAGE_LEASE);
		check_failed_disk(&b, row, n > 0);
	}
	struct stop always = {.may_writes_left = -1};
	struct err err = ERR_INIT;
	assert_int_equal(install_with(&b, &always, &err), 0);
	bench_done(&b);
}

static void test_a_cancel(void **state)
{
	struct bench b = bench_of(state);
	struct stop s = {.may_writes_left = -1, .cancelled = true};
	struct err err = ERR_INIT;

	assert_int_equal(install_with(&b, &s, &err), -ERR_CANCELLED);
	check_failed_disk(&b, "before", false);
	s = (struct stop){.may_writes_left = -1, .cancel_in_read_back = true};
	err = ERR_INIT;
	assert_int_equal(install_with(&b, &s, &err), -ERR_CANCELLED);
	check_failed_disk(&b, "while reading back", true);
	bench_done(&b);
}

/* K-10, K-13: A disk that does not hold what it was given, in data and in a hole. */
static void test_reading_back_sees_it(void **state)
{
	struct bench b = bench_of(state);
	static const size_t places[] = {(3u << 19) + 77, DISK_BYTES / 2};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct stop s = {
			.may_writes_left = -1, .spoil_path = b.target, .spoil_at = places[i]};
		struct err err = ERR_INIT;

		assert_int_equal(install_with(&b, &s, &err), -ERR_IMAGE_READ_BACK);
	}
	bench_done(&b);
}

/* ---- bad archives ---------------------------------------------------------------------------- */

static void test_bad_archives(void **state)
{
	struct bench b = bench_of(state);
	size_t flips[] = {600, b.n_archive / 3, b.n_archive / 2, b.n_archive - 3000};

	for (size_t i = 0; i < ARRAY_LEN(flips); i++) {
		struct image_install_request r = request_of(&b);
		struct image_receipt receipt;
		struct err err = ERR_INIT;
		char row[32];

		snprintf(row, sizeof(row), "flip at %zu", flips[i]);
		soil_target(&b);
		b.archive[flips[i]] ^= 4;
		CHECK_ERR(row, file_write_atomic(b.path, b.archive, b.n_archive, 0600, &err),
			  ERR_OK);
		b.archive[flips[i]] ^= 4;
		CHECK(row, image_install(&r, &receipt, &err) < 0);
		check_failed_disk(&b, row, flips[i] > 2048);
	}
	bench_done(&b);
}

static void test_truncated_and_trailing(void **state)
{
	struct bench b = bench_of(state);
	struct image_install_request r = request_of(&b);
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	soil_target(&b);
	assert_int_equal(truncate(b.path, (off_t)b.n_archive - 1024), 0);
	assert_int_equal(image_install(&r, &receipt, &err), -ERR_IMAGE_TRUNCATED);
	check_failed_disk(&b, "truncated", true);
	assert_int_equal(file_write_atomic(b.path, b.archive, b.n_archive, 0600, &err), 0);
	assert_int_equal(truncate(b.path, (off_t)b.n_archive + 1), 0);
	soil_target(&b);
	assert_int_equal(image_install(&r, &receipt, &err), -ERR_IMAGE_TRAILING);
	check_failed_disk(&b, "trailing", true);
	bench_done(&b);
}

/* ---- over HTTP ------------------------------------------------------------------------------- */

static const struct odd_row {
	const char *name;
	enum oddity oddity;
	size_t arg;
	enum err_code code; /* ERR_OK: it arrives all the same */
} odd_rows[] = {
	{"well", ODD_NONE, 0, ERR_OK},
	{"no ranges", ODD_NO_RANGES, 0, ERR_OK},
	{"closes after 100 KB, each time", ODD_CLOSE, 100000, ERR_OK},
	{"closes after 1 MB, each time", ODD_CLOSE, 1000000, ERR_OK},
	{"busy at first", ODD_BUSY, 0, ERR_OK},
	{"repeats", ODD_REPEAT, 0, ERR_IMAGE_UNTRUSTED},
	{"reorders", ODD_REORDER, 0, ERR_IMAGE_NOT_ARCHIVE},
	{"gzip", ODD_GZIP, 0, ERR_IMAGE_MEMBER_NAME},
	{"redirects", ODD_REDIRECT, 0, ERR_HTTP_STATUS},
	{"missing", ODD_MISSING, 0, ERR_HTTP_STATUS},
};

static void test_archives_over_http(void **state)
{
	struct bench b = bench_of(state);

	for (size_t i = 0; i < ARRAY_LEN(odd_rows); i++) {
		const struct odd_row *row = &odd_rows[i];
		struct image_install_request r = request_of(&b);
		struct image_receipt receipt;
		struct odd_server server;
		struct err err = ERR_INIT;
		autofree char *url = NULL;
		int status;

		soil_target(&b);
		odd_server_start(&server, b.f->dir, row->oddity, row->arg);
		url = xasprintf("%s/install.slip", server.url);
		r.archive_path = NULL;
		r.archive_url = url;
		status = image_install(&r, &receipt, &err);
		odd_server_stop(&server);
		if (row->code == ERR_OK) {
			if (status)
				fail_msg("row '%s': %s", row->name, err.msg);
			check_disk(&b, row->name);
		} else {
			CHECK_ERR(row->name, status, row->code);
			check_failed_disk(&b, row->name, false);
		}
	}
	bench_done(&b);
}

/* W-04. */
static void test_a_short_archive_is_truncated(void **state)
{
	struct bench b = bench_of(state);
	struct image_install_request r = request_of(&b);
	struct image_receipt receipt;
	struct odd_server server;
	struct err err = ERR_INIT;
	autofree char *url = NULL;

	soil_target(&b);
	odd_server_start(&server, b.f->dir, ODD_SHORT, 5000);
	url = xasprintf("%s/install.slip", server.url);
	r.archive_path = NULL;
	r.archive_url = url;
	assert_int_equal(image_install(&r, &receipt, &err), -ERR_IMAGE_TRUNCATED);
	check_failed_disk(&b, "short", true);
	odd_server_stop(&server);
	bench_done(&b);
}

/* Small responses that break off after so many bytes, every time, are put together again. */
static void test_closing_after_few_bytes(void **state)
{
	struct fixture *f = *state;
	struct bench b = {.f = f};

	b.target = xasprintf("%s/target", f->dir);
	for (size_t n = 100; n < 1200; n += 7) {
		struct image_install_request r = request_of(&b);
		struct image_receipt receipt;
		struct odd_server server;
		struct err err = ERR_INIT;
		autofree char *url = NULL;
		char row[32];

		snprintf(row, sizeof(row), "%zu bytes a time", n);
		(void)unlink(b.target);
		odd_server_start(&server, f->dir, ODD_CLOSE, n);
		url = xasprintf("%s/small.slip", server.url);
		r.archive_path = NULL;
		r.archive_url = url;
		CHECK_ERR(row, image_install(&r, &receipt, &err), ERR_OK);
		odd_server_stop(&server);
	}
	free(b.target);
}

static void import_into(const struct bench *b, const char *dir, struct manifest **ret)
{
	AUTO(object_store) struct object_store *store = NULL;
	autoclose int fd = open(b->path, O_RDONLY | O_CLOEXEC);
	struct err err = ERR_INIT;

	assert_int_equal(object_store_open(dir, &store, &err), 0);
	if (object_store_import_fd(store, fd, b->f->root, NULL, ret, &err))
		fail_msg("%s", err.msg);
}

static void test_objects_over_http(void **state)
{
	static const struct odd_row rows[] = {
		{"well", ODD_NONE, 0, ERR_OK},
		{"no ranges", ODD_NO_RANGES, 0, ERR_OK},
		{"closes after 100 KB", ODD_CLOSE, 100000, ERR_OK},
		{"busy at first", ODD_BUSY, 0, ERR_OK},
		{"repeats", ODD_REPEAT, 0, ERR_IMAGE_DIGEST},
		{"reorders", ODD_REORDER, 0, ERR_IMAGE_DIGEST},
		{"gzip", ODD_GZIP, 0, ERR_IMAGE_SIGNATURES},
		{"short", ODD_SHORT, 10, ERR_IMAGE_SIGNATURES},
		{"redirects", ODD_REDIRECT, 0, ERR_HTTP_STATUS},
		{"missing", ODD_MISSING, 0, ERR_HTTP_STATUS},
		{"endless", ODD_ENDLESS, 0, ERR_TOO_BIG},
	};
	struct bench b = bench_of(state);
	autofree char *dir = xasprintf("%s/store", b.f->dir);
	AUTO(manifest) struct manifest *m = NULL;

	import_into(&b, dir, &m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_install_request r = request_of(&b);
		struct image_receipt receipt;
		struct odd_server server;
		struct err err = ERR_INIT;
		int status;

		soil_target(&b);
		odd_server_start(&server, dir, rows[i].oddity, rows[i].arg);
		r.archive_path = NULL;
		r.objects_url = server.url;
		r.policy.digest = m->digest;
		status = image_install(&r, &receipt, &err);
		odd_server_stop(&server);
		if (rows[i].code == ERR_OK) {
			if (status)
				fail_msg("row '%s': %s", rows[i].name, err.msg);
			check_disk(&b, rows[i].name);
		} else {
			CHECK_ERR(rows[i].name, status, rows[i].code);
			check_untouched(&b, rows[i].name);
		}
	}
	bench_done(&b);
}

static void flip_object_byte(const char *path, off_t at)
{
	autoclose int fd = -1;
	uint8_t byte;

	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

/* an object that is changed in the store is refused by the receiver; before the disk is
 * touched at all, if the change lies in the first chunk, however many workers and connections race
 * ahead. */
static void test_a_changed_object(void **state)
{
	static const struct {
		const char *name;
		unsigned place; /* in hundredths of the packed payload */
		unsigned n_workers, n_connections;
		bool touched;
	} rows[] = {
		{"first chunk, one worker", 0, 1, 1, false},
		{"first chunk, four workers", 0, 4, 4, false},
		{"in the middle", 50, 2, 2, true},
		{"at the end", 99, 4, 4, true},
	};
	struct bench b = bench_of(state);
	autofree char *dir = xasprintf("%s/store2", b.f->dir), *object = NULL;
	AUTO(manifest) struct manifest *m = NULL;
	struct odd_server server;
	char hex[SHA256_HEX_BYTES];

	import_into(&b, dir, &m);
	hex_encode(m->payloads[0].packed_sha256, SHA256_BYTES, hex);
	object = xasprintf("%s/sha256/%.2s/%s", dir, hex, hex);
	odd_server_start(&server, dir, ODD_NONE, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_install_request r = request_of(&b);
		off_t at = (off_t)(m->payloads[0].packed_bytes * rows[i].place / 100);
		struct image_receipt receipt;
		struct err err = ERR_INIT;

		soil_target(&b);
		flip_object_byte(object, at);
		r.archive_path = NULL;
		r.objects_url = server.url;
		r.policy.digest = m->digest;
		r.n_workers = rows[i].n_workers;
		r.n_connections = rows[i].n_connections;
		CHECK_ERR(rows[i].name, image_install(&r, &receipt, &err), ERR_IMAGE_DIGEST);
		flip_object_byte(object, at);
		if (rows[i].touched)
			check_failed_disk(&b, rows[i].name, true);
		else
			check_untouched(&b, rows[i].name);
	}
	odd_server_stop(&server);
	bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_disk_arrives),
		cmocka_unit_test(test_rollback_leaves_a_trace),
		cmocka_unit_test(test_small_targets_grow),
		cmocka_unit_test(test_the_lease_ends),
		cmocka_unit_test(test_a_cancel),
		cmocka_unit_test(test_reading_back_sees_it),
		cmocka_unit_test(test_bad_archives),
		cmocka_unit_test(test_truncated_and_trailing),
		cmocka_unit_test(test_archives_over_http),
		cmocka_unit_test(test_a_short_archive_is_truncated),
		cmocka_unit_test(test_closing_after_few_bytes),
		cmocka_unit_test(test_objects_over_http),
		cmocka_unit_test(test_a_changed_object),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/install", tests, fixture_setup,
					   fixture_teardown);
}
