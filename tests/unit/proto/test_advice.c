/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state with every set of conditions, and every error, has a turn and something to do.
 */
#include <tests/harness/check.h>

#include <string.h>

#include <base/str.h>
#include <proto/advice.h>

static bool is_turn(const char *turn)
{
	return str_eq(turn, "server") || str_eq(turn, "technician") || str_eq(turn, "operator");
}

static bool is_sentence(const char *text)
{
	return text[0] >= 'A' && text[0] <= 'Z' && str_ends(text, ".");
}

static void test_every_state_and_condition(void **state)
{
	(void)state;
	for (int s = 0; s < _STATE_MAX; s++) {
		const char *name = lifecycle_state_str((enum lifecycle_state)s);

		for (unsigned c = 0; c <= ADVICE_CONDITIONS_ALL; c++) {
			const struct advice *a = advice_of_state((enum lifecycle_state)s, c);

			CHECK_INT(name, is_turn(a->turn), s != STATE_IN_SERVICE);
			CHECK_INT(name, is_sentence(a->why), true);
			CHECK_INT(name, a->title[0] >= 'A' && a->title[0] <= 'Z', true);
			CHECK_INT(name, is_sentence(a->action), true);
			CHECK_INT(name, !a->command[0] || str_starts(a->command, "slipway "), true);
		}
	}
}

static void test_the_turns_that_matter(void **state)
{
	static const struct {
		enum lifecycle_state state;
		unsigned conditions;
		const char *turn, *command;
	} rows[] = {
		{STATE_EXPECTED, 0, "technician", ""},
		{STATE_DISCOVERED, 0, "operator", "slipway host approve HOST code=CODE"},
		{STATE_DISCOVERED, ADVICE_APPROVED, "operator",
		 "slipway host arm HOST image=LINE@VERSION disk.serial=SERIAL"},
		{STATE_DISCOVERED, ADVICE_SILENT, "technician", ""},
		{STATE_DISCOVERED, ADVICE_SILENT | ADVICE_ORDER_WAITS, "operator",
		 "slipway order list state=pending"},
		{STATE_TESTING, ADVICE_WORKING, "server", "slipway host show HOST"},
		{STATE_TESTING, ADVICE_SILENT, "technician", ""},
		{STATE_IMAGING, 0, "operator",
		 "slipway host arm HOST image=LINE@VERSION disk.serial=SERIAL"},
		{STATE_IMAGING, ADVICE_WORKING, "server", "slipway host show HOST"},
		{STATE_IMAGING, ADVICE_ARMED, "server", "slipway host show HOST"},
		{STATE_IMAGING, ADVICE_ARMED | ADVICE_HELD, "operator",
		 "slipway host approve HOST code=CODE"},
		{STATE_IMAGING, ADVICE_ARMED | ADVICE_STOPPED, "operator",
		 "slipway writing resume"},
		{STATE_TESTING, ADVICE_HELD, "operator", "slipway host approve HOST code=CODE"},
		{STATE_TESTING, ADVICE_STOPPING, "server", "slipway host show HOST"},
		{STATE_IMAGING, ADVICE_SILENT, "technician", ""},
		{STATE_VERIFYING, 0, "server", ""},
		{STATE_VERIFYING, ADVICE_LATE, "technician", ""},
		{STATE_FAILED, ADVICE_FAULT, "technician", "slipway host retry HOST"},
		{STATE_QUARANTINED, 0, "operator", "slipway host evidence HOST"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct advice *a = advice_of_state(rows[i].state, rows[i].conditions);
		const char *name = lifecycle_state_str(rows[i].state);

		CHECK_STR(name, a->turn, rows[i].turn);
		CHECK_STR(name, a->command, rows[i].command);
	}
}

/* What stands still is not called by a word for what moves. */
static void test_titles(void **state)
{
	static const struct {
		enum lifecycle_state state;
		const char *turn, *title;
	} rows[] = {
		{STATE_IMAGING, "server", "Imaging"},
		{STATE_IMAGING, "operator", "Waits for an arm"},
		{STATE_IMAGING, "technician", "No contact"},
		{STATE_TESTING, "operator", "Waits for its code"},
		{STATE_DISCOVERED, "operator", "Waits for approval"},
		{STATE_VERIFYING, "technician", "Overdue"},
		{STATE_RETIRED, "server", "Retired"},
		{STATE_IN_SERVICE, "", "In service"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(lifecycle_state_str(rows[i].state),
			  advice_title(rows[i].state, rows[i].turn), rows[i].title);
}

static void test_every_error(void **state)
{
	(void)state;
	for (int code = 1; code < _ERR_MAX; code++) {
		struct advice a = advice_of_error(code);

		CHECK_INT(err_name(code), is_turn(a.turn), true);
		CHECK_INT(err_name(code), a.why[0] != '\0', true);
		CHECK_INT(err_name(code), a.action[0] != '\0', true);
		CHECK_INT(err_name(code), str_starts(a.command, "slipway "), true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_state_and_condition),
					   cmocka_unit_test(test_the_turns_that_matter),
					   cmocka_unit_test(test_titles),
					   cmocka_unit_test(test_every_error)};

	return cmocka_run_group_tests_name("proto/advice", tests, NULL, NULL);
}
