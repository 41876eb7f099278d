/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of hosts on a terminal: what stays and what becomes visible; and durations.
 */
#include <tests/harness/check.h>

#include <provisioner/cli/display.h>

static void test_texts(void **state)
{
	static const struct {
		const char *name, *text, *shown;
	} rows[] = {
		{"plain", "R7525 rev. A", "R7525 rev. A"},
		{"an umlaut",
		 "Halle S\xc3\xbc"
		 "d",
		 "Halle S\xc3\xbc"
		 "d"},
		{"wide characters", "\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac"},
		{"an escape sequence", "a\033[2Jb", "a\\u001b[2Jb"},
		{"a title of the window", "\033]0;x\007", "\\u001b]0;x\\u0007"},
		{"a C1 control",
		 "a\xc2\x9b"
		 "b",
		 "a\\u009bb"},
		{"lines", "a\r\nb\tc", "a\\u000d\\u000ab\\u0009c"},
		{"delete", "a\x7f", "a\\u007f"},
		{"right to left",
		 "a\xe2\x80\xae"
		 "b",
		 "a\\u202eb"},
		{"isolates", "\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"},
		{"an Arabic letter mark", "\xd8\x9c", "\\u061c"},
		{"a zero-width joiner", "a\xe2\x80\x8d", "a\\u200d"},
		{"a line separator", "\xe2\x80\xa8", "\\u2028"},
		{"a byte order mark",
		 "\xef\xbb\xbf"
		 "a",
		 "\\ufeffa"},
		{"a tag", "\xf3\xa0\x81\x81", "\\U000e0041"},
		{"private use", "\xee\x80\x80", "\\ue000"},
		{"not UTF-8", "a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd"},
		{"a surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"cut in a character", "\xe6\x9d", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"a backslash", "C:\\dir", "C:\\dir"},
		{"an escape that the host wrote", "\\u001b", "\\u005cu001b"},
		{"one of libsmartcols", "\\x1b", "\\u005cx1b"},
		{"nothing", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *shown = display_text(rows[i].text);

		CHECK_STR(rows[i].name, shown, rows[i].shown);
	}
}

static void test_durations(void **state)
{
	static const struct {
		int64_t seconds;
		const char *shown;
	} rows[] = {
		{0, "0 s"},
		{59, "59 s"},
		{60, "1 min"},
		{3599, "59 min"},
		{3600, "1 h"},
		{3600 + 12 * 60, "1 h 12 min"},
		{86399, "23 h 59 min"},
		{86400, "1 d"},
		{90 * 86400LL + 5, "90 d"},
		{-5, "0 s"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char shown[DURATION_BYTES];

		display_duration(rows[i].seconds * 1000000, shown);
		CHECK_STR(rows[i].shown, shown, rows[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts),
					   cmocka_unit_test(test_durations)};

	display_set_locale();
	return cmocka_run_group_tests_name("cli/display", tests, NULL, NULL);
}
