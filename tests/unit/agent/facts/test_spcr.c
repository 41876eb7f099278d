/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's serial console: tables as machines have them, and tables that are broken. The port's
 * name is the kernel's.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <agent/facts/spcr.h>
#include <base/bytes.h>
#include <base/str.h>

#define TABLE "sys/firmware/acpi/tables/SPCR"

struct table {
	uint8_t kind, space, speed;
	uint64_t address;
};

static void make(const struct table *t, uint8_t p[static 80])
{
	uint8_t sum = 0;

	memset(p, 0, 80);
	memcpy(p, "SPCR", 4);
	put_le32(p + 4, 80);
	p[8] = 2;
	p[36] = t->kind;
	p[40] = t->space;
	put_le64(p + 44, t->address);
	p[58] = t->speed;
	for (size_t i = 0; i < 80; i++)
		sum = (uint8_t)(sum + p[i]);
	p[9] = (uint8_t)-sum;
}

static void test_machines(void **state)
{
	static const struct {
		const char *name;
		struct table table;
		const char *console;
	} rows[] = {
		{"serial over LAN on COM2", {0, 1, 7, 0x2f8}, "ttyS1,115200n8"},
		{"COM1, slow", {1, 1, 3, 0x3f8}, "ttyS0,9600n8"},
		{"speed as it is", {0, 1, 0, 0x2f8}, "ttyS1"},
		{"ARM", {3, 0, 7, 0x9000000}, "ttyAMA0,115200n8"},
		{"ARM's generic one", {0x0e, 0, 7, 0x9000000}, "ttyAMA0,115200n8"},
		{"16550 in memory", {0x12, 0, 7, 0xfe201000}, "ttyS4,115200n8"},
		{"a port that no driver has", {0, 1, 7, 0x3e8}, ""},
		{"memory is not a port", {0, 0, 7, 0x2f8}, ""},
		{"switched off", {0, 1, 7, 0}, ""},
		{"another kind of chip", {0x20, 1, 7, 0x2f8}, ""},
		{"another space", {0, 2, 7, 0x2f8}, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		uint8_t p[80];
		char console[CONSOLE_MAX_BYTES];

		fake_sys_init(&t);
		make(&rows[i].table, p);
		fake_sys_put_bytes(&t, TABLE, p, sizeof(p));
		fake_sys_put(&t, "sys/class/tty/ttyS0/port", "0x3F8\n");
		fake_sys_put(&t, "sys/class/tty/ttyS1/port", "0x2F8\n");
		fake_sys_put(&t, "sys/class/tty/ttyS4/iomem_base", "0xFE201000\n");
		fake_sys_put(&t, "sys/class/tty/ttyAMA0/iomem_base", "0x9000000\n");
		spcr_console(t.root, console);
		CHECK_STR(rows[i].name, console, rows[i].console);
		fake_sys_done(&t);
	}
}

static void test_broken_tables(void **state)
{
	const struct table good = {0, 1, 7, 0x2f8};
	uint8_t p[80];
	struct spcr s;

	(void)state;
	make(&good, p);
	assert_true(spcr_parse(p, sizeof(p), &s));
	for (size_t n = 0; n < sizeof(p); n++)
		CHECK_INT("cut", spcr_parse(p, n, &s), false);
	for (size_t i = 0; i < sizeof(p); i++) {
		p[i] ^= 0x40;
		CHECK_INT("one bit", spcr_parse(p, sizeof(p), &s), false);
		p[i] ^= 0x40;
	}
}

static void test_no_table(void **state)
{
	struct fake_sys t;
	char console[CONSOLE_MAX_BYTES];

	(void)state;
	fake_sys_init(&t);
	spcr_console(t.root, console);
	assert_string_equal(console, "");
	fake_sys_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_machines),
					   cmocka_unit_test(test_broken_tables),
					   cmocka_unit_test(test_no_table)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
