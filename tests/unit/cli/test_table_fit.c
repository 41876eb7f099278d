/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns on a narrow terminal: what is shortened, wrapped and left out; texts cut between
 * characters.
 */
#include <tests/harness/check.h>

#include <provisioner/cli/display.h>
#include <provisioner/cli/table_fit.h>

#define COLUMNS 4

static void test_columns(void **state)
{
	/* a code of 8, a text of 30, a number of 4, a sentence of 60 */
	static const struct {
		const char *name;
		size_t available;
		size_t widths[COLUMNS]; /* 0: left out */
	} rows[] = {
		{"all of it", 108, {8, 30, 4, 60}},
		{"more than all of it", 500, {8, 30, 4, 60}},
		{"the sentence wraps", 90, {8, 30, 4, 42}},
		{"the text is shortened", 60, {8, 18, 4, 24}},
		{"the number is left out", 50, {8, 14, 0, 24}},
		{"the text, too", 40, {8, 0, 0, 30}},
		{"the code stays", 5, {8, 0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fit_column c[COLUMNS] = {
			{.kind = FIT_WHOLE, .title_width = 4, .natural_width = 8},
			{.kind = FIT_SHORTEN, .title_width = 4, .natural_width = 30},
			{.kind = FIT_OMIT, .title_width = 4, .natural_width = 4},
			{.kind = FIT_WRAP, .title_width = 6, .natural_width = 60},
		};

		table_fit(c, COLUMNS, rows[i].available);
		for (size_t k = 0; k < COLUMNS; k++)
			CHECK_INT(rows[i].name, c[k].is_hidden ? 0 : c[k].width, rows[i].widths[k]);
	}
}

static void test_empty_columns_go_first(void **state)
{
	struct fit_column c[] = {
		{.kind = FIT_WHOLE, .title_width = 4, .natural_width = 4, .is_empty = true},
		{.kind = FIT_SHORTEN, .title_width = 9, .natural_width = 9, .is_empty = true},
		{.kind = FIT_SHORTEN, .title_width = 4, .natural_width = 6},
	};

	(void)state;
	table_fit(c, ARRAY_LEN(c), 100);
	CHECK_INT("the first stays", c[0].is_hidden, false);
	CHECK_INT("an empty one goes", c[1].is_hidden, true);
	CHECK_INT("a full one stays", c[2].is_hidden, false);
}

static void test_texts(void **state)
{
	static const struct {
		const char *name, *text;
		size_t width;
		const char *shortened, *wrapped;
	} rows[] = {
		{"fits", "abc", 3, "abc", "abc"},
		{"at blanks", "ab cd ef", 5, "ab c\xe2\x80\xa6", "ab cd\nef"},
		{"a long word", "abcdefgh", 3, "ab\xe2\x80\xa6", "abc\ndef\ngh"},
		{"an umlaut is one column",
		 "S\xc3\xbc"
		 "d",
		 3,
		 "S\xc3\xbc"
		 "d",
		 "S\xc3\xbc"
		 "d"},
		{"cut between characters", "\xc3\xbc\xc3\xbc\xc3\xbc", 2, "\xc3\xbc\xe2\x80\xa6",
		 "\xc3\xbc\xc3\xbc\n\xc3\xbc"},
		{"a wide one is two", "\xe6\x9d\xb1\xe4\xba\xac", 3, "\xe6\x9d\xb1\xe2\x80\xa6",
		 "\xe6\x9d\xb1\n\xe4\xba\xac"},
		{"too wide for the column", "\xe6\x9d\xb1\xe4\xba\xac", 1, "\xe2\x80\xa6",
		 "\xe6\x9d\xb1\n\xe4\xba\xac"},
		{"nothing", "", 3, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *shortened = text_shorten(rows[i].text, rows[i].width);
		autofree char *wrapped = text_wrap(rows[i].text, rows[i].width);

		CHECK_STR(rows[i].name, shortened, rows[i].shortened);
		CHECK_STR(rows[i].name, wrapped, rows[i].wrapped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns),
					   cmocka_unit_test(test_empty_columns_go_first),
					   cmocka_unit_test(test_texts)};

	display_set_locale();
	return cmocka_run_group_tests_name("cli/table_fit", tests, NULL, NULL);
}
