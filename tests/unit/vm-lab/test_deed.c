/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a deed's moment has come.
 */
#include <tests/harness/check.h>

#include <vm-lab/deed.h>

static const struct {
	const char *name;
	unsigned percent, times;
	unsigned done;
	int64_t next_ms;
	const char *state;
	int64_t progress; /* of 100 */
	int64_t now_ms;
	bool due;
} rows[] = {
	{"state reached", 0, 1, 0, 0, "imaging", 0, 10, true},
	{"another state", 0, 1, 0, 0, "testing", 0, 10, false},
	{"far enough", 40, 1, 0, 0, "imaging", 40, 10, true},
	{"not far enough", 40, 1, 0, 0, "imaging", 39, 10, false},
	{"done", 0, 1, 1, 0, "imaging", 0, 10, false},
	{"again, in any state", 0, 3, 1, 5, "verifying", 0, 10, true},
	{"again, too early", 0, 3, 1, 15, "imaging", 0, 10, false},
};

static void is_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lab_action a = {
			.state = "imaging", .percent = rows[i].percent, .times = rows[i].times};
		struct action_state s = {rows[i].done, rows[i].next_ms};
		struct host_view v = {.known = true, .done = rows[i].progress, .total = 100};

		(void)snprintf(v.state, sizeof(v.state), "%s", rows[i].state);
		CHECK_INT(rows[i].name, deed_is_due(&a, &s, &v, rows[i].now_ms), rows[i].due);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(is_due)};

	return cmocka_run_group_tests_name("lab deed", tests, NULL, NULL);
}
