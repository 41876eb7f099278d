/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thawing frozen drives by a sleep: which machines can, and in which order the kernel is told. The
 * machine is one of files, which does not sleep.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <agent/disk/thaw.h>
#include <agent/facts/sysfs.h>
#include <base/str.h>

#define ALARM "sys/class/rtc/rtc0/wakealarm"

static void put(const struct fake_sys *t, const char *path, const char *text)
{
	if (text)
		fake_sys_put(t, path, text);
}

static void test_thaw(void **state)
{
	static const struct {
		const char *name, *states, *depths, *alarm;
		int expect;
	} rows[] = {
		{"a machine that can", "mem disk\n", "s2idle [deep]\n", "", 0},
		{"deep is not set", "freeze mem\n", "[s2idle] deep\n", "", 0},
		{"only idle", "freeze mem\n", "[s2idle]\n", "", -ERR_UNSUPPORTED},
		{"no sleep", "disk\n", "s2idle [deep]\n", "", -ERR_UNSUPPORTED},
		{"no list of depths", "mem\n", NULL, "", -ERR_UNSUPPORTED},
		{"no alarm", "mem\n", "[deep]\n", NULL, -ERR_UNSUPPORTED},
		{"words that only begin so", "memory\n", "[deeper]\n", "", -ERR_UNSUPPORTED},
		{"nothing", NULL, NULL, NULL, -ERR_UNSUPPORTED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		struct err err = ERR_INIT;
		char word[64];

		fake_sys_init(&t);
		put(&t, "sys/power/state", rows[i].states);
		put(&t, "sys/power/mem_sleep", rows[i].depths);
		put(&t, ALARM, rows[i].alarm);
		CHECK_INT(rows[i].name, thaw_is_possible(t.root), rows[i].expect == 0);
		CHECK_INT(rows[i].name, thaw_drives(t.root, &err), rows[i].expect);
		sysfs_text(t.root, word, sizeof(word), "sys/power/state");
		if (rows[i].expect == 0) {
			CHECK_INT(rows[i].name, str_starts(word, "mem"), true);
			sysfs_text(t.root, word, sizeof(word), "sys/power/mem_sleep");
			CHECK_INT(rows[i].name, str_starts(word, "deep"), true);
			CHECK_INT(rows[i].name, sysfs_int(t.root, 0, ALARM), 15);
		}
		fake_sys_done(&t);
	}
}

/* HW: a clock may take the word and have no alarm: it reads back as nothing. /dev/null does so, too. */
static void test_clock_without_alarm(void **state)
{
	struct fake_sys t;
	struct err err = ERR_INIT;
	char word[64];

	(void)state;
	fake_sys_init(&t);
	fake_sys_put(&t, "sys/power/state", "freeze mem\n");
	fake_sys_put(&t, "sys/power/mem_sleep", "[deep]\n");
	fake_sys_link(&t, ALARM, "/dev/null");
	assert_int_equal(thaw_drives(t.root, &err), -ERR_UNSUPPORTED);
	sysfs_text(t.root, word, sizeof(word), "sys/power/state");
	assert_string_equal(word, "freeze mem"); /* it did not sleep */
	fake_sys_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thaw),
		cmocka_unit_test(test_clock_without_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
