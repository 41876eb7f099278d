/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent lets its screen say: the big lines of a wait, and percentages that go forward while
 * the same work goes on.
 */
#include <tests/harness/check.h>

#include <agent/agent_show.h>
#include <agent/step_text.h>

static void test_wait_words(void **state)
{
	static const struct {
		const char *name, *message, *verb, *slot, *serial, *rest;
	} rows[] = {
		{"nothing", "", "", "", "", ""},
		{"only words", "Waits for approval.\nNext: the operator.", "", "", "",
		 "Waits for approval.\nNext: the operator.\n"},
		{"a part", "Repair: REPLACE\nSlot: Bay 3\nSerial: S1\nBad.\nDo: Replace it.",
		 "REPLACE", "Bay 3", "S1", "Bad.\nDo: Replace it.\n"},
		{"no slot", "Repair: CHECK\nSerial: S1\nx", "CHECK", "", "S1", "x\n"},
		{"the first counts", "Slot: A\nSlot: B", "", "A", "", ""},
		{"inside a line", "See Slot: A", "", "", "", "See Slot: A\n"},
		{"the place stays with the words", "x\nPlace: rack R7", "", "", "",
		 "x\nPlace: rack R7\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wait_words w;

		wait_words_read(rows[i].message, &w);
		CHECK_STR(rows[i].name, w.verb, rows[i].verb);
		CHECK_STR(rows[i].name, w.slot, rows[i].slot);
		CHECK_STR(rows[i].name, w.serial, rows[i].serial);
		CHECK_STR(rows[i].name, w.rest, rows[i].rest);
		wait_words_done(&w);
	}
}

static void test_percentages_go_forward(void **state)
{
	static const struct {
		const char *name;
		struct event_progress p;
		int64_t done;
	} rows[] = {
		/* one after the other */
		{"begins", {"image", 10, 100, "bytes", -1, "write"}, 10},
		{"goes on", {"image", 41, 100, "bytes", -1, "write"}, 41},
		{"falls back", {"image", 12, 100, "bytes", -1, "write"}, 41},
		{"of a larger whole", {"image", 50, 1000, "bytes", -1, "write"}, 410},
		{"goes on again", {"image", 900, 1000, "bytes", -1, "write"}, 900},
		{"another word", {"image", 3, 1000, "bytes", -1, "read_back"}, 3},
		{"another stage", {"erase", 1, 10, "bytes", -1, "read_back"}, 1},
		{"no whole", {"erase", 0, 0, "bytes", -1, "read_back"}, 0},
		{"more than all", {"x", 12, 10, "bytes", -1, ""}, 10},
	};
	struct agent a = {.screen.kernel_fd = -1};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		agent_take_progress(&a, &rows[i].p);
		CHECK_INT(rows[i].name, a.progress.done, rows[i].done);
	}
}

static void test_brief(void **state)
{
	static const struct {
		const char *name;
		struct event_progress p;
		const char *text;
	} rows[] = {
		{"bytes",
		 {"image", 220200960, 536870912, "bytes", 80, "read_back"},
		 "read back  41 %, 1 min 20 s left"},
		{"a test by its name",
		 {"burn_in", 3, 8, "tests", 7384, "memory.pattern"},
		 "memory.pattern  37 %, 2 h 3 min left"},
		{"nothing known", {"idle", 0, 0, "", -1, ""}, "idle"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str out = {0};

		str_init(&out, 512);
		progress_brief(&rows[i].p, &out);
		CHECK_STR(rows[i].name, out.p, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait_words),
		cmocka_unit_test(test_percentages_go_forward),
		cmocka_unit_test(test_brief),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
