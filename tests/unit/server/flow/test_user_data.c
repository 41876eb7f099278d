/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates of user data: what is filled in, what stays, and what a host may not bring into it.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/plan.h>
#include <server/flow/user_data.h>

#define HEAD USER_DATA_TEMPLATE "\n"

static const struct user_data_facts facts = {.hostname = "lab-1",
					     .fqdn = "lab-1.example.net",
					     .short_code = "ABC2DEFG",
					     .serial = "SN 1\"\nruncmd: [x]\n{fqdn}",
					     .arch = "x86_64"};

static void test_rows(void **state)
{
	static const struct {
		const char *name, *text, *wanted;
	} rows[] = {
		{"not a template", "#cloud-config\nx: {serial}\n", "#cloud-config\nx: {serial}\n"},
		{"nothing", "", ""},
		{"all words", HEAD "{hostname} {fqdn} {short_code} {arch}",
		 "lab-1 lab-1.example.net ABC2DEFG x86_64"},
		{"a hostile serial", HEAD "s: \"{serial}\"\n", "s: \"SN-1--runcmd---x---fqdn-\"\n"},
		{"other braces stay", HEAD "${x} {serail} {{arch}} {", "${x} {serail} {x86_64} {"},
		{"nothing behind the line", USER_DATA_TEMPLATE, ""},
		{"another kind of template", "## template: slipway2\n{arch}",
		 "## template: slipway2\n{arch}"},
		{"jinja is cloud-init's", "## template: jinja\n{arch}",
		 "## template: jinja\n{arch}"},
		{"a line of DOS", USER_DATA_TEMPLATE "\r\n{arch}", "x86_64"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xstrdup(rows[i].text);
		struct err err = ERR_INIT;

		CHECK_INT(rows[i].name, user_data_fill(&facts, &text, &err), 0);
		CHECK_STR(rows[i].name, text, rows[i].wanted);
	}
}

/* What grows over the plan's limit is refused; the text stays. */
static void test_limit(void **state)
{
	size_t n = PLAN_USER_DATA_MAX_BYTES;
	char *text = xcalloc(1, n + 1), *before = text;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', n);
	memcpy(text, HEAD, strlen(HEAD));
	for (size_t i = 100; i + 6 < n; i += 6)
		memcpy(text + i, "{fqdn}", 6);
	CHECK_ERR("too long", user_data_fill(&facts, &text, &err), ERR_TOO_BIG);
	assert_ptr_equal(text, before);
	text[0] = ' ';
	assert_int_equal(user_data_fill(&facts, &text, &err), 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limit),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("server/flow/user_data", tests, NULL, NULL);
}
