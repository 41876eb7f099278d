/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct str and its escapes, views, globs and the number parsers.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <base/vec.h>

static void test_str_grows_and_stops(void **state)
{
	autostr struct str s;

	(void)state;
	str_init(&s, 100);
	assert_string_equal(s.p, "");
	str_addf(&s, "%s", "");
	assert_string_equal(s.p, "");
	for (int i = 0; i < 10; i++)
		str_addf(&s, "%d23456789", i % 10);
	assert_true(str_ok(&s));
	assert_int_equal(s.n_bytes, 90);
	str_addn(&s, "0123456789", 10);
	assert_true(str_ok(&s)); /* exactly the maximum */
	str_addc(&s, 'x');
	assert_false(str_ok(&s));
	assert_int_equal(s.n_bytes, 100);
	assert_int_equal(strlen(s.p), 100);
	str_add(&s, ""); /* the flag is sticky */
	assert_false(str_ok(&s));
	assert_null(str_take(&s));
	str_clear(&s);
	assert_true(str_ok(&s));
	str_add(&s, "again");
	assert_string_equal(s.p, "again");
}

static void test_str_add_i64(void **state)
{
	static const struct {
		int64_t n;
		const char *text;
	} rows[] = {
		{0, "0"},
		{7, "7"},
		{-1, "-1"},
		{1000000, "1000000"},
		{INT64_MAX, "9223372036854775807"},
		{INT64_MIN, "-9223372036854775808"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str s;
		str_init(&s, 20);
		str_add_i64(&s, rows[i].n);
		assert_string_equal(s.p, rows[i].text);
	}
}

static void test_str_addf_at_every_room(void **state)
{
	(void)state;
	for (int before = 0; before < 80; before++) {
		autostr struct str s;
		str_init(&s, 90);
		for (int i = 0; i < before; i++)
			str_addc(&s, 'a');
		str_addf(&s, "%s%d", "0123456789", 42);
		assert_int_equal(s.n_bytes, before + (before <= 78 ? 12 : 0));
		assert_int_equal(strlen(s.p), s.n_bytes);
		assert_int_equal(str_ok(&s), before <= 78);
	}
}

static void test_str_take_leaves_an_empty_str(void **state)
{
	autostr struct str s;
	autofree char *first = NULL, *second = NULL;

	(void)state;
	str_init(&s, 16);
	str_add(&s, "one");
	first = str_take(&s);
	second = str_take(&s);
	assert_string_equal(first, "one");
	assert_string_equal(second, "");
	str_add(&s, "two");
	assert_string_equal(s.p, "two");
}

struct escape_row {
	const char *name;
	void (*add)(struct str *s, const char *text);
	const char *in, *out;
};

static const struct escape_row escape_rows[] = {
	{"json plain", str_add_json, "disk 1", "disk 1"},
	{"json quote and backslash", str_add_json, "a\"b\\c", "a\\\"b\\\\c"},
	{"json newline", str_add_json, "a\nb", "a\\u000ab"},
	{"json escape and delete", str_add_json, "\x1b[2J\x7f", "\\u001b[2J\\u007f"},
	{"json utf-8 kept", str_add_json, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\xa2",
	 "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\xa2"},
	{"json C1 control", str_add_json,
	 "\xc2\x9b"
	 "2J",
	 "\\u009b2J"},
	{"json lone byte", str_add_json, "a\xff", "a\\ufffd"},
	{"json cut character", str_add_json, "a\xe2\x82", "a\\ufffd\\ufffd"},
	{"json overlong slash", str_add_json, "\xc0\xaf", "\\ufffd\\ufffd"},
	{"json surrogate", str_add_json, "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
	{"url kept", str_add_url, "aZ09-._~", "aZ09-._~"},
	{"url escaped", str_add_url, "a b/c?d&e=\xc3\xa9", "a%20b%2Fc%3Fd%26e%3D%C3%A9"},
	{"printable kept", str_add_printable, "a=b \"c\"", "a=b \"c\""},
	{"printable escaped", str_add_printable, "\\\n\x1b\xc3\xa9", "\\x5c\\x0a\\x1b\\xc3\\xa9"},
};

static void test_escapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(escape_rows); i++) {
		const struct escape_row *row = &escape_rows[i];
		autostr struct str s;

		str_init(&s, 1024);
		row->add(&s, row->in);
		CHECK_STR(row->name, s.p, row->out);
	}
}

struct glob_row {
	const char *pattern, *text;
	bool match;
};

static const struct glob_row glob_rows[] = {
	{"", "", true},
	{"", "a", false},
	{"*", "", true},
	{"*", "anything", true},
	{"?", "", false},
	{"?", "a", true},
	{"??", "a", false},
	{"ab", "ab", true},
	{"ab", "AB", false},
	{"a*", "abc", true},
	{"*c", "abc", true},
	{"*b", "abc", false},
	{"a*c*e", "abcde", true},
	{"a*c*f", "abcde", false},
	{"*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	{"SN-??42*", "SN-AB42X9", true},
	{"[a]", "a", false}, /* no character classes */
	{"a\\*", "a*", false},
	{"***", "x", true},
};

static void test_globs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(glob_rows); i++) {
		const struct glob_row *row = &glob_rows[i];

		CHECK(row->pattern, str_glob(row->pattern, row->text) == row->match);
	}
}

struct number_row {
	const char *text;
	bool u64_ok, i64_ok, size_ok;
	uint64_t u64;
	int64_t i64;
	uint64_t size;
};

static const struct number_row number_rows[] = {
	{"0", true, true, true, 0, 0, 0},
	{"42", true, true, true, 42, 42, 42},
	{"007", true, true, true, 7, 7, 7},
	{"-5", false, true, false, 0, -5, 0},
	{"-0", false, true, false, 0, 0, 0},
	{"9223372036854775807", true, true, true, INT64_MAX, INT64_MAX, INT64_MAX},
	{"9223372036854775808", true, false, true, 9223372036854775808U, 0, 9223372036854775808U},
	{"-9223372036854775808", false, true, false, 0, INT64_MIN, 0},
	{"-9223372036854775809", false, false, false, 0, 0, 0},
	{"18446744073709551615", true, false, true, UINT64_MAX, 0, UINT64_MAX},
	{"18446744073709551616", false, false, false, 0, 0, 0},
	{"64K", false, false, true, 0, 0, 65536},
	{"8M", false, false, true, 0, 0, 8388608},
	{"20G", false, false, true, 0, 0, 21474836480},
	{"2T", false, false, true, 0, 0, 2199023255552},
	{"16777216T", false, false, false, 0, 0, 0}, /* 2^64 */
	{"111111111111111111111111K", false, false, false, 0, 0, 0},
	{"", false, false, false, 0, 0, 0},
	{"-", false, false, false, 0, 0, 0},
	{"K", false, false, false, 0, 0, 0},
	{"1k", false, false, false, 0, 0, 0},
	{"1KK", false, false, false, 0, 0, 0},
	{"+1", false, false, false, 0, 0, 0},
	{" 1", false, false, false, 0, 0, 0},
	{"1 ", false, false, false, 0, 0, 0},
	{"0x10", false, false, false, 0, 0, 0},
	{"1.5", false, false, false, 0, 0, 0},
};

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(number_rows); i++) {
		const struct number_row *row = &number_rows[i];
		uint64_t u = 0, size = 0;
		int64_t n = 0;

		CHECK(row->text, parse_u64(row->text, &u) == row->u64_ok);
		CHECK(row->text, parse_i64(row->text, &n) == row->i64_ok);
		CHECK(row->text, parse_size_bytes(row->text, &size) == row->size_ok);
		if (row->u64_ok)
			CHECK(row->text, u == row->u64);
		if (row->i64_ok)
			CHECK(row->text, n == row->i64);
		if (row->size_ok)
			CHECK(row->text, size == row->size);
	}
}

static void test_views(void **state)
{
	struct sv rest = sv_of("a,,bc"), none = {NULL, 0};

	(void)state;
	assert_true(sv_eq_str(sv_split(&rest, ','), "a"));
	assert_true(sv_eq_str(sv_split(&rest, ','), ""));
	assert_true(sv_eq_str(sv_split(&rest, ','), "bc"));
	assert_int_equal(rest.n, 0);
	assert_true(sv_eq_str(sv_split(&rest, ','), ""));
	assert_true(sv_eq_str(sv_trim(sv_of(" \t a b \r\n")), "a b"));
	assert_true(sv_eq_str(sv_trim(sv_of(" \n ")), ""));
	assert_true(sv_eq(none, sv_of("")));
	assert_true(sv_starts(none, ""));
	assert_false(sv_starts(none, "a"));
	assert_true(sv_starts(SV("sha256//x"), "sha256//"));
	assert_false(sv_eq(SV("ab"), SV("ac")));
}

static void test_small_helpers(void **state)
{
	char small[4] = "zzz";

	VEC(int) numbers = {0};

	(void)state;
	assert_true(str_copy(small, sizeof(small), "abc"));
	assert_string_equal(small, "abc");
	assert_false(str_copy(small, sizeof(small), "abcd"));
	assert_string_equal(small, "");
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_true(str_eq("a", "a"));
	assert_true(str_starts("slipway", "slip"));
	assert_false(str_starts("sl", "slip"));
	assert_true(str_ends("x.slip", ".slip"));
	assert_false(str_ends("p", ".slip"));
	assert_null(xstrdup(NULL));
	for (int i = 0; i < 100; i++)
		VEC_PUSH(&numbers, i);
	assert_int_equal(numbers.n, 100);
	assert_int_equal(numbers.items[99], 99);
	VEC_DONE(&numbers);
	assert_int_equal(numbers.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_str_grows_and_stops),
		cmocka_unit_test(test_str_add_i64),
		cmocka_unit_test(test_str_addf_at_every_room),
		cmocka_unit_test(test_str_take_leaves_an_empty_str),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_small_helpers),
	};

	return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
