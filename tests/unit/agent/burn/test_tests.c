/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ends of the catalogue: every test that a plan may name is one that the agent has. And how
 * much memory a test takes.
 */
#include <tests/harness/check.h>

#include <agent/burn/burn.h>
#include <burnin/catalogue.h>

static void test_every_test_is_there(void **state)
{
	const struct catalogue_test *t;
	size_t n = 0;

	(void)state;
	for (; (t = catalogue_test_at(n)); n++)
		if (!burn_test_run(t->id, NULL, NULL))
			fail_msg("the agent has no test '%s'", t->id);
	assert_true(n > 4);
	assert_false(burn_test_run("no-such-test", NULL, NULL));
}

static void test_memory(void **state)
{
	static const struct {
		const char *name;
		int64_t available, tested;
	} rows[] = {
		{"a server", 524288, 498073},
		{"4 GiB", 4096, 3891},
		{"a lab host", 700, 500},
		{"tiny", 100, 50},
		{"nothing", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].name, burn_memory_to_test(rows[i].available), rows[i].tested);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_test_is_there),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
