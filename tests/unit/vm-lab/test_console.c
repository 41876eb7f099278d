/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is found on a host's console, and from where on: what an earlier boot said does not count.
 */
#include <tests/harness/check.h>

#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <vm-lab/console.h>

#define TEXT(text_) text_, sizeof(text_) - 1
#define EARLIER     "slipway-a login: \nNo bootable device.\n"

static const struct {
	const char *name, *text;
	size_t n_bytes;
	bool at_its_end, banner;
} rows[] = {
	{"SeaBIOS gave up", TEXT("Booting from ROM...\nNo bootable device.\n"), true, false},
	{"EDK II gave up", TEXT("BdsDxe: No bootable option or device was found.\n"), true, false},
	{"EDK II's shell", TEXT("UEFI Interactive Shell v2.2\n"), true, false},
	{"up", TEXT("Debian GNU/Linux 12 slipway-a ttyS0\n\nslipway-a login: "), false, true},
	{"a NUL in between", TEXT("x\0slipway-a login: "), false, true},
	{"still booting", TEXT("iPXE initialising devices...\n"), false, false},
	{"nothing yet", TEXT(""), false, false},
};

static const char *console_path(void)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/slipway-test-console-%d", (int)getpid());
	return path;
}

static void finds_what_this_boot_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = rows[i].n_bytes;
		char text[256] = EARLIER;

		memcpy(text + strlen(EARLIER), rows[i].text, n);
		assert_int_equal(
			0, file_write_atomic(console_path(), text, strlen(EARLIER), 0600, NULL));
		uint64_t from = console_end(console_path());

		assert_int_equal(0, file_write_atomic(console_path(), text, strlen(EARLIER) + n,
						      0600, NULL));
		CHECK_INT(rows[i].name, console_is_at_its_end(console_path(), from),
			  rows[i].at_its_end);
		CHECK_INT(rows[i].name, console_has(console_path(), from, "slipway-a login:"),
			  rows[i].banner);
	}
}

static void no_file_says_nothing(void **state)
{
	(void)state;
	(void)unlink(console_path());
	assert_int_equal(0, console_end(console_path()));
	assert_false(console_has(console_path(), 0, "x"));
	assert_false(console_is_at_its_end(console_path(), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_this_boot_said),
		cmocka_unit_test(no_file_says_nothing),
	};

	return cmocka_run_group_tests_name("lab console", tests, NULL, NULL);
}
