/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log records in both formats: escaping, cutting, levels, and that a record is always exactly one
 * line, whatever a host wrote into it. Standard error is a pipe during each record.
 */
#include <tests/harness/check.h>

#include <fcntl.h>

#include <base/json.h>
#include <base/log.h>
#include <base/str.h>

static char written[32768]; /* what the last record put on standard error */

static int saved_stderr, pipe_fds[2];

static void capture_start(void)
{
	fflush(stderr);
	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
}

static void capture_end(void)
{
	ssize_t n = read(pipe_fds[0], written, sizeof(written) - 1);

	written[n > 0 ? n : 0] = '\0';
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* The record after its time and names: " key=value ..." */
static const char *pairs_of(const char *line)
{
	const char *at = strstr(line, "ev=test.event");

	return at ? at + strlen("ev=test.event") : "no event";
}

struct value_row {
	const char *name, *value, *text;
};

static const struct value_row value_rows[] = {
	{"bare", "sda1", " v=sda1\n"},
	{"empty", "", " v=\"\"\n"},
	{"null", NULL, " v=-\n"},
	{"space", "a b", " v=\"a b\"\n"},
	{"forged pair", "x lvl=2", " v=\"x lvl=2\"\n"},
	{"forged line", "x\n<2>ts=0 ev=bad", " v=\"x\\u000a<2>ts=0 ev=bad\"\n"},
	{"quote", "a\"b", " v=\"a\\\"b\"\n"},
	{"terminal escape", "\x1b]0;x\x07", " v=\"\\u001b]0;x\\u0007\"\n"},
	{"C1 escape",
	 "\xc2\x9b"
	 "2J",
	 " v=\"\\u009b2J\"\n"},
	{"not utf-8", "\xff", " v=\"\\ufffd\"\n"},
	{"a change of direction", "a\xe2\x80\xaegnp", " v=\"a\\u202egnp\"\n"},
	{"a line separator",
	 "\xe2\x80\xa8"
	 "ev=x",
	 " v=\"\\u2028ev=x\"\n"},
	{"a tag", "\xf3\xa0\x80\x81", " v=\"\\udb40\\udc01\"\n"},
	{"four bytes", "\xf0\x9f\x92\xa9", " v=\"\xf0\x9f\x92\xa9\"\n"},
	{"utf-8", "\xc3\xa9", " v=\"\xc3\xa9\"\n"},
};

static void test_text_values(void **state)
{
	(void)state;
	log_open("test", LOG_FORMAT_TEXT, LOG_INFO);
	for (size_t i = 0; i < ARRAY_LEN(value_rows); i++) {
		capture_start();
		log_ev(LOG_INFO, "test.event", KV("v", value_rows[i].value));
		capture_end();
		CHECK_STR(value_rows[i].name, pairs_of(written), value_rows[i].text);
		CHECK(value_rows[i].name, str_starts(written, "<6>ts=2"));
	}
}

static void test_types(void **state)
{
	uint8_t small = 255;
	bool yes = true;

	(void)state;
	log_open("test", LOG_FORMAT_TEXT, LOG_INFO);
	capture_start();
	log_ev(LOG_WARNING, "test.event", KV("i", -5), KV("u", UINT64_MAX), KV("b", yes),
	       KV("c", small), KV("l", (int64_t)INT64_MIN), KV("s", (const char *)"x"));
	capture_end();
	assert_string_equal(pairs_of(written), " i=-5 u=18446744073709551615 b=true c=255 "
					       "l=-9223372036854775808 s=x\n");
	assert_true(str_starts(written, "<4>"));
}

static json_t *parse_line(void)
{
	json_t *doc = NULL;
	struct err err = ERR_INIT;
	size_t n = strlen(written);

	assert_true(n && written[n - 1] == '\n');
	assert_ptr_equal(strchr(written, '\n'), written + n - 1);
	if (json_load_strict(written, n, sizeof(written), &doc, &err) < 0)
		fail_msg("%s: %s", err.msg, written);
	return doc;
}

static void test_json_values(void **state)
{
	(void)state;
	log_open("test", LOG_FORMAT_JSON, LOG_INFO);
	for (size_t i = 0; i < ARRAY_LEN(value_rows); i++) {
		autojson json_t *doc = NULL;
		const char *v;

		capture_start();
		log_ev(LOG_INFO, "test.event", KV("v", value_rows[i].value), KV("n", 7));
		capture_end();
		doc = parse_line();
		v = json_string_value(json_object_get(doc, "v"));
		if (strcmp(value_rows[i].name, "not utf-8") == 0)
			CHECK_STR(value_rows[i].name, v, "\xef\xbf\xbd");
		else if (value_rows[i].value)
			CHECK_STR(value_rows[i].name, v, value_rows[i].value);
		else
			CHECK(value_rows[i].name, !v);
		CHECK_INT(value_rows[i].name, json_integer_value(json_object_get(doc, "n")), 7);
		CHECK_STR(value_rows[i].name, json_string_value(json_object_get(doc, "proc")),
			  "test");
	}
}

/* Values of every size around the limits, of the character that grows most when it is escaped. */
static void test_a_long_record_ends(void **state)
{
	static const size_t sizes[] = {1, 1300, 1360, 2047, 2048, 2049, 5000, 100000};

	(void)state;
	for (int format = 0; format < 2; format++)
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			autofree char *value = xmalloc(sizes[i] + 1);
			autojson json_t *doc = NULL;

			memset(value, 1, sizes[i]);
			value[sizes[i]] = '\0';
			log_open("test", format ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, LOG_INFO);
			capture_start();
			log_ev(LOG_INFO, "test.event", KV("first", "kept"), KV("v", value),
			       KV("w", value));
			capture_end();
			assert_non_null(strstr(written, "kept"));
			assert_true(strlen(written) < 9000);
			assert_true(str_ends(written, "\n"));
			if (format)
				doc = parse_line();
			if (sizes[i] >= 2047)
				assert_non_null(
					strstr(written, format ? "\"cut\":true" : "cut=true"));
		}
}

static void test_a_long_value_is_cut_visibly(void **state)
{
	autofree char *value = xmalloc(3001);

	(void)state;
	memset(value, 'a', 3000);
	value[3000] = '\0';
	log_open("test", LOG_FORMAT_TEXT, LOG_INFO);
	capture_start();
	log_ev(LOG_INFO, "test.event", KV("v", value), KV("last", 1));
	capture_end();
	assert_non_null(strstr(written, "aaa...\" last=1\n"));
}

static void test_levels(void **state)
{
	(void)state;
	log_open("test", LOG_FORMAT_TEXT, LOG_NOTICE);
	capture_start();
	log_ev(LOG_INFO, "test.event", KV("quiet", 1)); /* below the level: nothing at all */
	log_ev(LOG_NOTICE, "test.event", KV("loud", 1));
	capture_end();
	assert_null(strstr(written, "quiet"));
	assert_non_null(strstr(written, "loud=1\n"));
}

static void test_errors(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_FIELD_RANGE, "'%s' is too big", "n");
	err_at(&err, "/n");
	log_open("test", LOG_FORMAT_TEXT, LOG_INFO);
	capture_start();
	log_err(LOG_ERR, "test.event", &err, KV("host", "h1"));
	capture_end();
	assert_string_equal(pairs_of(written),
			    " host=h1 code=input.field.range class=reject msg=\"'n' is too big\""
			    " pointer=/n hint=\"correct the named field\"\n");
	capture_start();
	log_err(LOG_ERR, "test.event", &err);
	capture_end();
	assert_true(str_starts(pairs_of(written), " code=input.field.range"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_values),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_json_values),
		cmocka_unit_test(test_a_long_record_ends),
		cmocka_unit_test(test_a_long_value_is_cut_visibly),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
