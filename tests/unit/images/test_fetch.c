/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching: a small resource arrives whole from servers that close at each of its bytes, and only
 * whole from those that lie about its length.
 */
#include "fixture.h"

#include <stdlib.h>

#include <base/file.h>
#include <base/str.h>
#include <images/core/fetch.h>

#include "odd_server.h"

#define SMALL_BYTES 300

static char *serve_small(const struct fixture *f, const char **ret_folder)
{
	char *small = xcalloc(1, SMALL_BYTES);

	for (size_t i = 0; i < SMALL_BYTES; i++)
		small[i] = (char)('a' + i % 23);
	*ret_folder = f->dir;
	assert_int_equal(
		file_write_atomic(fixture_path(f, "small"), small, SMALL_BYTES, 0600, NULL), 0);
	return small;
}

static int fetch_from(const char *folder, enum oddity oddity, size_t arg, char **ret, size_t *ret_n,
		      struct err *err)
{
	const struct fetch_options options = {0};
	AUTO(fetch) struct fetch *fetch = fetch_new(&options);
	struct odd_server server;
	autofree char *url = NULL;
	int status;

	odd_server_start(&server, folder, oddity, arg);
	url = xasprintf("%s/small", server.url);
	status = fetch_all(fetch, url, 4096, ret, ret_n, err);
	odd_server_stop(&server);
	return status;
}

static void test_closing_at_every_byte(void **state)
{
	const char *folder;
	autofree char *small = serve_small(*state, &folder);

	for (size_t at = 1; at < SMALL_BYTES; at++) {
		autofree char *got = NULL;
		struct err err = ERR_INIT;
		size_t n = 0;
		char row[32];

		snprintf(row, sizeof(row), "closes after %zu", at);
		CHECK_ERR(row, fetch_from(folder, ODD_CLOSE_ONCE, at, &got, &n, &err), ERR_OK);
		CHECK_INT(row, n, SMALL_BYTES);
		CHECK(row, !memcmp(got, small, n));
	}
}

static void test_other_servers(void **state)
{
	static const struct {
		const char *name;
		enum oddity oddity;
		enum err_code code;
		size_t n;
	} rows[] = {
		{"well", ODD_NONE, ERR_OK, SMALL_BYTES},
		{"no ranges", ODD_NO_RANGES, ERR_OK, SMALL_BYTES},
		{"busy at first", ODD_BUSY, ERR_OK, SMALL_BYTES},
		{"short, and says so", ODD_SHORT, ERR_OK, SMALL_BYTES - 10},
		{"endless", ODD_ENDLESS, ERR_TOO_BIG, 0},
		{"redirects", ODD_REDIRECT, ERR_HTTP_STATUS, 0},
		{"missing", ODD_MISSING, ERR_HTTP_STATUS, 0},
	};
	const char *folder;
	autofree char *small = serve_small(*state, &folder);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *got = NULL;
		struct err err = ERR_INIT;
		size_t n = 0;

		CHECK_ERR(rows[i].name, fetch_from(folder, rows[i].oddity, 10, &got, &n, &err),
			  rows[i].code);
		if (rows[i].code)
			continue;
		CHECK_INT(rows[i].name, n, rows[i].n);
		CHECK(rows[i].name, !memcmp(got, small, n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closing_at_every_byte),
		cmocka_unit_test(test_other_servers),
	};

	return cmocka_run_group_tests_name("images/fetch", tests, fixture_setup, fixture_teardown);
}
