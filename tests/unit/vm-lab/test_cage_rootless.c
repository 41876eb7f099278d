/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which range of numbers a machine lends to a user. What forbids a cage is played by lab_rootless.sh.
 */
#include <tests/harness/check.h>

#include <vm-lab/cage_rootless.h>

static const struct {
	const char *name, *text;
	bool found;
	unsigned long start;
} rows[] = {
	{"by name", "ann:100000:65536\n", true, 100000},
	{"by number", "1000:200000:65536\n", true, 200000},
	{"among others", "bob:100000:65536\nann:165536:65536\n", true, 165536},
	{"the first that is large enough", "ann:1:1000\nann:300000:70000\n", true, 300000},
	{"without an end of line", "ann:100000:65536", true, 100000},
	{"nobody", "", false, 0},
	{"another", "bob:100000:65536\n", false, 0},
	{"a name that begins like theirs", "anna:100000:65536\n", false, 0},
	{"too small", "ann:100000:65535\n", false, 0},
	{"past the last number", "ann:4294967000:65536\n", false, 0},
	{"not a number", "ann:x:65536\n", false, 0},
	{"no count", "ann:100000\n", false, 0},
	{"a negative count", "ann:100000:-1\n", false, 0},
};

static void finds_a_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned long start = 0;

		CHECK_INT(rows[i].name, cage_rootless_range(rows[i].text, "ann", 1000, &start),
			  rows[i].found);
		CHECK_INT(rows[i].name, start, rows[i].start);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(finds_a_range)};

	return cmocka_run_group_tests_name("lab rootless cage", tests, NULL, NULL);
}
