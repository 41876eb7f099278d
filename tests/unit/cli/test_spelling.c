/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distances between words, both ways.
 */
#include <tests/harness/check.h>

#include <provisioner/cli/spelling.h>

static void test_distances(void **state)
{
	static const struct {
		const char *name, *a, *b;
		size_t distance;
	} rows[] = {
		{"the same", "host", "host", 0},
		{"a letter more", "host", "hosts", 1},
		{"another letter", "list", "last", 1},
		{"neighbours swapped", "host", "hsot", 1},
		{"two slips", "delivery", "dilivrey", 2},
		{"nothing alike", "root", "image", 5},
		{"nothing at all", "", "audit", 5},
		{"cut after 31 letters", "0123456789012345678901234567890",
		 "0123456789012345678901234567890xx", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, spelling_distance(rows[i].a, rows[i].b), rows[i].distance);
		CHECK_INT(rows[i].name, spelling_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_distances)};

	return cmocka_run_group_tests_name("cli/spelling", tests, NULL, NULL);
}
