/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of CSV, and what a spreadsheet with another separator makes of them. */
#include "tests/harness/check.h"

#include <base/csv_cell.h>
#include <base/str.h>
#include <base/text.h>

static const struct {
	const char *text, *cell;
} rows[] = {
	{"", ""},
	{"plain", "plain"},
	{"a b", "a b"},
	{"a=1", "a=1"},
	{"52:54:00:00:00:01;52:54:00:00:00:02", "52:54:00:00:00:01;52:54:00:00:00:02"},
	{"a;b", "a;b"},
	{"a; =1", "a; =1"},
	{"a,b", "\"a,b\""},
	{"a\"b", "\"a\"\"b\""},
	{"a\nb", "\"a\nb\""},
	{"a\r\nb", "\"a\r\nb\""},
	{"a\r\n\r\nb", "\"a\r\n\r\nb\""},
	{"a\tb", "a\tb"},
	{"=1", "\"'=1\""},
	{"-1,2", "\"'-1,2\""},
	{"=\"a\"", "\"'=\"\"a\"\"\""},
	{"a;=1", "\"a;'=1\""},
	{";=1", "\";'=1\""},
	{"a;b;=1;c", "\"a;b;'=1;c\""},
	{"=1;=2", "\"'=1;'=2\""},
	{"a;;=1", "\"a;;'=1\""},
	{"a;+1", "\"a;'+1\""},
	{"a;-1", "\"a;'-1\""},
	{"a;@a", "\"a;'@a\""},
	{"a;\xef\xbc\x9d"
	 "1",
	 "\"a;'\xef\xbc\x9d"
	 "1\""},
	{"a;\"=1", "\"a;\"\"'=1\""},
	{"a;\"\"=1", "\"a;\"\"\"\"'=1\""},
	{"a;\t=1", "\"a;\t'=1\""},
	{"a\t=1", "\"a\t'=1\""},
	{"a\n=1", "\"a\n'=1\""},
	{"a\r\n-1", "\"a\r\n'-1\""},
	{"a;=cmd|' /C calc'!A0;b", "\"a;'=cmd|' /C calc'!A0;b\""},
	{"a;", "a;"},
	{"a;\xef\xbc", "a;\xef\xbc"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str s;

		str_init(&s, 1024);
		csv_cell_add(&s, rows[i].text);
		CHECK_STR(rows[i].text, s.p, rows[i].cell);
	}
}

/* Split at ';' without an eye for our quotes, as a spreadsheet does where a quote stands inside a
 * cell, no piece begins like a formula. */
static void test_no_piece_is_a_formula(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str s;

		str_init(&s, 1024);
		str_add(&s, "x,");
		csv_cell_add(&s, rows[i].text);
		for (char *rest = s.p, *piece; (piece = strsep(&rest, ";\t\r\n"));) {
			piece += strspn(piece, "\"");
			if (text_is_formula(piece))
				fail_msg("'%s': '%s' is a formula", rows[i].text, piece);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_piece_is_a_formula),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("base/csv_cell", tests, NULL, NULL);
}
