/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slow disk beside its siblings: named where enough of its model say what is usual, and only it.
 */
#include <tests/harness/check.h>

#include <burnin/siblings.h>

#define A(us)                                                                                      \
	{                                                                                          \
		"A", us                                                                            \
	}
#define B(us)                                                                                      \
	{                                                                                          \
		"B", us                                                                            \
	}
static const struct {
	const char *name;
	struct sibling all[8];
	size_t n;
	int slow; /* its index; -1: none */
	int64_t median_us;
} rows[] = {
	{"alike", {A(5000), A(5100), A(4900), A(5050), A(5000)}, 5, -1, 0},
	{"one takes twice as long", {A(5000), A(5100), A(10000), A(5050), A(5000)}, 5, 2, 5025},
	{"a fast one is not slow", {A(5000), A(5100), A(900), A(5050), A(5000)}, 5, -1, 0},
	{"three others say too little", {A(5000), A(5100), A(10000), A(5050)}, 4, -1, 0},
	{"others are of another model",
	 {A(5000), B(100), B(110), B(105), B(100), A(5100), A(5000)},
	 7,
	 -1,
	 0},
	{"a model of its own among others",
	 {B(100), A(5000), B(101), B(99), B(103), B(100), B(500)},
	 7,
	 6,
	 100},
	{"a third is chance", {A(3000), A(3000), A(3000), A(3000), A(3990)}, 5, -1, 0},
	{"and more is not", {A(3000), A(3000), A(3000), A(3000), A(4100)}, 5, 4, 3000},
	{"they differ anyhow", {A(2000), A(4000), A(6000), A(8000), A(10000)}, 5, -1, 0},
	{"no model", {{"", 1}, {"", 1}, {"", 1}, {"", 1}, {"", 900}}, 5, -1, 0},
	{"not measured", {A(0), A(0), A(0), A(0), A(9000)}, 5, -1, 0},
	{"numbers at the limit", {A(100), A(100), A(100), A(100), A(INT64_MAX)}, 5, 4, 100},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < rows[i].n; k++) {
			int64_t median = 0;
			size_t n = 0;

			CHECK_INT(rows[i].name,
				  sibling_is_slow(rows[i].all, rows[i].n, k, &n, &median),
				  rows[i].slow == (int)k);
			if (rows[i].slow == (int)k)
				CHECK_INT(rows[i].name, median, rows[i].median_us);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
