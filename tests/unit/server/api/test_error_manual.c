/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manual of errors, code by code: the type of a problem leads to a page with its meaning and
 * hint, in HTML for browsers and in JSON for programs.
 */
#include "tests/harness/check.h"

#include <base/html.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include "tests/harness/server_bench.h"

#define BROWSER "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

static struct server_bench bench;
static struct http_client *http;

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	const struct http_client_options o = {.base_url = "http://slipway",
					      .unix_socket = bench.admin};
	http = http_client_new(&o, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	http_client_free(http);
	server_bench_close(&bench);
	return 0;
}

static struct http_reply ask(const char *path, const char *accept)
{
	autofree char *header = xasprintf("Accept: %s", accept);
	const char *const headers[] = {accept ? header : NULL, NULL};
	const struct http_call call = {.path = path, .headers = headers};
	struct http_reply reply = {0};
	struct err err = ERR_INIT;

	if (http_client_call(http, &call, &reply, &err) < 0)
		fail_msg("%s: %s", path, err.msg);
	return reply;
}

static void expect_text(const char *code, const char *page, const char *text)
{
	autostr struct str html;

	CHECK(code, text && text[0]);
	str_init(&html, 4096);
	html_add_text(&html, text);
	CHECK(code, strstr(page, html.p));
}

static void expect_page(const char *path, int code)
{
	const char *name = err_name(code);
	struct http_reply r = ask(path, BROWSER);

	CHECK_INT(name, r.status, 200);
	CHECK_STR(name, r.content_type, "text/html; charset=utf-8");
	CHECK(name, str_starts(r.body, "<!DOCTYPE html>") && str_ends(r.body, "</html>\n"));
	expect_text(name, r.body, name);
	expect_text(name, r.body, err_meaning(code));
	expect_text(name, r.body, err_hint(code));
	http_reply_done(&r);
}

static const char *member(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));

	return text ? text : "";
}

static void expect_json(const char *path, int code)
{
	struct http_reply r = ask(path, NULL);
	autojson json_t *doc = json_loadb(r.body, r.body_bytes, 0, NULL);

	CHECK_STR(path, r.content_type, "application/json");
	CHECK_STR(path, member(doc, "code"), err_name(code));
	CHECK_STR(path, member(doc, "meaning"), err_meaning(code));
	CHECK_STR(path, member(doc, "hint"), err_hint(code));
	http_reply_done(&r);
}

static void test_every_code_has_a_page(void **state)
{
	(void)state;
	for (int code = 1; code < _ERR_MAX; code++) {
		autofree char *path = xasprintf("/api/v1/errors/%s", err_name(code));
		expect_page(path, code);
		expect_page("/api/v1/errors", code);
		expect_json(path, code);
	}
}

static void test_the_type_of_a_problem_leads_there(void **state)
{
	static const struct {
		const char *path;
		enum err_code code;
	} rows[] = {
		{"/nowhere", ERR_HTTP_ROUTE},
		{"/api/v1/hosts/nobody", ERR_HOST_UNKNOWN},
		{"/api/v1/hosts?colour=red", ERR_FIELD_UNKNOWN},
		{"/api/v1/errors/%3Cb%3E", ERR_NOT_FOUND},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r = ask(rows[i].path, BROWSER);
		autojson json_t *doc = json_loadb(r.body, r.body_bytes, 0, NULL);
		CHECK_STR(rows[i].path, r.content_type, "application/problem+json");
		CHECK_STR(rows[i].path, member(doc, "code"), err_name((int)rows[i].code));
		expect_page(member(doc, "type"), (int)rows[i].code);
		http_reply_done(&r);
	}
}

/* Pages are for those who prefer them by name. */
static void test_who_gets_a_page(void **state)
{
	static const struct {
		const char *accept;
		bool page;
	} rows[] = {
		{NULL, false},
		{"", false},
		{"*/*", false},
		{"application/json", false},
		{"text/*", false},
		{"text/htmlx", false},
		{"text/html", true},
		{" text/html ; level=1 ", true},
		{BROWSER, true},
		{"application/json, text/html", false},
		{"application/json;q=0.5, text/html", true},
		{"application/json, text/html;q=0.9", false},
		{"text/html;q=0", false},
		{"text/html;q=0.000", false},
		{"text/html;q=0.001", true},
		{"text/html;q=0.5,application/json;q=0.45", true},
		{"text/html;q=99999999999999999999", true},
		{"text/html;q=", true},
		{",;,;q=1,", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r = ask("/api/v1/errors/server.busy", rows[i].accept);
		CHECK_INT(rows[i].accept ? rows[i].accept : "none", r.status, 200);
		CHECK_INT(rows[i].accept ? rows[i].accept : "none",
			  str_starts(r.content_type, "text/html"), rows[i].page);
		http_reply_done(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_has_a_page),
		cmocka_unit_test(test_the_type_of_a_problem_leads_there),
		cmocka_unit_test(test_who_gets_a_page),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
