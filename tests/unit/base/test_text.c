/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is a UTF-8 character, and where a text from outside is cut.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <base/text.h>
#include <base/vec.h>

/* Text of every shape, cut at every length: well-formed stays well-formed, and nothing but the end
 * of it goes. */
static const char *const cut_texts[] = {
	"",
	"plain",
	"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
	"a\xe2\x82\xac"
	"b\xe2\x82\xac",
	"\xf0\x9f\x92\xa9\xf0\x9f\x92\xa9",
	"x\xf0\x9f\x92\xa9y\xc3\xa9z",
};

static void test_text_cut_ends_at_a_character(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cut_texts); i++) {
		size_t whole = strlen(cut_texts[i]);
		for (size_t max = 0; max <= whole + 1; max++) {
			autofree char *text = xstrdup(cut_texts[i]);
			size_t n = text_cut(text, max);
			assert_int_equal(n, strlen(text));
			assert_true(n <= max && n + 4 > (max < whole ? max : whole));
			assert_true(text_is_utf8(text));
			assert_memory_equal(text, cut_texts[i], n);
			assert_true(max < whole || n == whole);
		}
	}
}

static void test_text_cut_removes_what_another_cut_left(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"a\xc3", "a"},
		{"a\xe2\x82", "a"},
		{"a\xe2", "a"},
		{"\xf0\x9f\x92", ""},
		{"\xf0\x9f", ""},
		{"\xc3\xa9\xc3", "\xc3\xa9"},
		{"\x80\x80\x80", "\x80\x80\x80"}, /* never a character: text_mend()'s */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xstrdup(rows[i].text);
		(void)text_cut(text, 100);
		assert_string_equal(text, rows[i].want);
	}
}

static void test_text_mend(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"plain \xc3\xa9", "plain \xc3\xa9"},
		{"\xc3", "?"},
		{"\xc0\xaf", "??"},           /* overlong */
		{"\xed\xa0\x80", "???"},      /* a lone surrogate */
		{"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
		{"\xe2\x82"
		 "a",
		 "??a"},
		{"\xff\xfe", "??"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xstrdup(rows[i].text);
		assert_int_equal(text_is_utf8(text), str_eq(rows[i].text, rows[i].want));
		text_mend(text);
		assert_string_equal(text, rows[i].want);
		assert_true(text_is_utf8(text));
	}
}

static void test_text_fit_and_print(void **state)
{
	char small[6];

	(void)state;
	assert_true(text_fit(small, sizeof(small), "12345"));
	assert_string_equal(small, "12345");
	assert_false(text_fit(small, sizeof(small), "1234\xc3\xa9"));
	assert_string_equal(small, "1234");
	assert_true(text_fit(small, sizeof(small), "1\xff"));
	assert_string_equal(small, "1?");
	text_print(small, sizeof(small), "%s%s", "123", "\xe2\x82\xac");
	assert_string_equal(small, "123");
	text_print(small, sizeof(small), "%.2s", "a\xc3\xa9");
	assert_string_equal(small, "a?");
}

/* What fits is printed in place, what does not leaves no trace: both, at every room there is. */

struct utf8_row {
	const char *name, *text;
	size_t length;
	bool control;
};

static const struct utf8_row utf8_rows[] = {
	{"end", "", 0, false},
	{"letter", "a", 1, false},
	{"newline", "\n", 1, true},
	{"delete", "\x7f", 1, true},
	{"two bytes", "\xc3\xa9", 2, false},
	{"C1 CSI", "\xc2\x9b", 2, true},
	{"no-break space", "\xc2\xa0", 2, false},
	{"three bytes", "\xe2\x82\xac", 3, false},
	{"four bytes", "\xf0\x9f\x9a\xa2", 4, false},
	{"last code point", "\xf4\x8f\xbf\xbf", 4, false},
	{"above the last", "\xf4\x90\x80\x80", 0, false},
	{"continuation first", "\x80", 0, false},
	{"overlong two", "\xc1\xbf", 0, false},
	{"overlong three", "\xe0\x9f\xbf", 0, false},
	{"overlong four", "\xf0\x8f\xbf\xbf", 0, false},
	{"surrogate", "\xed\xa0\x80", 0, false},
	{"cut after one", "\xf0", 0, false},
	{"cut after three", "\xf0\x9f\x9a", 0, false},
	{"wrong third byte", "\xe2\x82 ", 0, false},
};

static void test_formula(void **state)
{
	static const struct {
		const char *name;
		bool is;
	} rows[] = {
		{"", false},
		{"a=1", false},
		{" =1", false},
		{"1-1", false},
		{"=1", true},
		{"+1", true},
		{"-1", true},
		{"@a", true},
		{"\t=1", true},
		{"\r=1", true},
		{"\n=1", true},
		{"\xef\xbc\x9d"
		 "1",
		 true},
		{"\xef\xbc\x8b", true},
		{"\xef\xbc\x8d", true},
		{"\xef\xbc\xa0"
		 "a",
		 true},
		{"\xef\xbc\x9c", false},
		{"\xef\xbc", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].name, text_is_formula(rows[i].name), rows[i].is);
}

static void test_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(utf8_rows); i++) {
		const struct utf8_row *row = &utf8_rows[i];

		CHECK_INT(row->name, utf8_length(row->text), row->length);
		if (row->length)
			CHECK(row->name, utf8_is_control(row->text, row->length) == row->control);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formula),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_text_cut_ends_at_a_character),
		cmocka_unit_test(test_text_cut_removes_what_another_cut_left),
		cmocka_unit_test(test_text_mend),
		cmocka_unit_test(test_text_fit_and_print),
	};

	return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
