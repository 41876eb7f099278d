/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3339 both ways, and a clock that a test moves by hand.
 */
#include <tests/harness/check.h>

#include <base/clock.h>

#define S 1000000LL

struct format_row {
	int64_t wall_us;
	const char *text;
};

static const struct format_row format_rows[] = {
	{0, "1970-01-01T00:00:00Z"},
	{1, "1970-01-01T00:00:00.000001Z"},
	{-1, "1969-12-31T23:59:59.999999Z"},
	{-S, "1969-12-31T23:59:59Z"},
	{951782400 * S, "2000-02-29T00:00:00Z"},
	{1793534400 * S + 123456, "2026-11-01T12:00:00.123456Z"},
	{253402300799 * S, "9999-12-31T23:59:59Z"},
	{253402300800 * S, "1970-01-01T00:00:00Z"}, /* year 10000: not a time that we know */
	{INT64_MAX, "1970-01-01T00:00:00Z"},
	{INT64_MIN, "1970-01-01T00:00:00Z"},
};

static void test_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(format_rows); i++) {
		char text[TIME_TEXT_BYTES];

		time_rfc3339(format_rows[i].wall_us, text);
		CHECK_STR(format_rows[i].text, text, format_rows[i].text);
	}
}

struct parse_row {
	const char *text;
	bool ok;
	int64_t wall_us;
};

static const struct parse_row parse_rows[] = {
	{"1970-01-01T00:00:00Z", true, 0},
	{"2026-11-01T12:00:00.123456Z", true, 1793534400 * S + 123456},
	{"2026-11-01T12:00:00.5Z", true, 1793534400 * S + 500000},
	{"2026-11-01T12:00:00.123456789Z", true, 1793534400 * S + 123456},
	{"2026-11-01T13:30:00+01:30", true, 1793534400 * S},
	{"2026-11-01T04:00:00-08:00", true, 1793534400 * S},
	{"2000-02-29T00:00:00Z", true, 951782400 * S},
	{"9999-12-31T23:59:59Z", true, 253402300799 * S},
	{"2026-02-29T00:00:00Z", false, 0}, /* no such day */
	{"2026-04-31T00:00:00Z", false, 0},
	{"2026-00-01T00:00:00Z", false, 0},
	{"2026-01-00T00:00:00Z", false, 0},
	{"2026-13-01T00:00:00Z", false, 0},
	{"2026-01-01T24:00:00Z", false, 0},
	{"2026-01-01T00:60:00Z", false, 0},
	{"2026-01-01T00:00:60Z", false, 0},
	{"2026-01-01T00:00:00", false, 0}, /* no zone */
	{"2026-01-01 00:00:00Z", false, 0},
	{"2026-01-01T00:00:00.Z", false, 0},
	{"2026-01-01T00:00:00+0100", false, 0},
	{"2026-01-01T00:00:00+24:00", false, 0},
	{"2026-01-01T00:00:00Zx", false, 0},
	{"2026-1-1T00:00:00Z", false, 0},
	{"202", false, 0},
	{"", false, 0},
	{" 2026-01-01T00:00:00Z", false, 0},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parse_rows); i++) {
		const struct parse_row *row = &parse_rows[i];
		int64_t us = -7;

		CHECK(row->text, time_parse_rfc3339(row->text, &us) == row->ok);
		CHECK_INT(row->text, us, row->ok ? row->wall_us : -7);
	}
}

/* C-04. */
static void test_there_and_back(void **state)
{
	(void)state;
	for (int64_t us = -99999 * S; us < 253402300799 * S; us += 7777777777777) {
		char text[TIME_TEXT_BYTES];
		int64_t back = 0;

		time_rfc3339(us, text);
		CHECK(text, time_parse_rfc3339(text, &back));
		CHECK_INT(text, back, us);
	}
}

static int64_t by_hand(void *arg)
{
	return *(int64_t *)arg;
}

static void test_clocks(void **state)
{
	int64_t now_us = 5 * S, before_ms = time_boot_ms();
	const struct clock hand = {by_hand, by_hand, &now_us};

	(void)state;
	assert_int_equal(clock_boot_us(&hand), 5 * S);
	now_us += S;
	assert_int_equal(clock_wall_us(&hand), 6 * S);
	assert_true(clock_boot_us(&clock_system) / 1000 >= before_ms);
	assert_true(time_boot_ms() >= before_ms);
	assert_true(time_wall_us() > 1600000000 * S);
	assert_true(clock_wall_us(&clock_system) > 1600000000 * S);
	clock_hold(&hand);
	assert_int_equal(time_boot_ms(), 6000);
	assert_int_equal(time_wall_us(), 6 * S);
	assert_int_equal(clock_boot_us(&clock_system), 6 * S);
	clock_hold(NULL);
	assert_true(clock_wall_us(&clock_system) > 1600000000 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
