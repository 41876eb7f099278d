/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies and tokens that mean harm, against the real handlers and the real store: each is refused
 * with a stable code, nothing of it stays, and the next good request works. The rows carry the ids
 * of the fault list (J: JSON, H: HTTP).
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/server_bench.h"

#define PROFILE                                                                                    \
	"{\"name\":\"p\",\"priority\":1,\"match\":{\"serial\":\"*\"},\"enrol\":true,"              \
	"\"host\":{\"hostname\":\"h\",\"user_data\":\"x\"}}"

static struct server_bench bench;

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	server_bench_close(&bench);
	return 0;
}

static long profiles(void)
{
	return server_bench_number(&bench, "SELECT count(*) FROM flow_profile");
}

static void check_refused(const char *name, const char *body, int status, const char *code)
{
	CHECK_INT(name, server_bench_admin(&bench, "POST", "/api/v1/profiles", body), status);
	if (code)
		CHECK_STR(name, bench.code, code);
	CHECK_INT(name, profiles(), 0);
	CHECK_INT(name, server_bench_admin(&bench, "GET", "/healthz", NULL), 200);
}

static char *repeated(const char *head, const char *piece, size_t n, const char *tail)
{
	struct str s;

	str_init(&s, 16 << 20);
	str_add(&s, head);
	for (size_t i = 0; i < n; i++)
		str_add(&s, piece);
	str_add(&s, tail);
	return str_take(&s);
}

static void test_json(void **state)
{
	static const struct {
		const char *name, *body, *code;
	} rows[] = {
		{"J-03 a broken UTF-8 sequence", "{\"name\":\"\xc3\x28\"}", "input.json"},
		{"J-03 an overlong one", "{\"name\":\"\xc0\xaf\"}", "input.json"},
		{"J-03 a lone surrogate", "{\"name\":\"\\ud800\"}", "input.json"},
		{"J-03 a NUL in a name", "{\"name\":\"a\\u0000b\"}", "input.json"},
		{"J-04 a number of 400 digits' size", "{\"priority\":1e400}", "input.json"},
		{"J-04 more than 64 bits", "{\"priority\":99999999999999999999}", "input.json"},
		{"J-04 a fraction", "{\"name\":\"p\",\"priority\":1.5}", "input.field.type"},
		{"J-04 an exponent", "{\"name\":\"p\",\"priority\":1e3}", "input.field.type"},
		{"J-04 out of range", "{\"name\":\"p\",\"priority\":1000001}", "input.field.range"},
		{"J-05 the same key twice", "{\"name\":\"p\",\"name\":\"q\"}", "input.json"},
		{"J-05 deeper", "{\"match\":{\"serial\":\"*\",\"serial\":\"x\"}}", "input.json"},
		{"H-03 a state in the body",
		 "{\"name\":\"p\",\"match\":{\"serial\":\"*\"},\"state\":\"ready\"}",
		 "input.field.unknown"},
		{"H-13 an image by URL",
		 "{\"name\":\"p\",\"match\":{\"serial\":\"*\"},\"image\":{\"line\":\"x\",\"url\":"
		 "\"file:///dev/zero\"}}",
		 "input.field.unknown"},
		{"X-05 a profile for nobody", "{\"name\":\"p\",\"match\":{}}", "guard.selector"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_refused(rows[i].name, rows[i].body, 400, rows[i].code);
}

static void test_sizes(void **state)
{
	(void)state;
	autofree char *deep = repeated("", "[", 100000, "");
	check_refused("J-01 depth", deep, 400, "input.json.depth");
	autofree char *nested = repeated("{\"match\":", "[", 100, "");
	check_refused("J-01 depth inside", nested, 400, NULL);
	autofree char *big = repeated("{\"name\":\"", "x", LIMIT_JSON_BODY_BYTES, "\"}");
	check_refused("J-02 a byte too many", big, 413, "input.too_big");
	autofree char *long_text = repeated("{\"name\":\"p\",\"match\":{\"serial\":\"", "x", 200,
					    "\"}}");
	check_refused("a text too long", long_text, 400, "input.field.range");
}

static void test_truncated(void **state)
{
	static const char body[] = PROFILE;

	(void)state;
	for (size_t n = 0; n < sizeof(body) - 1; n++) {
		autofree char *part = xstrndup(body, n);
		autofree char *name = xasprintf("J-06 cut after %zu bytes", n);
		CHECK_INT(name, server_bench_admin(&bench, "POST", "/api/v1/profiles", part), 400);
	}
	CHECK_INT("nothing stays", profiles(), 0);
	CHECK_INT("J-06 whole", server_bench_admin(&bench, "POST", "/api/v1/profiles", body), 201);
}

/* J-07: time grows with the number of keys, not with its square. */
static void test_many_keys(void **state)
{
	struct timespec from, to;
	struct str s;

	(void)state;
	str_init(&s, 2 << 20);
	str_add(&s, "{");
	for (unsigned i = 0; i < 60000; i++)
		str_addf(&s, "%s\"k%u\":0", i ? "," : "", i * 2654435761U);
	str_add(&s, "}");
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	check_refused("J-07 many keys", s.p, 400, NULL);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	CHECK("J-07 in time", to.tv_sec - from.tv_sec < 10);
	str_done(&s);
}

/* J-08: an inventory that no machine has. */
static void test_facts(void **state)
{
	struct fake_agent a;

	(void)state;
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", PROFILE), 201);
	fake_agent_boot(&a, bench.front, "S1", "52:54:00:00:00:01");
	assert_int_equal(fake_agent_open(&a), 201);
	assert_int_equal(fake_agent_next(&a, 2, bench.plan_key), 200);
	json_t *many = json_array();
	for (int i = 0; i < 10000; i++)
		(void)json_array_append_new(many, json_pack("{s:s}", "Name", "sda"));
	json_t *const bad[] = {
		json_pack("{s:o}", "drives", many),
		json_pack("{s:[{s:s, s:I}]}", "drives", "Name", "sda", "CapacityBytes",
			  (json_int_t)-1),
		json_pack("{s:{s:I}}", "memory", "TotalMiB", (json_int_t)-5),
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int status = fake_agent_event(&a, "facts", bad[i]);
		if (status == 200) /* taken as an event, and refused as facts */
			CHECK("J-08 refused",
			      server_bench_number(&bench, "SELECT count(*) FROM event "
							  "WHERE kind LIKE '%refused%'") > 0);
		else
			CHECK("J-08 status", status == 400 || status == 413);
	}
	CHECK_INT("J-08 nothing stored",
		  server_bench_number(&bench, "SELECT count(*) FROM placement"), 0);
	CHECK_INT("J-08 the daemon lives", server_bench_admin(&bench, "GET", "/healthz", NULL),
		  200);
	fake_agent_done(&a);
}

static bool has_children(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *f = fopen(path, "re");
	int c = f ? fgetc(f) : EOF;

	if (f)
		(void)fclose(f);
	return c != EOF;
}

/* J-10: what a shell would run is a text like others, or is refused. */
static void test_shell_words(void **state)
{
	static const char *const words[] = {";reboot",          "$(id)", "`id`",
					    "--option",         "| id",  "a&&b",
					    "../../etc/passwd", "%s%n",  "<img src=x onerror=y>"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		autofree char *serial = xasprintf("J10-%zu", i);
		autojson json_t *body = json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "name", "d",
						  "hosts", "serial", serial, "name", words[i],
						  "asset_tag", words[i]);
		autofree char *text = json_text(body);
		CHECK_INT(words[i], server_bench_admin(&bench, "POST", "/api/v1/deliveries", text),
			  201);
		autofree char *path = xasprintf("/api/v1/hosts/%s", serial);
		CHECK_INT(words[i], server_bench_admin(&bench, "GET", path, NULL), 200);
		CHECK_STR(words[i], json_string_value(json_object_get(bench.reply, "asset_tag")),
			  words[i]);
		CHECK(words[i], !has_children(bench.pid));
	}
}

/* ---- H-02: what is not a token ---------------------------------------------------------------- */

static int ask_as(const char *bearer)
{
	struct err err = ERR_INIT;
	const struct http_client_options o = {.base_url = "http://slipway",
					      .unix_socket = bench.front};
	AUTO(http_client) struct http_client *http = http_client_new(&o, &err);
	autofree char *line = xasprintf("Authorization: %s", bearer);
	const char *const headers[] = {"X-Slipway-Listener: tls", line, NULL};
	const struct http_call call = {.path = "/api/v1/hosts", .headers = headers};
	struct http_reply reply = {0};
	int status = http && http_client_call(http, &call, &reply, &err) >= 0 ? reply.status : 0;

	http_reply_done(&reply);
	return status;
}

static void test_no_tokens(void **state)
{
	static const char *const words[] = {
		"",
		"Bearer",
		"Bearer ",
		"Bearer -1",
		"Bearer null",
		"Bearer 0",
		"Bearer true",
		"Basic YTpi",
		"Bearer slw_",
		"bearer admin",
		"Bearer '--",
		"Bearer *",
		"Bearer undefined",
		"Bearer slw_0000000000000000000000000000000000000000000000000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		CHECK_INT(words[i], ask_as(words[i]), 401);
	autofree char *huge = repeated("Bearer ", "x", 20000, "");
	int status = ask_as(huge);
	CHECK("H-02 a huge token", status == 401 || status == 431 || status == 413 || status == 0);
	/* the look-up fails: nobody gets in */
	server_bench_sql(&bench, "ALTER TABLE token RENAME TO token_gone");
	status = ask_as("Bearer slw_"
			"0000000000000000000000000000000000000000000000000000000000000000");
	CHECK("H-02 a store that fails", status == 401 || status >= 500);
	server_bench_sql(&bench, "ALTER TABLE token_gone RENAME TO token");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_json),  T(test_sizes),       T(test_truncated), T(test_many_keys),
		T(test_facts), T(test_shell_words), T(test_no_tokens),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("bad requests", tests, NULL, NULL);
}
