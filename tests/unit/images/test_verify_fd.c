/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying over descriptors: files that workers read, pipes, sources that break at every place,
 * and what only decoding can find.
 */
#include "crafted.h"
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <zstd.h>

#include <base/file.h>
#include <base/str.h>

static int verify_file(const struct fixture *f, const char *path, bool deep, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(manifest) struct manifest *m = NULL;
	const struct image_verify_options options = {.n_threads = 1, .deep = deep};

	return image_verify_fd(fd, f->root, &options, &m, err);
}

/* What is written to a pipe, or to a socket that then breaks. */
static int verify_stream(const struct fixture *f, const char *p, size_t n, bool breaks,
			 struct err *err)
{
	const struct image_verify_options options = {.deep = true};
	int fds[2], status;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	/* A peer that closes with something unread breaks the connection. */
	if (breaks)
		assert_int_equal(write(fds[0], "x", 1), 1);
	pid = fork();
	if (!pid) {
		(void)close(fds[0]);
		status = file_write_all(fds[1], p, n, NULL);
		(void)close(fds[1]);
		_exit(status ? 1 : 0);
	}
	(void)close(fds[1]);
	status = image_verify_fd(fds[0], f->root, &options, NULL, err);
	(void)close(fds[0]);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return status;
}

static const char *write_archive(const struct fixture *f, const char *p, size_t n)
{
	const char *path = fixture_path(f, "bad.slip");

	assert_int_equal(file_write_atomic(path, p, n, 0600, NULL), 0);
	return path;
}

static void test_files_and_streams(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	size_t n;
	autofree char *big = fixture_archive(f, fixture_path(f, "big.slip"), 1 << 20, "debian12", 1,
					     &n);

	assert_int_equal(verify_file(f, fixture_path(f, "big.slip"), false, &err), 0);
	assert_int_equal(verify_file(f, fixture_path(f, "big.slip"), true, &err), 0);
	assert_int_equal(verify_stream(f, big, n, false, &err), 0);
	big[n / 2] ^= 1;
	assert_int_equal(verify_file(f, write_archive(f, big, n), false, &err), -ERR_IMAGE_DIGEST);
	assert_non_null(strstr(err.msg, "member 'disk.img', offset "));
	assert_int_equal(verify_stream(f, big, n, false, &err), -ERR_IMAGE_DIGEST);
	big[n / 2] ^= 1;
	for (size_t cut = 5000; cut < n; cut += n / 7) { /* */
		assert_int_equal(verify_stream(f, big, n - cut, false, &err), -ERR_IMAGE_TRUNCATED);
		assert_int_equal(verify_file(f, write_archive(f, big, n - cut), false, &err),
				 -ERR_IMAGE_TRUNCATED);
		assert_non_null(strstr(err.msg, "offset "));
	}
	big = xrealloc(big, n + 1);
	big[n] = 0;
	assert_int_equal(verify_file(f, write_archive(f, big, n + 1), false, &err),
			 -ERR_IMAGE_TRAILING);
	assert_int_equal(verify_stream(f, big, n + 1, false, &err), -ERR_IMAGE_TRAILING);
	big[700] ^= 1;
	assert_int_equal(verify_file(f, write_archive(f, big, n), false, &err),
			 -ERR_IMAGE_UNTRUSTED);
}

/* Reading fails in a header, in a chunk and at the end: an error of its own, never a verdict. */
static void test_sources_that_break(void **state)
{
	struct fixture *f = *state;
	const size_t places[] = {0, 100, 600, f->n_archive - 2000, f->n_archive - 10, f->n_archive};
	const struct image_verify_options options = {.n_threads = 1};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char row[32];

		snprintf(row, sizeof(row), "after %zu bytes", places[i]);
		CHECK_ERR(row, verify_stream(f, f->archive, places[i], true, &err), ERR_IO);
	}
	assert_int_equal(image_verify_fd(-1, f->root, &options, NULL, &err), -ERR_IO);
	assert_int_equal(verify_file(f, f->dir, false, &err), -ERR_IO);
}

/* A-10 and more: the packed bytes are what was signed, and still not what the record says. */
static void test_signed_chunks_that_do_not_decode(void **state)
{
	static const struct {
		const char *name;
		bool frame, right_plain;
		enum err_code deep_code;
	} rows[] = {
		{"good", true, true, ERR_OK},
		{"no frame", false, true, ERR_IMAGE_CHUNK},
		{"other plain bytes", true, false, ERR_IMAGE_CHUNK},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t plain[4096] = {7}, other[4096] = {8}, packed[2][8192] = {{1}};
		size_t n_frame = ZSTD_compress(packed[0], sizeof(packed[0]), plain, sizeof(plain),
					       1),
		       n;
		struct chunk chunks[2];
		struct crafted_payload p[2] = {{.chunk_bytes = CHUNK_MAX_BYTES},
					       {.chunk_bytes = CHUNK_MIN_BYTES}};
		autofree char *archive = NULL;
		struct err err = ERR_INIT;

		memcpy(packed[1], packed[0], n_frame);
		packed[1][0] ^= rows[i].frame ? 0 : 1;
		for (size_t k = 0; k < 2; k++) {
			p[k].n_chunks = 1;
			p[k].chunks = &chunks[k];
			p[k].packed = packed[k];
			p[k].n_packed = n_frame;
			chunks[k] = crafted_chunk(packed[k], (uint32_t)n_frame,
						  k && !rows[i].right_plain ? other : plain,
						  sizeof(plain));
		}
		archive = crafted_archive(f, p, 2, &n);
		CHECK_ERR(rows[i].name, verify_file(f, write_archive(f, archive, n), false, &err),
			  ERR_OK);
		CHECK_ERR(rows[i].name, verify_file(f, write_archive(f, archive, n), true, &err),
			  rows[i].deep_code);
		CHECK_ERR(rows[i].name, verify_stream(f, archive, n, false, &err),
			  rows[i].deep_code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_and_streams),
		cmocka_unit_test(test_sources_that_break),
		cmocka_unit_test(test_signed_chunks_that_do_not_decode),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/verify_fd", tests, fixture_setup,
					   fixture_teardown);
}
