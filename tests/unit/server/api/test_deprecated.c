/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what is to be removed from the API, row by row, and what the OpenAPI document says of
 * it. The headers: unit/server/http/test_http.c.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <server/api/deprecated.h>
#include <server/api/openapi.h>
#include <server/routes.h>

#define DAY_S 86400
#define SINCE (20000 * (int64_t)DAY_S) /* 2024-10-04 */
#define LATER (SINCE + API_SUNSET_DAYS * (int64_t)DAY_S)

/* What is wrong with a row; NULL: nothing. */
static const char *flaw_of(const struct http_deprecation *d)
{
	const struct http_deprecation alone[] = {*d, {.method = NULL}};
	autojson json_t *doc = openapi_doc(routes_all(NULL));

	if (openapi_mark_deprecated(doc, alone) != 1)
		return "nothing of it in the document";
	if (d->since_s <= 0 || d->sunset_s - d->since_s < API_SUNSET_DAYS * (int64_t)DAY_S)
		return "too short a time";
	return d->instead && d->instead[0] ? NULL : "nothing instead";
}

static void test_every_row_follows_the_rule(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct http_deprecation *d = api_deprecations; d->method; d++, n++)
		if (flaw_of(d))
			fail_msg("%s %s %s: %s", d->method, d->pattern, d->field ? d->field : "",
				 flaw_of(d));
	autojson json_t *doc = openapi_doc(routes_all(NULL));
	assert_int_equal(openapi_mark_deprecated(doc, api_deprecations), n);
}

static void test_the_rule(void **state)
{
	static const struct {
		const char *name;
		struct http_deprecation row;
		const char *flaw;
	} rows[] = {
		{"a route", {"GET", "/api/v1/space", NULL, SINCE, LATER, "use /summary"}, NULL},
		{"a parameter", {"GET", "/api/v1/space", "by", SINCE, LATER, "use x"}, NULL},
		{"a field of rows", {"GET", "/api/v1/hosts", "cores", SINCE, LATER, "x"}, NULL},
		{"a field of one row",
		 {"GET", "/api/v1/hosts/{id}", "cores", SINCE, LATER, "x"},
		 NULL},
		{"a day less",
		 {"GET", "/api/v1/space", NULL, SINCE, LATER - DAY_S, "x"},
		 "too short a time"},
		{"without a beginning",
		 {"GET", "/api/v1/space", NULL, 0, LATER, "x"},
		 "too short a time"},
		{"nothing instead",
		 {"GET", "/api/v1/space", NULL, SINCE, LATER, ""},
		 "nothing instead"},
		{"another method",
		 {"PUT", "/api/v1/space", NULL, SINCE, LATER, "x"},
		 "nothing of it in the document"},
		{"no such route",
		 {"GET", "/api/v1/spaces", NULL, SINCE, LATER, "x"},
		 "nothing of it in the document"},
		{"no such field",
		 {"GET", "/api/v1/hosts", "colour", SINCE, LATER, "x"},
		 "nothing of it in the document"},
		{"a field of an answer without rows",
		 {"GET", "/api/v1/space", "x.y", SINCE, LATER, "x"},
		 "nothing of it in the document"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *flaw = flaw_of(&rows[i].row);
		CHECK_STR(rows[i].name, flaw ? flaw : "", rows[i].flaw ? rows[i].flaw : "");
	}
}

/* How often the document says deprecated. */
static size_t count(const json_t *at)
{
	size_t n = json_is_true(json_object_get(at, "deprecated")) ? 1 : 0;
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)at, key, value)
		n += count(value);
	json_array_foreach (at, i, value)
		n += count(value);
	return n;
}

static const char *about(const json_t *doc, const char *const *path)
{
	for (; *path; path++)
		doc = json_object_get(doc, *path);
	assert_true(json_is_true(json_object_get(doc, "deprecated")));
	return json_string_value(json_object_get(doc, "description"));
}

static void test_the_document_says_so(void **state)
{
	static const struct http_deprecation list[] = {
		{"GET", "/api/v1/space", NULL, SINCE, LATER, "use /api/v1/summary"},
		{"GET", "/api/v1/hosts", "switch.port", SINCE, LATER, "use locations"},
		{.method = NULL},
	};
	static const char *const route[] = {"paths", "/api/v1/space", "get", NULL};
	static const char *const field[] = {"components", "schemas",    "hosts", "properties",
					    "switch",     "properties", "port",  NULL};
	autojson json_t *doc = openapi_doc(routes_all(NULL));

	(void)state;
	assert_int_equal(count(doc), 0);
	assert_int_equal(openapi_mark_deprecated(doc, list), 2);
	assert_int_equal(count(doc), 3); /* the operation, the filter, the member */
	assert_string_equal(about(doc, route),
			    "removed on 2025-04-02 or later; use /api/v1/summary");
	assert_string_equal(about(doc, field),
			    "as LLDP reports it; removed on 2025-04-02 or later; "
			    "use locations");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_follows_the_rule),
		cmocka_unit_test(test_the_rule),
		cmocka_unit_test(test_the_document_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
