/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts of people: names, sign-ins that last and end, links that open once. */
#include "tests/harness/check.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/account.h>

#include "store_fixture.h"

#define US   1000000LL
#define HOUR (3600 * US)

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s)", err->msg, err_name(err->code));
}

static int64_t make(struct db *db, const char *name)
{
	struct err err = ERR_INIT;
	const struct account_draft d = {name, "operator", "hash", "admin", US};
	int64_t num = 0;

	must(account_create(db, &d, &num, &err), &err);
	return num;
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		int code;
	} rows[] = {
		{"anna", 0},
		{"Anna", ERR_EXISTS},
		{"ben@example.com", 0},
		{"", ERR_INVALID},
		{"a b", ERR_INVALID},
		{"a'; DROP TABLE account; --", ERR_INVALID},
		{"\xc3\xa4nna", ERR_INVALID},
		{"0123456789012345678901234567890123456789012345678901234567890123", 0},
		{"01234567890123456789012345678901234567890123456789012345678901234", ERR_INVALID},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct account a;
	struct err err = ERR_INIT;
	int64_t num = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct account_draft d = {rows[i].name, "viewer", "", "admin", US};
		CHECK_INT(rows[i].name, account_create(db, &d, &num, &err), -rows[i].code);
		CHECK_INT(rows[i].name, account_find(db, rows[i].name, &a, &err) == 0,
			  rows[i].code != ERR_INVALID);
	}
	must(account_find(db, "ANNA", &a, &err), &err);
	assert_string_equal(a.name, "anna");
	assert_int_equal(account_find(db, "carl", &a, &err), -ERR_NOT_FOUND);
}

static bool finds(struct db *db, const char *code, int64_t now_us)
{
	char hash[ACCOUNT_HASH_BYTES];
	struct account a;
	struct err err = ERR_INIT;
	int r = account_session_find(db, code, now_us, &a, hash, &err);

	if (r == 0)
		assert_string_equal(a.name, "anna");
	else
		assert_int_equal(r, -ERR_NOT_FOUND);
	if (r == 0)
		assert_true(account_session_is_live(db, hash, now_us));
	return r == 0;
}

static void test_sessions_last_and_end(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	char code[ACCOUNT_CODE_BYTES], hash[ACCOUNT_HASH_BYTES];
	struct account a;
	int64_t num = make(db, "anna"), at_us = US, n = -1;

	must(account_session_open(db, num, at_us, code, &err), &err);
	/* each use within the idle time prolongs it, up to the longest there is */
	for (; at_us < US + ACCOUNT_SESSION_MAX_US; at_us += 11 * HOUR)
		CHECK("in use", finds(db, code, at_us));
	CHECK("a week is over", !finds(db, code, at_us));
	must(account_session_open(db, num, at_us, code, &err), &err);
	CHECK("at once", finds(db, code, at_us));
	CHECK("nearly idle", finds(db, code, at_us + ACCOUNT_SESSION_IDLE_US - US));
	CHECK("idle", !finds(db, code, at_us + 2 * ACCOUNT_SESSION_IDLE_US));
	must(account_session_open(db, num, at_us, code, &err), &err);
	must(account_session_find(db, code, at_us, &a, hash, &err), &err);
	must(account_session_end(db, hash, &err), &err);
	CHECK("signed out", !finds(db, code, at_us));
	CHECK("signed out, for a stream", !account_session_is_live(db, hash, at_us));
	must(db_query_int(db, &err, &n, -1, "SELECT count(*) FROM account_session WHERE hash = $1",
			  p_text(code)),
	     &err);
	assert_int_equal(n, 0);
}

static void test_codes_of_strangers(void **state)
{
	static const char *const bad[] = {
		"",
		"-1",
		"null",
		"sls_",
		"' OR 1=1 --",
		"%",
		"sls_0000000000000000000000000000000000000000000000000000000000000000",
		"sll_0000000000000000000000000000000000000000000000000000000000000000"};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	char code[ACCOUNT_CODE_BYTES], hash[ACCOUNT_HASH_BYTES];
	struct account a;
	int64_t num = make(db, "anna");

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(bad[i], !finds(db, bad[i], US));
		CHECK_INT(bad[i], account_link_take(db, bad[i], US, &a, &err), -ERR_NOT_FOUND);
	}
	assert_int_equal(account_session_find(db, NULL, US, &a, hash, &err), -ERR_NOT_FOUND);
	/* neither code serves as the other */
	must(account_link_make(db, num, US, code, &err), &err);
	CHECK("a link is not a sign-in", !finds(db, code, US));
	must(account_session_open(db, num, US, code, &err), &err);
	assert_int_equal(account_link_take(db, code, US, &a, &err), -ERR_NOT_FOUND);
}

static void test_links(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	char code[ACCOUNT_CODE_BYTES];
	struct account a;
	int64_t num = make(db, "anna");

	must(account_link_make(db, num, US, code, &err), &err);
	must(account_link_find(db, code, US, &a, &err), &err);
	must(account_link_take(db, code, US, &a, &err), &err);
	assert_string_equal(a.role, "operator");
	assert_int_equal(account_link_take(db, code, US, &a, &err), -ERR_NOT_FOUND);
	must(account_link_make(db, num, US, code, &err), &err);
	assert_int_equal(account_link_take(db, code, US + ACCOUNT_LINK_US, &a, &err),
			 -ERR_NOT_FOUND);
}

/* What ends every sign-in and link of one person, and of nobody else. */
static void test_changes(void **state)
{
	static const struct {
		const char *name;
		struct account_change change;
		bool ends, live;
	} rows[] = {
		{"nothing", {NULL, NULL, -1}, false, true},
		{"another password", {NULL, "other", -1}, true, true},
		{"another role", {"viewer", NULL, -1}, true, true},
		{"disabled", {NULL, NULL, 1}, true, false},
		{"enabled", {NULL, NULL, 0}, false, true},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	char code[ACCOUNT_CODE_BYTES], link[ACCOUNT_CODE_BYTES], other[ACCOUNT_CODE_BYTES];
	struct account a;
	int64_t anna = make(db, "anna"), ben = make(db, "ben");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		must(account_session_open(db, anna, US, code, &err), &err);
		must(account_link_make(db, anna, US, link, &err), &err);
		must(account_link_make(db, ben, US, other, &err), &err);
		must(account_change(db, anna, &rows[i].change, US, &err), &err);
		CHECK_INT(rows[i].name, finds(db, code, US), !rows[i].ends);
		CHECK_INT(rows[i].name, account_link_take(db, link, US, &a, &err) == 0,
			  !rows[i].ends);
		CHECK_INT(rows[i].name, account_link_take(db, other, US, &a, &err), 0);
		CHECK_INT(rows[i].name, account_is_live(db, anna), rows[i].live);
	}
	must(account_find(db, "anna", &a, &err), &err);
	assert_string_equal(a.role, "viewer");
	assert_string_equal(a.password, "other");
}

static void test_the_list_has_no_hashes(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	json_t *doc = NULL;

	make(db, "ben");
	make(db, "anna");
	must(account_list(db, &doc, &err), &err);
	autofree char *text = json_text(doc);
	const json_t *items = json_object_get(doc, "items");
	assert_int_equal(json_array_size(items), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(items, 0), "name")),
			    "anna");
	assert_true(json_is_true(json_object_get(json_array_get(items, 0), "password")));
	assert_null(strstr(text, "\"hash\""));
	json_decref(doc);
}

/* A person has many browsers; a program that signs in again and again does not fill the store. */
static void test_many_sessions(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	char first[ACCOUNT_CODE_BYTES], last[ACCOUNT_CODE_BYTES];
	int64_t num = make(db, "anna"), n = 0;

	must(account_session_open(db, num, US, first, &err), &err);
	for (int i = 0; i < 2 * ACCOUNT_SESSIONS_MAX; i++)
		must(account_session_open(db, num, (2 + i) * US, last, &err), &err);
	must(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM account_session"), &err);
	assert_int_equal(n, ACCOUNT_SESSIONS_MAX);
	CHECK("the oldest is over", !finds(db, first, 100 * US));
	CHECK("the last is not", finds(db, last, 100 * US));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_names),
		T(test_sessions_last_and_end),
		T(test_codes_of_strangers),
		T(test_links),
		T(test_changes),
		T(test_the_list_has_no_hashes),
		T(test_many_sessions),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
