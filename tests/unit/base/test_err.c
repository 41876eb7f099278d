/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct err: codes, names, wrapping, and what hostile text may do to a message; then the error
 * table itself, row by row.
 */
#include <tests/harness/check.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>

#include <base/str.h>

static void test_set_wrap_and_clear(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&err, ERR_TOO_BIG, "%d bytes", 9), -ERR_TOO_BIG);
	assert_string_equal(err.msg, "9 bytes");
	assert_int_equal(err_at(&err, "/disk/serial"), -ERR_TOO_BIG);
	assert_int_equal(err_wrap(&err, "image '%s'", "a"), -ERR_TOO_BIG);
	assert_string_equal(err.msg, "image 'a': 9 bytes");
	assert_string_equal(err.pointer, "/disk/serial");
	err_clear(&err);
	assert_int_equal(err.code, 0);
	assert_string_equal(err.msg, "");
	assert_string_equal(err.pointer, "");
}

static void test_a_new_error_forgets_the_old(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_sys(&err, ERR_IO, "cannot write '%s'", "x"), -ERR_IO);
	assert_int_equal(err.sys_errno, ENOSPC);
	assert_string_equal(err.msg, "cannot write 'x': No space left on device");
	err_at(&err, "/a");
	assert_int_equal(err_set(&err, ERR_INVALID, "was: %s", err.msg), -ERR_INVALID);
	assert_string_equal(err.msg, "was: cannot write 'x': No space left on device");
	assert_int_equal(err.sys_errno, 0);
	assert_string_equal(err.pointer, "");
	errno = 99999;
	assert_int_equal(err_sys(&err, ERR_SYS, "odd"), -ERR_SYS);
	assert_string_equal(err.msg, "odd: unknown system error");
}

static void test_nobody_needs_the_details(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "lost"), -ERR_IO);
	assert_int_equal(err_sys(NULL, ERR_IO, "lost"), -ERR_IO);
	assert_true(err_wrap(NULL, "lost") < 0);
	assert_true(err_at(NULL, "/x") < 0);
}

struct text_row {
	const char *name, *in, *out;
};

static const struct text_row text_rows[] = {
	{"plain", "disk 'sda'", "disk 'sda'"},
	{"newline", "a\nlvl=2 b", "a?lvl=2 b"},
	{"terminal escape", "\x1b[2Jx", "?[2Jx"},
	{"C1 control",
	 "\xc2\x9b"
	 "x",
	 "??x"},
	{"utf-8", "\xc3\xa9", "\xc3\xa9"},
	{"not utf-8", "a\xff\xfe", "a??"},
};

static void test_foreign_text_is_made_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text_rows); i++) {
		struct err err = ERR_INIT;

		err_set(&err, ERR_INVALID, "%s", text_rows[i].in);
		CHECK_STR(text_rows[i].name, err.msg, text_rows[i].out);
		err_at(&err, text_rows[i].in);
		CHECK_STR(text_rows[i].name, err.pointer, text_rows[i].out);
	}
}

static bool is_utf8(const char *text)
{
	size_t n;

	while ((n = utf8_length(text)))
		text += n;
	return !*text;
}

/* A message is cut at every offset of a three-byte character, by all three ways of writing one. */
static void test_a_cut_message_stays_utf8(void **state)
{
	char longer[ERR_MSG_MAX_BYTES * 2];

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		struct err err = ERR_INIT;

		for (size_t i = 0; i + 3 < sizeof(longer) - shift; i += 3)
			memcpy(longer + shift + i, "\xe2\x82\xac", 4);
		memset(longer, 'x', shift);
		err_set(&err, ERR_INVALID, "%s", longer);
		assert_true(is_utf8(err.msg));
		assert_int_equal(strlen(err.msg), ERR_MSG_MAX_BYTES - 1);
		err_wrap(&err, "in front");
		assert_true(is_utf8(err.msg));
		assert_true(str_starts(err.msg, "in front: "));
		errno = EIO;
		err_sys(&err, ERR_IO, "%s", longer);
		assert_true(is_utf8(err.msg));
		err_at(&err, longer);
		assert_true(is_utf8(err.pointer));
	}
}

static void test_lookup(void **state)
{
	(void)state;
	assert_string_equal(err_name(0), "ok");
	assert_string_equal(err_name(ERR_JSON), "input.json");
	assert_string_equal(err_name(-ERR_JSON), "input.json");
	assert_string_equal(err_name(_ERR_MAX), "unknown");
	assert_string_equal(err_name(INT_MIN), "unknown");
	assert_string_equal(err_name(INT_MAX), "unknown");
	assert_int_equal(err_class(0), ERR_CLASS_NONE);
	assert_int_equal(err_class(ERR_TIMEOUT), ERR_CLASS_RETRY);
	assert_int_equal(err_class(-ERR_TOO_BIG), ERR_CLASS_REJECT);
	assert_int_equal(err_class(INT_MIN), ERR_CLASS_BUG);
	assert_string_equal(err_class_str(err_class(ERR_CONFIG)), "fatal");
	assert_int_equal(err_code_by_name("input.json"), ERR_JSON);
	assert_int_equal(err_code_by_name("ok"), 0);
	assert_int_equal(err_code_by_name("no.such"), 0);
	assert_int_equal(err_code_by_name(""), 0);
}

/* Every row of every room: a lower-case name that leads back to its code, a class, words. */
static void test_the_table(void **state)
{
	(void)state;
	for (int code = 1; code < _ERR_MAX; code++) {
		const char *name = err_name(code);

		CHECK(name, err_code_by_name(name) == code); /* unique, too */
		CHECK(name, *name && !str_starts(name, ".") && !str_ends(name, "."));
		CHECK(name, strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name));
		CHECK(name, err_class(code) != ERR_CLASS_NONE);
		CHECK(name, *err_meaning(code) && !str_ends(err_meaning(code), "."));
		CHECK(name, *err_hint(code));
		CHECK(name, is_utf8(err_meaning(code)) && is_utf8(err_hint(code)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_wrap_and_clear),
		cmocka_unit_test(test_a_new_error_forgets_the_old),
		cmocka_unit_test(test_nobody_needs_the_details),
		cmocka_unit_test(test_foreign_text_is_made_harmless),
		cmocka_unit_test(test_a_cut_message_stays_utf8),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_the_table),
	};

	return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
