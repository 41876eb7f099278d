/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed secrets open with their key and under their name, and with nothing else. */
#include "tests/harness/check.h"

#include <base/str.h>
#include <base/secret_box.h>

static void test_opens_or_not(void **state)
{
	static const struct {
		const char *name, *under;
		int key;     /* which one opens it */
		int flip;    /* a character of the sealed text that is changed, -1: none */
		size_t room; /* for the answer */
		int want;
	} rows[] = {
		{"as it was", "hook", 1, -1, 64, 0},
		{"another key", "hook", 2, -1, 64, ERR_INVALID},
		{"another name", "hooks", 1, -1, 64, ERR_INVALID},
		{"another prefix", "hook", 1, 0, 64, ERR_INVALID},
		{"another nonce", "hook", 1, 8, 64, ERR_INVALID},
		{"another ciphertext", "hook", 1, 26, 64, ERR_INVALID},
		{"another tag", "hook", 1, 50, 64, ERR_INVALID},
		{"no room", "hook", 1, -1, 16, ERR_INVALID},
		{"just room", "hook", 1, -1, 17, 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t sealing[SECRET_KEY_BYTES] = {1}, opening[SECRET_KEY_BYTES] = {0};
		char plain[64] = "";
		struct err err = ERR_INIT;
		opening[0] = (uint8_t)rows[i].key;
		autofree char *sealed = secret_seal(sealing, "hook", "0123456789abcdef");
		CHECK(rows[i].name, !strstr(sealed, "0123456789"));
		if (rows[i].flip >= 0)
			sealed[rows[i].flip] = sealed[rows[i].flip] == 'A' ? 'B' : 'A';
		CHECK_ERR(rows[i].name,
			  secret_open(opening, rows[i].under, sealed, plain, rows[i].room, &err),
			  rows[i].want);
		CHECK_STR(rows[i].name, plain, rows[i].want ? "" : "0123456789abcdef");
	}
}

static void test_hostile_text(void **state)
{
	static const char *const texts[] = {
		"",           "sealed:",    "sealed:AAAA",
		"sealed:***", "plain text", "sealed:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const uint8_t key[SECRET_KEY_BYTES] = {1};
		char plain[64];
		struct err err = ERR_INIT;
		CHECK_ERR(texts[i], secret_open(key, "hook", texts[i], plain, sizeof(plain), &err),
			  ERR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_or_not),
		cmocka_unit_test(test_hostile_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("secret box", tests, NULL, NULL);
}
