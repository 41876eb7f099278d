/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature documents and single signatures: strict parsing, and the tricks that were played on
 * verifiers before (rows S of the fault list).
 */
#include "fixture.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <base/str.h>

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct row {
	const char *name, *text;
	enum err_code code;
	size_t n;
} rows[] = {
	{"empty list", "{\"signatures\":[]}", ERR_OK, 0},
	{"one", "{\"signatures\":[{\"keyid\":\"" ID "\",\"sig\":\"AAAA\"}]}", ERR_OK, 1},
	{"S-02 the file names an algorithm",
	 "{\"signatures\":[{\"alg\":\"none\",\"keyid\":\"" ID "\",\"sig\":\"AAAA\"}]}",
	 ERR_IMAGE_SIGNATURES, 0},
	{"no list", "{}", ERR_IMAGE_SIGNATURES, 0},
	{"list is an object", "{\"signatures\":{}}", ERR_IMAGE_SIGNATURES, 0},
	{"entry is a string", "{\"signatures\":[\"AAAA\"]}", ERR_IMAGE_SIGNATURES, 0},
	{"key id too short", "{\"signatures\":[{\"keyid\":\"00\",\"sig\":\"AAAA\"}]}",
	 ERR_IMAGE_SIGNATURES, 0},
	{"signature is not base64", "{\"signatures\":[{\"keyid\":\"" ID "\",\"sig\":\"A*AA\"}]}",
	 ERR_IMAGE_SIGNATURES, 0},
	{"base64 without padding", "{\"signatures\":[{\"keyid\":\"" ID "\",\"sig\":\"AAAAA\"}]}",
	 ERR_IMAGE_SIGNATURES, 0},
	{"further key", "{\"signatures\":[],\"x\":1}", ERR_IMAGE_SIGNATURES, 0},
	{"white space", "{\"signatures\": []}", ERR_IMAGE_NOT_CANONICAL, 0},
	{"keys in another order", "{\"signatures\":[{\"sig\":\"AAAA\",\"keyid\":\"" ID "\"}]}",
	 ERR_IMAGE_NOT_CANONICAL, 0},
	{"trailing byte", "{\"signatures\":[]}\n", ERR_IMAGE_NOT_CANONICAL, 0},
	{"nothing", "", ERR_IMAGE_SIGNATURES, 0},
};

static void test_rows(void **state)
{
	autofree struct signatures *s = xcalloc(1, sizeof(*s));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name,
			  signatures_parse(rows[i].text, strlen(rows[i].text), s, &err),
			  rows[i].code);
		if (!rows[i].code)
			CHECK_INT(rows[i].name, s->n, rows[i].n);
	}
}

/* S-04: 64 are read, one more is refused. */
static void test_at_most_64(void **state)
{
	autofree struct signatures *s = xcalloc(1, sizeof(*s));
	struct signature one = {.n_bytes = 64};
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < SIGNATURES_MAX; i++) {
		one.key_id[0] = (uint8_t)(200 - i);
		assert_int_equal(signatures_add(s, &one, &err), 0);
	}
	one.key_id[0] = 255;
	assert_int_equal(signatures_add(s, &one, &err), -ERR_TOO_BIG);
	autofree char *text = signatures_encode(s);
	assert_int_equal(signatures_parse(text, strlen(text), s, &err), 0);
	assert_int_equal(s->n, SIGNATURES_MAX);

	struct str more;
	str_init(&more, SIGNATURES_MAX_BYTES);
	str_addf(&more, "{\"signatures\":[");
	for (int i = 0; i < SIGNATURES_MAX + 1; i++)
		str_addf(&more, "%s{\"keyid\":\"" ID "\",\"sig\":\"AAAA\"}", i ? "," : "");
	str_add(&more, "]}");
	assert_int_equal(signatures_parse(more.p, more.n_bytes, s, &err), -ERR_IMAGE_SIGNATURES);
	str_done(&more);
}

static void sign(struct fixture *f, int key, const char *type, struct signature *ret, uint8_t **pae,
		 size_t *n_pae)
{
	struct err err = ERR_INIT;

	assert_int_equal(signer_sign(f->signers[key], type, "body", 4, ret, &err), 0);
	dsse_pae(type, "body", 4, pae, n_pae);
}

static void test_good_signatures_of_both_kinds(void **state)
{
	struct fixture *f = *state;

	for (int key = 0; key < FIXTURE_KEYS; key++) {
		struct signature sig;
		autofree uint8_t *pae = NULL;
		size_t n;

		sign(f, key, "a/b", &sig, &pae, &n);
		assert_true(signature_is_good(signer_public_key(f->signers[key]), &sig, pae, n));
		pae[n - 1] ^= 1;
		assert_false(signature_is_good(signer_public_key(f->signers[key]), &sig, pae, n));
		pae[n - 1] ^= 1;
		assert_false(signature_is_good(signer_public_key(f->signers[(key + 1) % 4]), &sig,
					       pae, n));
	}
}

static void test_the_encoding_is_dsse(void **state)
{
	autofree uint8_t *pae = NULL;
	size_t n;

	(void)state;
	dsse_pae("http://example.com/HelloWorld", "hello world", 11, &pae, &n);
	assert_int_equal(n, strlen("DSSEv1 29 http://example.com/HelloWorld 11 hello world"));
	assert_memory_equal(pae, "DSSEv1 29 http://example.com/HelloWorld 11 hello world", n);
}

/* S-02: what a root says of a key decides, and a key that says otherwise signs nothing. */
static void test_the_algorithm_is_the_roots(void **state)
{
	struct fixture *f = *state;
	struct public_key key = *signer_public_key(f->signers[0]);
	struct signature sig;
	autofree uint8_t *pae = NULL, *empty = NULL;
	autofree char *long_type = xcalloc(1, 300);
	size_t n;

	sign(f, 0, "a/b", &sig, &pae, &n);
	assert_true(signature_is_good(&key, &sig, pae, n));
	key.algorithm = KEY_ECDSA_P256;
	assert_false(signature_is_good(&key, &sig, pae, n));
	key.algorithm = KEY_ED25519;
	key.der[3] ^= 1;
	assert_false(signature_is_good(&key, &sig, pae, n));
	dsse_pae("a/b", NULL, 0, &empty, &n);
	assert_memory_equal(empty, "DSSEv1 3 a/b 0 ", n);
	memset(long_type, 'x', 299);
	CHECK_BUG("a type that is too long", (dsse_pae(long_type, "", 0, &empty, &n), n));
}

/* S-07: S of L and more, all zeros, 63 and 65 bytes. */
static void test_broken_ed25519(void **state)
{
	/* The order of the group, little-endian: added to S it gives another S of the same value.
	 */
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
					  0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
					  0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	struct fixture *f = *state;
	const struct public_key *key = signer_public_key(f->signers[0]);
	struct signature sig, bad;
	autofree uint8_t *pae = NULL;
	size_t n;
	unsigned carry = 0;

	sign(f, 0, "a/b", &sig, &pae, &n);
	assert_true(signature_is_good(key, &sig, pae, n));
	bad = sig;
	for (int i = 0; i < 32; i++) {
		carry += (unsigned)bad.bytes[32 + i] + order[i];
		bad.bytes[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_false(signature_is_good(key, &bad, pae, n));
	memset(bad.bytes, 0, 64);
	assert_false(signature_is_good(key, &bad, pae, n));
	bad = sig;
	bad.n_bytes = 63;
	assert_false(signature_is_good(key, &bad, pae, n));
	bad.n_bytes = 65;
	assert_false(signature_is_good(key, &bad, pae, n));
	bad.n_bytes = 0;
	assert_false(signature_is_good(key, &bad, pae, n));
}

/* S-08: r or s of 0, negative integers, bytes after the end. */
static void test_broken_ecdsa(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		uint8_t bytes[16];
	} bad[] = {
		{"r and s 0", 8, {0x30, 6, 2, 1, 0, 2, 1, 0}},
		{"r 1, s 0", 8, {0x30, 6, 2, 1, 1, 2, 1, 0}},
		{"negative", 8, {0x30, 6, 2, 1, 0xff, 2, 1, 0xff}},
		{"no integers", 2, {0x30, 0}},
		{"nothing", 0, {0}},
	};
	struct fixture *f = *state;
	const struct public_key *key = signer_public_key(f->signers[2]);
	struct signature sig, other;
	autofree uint8_t *pae = NULL;
	size_t n;

	sign(f, 2, "a/b", &sig, &pae, &n);
	assert_true(signature_is_good(key, &sig, pae, n));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		other.n_bytes = bad[i].n;
		memcpy(other.bytes, bad[i].bytes, sizeof(bad[i].bytes));
		CHECK(bad[i].name, !signature_is_good(key, &other, pae, n));
	}
	other = sig;
	other.bytes[other.n_bytes++] = 0;
	assert_false(signature_is_good(key, &other, pae, n));
	/* The long form of a length is BER, not DER. */
	other.n_bytes = sig.n_bytes + 1;
	other.bytes[0] = 0x30;
	other.bytes[1] = 0x81;
	memcpy(other.bytes + 2, sig.bytes + 1, sig.n_bytes - 1);
	assert_false(signature_is_good(key, &other, pae, n));
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void test_keys_are_one_encoding(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		const struct public_key *key = signer_public_key(f->signers[i]);
		uint8_t der[KEY_DER_MAX_BYTES + 1] = {0};
		struct public_key ret;
		struct err err = ERR_INIT;

		memcpy(der, key->der, key->n_der);
		assert_int_equal(public_key_parse(der, key->n_der, &ret, &err), 0);
		assert_memory_equal(ret.id, key->id, SHA256_BYTES);
		assert_int_equal(public_key_parse(der, key->n_der + 1, &ret, &err), -ERR_IMAGE_KEY);
		for (size_t n = 0; n < key->n_der; n++)
			assert_int_equal(public_key_parse(der, n, &ret, &err), -ERR_IMAGE_KEY);
	}
}

/* S-06: the same key in another encoding would have another id, and could be counted twice. */
static void test_other_encodings_of_a_key(void **state)
{
	static const struct {
		const char *name;
		int key;
		size_t at, n_cut;
		const char *bytes;
		size_t n;
	} forms[] = {
		{"S-06 a point in hybrid form, even", 2, 26, 1, "\x06", 1},
		{"S-06 a point in hybrid form, odd", 2, 26, 1, "\x07", 1},
		{"S-06 a length in long form", 0, 0, 2, "\x30\x81\x2a", 3},
		{"S-06 unused bits", 0, 11, 1, "\x01", 1},
		{"S-06 a point of no curve", 2, 30, 4, "abcd", 4},
		{"bytes after the key", 0, 44, 0, "x", 1},
		{"too many bytes", 0, 44, 0, NULL, KEY_DER_MAX_BYTES},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const struct public_key *key = signer_public_key(f->signers[forms[i].key]);
		uint8_t der[2 * KEY_DER_MAX_BYTES] = {0};
		size_t at = forms[i].at, rest = key->n_der - at - forms[i].n_cut;
		struct public_key ret;
		struct err err = ERR_INIT;

		memcpy(der, key->der, at);
		if (forms[i].bytes)
			memcpy(der + at, forms[i].bytes, forms[i].n);
		memcpy(der + at + forms[i].n, key->der + at + forms[i].n_cut, rest);
		CHECK_ERR(forms[i].name, public_key_parse(der, at + forms[i].n + rest, &ret, &err),
			  ERR_IMAGE_KEY);
	}
}

static void test_small_order_points_are_no_keys(void **state)
{
	static const uint8_t ends[] = {0x00, 0x01};
	struct fixture *f = *state;
	struct public_key ret;
	struct err err = ERR_INIT;
	uint8_t der[44];

	memcpy(der, signer_public_key(f->signers[0])->der, sizeof(der));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		memset(der + 12, 0, 32);
		der[12] = ends[i];
		assert_int_equal(public_key_parse(der, sizeof(der), &ret, &err), -ERR_IMAGE_KEY);
		der[43] |= 0x80;
		assert_int_equal(public_key_parse(der, sizeof(der), &ret, &err), -ERR_IMAGE_KEY);
	}
	/* p - 1 is of small order; p and more stand for points that have an encoding already. */
	memset(der + 12, 0xff, 32);
	der[43] = 0x7f;
	for (int b = 0xec; b <= 0xff; b++) {
		der[12] = (uint8_t)b;
		assert_int_equal(public_key_parse(der, sizeof(der), &ret, &err), -ERR_IMAGE_KEY);
	}
	der[13] = 0xfe; /* less than p, whatever its first byte */
	assert_int_equal(public_key_parse(der, sizeof(der), &ret, &err), 0);
}

static void test_other_kinds_of_keys_are_refused(void **state)
{
	static const struct {
		const char *name, *type, *curve;
	} kinds[] = {
		{"P-384", "EC", "P-384"}, {"X25519", "X25519", NULL}, {"ED448", "ED448", NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		EVP_PKEY *key = kinds[i].curve ? EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type,
								   kinds[i].curve)
					       : EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type);
		unsigned char *der = NULL;
		struct public_key ret;
		struct err err = ERR_INIT;
		int n = i2d_PUBKEY(key, &der);

		CHECK(kinds[i].name, n > 0);
		CHECK_ERR(kinds[i].name, public_key_parse(der, (size_t)n, &ret, &err),
			  ERR_IMAGE_KEY);
		OPENSSL_free(der);
		EVP_PKEY_free(key);
	}
}

/* S-15: a signer that fails, lies or says nothing leaves no signature. */
static void test_signers_that_fail(void **state)
{
	static const struct {
		const char *name, *command;
		enum err_code code;
	} commands[] = {
		{"ends with 1", "/bin/false", ERR_IMAGE_SIGNER},
		{"says nothing", "/bin/true", ERR_IMAGE_SIGNER},
		{"says something else", "/bin/echo hello", ERR_IMAGE_SIGNER},
		{"says too much", "/bin/dd if=/dev/zero bs=1000 count=1", ERR_IMAGE_SIGNER},
		{"is not there", "/nonexistent/signer", ERR_PROCESS_MISSING},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		AUTO(signer) struct signer *s = NULL;
		struct signature sig;
		struct err err = ERR_INIT;

		CHECK_ERR(commands[i].name,
			  signer_from_command(commands[i].command, fixture_path(f, "key0.pub"), &s,
					      &err),
			  ERR_OK);
		CHECK_ERR(commands[i].name, signer_sign(s, "a/b", "body", 4, &sig, &err),
			  commands[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_at_most_64),
		cmocka_unit_test(test_good_signatures_of_both_kinds),
		cmocka_unit_test(test_the_encoding_is_dsse),
		cmocka_unit_test(test_the_algorithm_is_the_roots),
		cmocka_unit_test(test_broken_ed25519),
		cmocka_unit_test(test_broken_ecdsa),
		cmocka_unit_test(test_keys_are_one_encoding),
		cmocka_unit_test(test_other_encodings_of_a_key),
		cmocka_unit_test(test_small_order_points_are_no_keys),
		cmocka_unit_test(test_other_kinds_of_keys_are_refused),
		cmocka_unit_test(test_signers_that_fail),
	};

	return cmocka_run_group_tests_name("images/signatures", tests, fixture_setup,
					   fixture_teardown);
}
