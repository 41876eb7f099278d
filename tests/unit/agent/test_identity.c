/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's key pair: what OpenSSL reads back from its files, that it is kept within a boot, and
 * folders in which it cannot be made.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <provisioner/agent/identity.h>

static char root[] = "/tmp/slipway-identity-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return file_remove_tree(root, NULL);
}

static X509 *load_cert(const struct identity *id)
{
	autoclose_file FILE *f = fopen(id->cert_path, "re");

	assert_non_null(f);
	return PEM_read_X509(f, NULL, NULL, NULL);
}

static void test_pair(void **state)
{
	autofree char *dir = xasprintf("%s/made/deeper", root);
	char curve[32] = "", hex[SHA256_HEX_BYTES];
	struct identity id;
	struct stat st;
	unsigned char *der = NULL;

	(void)state;
	assert_int_equal(identity_make(dir, &id, NULL), 0);
	X509 *cert = load_cert(&id);
	assert_non_null(cert);
	EVP_PKEY *key = X509_get_pubkey(cert);
	assert_true(EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL));
	assert_string_equal(curve, "prime256v1");
	assert_int_equal(X509_verify(cert, key), 1);
	/* good whatever the host's clock says */
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(cert), &(time_t){86400}), -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(cert), &(time_t){250000000000}), 1);
	int n = i2d_PUBKEY(key, &der);
	assert_true(n > 0);
	sha256_hex_of(der, (size_t)n, hex);
	assert_string_equal(hex, id.spki_sha256);
	assert_int_equal(stat(id.key_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	X509_free(cert);
}

static void write_text(const char *path, const char *text)
{
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

/* A second start in the same boot is the same agent; with half a pair, or a broken one, it is a new
 * one with a pair that fits. */
static void test_second_start(void **state)
{
	static const struct {
		const char *name;
		const char *key_text; /* NULL: as it was */
		bool remove_cert;
		bool same;
	} rows[] = {
		{"as it was", NULL, false, true},
		{"certificate lost", NULL, true, false},
		{"key cut off", "-----BEGIN PRIVATE KEY-----\nMIG", false, false},
		{"key empty", "", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *dir = xasprintf("%s/second-%zu", root, i);
		struct identity first, second;

		CHECK_ERR(rows[i].name, identity_make(dir, &first, NULL), 0);
		if (rows[i].key_text)
			write_text(first.key_path, rows[i].key_text);
		if (rows[i].remove_cert)
			CHECK(rows[i].name, unlink(first.cert_path) == 0);
		CHECK_ERR(rows[i].name, identity_make(dir, &second, NULL), 0);
		CHECK_INT(rows[i].name, str_eq(first.spki_sha256, second.spki_sha256),
			  rows[i].same);
		X509 *cert = load_cert(&second);
		autoclose_file FILE *f = fopen(second.key_path, "re");
		EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
		CHECK(rows[i].name, cert && key && X509_check_private_key(cert, key) == 1);
		EVP_PKEY_free(key);
		X509_free(cert);
	}
}

static void test_bad_folders(void **state)
{
	autofree char *file = xasprintf("%s/file", root);
	autofree char *below_file = xasprintf("%s/file/keys", root);
	autofree char *taken = xasprintf("%s/taken", root);
	autofree char *key_is_dir = xasprintf("%s/taken/key.pem", root);
	autofree char *linked = xasprintf("%s/linked", root);
	autofree char *key_is_link = xasprintf("%s/linked/key.pem", root);
	autofree char *elsewhere = xasprintf("%s/elsewhere", root);

	const struct {
		const char *name, *dir;
	} rows[] = {
		{"below a file", below_file},
		{"a folder where the key belongs", taken},
		{"a link where the key belongs", linked},
	};

	(void)state;
	write_text(file, "x");
	assert_int_equal(file_make_dirs(key_is_dir, 0700, NULL), 0);
	assert_int_equal(file_make_dirs(linked, 0700, NULL), 0);
	assert_int_equal(symlink(elsewhere, key_is_link), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct identity id;
		struct err err = ERR_INIT;

		CHECK(rows[i].name, identity_make(rows[i].dir, &id, &err) < 0);
		CHECK(rows[i].name, err.code != 0 && err.msg[0]);
	}
	assert_int_equal(access(elsewhere, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_second_start),
		cmocka_unit_test(test_bad_folders),
	};

	sandbox_root();
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
