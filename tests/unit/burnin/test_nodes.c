/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Near and far memory: which of the two a wrong word is blamed on.
 */
#include <tests/harness/check.h>

#include <burnin/nodes.h>

#define P(cpu, memory, wrong)                                                                      \
	{                                                                                          \
		cpu, memory, true, 1, wrong                                                        \
	}
static const struct {
	const char *name;
	struct node_pass passes[4];
	size_t n;
	enum node_blame blame[4];
} rows[] = {
	{"good", {P(0, 0, 0), P(1, 0, 0), P(1, 1, 0), P(0, 1, 0)}, 4, {NODE_GOOD}},
	{"a memory fails from near and far",
	 {P(0, 0, 0), P(1, 0, 0), P(1, 1, 3), P(0, 1, 2)},
	 4,
	 {NODE_GOOD, NODE_GOOD, NODE_MEMORY, NODE_MEMORY}},
	{"a processor fails with every memory",
	 {P(0, 0, 0), P(1, 0, 3), P(1, 1, 3), P(0, 1, 0)},
	 4,
	 {NODE_GOOD, NODE_CPU, NODE_CPU, NODE_GOOD}},
	{"a memory fails once", {P(0, 0, 1), P(1, 0, 0)}, 2, {NODE_MEMORY, NODE_GOOD}},
	{"everything fails",
	 {P(0, 0, 1), P(1, 0, 1), P(1, 1, 1), P(0, 1, 1)},
	 4,
	 {NODE_MEMORY, NODE_MEMORY, NODE_MEMORY, NODE_MEMORY}},
	{"a pass that did not run says nothing",
	 {P(1, 1, 1), P(1, 0, 1), {0, 1, false, 0, 0}, {0, 0, false, 0, 9}},
	 4,
	 {NODE_MEMORY, NODE_MEMORY, NODE_GOOD, NODE_GOOD}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < rows[i].n; k++)
			CHECK_INT(rows[i].name,
				  node_judge(rows[i].passes, rows[i].n, &rows[i].passes[k]),
				  rows[i].blame[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
