/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of passwords: what was stored is recognised, everything else is not. */
#include "tests/harness/check.h"

#include <string.h>

#include <base/str.h>
#include <server/reader/password.h>

static void test_right_and_wrong(void **state)
{
	static const struct {
		const char *name, *text;
		bool right;
	} rows[] = {
		{"the password", "correct horse battery", true},
		{"another", "correct horse batterz", false},
		{"its beginning", "correct horse batter", false},
		{"with a blank behind it", "correct horse battery ", false},
		{"in capitals", "CORRECT HORSE BATTERY", false},
		{"none", "", false},
	};
	char stored[PASSWORD_HASH_BYTES], again[PASSWORD_HASH_BYTES];
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(password_hash(rows[0].text, stored, &err), 0);
	assert_int_equal(password_hash(rows[0].text, again, &err), 0);
	CHECK("two hashes of one password differ by their salt", !str_eq(stored, again));
	CHECK("the costs stand in front", str_starts(stored, "scrypt$15$8$3$"));
	CHECK("the password does not stand in it", !strstr(stored, "horse"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool right = !rows[i].right;
		CHECK_INT(rows[i].name, password_check(rows[i].text, stored, &right, &err), 0);
		CHECK_INT(rows[i].name, right, rows[i].right);
	}
}

#define SALT "00112233445566778899aabbccddeeff"
#define KEY  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Nothing that is not a hash opens, and none of it breaks the reader or takes its memory. */
static void test_what_is_not_a_hash(void **state)
{
	static const char *const rows[] = {
		"",
		"scrypt$15$8$3$" SALT,
		"scrypt$15$8$3$" SALT "$" KEY "$x",
		"scrypt$60$8$3$" SALT "$" KEY,
		"scrypt$15$800000$3$" SALT "$" KEY,
		"scrypt$15$8$300000000$" SALT "$" KEY,
		"scrypt$-1$8$3$" SALT "$" KEY,
		"argon2$15$8$3$" SALT "$" KEY,
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool right = true;
		CHECK_INT(rows[i], password_check("correct horse battery", rows[i], &right, &err),
			  0);
		CHECK(rows[i], !right);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_and_wrong),
		cmocka_unit_test(test_what_is_not_a_hash),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
