/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's plan key: an Ed25519 pair in PEM files. It signs plans only; it can never vouch for
 * an image. Input: files that slipwayd made or that lie in the agent's ramdisk.
 */
#include <proto/plan.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>
#include "plan_internal.h"

static int key_new(EVP_PKEY *pkey, struct plan_key **ret, struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(pkey, &der);

	if (EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519 || n <= 0) {
		OPENSSL_free(der);
		EVP_PKEY_free(pkey);
		return err_set(err, ERR_CRYPTO, "the plan key is not an Ed25519 key");
	}
	struct plan_key *k = xcalloc(1, sizeof(*k));
	k->pkey = pkey;
	sha256_hex_of(der, (size_t)n, k->id);
	OPENSSL_free(der);
	*ret = k;
	return 0;
}

void plan_key_free(struct plan_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

static int load(const char *path, bool private_key, struct plan_key **ret, struct err *err)
{
	autofree char *pem = NULL;
	size_t n;
	int rc = file_read(path, LIMIT_CONFIG_BYTES, &pem, &n, err);

	if (rc < 0)
		return rc;
	BIO *bio = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *pkey = NULL;
	if (bio && private_key)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	else if (bio)
		pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	BIO_free(bio);
	OPENSSL_cleanse(pem, n);
	if (!pkey)
		return err_set(err, ERR_CRYPTO, "'%s' holds no %s key in PEM", path,
			       private_key ? "private" : "public");
	rc = key_new(pkey, ret, err);
	return rc < 0 ? err_wrap(err, "'%s'", path) : 0;
}

int plan_key_load_private(const char *path, struct plan_key **ret, struct err *err)
{
	return load(path, true, ret, err);
}

int plan_key_load_public(const char *path, struct plan_key **ret, struct err *err)
{
	return load(path, false, ret, err);
}

static int write_bio(BIO *bio, const char *path, mode_t mode, struct err *err)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	if (n <= 0)
		return err_set(err, ERR_CRYPTO, "cannot encode a key");
	return file_write_atomic(path, p, (size_t)n, mode, err);
}

int plan_key_generate(const char *private_path, const char *public_path, struct err *err)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *priv = BIO_new(BIO_s_secmem()), *pub = BIO_new(BIO_s_mem());
	int rc;

	if (!pkey || !priv || !pub ||
	    PEM_write_bio_PrivateKey(priv, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_PUBKEY(pub, pkey) != 1)
		rc = err_set(err, ERR_CRYPTO, "cannot make an Ed25519 key");
	else
		rc = write_bio(pub, public_path, 0644, err);
	if (rc >= 0)
		rc = write_bio(priv, private_path, 0600, err);
	BIO_free(priv);
	BIO_free(pub);
	EVP_PKEY_free(pkey);
	return rc;
}
