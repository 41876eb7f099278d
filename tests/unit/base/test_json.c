/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict documents and the typed reader: what is refused, with which code, at which pointer.
 */
#include <tests/harness/check.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

struct load_row {
	const char *name, *text;
	enum err_code code;
};

static const struct load_row load_rows[] = {
	{"object", "{\"a\":[1,2,{\"b\":null}]}", 0},
	{"array", "[]", 0},
	{"brackets in a string", "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}", 0},
	{"32 levels", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 0},
	{"33 levels", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	 ERR_JSON_DEPTH},
	{"33 levels of objects and arrays, never closed",
	 "{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":["
	 "{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[",
	 ERR_JSON_DEPTH},
	{"nothing", "", ERR_JSON},
	{"white space", "  ", ERR_JSON},
	{"bare word", "yes", ERR_JSON},
	{"cut", "{\"a\":1", ERR_JSON},
	{"two documents", "{}{}", ERR_JSON},
	{"text behind", "{} x", ERR_JSON},
	{"duplicate key", "{\"a\":1,\"a\":2}", ERR_JSON},
	{"duplicate key below", "{\"x\":{\"a\":1,\"a\":1}}", ERR_JSON},
	{"duplicate by escape", "{\"a\":1,\"\\u0061\":2}", ERR_JSON},
	{"not utf-8", "{\"a\":\"\xff\"}", ERR_JSON},
	{"overlong utf-8", "{\"a\":\"\xc0\xaf\"}", ERR_JSON},
	{"NUL by escape", "{\"a\":\"x\\u0000y\"}", ERR_JSON},
	{"lone surrogate", "{\"a\":\"\\ud800\"}", ERR_JSON},
	{"comment", "{/* no */}", ERR_JSON},
	{"trailing comma", "[1,]", ERR_JSON},
	{"NaN", "[NaN]", ERR_JSON},
	{"integer too large", "[9223372036854775808]", ERR_JSON},
	{"real too large", "[1e999]", ERR_JSON},
	{"leading zero", "[01]", ERR_JSON},
	{"raw newline in a string", "[\"a\nb\"]", ERR_JSON},
};

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(load_rows); i++) {
		const struct load_row *row = &load_rows[i];
		autojson json_t *doc = NULL;
		struct err err = ERR_INIT;
		size_t n = strlen(row->text);

		CHECK_ERR(row->name, json_load_strict(row->text, n, 1024, &doc, &err), row->code);
		CHECK(row->name, (doc != NULL) == !row->code);
	}
}

static void test_size_comes_first(void **state)
{
	autojson json_t *doc = NULL;
	struct err err = ERR_INIT;

	(void)state;
	CHECK_ERR("at the maximum", json_load_strict("[1,2]", 5, 5, &doc, &err), 0);
	CHECK_ERR("one more", json_load_strict("[1,2 ]", 6, 5, &doc, &err), ERR_TOO_BIG);
	CHECK_ERR("a NUL in the middle", json_load_strict("[1]\0x", 5, 9, &doc, &err), ERR_JSON);
}

static json_t *load(const char *text)
{
	json_t *doc = NULL;
	struct err err = ERR_INIT;

	if (json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, &doc, &err) < 0)
		fail_msg("'%s': %s", text, err.msg);
	return doc;
}

/* One reader for all rows: a document with every kind of field. */
static int read_all(json_t *doc, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err), sub;
	json_t *o, *a;

	(void)json_need_str(&r, "s", 1, 4);
	(void)json_opt_str(&r, "os", 4, "none");
	(void)json_need_int(&r, "i", -3, 9);
	(void)json_opt_int(&r, "oi", 0, 9, 5);
	(void)json_need_bool(&r, "b");
	(void)json_opt_bool(&r, "ob", true);
	(void)json_need_hex(&r, "h", 4);
	o = json_need_obj(&r, "o");
	a = json_opt_arr(&r, "a", 2);
	if (o) {
		sub = json_reader_sub(&r, o, "o");
		(void)json_need_int(&sub, "n/m~", 0, 1);
		TRY(json_reader_end(&sub));
	}
	for (size_t i = 0; i < json_array_size(a); i++) {
		sub = json_reader_item(&r, json_array_get(a, i), "a", i);
		(void)json_need_str(&sub, "x", 0, 1);
		TRY(json_reader_end(&sub));
	}
	return json_reader_end(&r);
}

#define O "\"o\":{\"n/m~\":1}"
struct reader_row {
	const char *name, *text;
	enum err_code code;
	const char *pointer;
};

static const struct reader_row reader_rows[] = {
	{"least", "{\"s\":\"a\",\"i\":0,\"b\":true,\"h\":\"00ff\"," O "}", 0, ""},
	{"all",
	 "{\"s\":\"abcd\",\"os\":\"\",\"i\":-3,\"oi\":9,\"b\":false,\"ob\":false,\"h\":\"beef\"," O
	 ",\"a\":[{\"x\":\"\"},{\"x\":\"y\"}]}",
	 0, ""},
	{"not an object", "[]", ERR_FIELD_TYPE, ""},
	{"missing", "{\"i\":0,\"b\":true,\"h\":\"00ff\"," O "}", ERR_FIELD_MISSING, "/s"},
	{"null is not missing", "{\"s\":null,\"i\":0,\"b\":true,\"h\":\"00ff\"," O "}",
	 ERR_FIELD_TYPE, "/s"},
	{"string too short", "{\"s\":\"\",\"i\":0,\"b\":true,\"h\":\"00ff\"," O "}",
	 ERR_FIELD_RANGE, "/s"},
	{"string too long", "{\"s\":\"abcde\",\"i\":0,\"b\":true,\"h\":\"00ff\"," O "}",
	 ERR_FIELD_RANGE, "/s"},
	{"optional with a wrong type",
	 "{\"s\":\"a\",\"os\":1,\"i\":0,\"b\":true,\"h\":\"00ff\"," O "}", ERR_FIELD_TYPE, "/os"},
	{"integer too low", "{\"s\":\"a\",\"i\":-4,\"b\":true,\"h\":\"00ff\"," O "}",
	 ERR_FIELD_RANGE, "/i"},
	{"integer too high", "{\"s\":\"a\",\"i\":10,\"b\":true,\"h\":\"00ff\"," O "}",
	 ERR_FIELD_RANGE, "/i"},
	{"real for integer", "{\"s\":\"a\",\"i\":1.0,\"b\":true,\"h\":\"00ff\"," O "}",
	 ERR_FIELD_TYPE, "/i"},
	{"string for integer", "{\"s\":\"a\",\"i\":\"1\",\"b\":true,\"h\":\"00ff\"," O "}",
	 ERR_FIELD_TYPE, "/i"},
	{"number for bool", "{\"s\":\"a\",\"i\":1,\"b\":1,\"h\":\"00ff\"," O "}", ERR_FIELD_TYPE,
	 "/b"},
	{"upper-case hex", "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00FF\"," O "}", ERR_INVALID,
	 "/h"},
	{"short hex", "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00f\"," O "}", ERR_FIELD_RANGE,
	 "/h"},
	{"unknown field", "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00ff\"," O ",\"z\":1}",
	 ERR_FIELD_UNKNOWN, "/z"},
	{"below: out of range, key with / and ~",
	 "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00ff\",\"o\":{\"n/m~\":2}}", ERR_FIELD_RANGE,
	 "/o/n~1m~0"},
	{"below: unknown",
	 "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00ff\",\"o\":{\"n/m~\":1,\"q\":0}}",
	 ERR_FIELD_UNKNOWN, "/o/q"},
	{"object is an array", "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00ff\",\"o\":[]}",
	 ERR_FIELD_TYPE, "/o"},
	{"item is wrong",
	 "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00ff\"," O
	 ",\"a\":[{\"x\":\"\"},{\"x\":\"yy\"}]}",
	 ERR_FIELD_RANGE, "/a/1/x"},
	{"item is not an object", "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00ff\"," O ",\"a\":[7]}",
	 ERR_FIELD_TYPE, "/a/0"},
	{"too many items", "{\"s\":\"a\",\"i\":1,\"b\":true,\"h\":\"00ff\"," O ",\"a\":[1,2,3]}",
	 ERR_TOO_BIG, "/a"},
	{"the first error wins", "{\"i\":99,\"z\":1}", ERR_FIELD_MISSING, "/s"},
};

static void test_reader(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reader_rows); i++) {
		const struct reader_row *row = &reader_rows[i];
		autojson json_t *doc = load(row->text);
		struct err err = ERR_INIT;

		CHECK_ERR(row->name, read_all(doc, &err), row->code);
		CHECK_STR(row->name, err.pointer, row->pointer);
		CHECK_INT(row->name, err.code, row->code);
	}
}

static void test_values_and_defaults(void **state)
{
	autojson json_t *doc = load("{\"s\":\"v\",\"i\":-7,\"b\":true}");
	struct err err = ERR_INIT;
	struct json_reader r = json_reader_root(doc, &err);

	(void)state;
	assert_string_equal(json_need_str(&r, "s", 0, 9), "v");
	assert_string_equal(json_opt_str(&r, "no", 9, "fallback"), "fallback");
	assert_int_equal(json_need_int(&r, "i", INT64_MIN, INT64_MAX), -7);
	assert_int_equal(json_opt_int(&r, "no", 0, 9, 42), 42); /* a fallback may lie outside */
	assert_true(json_need_bool(&r, "b"));
	assert_true(json_opt_bool(&r, "no", true));
	assert_null(json_opt_obj(&r, "no"));
	assert_int_equal(json_reader_end(&r), 0);
	assert_null(json_need_arr(&r, "no", 9));
	assert_null(json_need_str(&r, "s", 0, 9)); /* nothing after a failure */
	assert_int_equal(json_need_int(&r, "i", -9, 9), 0);
	CHECK_ERR("sticky", json_reader_end(&r), ERR_FIELD_MISSING);
}

/* A key as long as a body allows: the pointer is cut, and stays inside its buffers. */
static void test_a_very_long_key(void **state)
{
	char text[700] = "{\"";
	struct err err = ERR_INIT;

	(void)state;
	memset(text + 2, '~', 600);
	memcpy(text + 602, "\":{\"x\":1}}", 11);

	{
		autojson json_t *doc = load(text);
		struct json_reader r = json_reader_root(doc, &err), sub;

		sub = json_reader_sub(&r, json_object_iter_value(json_object_iter(doc)),
				      json_object_iter_key(json_object_iter(doc)));
		CHECK_ERR("below", json_reader_end(&sub), ERR_FIELD_UNKNOWN);
		CHECK_ERR("root", json_reader_end(&r), ERR_FIELD_UNKNOWN);
		assert_true(str_starts(err.pointer, "/~0~0~0"));
	}
}

static void test_files_and_text(void **state)
{
	char path[] = "/tmp/slipway-json-XXXXXX";
	autojson json_t *doc = NULL;
	autofree char *text = NULL;
	struct err err = ERR_INIT;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(file_write_all(fd, "{\"b\":1, \"a\":[true]}", 19, &err), 0);
	assert_int_equal(json_load_file_strict(path, 19, &doc, &err), 0);
	text = json_text(doc);
	assert_string_equal(text, "{\"a\":[true],\"b\":1}");
	CHECK_ERR("too big", json_load_file_strict(path, 18, &doc, &err), ERR_TOO_BIG);
	assert_int_equal(file_write_all(fd, "}", 1, &err), 0);
	json_decref(take_ptr(doc));
	CHECK_ERR("broken", json_load_file_strict(path, 99, &doc, &err), ERR_JSON);
	assert_non_null(strstr(err.msg, path));
	close(fd);
	unlink(path);
	CHECK_ERR("gone", json_load_file_strict(path, 99, &doc, &err), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),       cmocka_unit_test(test_size_comes_first),
		cmocka_unit_test(test_reader),          cmocka_unit_test(test_values_and_defaults),
		cmocka_unit_test(test_a_very_long_key), cmocka_unit_test(test_files_and_text),
	};

	return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
