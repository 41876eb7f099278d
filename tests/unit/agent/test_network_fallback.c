/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Falling back to DHCP: when, once, and what is written down of it. The network itself:
 * tests/flow/network_fallback.sh.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <agent/disk/first_boot_files.h>
#include <agent/network_fallback.h>

static void put(const char *path, const char *text, mode_t mode)
{
	autofree char *whole = xasprintf("%s%s", dir, path);
	autofree char *folder = xstrdup(whole);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(whole, text, strlen(text), mode, NULL), 0);
}

static bool is_there(const char *path)
{
	autofree char *whole = xasprintf("%s%s", dir, path);

	return access(whole, F_OK) == 0;
}

static void test_when(void **state)
{
	static const struct {
		const char *name;
		int64_t started_ms, after_s, due_ms;
	} rows[] = {
		{"soon after the start", 20000, 300, 300000},
		{"after services that waited for the network", 200000, 300, 300000},
		{"a minute is tried at least", 290000, 300, 350000},
		{"a start that took long", 900000, 300, 960000},
		{"seconds, in tests", 900000, 3, 903000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].name,
			  network_fallback_due_ms(rows[i].started_ms, rows[i].after_s),
			  rows[i].due_ms);
}

/* The script runs once, and the reason outlives the program. */
static void test_once(void **state)
{
	autofree char *script = xasprintf("#!/bin/sh\necho run >>%s/ran\n", dir);
	autofree char *ran = xasprintf("%s/ran", dir), *text = NULL;
	char failure[NETWORK_FAILURE_BYTES];
	size_t n;

	(void)state;
	network_failure_read(dir, failure);
	assert_string_equal(failure, "");
	put(FIRST_BOOT_CONFIG, "", 0600);
	put(FIRST_BOOT_FALLBACK, script, 0755);
	put("/sys/class/net/left/carrier", "0\n", 0644);
	put("/sys/class/net/right/carrier", "1\n", 0644);
	assert_true(network_fall_back(dir, "no route", failure));
	assert_string_equal(failure, "no route; no link: left");
	assert_false(is_there(FIRST_BOOT_FALLBACK));
	assert_false(network_fall_back(dir, "again", failure));
	assert_int_equal(file_read(ran, 100, &text, &n, NULL), 0);
	assert_string_equal(text, "run\n");
	network_failure_read(dir, failure);
	assert_string_equal(failure, "no route; no link: left");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_once),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("agent/network_fallback", tests, make_dir, remove_dir);
}
