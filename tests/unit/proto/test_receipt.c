/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts: sealed and opened, and refused when another key signed, a byte was changed, the type is
 * another one, or they speak of other work.
 */
#include "tests/harness/check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/receipt.h>

static char dir[] = "/tmp/slipway-receipt-XXXXXX";
static char own_path[64], other_path[64], plan_path[64], big_path[64];
static char own_key[SHA256_HEX_BYTES], other_key[SHA256_HEX_BYTES];

/* Writes a key and returns its fingerprint. */
static void make_key(const char *path, const char *curve, char ret[static SHA256_HEX_BYTES])
{
	EVP_PKEY *key = str_eq(curve, "ED25519") ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
						 : EVP_EC_gen(curve);
	autoclose_file FILE *f = fopen(path, "we");
	unsigned char *der = NULL;

	assert_true(key && f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	int n = i2d_PUBKEY(key, &der);
	assert_true(n > 0);
	sha256_hex_of(der, (size_t)n, ret);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static int setup(void **state)
{
	char ignored[SHA256_HEX_BYTES];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(own_path, sizeof(own_path), "%s/own", dir);
	snprintf(other_path, sizeof(other_path), "%s/other", dir);
	snprintf(plan_path, sizeof(plan_path), "%s/ed25519", dir);
	snprintf(big_path, sizeof(big_path), "%s/p384", dir);
	make_key(own_path, "P-256", own_key);
	make_key(other_path, "P-256", other_key);
	make_key(plan_path, "ED25519", ignored);
	make_key(big_path, "P-384", ignored);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

static struct receipt sample(void)
{
	return (struct receipt){
		.type = RECEIPT_TYPE,
		.host_id = "host-1",
		.session_id = "session-1",
		.plan_id = "plan-1",
		.arm_id = "arm-1",
		.disk = {"0x5000", "SN1", 4096},
		.work = "image",
		.report = json_pack("{s:s, s:f}", "manifest_sha256", "00ff", "seconds", 1.5),
	};
}

static json_t *sealed(const char *path, const char *host_id)
{
	autoreceipt struct receipt r = sample();
	struct err err = ERR_INIT;
	json_t *envelope = NULL;

	(void)str_copy(r.host_id, sizeof(r.host_id), host_id);
	if (receipt_seal(path, &r, &envelope, &err) < 0)
		fail_msg("%s", err.msg);
	return envelope;
}

static void test_there_and_back(void **state)
{
	autojson json_t *envelope = sealed(own_path, "host-1");
	autoreceipt struct receipt got = {0}, want = sample();
	struct err err = ERR_INIT;
	char key[SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(receipt_open(envelope, own_key, &got, key, &err), 0);
	assert_string_equal(key, own_key);
	assert_string_equal(got.disk.serial, "SN1");
	assert_int_equal(got.disk.size_bytes, 4096);
	assert_true(json_equal(got.report, want.report));
	/* Without the server: the envelope says whose it is. */
	receipt_done(&got);
	assert_int_equal(receipt_open(envelope, NULL, &got, key, &err), 0);
	assert_string_equal(key, own_key);
}

static void test_keys_that_cannot_seal(void **state)
{
	const char *const paths[] = {plan_path, big_path, "/nonexistent/key"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		autoreceipt struct receipt r = sample();
		json_t *envelope = NULL;

		CHECK_ERR(paths[i], receipt_seal(paths[i], &r, &envelope, NULL), ERR_CRYPTO);
		assert_null(envelope);
	}
}

/* ---- changed envelopes ----------------------------------------------------------------------- */

static void set_text(json_t *envelope, const char *key, const char *text)
{
	json_object_set_new(envelope, key, json_string(text));
}

static const char *text_of(json_t *envelope, const char *key)
{
	return json_string_value(json_object_get(envelope, key));
}

static void other_payload(json_t *e)
{
	autojson json_t *other = sealed(own_path, "host-2");

	set_text(e, "payload", text_of(other, "payload"));
}

/* One member of the payload, the rest as it was. */
static void changed_digest(json_t *e)
{
	autofree uint8_t *p = NULL;
	size_t n;

	assert_int_equal(base64_decode(text_of(e, "payload"), 1 << 20, &p, &n, NULL), 0);
	for (size_t i = 0; i + 4 < n; i++)
		if (!memcmp(p + i, "00ff", 4))
			memcpy(p + i, "00fe", 4);
	autofree char *text = base64_encode(p, n);
	set_text(e, "payload", text);
}

static void other_signature(json_t *e)
{
	autojson json_t *other = sealed(other_path, "host-1");

	json_object_set(e, "signatures", json_object_get(other, "signatures"));
}

static void other_public_key(json_t *e)
{
	autojson json_t *other = sealed(other_path, "host-1");

	set_text(e, "public_key", text_of(other, "public_key"));
}

static void other_everything(json_t *e)
{
	autojson json_t *other = sealed(other_path, "host-1");

	json_object_update(e, other);
}

static void other_type(json_t *e)
{
	set_text(e, "payload_type", PLAN_PAYLOAD_TYPE);
}

/* Signed by the right key, but as another kind of document. */
static void signed_as_a_plan(json_t *e)
{
	autoclose_file FILE *f = fopen(own_path, "re");
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	autofree uint8_t *p = NULL, *pae = NULL;
	uint8_t sig[80];
	size_t n, pae_bytes, sig_bytes = sizeof(sig);

	assert_int_equal(base64_decode(text_of(e, "payload"), 1 << 20, &p, &n, NULL), 0);
	plan_pae(PLAN_PAYLOAD_TYPE, p, n, &pae, &pae_bytes);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &sig_bytes, pae, pae_bytes), 1);
	autofree char *text = base64_encode(sig, sig_bytes);
	set_text(json_array_get(json_object_get(e, "signatures"), 0), "sig", text);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void no_signature(json_t *e)
{
	json_array_clear(json_object_get(e, "signatures"));
}

static void one_more_member(json_t *e)
{
	set_text(e, "more", "x");
}

static void key_of_zeros(json_t *e)
{
	set_text(e, "public_key", "AAAA");
}

static const struct {
	const char *name;
	void (*change)(json_t *envelope);
	enum err_code code;
	bool any_key; /* also without a wanted fingerprint */
} rows[] = {
	{"another receipt's payload", other_payload, ERR_RECEIPT_SIGNATURE, true},
	{"a digest changed", changed_digest, ERR_RECEIPT_SIGNATURE, true},
	{"another key's signature", other_signature, ERR_RECEIPT_SIGNATURE, true},
	{"another key beside it", other_public_key, ERR_RECEIPT_KEY, false},
	{"all by another key", other_everything, ERR_RECEIPT_KEY, false},
	{"a plan's type", other_type, ERR_RECEIPT_TYPE, true},
	{"signed as a plan", signed_as_a_plan, ERR_RECEIPT_SIGNATURE, true},
	{"no signature", no_signature, ERR_RECEIPT_ENVELOPE, true},
	{"an unknown member", one_more_member, ERR_FIELD_UNKNOWN, true},
	{"no key at all", key_of_zeros, ERR_RECEIPT_KEY, true},
};

static void test_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int any = 0; any <= (int)rows[i].any_key; any++) {
			autojson json_t *envelope = sealed(own_path, "host-1");
			autoreceipt struct receipt r = {0};
			struct err err = ERR_INIT;
			char key[SHA256_HEX_BYTES];

			rows[i].change(envelope);
			CHECK_ERR(rows[i].name,
				  receipt_open(envelope, any ? NULL : own_key, &r, key, &err),
				  rows[i].code);
			CHECK(rows[i].name, !r.report && !r.host_id[0]);
		}
	}
}

/* Any flipped byte: refused, or (in the hint) the same receipt. */
static void test_flipped_bytes(void **state)
{
	autojson json_t *envelope = sealed(own_path, "host-1");
	autofree char *text = json_text(envelope);
	autoreceipt struct receipt want = sample();
	size_t n = strlen(text), n_good = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		autoreceipt struct receipt r = {0};
		struct err err = ERR_INIT;
		char key[SHA256_HEX_BYTES];

		text[i] ^= 1;
		autojson json_t *changed = json_loadb(text, n, 0, NULL);
		text[i] ^= 1;
		if (!changed || receipt_open(changed, own_key, &r, key, &err) < 0)
			continue;
		assert_true(json_equal(r.report, want.report));
		assert_string_equal(r.host_id, "host-1");
		n_good++;
	}
	assert_true(n_good <= SHA256_HEX_BYTES);
}

static void test_binding(void **state)
{
	static const struct {
		const char *name, *host, *session, *arm, *work;
		enum err_code code;
	} checks[] = {
		{"good", "host-1", "session-1", "arm-1", "image", ERR_OK},
		{"another host", "host-2", "session-1", "arm-1", "image", ERR_RECEIPT_BINDING},
		{"another session", "host-1", "session-2", "arm-1", "image", ERR_RECEIPT_BINDING},
		{"another arm", "host-1", "session-1", "arm-2", "image", ERR_RECEIPT_BINDING},
		{"another work", "host-1", "session-1", "arm-1", "erase", ERR_RECEIPT_BINDING},
		{"nothing", "", "", "", "", ERR_RECEIPT_BINDING},
	};
	autoreceipt struct receipt r = sample();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		CHECK_ERR(checks[i].name,
			  receipt_check(&r, checks[i].host, checks[i].session, checks[i].arm,
					checks[i].work, NULL),
			  checks[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_keys_that_cannot_seal),
		cmocka_unit_test(test_changed),        cmocka_unit_test(test_flipped_bytes),
		cmocka_unit_test(test_binding),
	};

	return cmocka_run_group_tests_name("proto/receipt", tests, setup, teardown);
}
