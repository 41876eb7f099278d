/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for consoles: those that the kernel documents, and what must never reach a command line.
 */
#include <tests/harness/check.h>

#include <proto/console.h>

static void test_words(void **state)
{
	static const struct {
		const char *word;
		bool good;
		size_t name;
		unsigned speed;
	} rows[] = {
		{"ttyS0", true, 5, 0},
		{"ttyS1,115200n8", true, 5, 115200},
		{"ttyS1,115200", true, 5, 115200},
		{"ttyS15,9600e7r", true, 6, 9600},
		{"ttyAMA0,115200", true, 7, 115200},
		{"ttyUSB1,57600n8", true, 7, 57600},
		{"ttysclp0", true, 8, 0},
		{"hvc0", true, 4, 0},
		{"hvc0,115200", true, 4, 115200},
		{"", false, 0, 0},
		{"tty0", false, 0, 0},
		{"tty", false, 0, 0},
		{"ttyS", false, 0, 0},
		{"ttyS0 init=/bin/sh", false, 0, 0},
		{"ttyS0\ninit=/bin/sh", false, 0, 0},
		{"ttyS0,", false, 0, 0},
		{"ttyS0,115200n9", false, 0, 0},
		{"ttyS0,115200x8", false, 0, 0},
		{"ttyS0,115200n8rr", false, 0, 0},
		{"ttyS0,1152000000", false, 0, 0},
		{"ttyS0,0", false, 0, 0},
		{"ttyS0,-9600", false, 0, 0},
		{"ttyS0000", false, 0, 0},
		{"$console", false, 0, 0},
		{"ttyS0;reboot", false, 0, 0},
		{"uart8250,io,0x3f8", false, 0, 0},
		{"ttyabcdefghijklmnopqrstuvwxyz0", false, 0, 0},
		{"hvcS0", false, 0, 0},
		{"console=ttyS0", false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].word, console_is_good(rows[i].word), rows[i].good);
		CHECK_INT(rows[i].word, console_name_length(rows[i].word), rows[i].name);
		CHECK_INT(rows[i].word, console_speed(rows[i].word), rows[i].speed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
