/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 against the vectors of FIPS 180-4's examples, hexadecimal, strict base64 (RFC 4648,
 * section 10), and random values that differ.
 */
#include <tests/harness/check.h>

#include <base/digest.h>
#include <base/str.h>

struct hash_row {
	const char *text, *hex;
};

static const struct hash_row hash_rows[] = {
	{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void test_sha256(void **state)
{
	AUTO(sha256) struct sha256 *h = sha256_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hash_rows); i++) {
		const struct hash_row *row = &hash_rows[i];
		uint8_t digest[SHA256_BYTES];
		char hex[SHA256_HEX_BYTES];

		sha256_hex_of(row->text, strlen(row->text), hex);
		CHECK_STR(row->text, hex, row->hex);
		/* In pieces; sha256_final() leaves the hash ready for the next message. */
		for (const char *p = row->text; *p; p++)
			sha256_update(h, p, 1);
		sha256_final(h, digest);
		hex_encode(digest, sizeof(digest), hex);
		CHECK_STR(row->text, hex, row->hex);
	}
	sha256_update(h, "junk", 4);
	sha256_reset(h);
	sha256_update(h, "abc", 3);
	{
		uint8_t digest[SHA256_BYTES], other[SHA256_BYTES];

		sha256_final(h, digest);
		sha256_of("abc", 3, other);
		assert_true(digest_eq(digest, other, sizeof(digest)));
		other[31] ^= 1;
		assert_false(digest_eq(digest, other, sizeof(digest)));
	}
}

/* RFC 4231, cases 2 and 6 (a key longer than a block). */
static void test_hmac(void **state)
{
	char hex[SHA256_HEX_BYTES], long_key[131];

	(void)state;
	memset(long_key, 0xaa, sizeof(long_key));
	hmac_sha256_hex_of("Jefe", 4, "what do ya want for nothing?", 28, hex);
	CHECK_STR("case 2", hex,
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	hmac_sha256_hex_of(long_key, sizeof(long_key),
			   "Test Using Larger Than Block-Size Key - Hash Key First", 54, hex);
	CHECK_STR("case 6", hex,
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

struct hex_row {
	const char *text;
	bool ok;
};

static const struct hex_row hex_rows[] = {
	{"00ff10", true}, {"00FF10", true},  {"00ff1", false},  {"00ff1000", false},
	{"", false},      {"0x0f10", false}, {"00ff1g", false}, {"00 f10", false},
};

static void test_hex(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hex_rows); i++) {
		uint8_t b[3] = {0};
		char again[7];

		CHECK(hex_rows[i].text, hex_decode(hex_rows[i].text, b, 3) == hex_rows[i].ok);
		if (!hex_rows[i].ok)
			continue;
		hex_encode(b, 3, again);
		CHECK_STR(hex_rows[i].text, again, "00ff10");
	}
}

struct base64_row {
	const char *name, *text;
	enum err_code code;
	const char *plain; /* when code is 0 */
};

static const struct base64_row base64_rows[] = {
	{"empty", "", 0, ""},
	{"one", "Zg==", 0, "f"},
	{"two", "Zm8=", 0, "fo"},
	{"three", "Zm9v", 0, "foo"},
	{"six, the maximum here", "Zm9vYmFy", 0, "foobar"},
	{"over the maximum", "Zm9vYmFyeg==", ERR_TOO_BIG, NULL},
	{"far over the maximum", "Zm9vYmFyZm9vYmFyZm9vYmFy", ERR_TOO_BIG, NULL},
	{"no padding", "Zg", ERR_INVALID, NULL},
	{"half padding", "Zg=", ERR_INVALID, NULL},
	{"padding alone", "====", ERR_INVALID, NULL},
	{"padding inside", "Zg==Zg==", ERR_INVALID, NULL},
	{"stray bits", "Zh==", ERR_INVALID, NULL},
	{"white space", "Zm 9v", ERR_INVALID, NULL},
	{"leading space", " Zm9", ERR_INVALID, NULL},
	{"newline at the end", "Zg==\n", ERR_INVALID, NULL},
	{"url alphabet", "_-8=", ERR_INVALID, NULL},
};

static void test_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(base64_rows); i++) {
		const struct base64_row *row = &base64_rows[i];
		autofree uint8_t *p = NULL;
		autofree char *again = NULL;
		struct err err = ERR_INIT;
		size_t n = 0;

		CHECK_ERR(row->name, base64_decode(row->text, 6, &p, &n, &err), row->code);
		if (row->code) {
			CHECK(row->name, !p && err.code == (int)row->code);
			continue;
		}
		CHECK_INT(row->name, n, strlen(row->plain));
		CHECK(row->name, !n || !memcmp(p, row->plain, n));
		again = base64_encode(p, n);
		CHECK_STR(row->name, again, row->text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests_name("base/digest", tests, NULL, NULL);
}
