/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a technician reads: every step has a headline that fits the screen and says what to do; the
 * progress line says how far and how long.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <provisioner/agent/screen.h>
#include <provisioner/agent/step_text.h>

static void test_steps(void **state)
{
	static const struct {
		enum plan_step_kind kind;
		const char *headline;
		const char *has[3];
	} rows[] = {
		{PLAN_STEP_INSPECT, "INSPECT", {"half a minute", "Nothing to do"}},
		{PLAN_STEP_BURN_IN, "BURN-IN", {"(quick)", "do not power off", "time left"}},
		{PLAN_STEP_IMAGE,
		 "IMAGING",
		 {"debian12 7 to disk SN-1 (4 GB)", "Do not power off", "If it is interrupted"}},
		{PLAN_STEP_ERASE,
		 "ERASING",
		 {"disk 0x5001 (512 GB)", "Do not power off", "If it is interrupted"}},
		{PLAN_STEP_REBOOT, "REBOOT", {"own disk", "boot order"}},
	};
	struct plan plan = {
		.burn_in.tier = "quick",
		.image = {.line = "debian12", .version = "7", .disk = {"", "SN-1", 4294967296}},
		.erase_disk = {"0x5001", "", 512110190592},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str text;

		str_init(&text, 2048);
		plan.kind = rows[i].kind;
		step_text(&plan, &text);
		CHECK_STR(rows[i].headline, step_headline(rows[i].kind), rows[i].headline);
		CHECK(rows[i].headline, strlen(rows[i].headline) <= 13);
		for (size_t j = 0; j < ARRAY_LEN(rows[i].has) && rows[i].has[j]; j++)
			if (!strstr(text.p, rows[i].has[j]))
				fail_msg("row '%s': no '%s' in '%s'", rows[i].headline,
					 rows[i].has[j], text.p);
		CHECK(rows[i].headline, !strchr(text.p, '$'));
		struct sv rest = sv_of(text.p);
		while (rest.n)
			CHECK(rows[i].headline, sv_split(&rest, '\n').n < SCREEN_COLUMNS);
	}
}

static void test_every_kind_has_words(void **state)
{
	(void)state;
	for (int i = PLAN_STEP_INSPECT; i < _PLAN_STEP_MAX; i++)
		assert_string_not_equal(step_headline((enum plan_step_kind)i), "UNKNOWN");
	assert_string_equal(step_headline(_PLAN_STEP_MAX), "UNKNOWN");
}

static void test_progress(void **state)
{
	static const struct {
		const char *name;
		struct event_progress p;
		const char *text;
	} rows[] = {
		{"bytes",
		 {"image", 220200960, 536870912, "bytes", 80, "read_back"},
		 "image  [#########...........]  41 %  210 of 512 MiB, about 1 min 20 s left  read "
		 "back"},
		{"steps",
		 {"inspect", 1, 3, "steps", 10, ""},
		 "inspect  [#######.............]  33 %  1 of 3 steps, about 10 s left"},
		{"the beginning",
		 {"erase", 0, 1048576, "bytes", -1, "discard"},
		 "erase  [....................]  0 %  0 of 1 MiB  discard"},
		{"the end",
		 {"erase", 1048576, 1048576, "bytes", 0, ""},
		 "erase  [####################]  100 %  1 of 1 MiB, about 0 s left"},
		{"hours", {"burn_in", 1, 0, "s", 7384, ""}, "burn in, about 2 h 3 min left"},
		{"nothing known", {"idle", 0, 0, "", -1, ""}, "idle"},
		{"more than all",
		 {"x", 9, 3, "steps", -1, ""},
		 "x  [####################]  100 %  3 of 3 steps"},
		{"less than nothing",
		 {"x", -9, 3, "steps", -1, ""},
		 "x  [....................]  0 %  0 of 3 steps"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str out;

		str_init(&out, 512);
		progress_text(&rows[i].p, &out);
		CHECK_STR(rows[i].name, out.p, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_every_kind_has_words),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests_name("agent/step_text", tests, NULL, NULL);
}
