/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key and certificate through OpenSSL; see identity.h. Validity 1970 to 9999: a new host's clock
 * says anything, and the server binds the session to the public key, not to the certificate.
 */
#include "identity.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/stat.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

DEFINE_AUTO(pkey, EVP_PKEY, EVP_PKEY_free);
DEFINE_AUTO(x509, X509, X509_free);

static int write_key(const char *path, EVP_PKEY *key, struct err *err)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	autoclose_file FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f)
		return err_sys(err, ERR_IO, "cannot write '%s'", path);
	fd = -1;
	if (!PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) || fflush(f) != 0)
		return err_set(err, ERR_CRYPTO, "cannot write the agent's key");
	return 0;
}

static int write_cert(const char *path, X509 *cert, struct err *err)
{
	autoclose_file FILE *f = fopen(path, "we");

	if (!f || !PEM_write_X509(f, cert) || fflush(f) != 0)
		return err_set(err, ERR_CRYPTO, "cannot write '%s'", path);
	return 0;
}

static bool fill_cert(X509 *cert, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(cert);
	uint32_t serial;

	random_bytes(&serial, sizeof(serial));
	return X509_set_version(cert, X509_VERSION_3) &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial) &&
	       ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "19700101000000Z") &&
	       ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "99991231235959Z") &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"slipway-agent", -1, -1, 0) &&
	       X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	       X509_sign(cert, key, EVP_sha256());
}

static int fingerprint(EVP_PKEY *key, struct identity *ret, struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	if (n <= 0)
		return err_set(err, ERR_CRYPTO, "cannot encode the agent's public key");
	sha256_hex_of(der, (size_t)n, ret->spki_sha256);
	OPENSSL_free(der);
	return 0;
}

static EVP_PKEY *load_key(const char *path)
{
	autoclose_file FILE *f = fopen(path, "re");

	return f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
}

int identity_make(const char *dir, struct identity *ret, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;

	*ret = (struct identity){0};
	snprintf(ret->key_path, sizeof(ret->key_path), "%.100s/key.pem", dir);
	snprintf(ret->cert_path, sizeof(ret->cert_path), "%.100s/cert.pem", dir);
	TRY(file_make_dirs(dir, 0700, err));
	key = load_key(ret->key_path);
	if (key && access(ret->cert_path, R_OK) == 0)
		return fingerprint(key, ret, err);
	EVP_PKEY_free(key);
	key = EVP_EC_gen("P-256");
	cert = X509_new();
	if (!key || !cert || !fill_cert(cert, key))
		return err_set(err, ERR_CRYPTO, "cannot make the agent's key");
	TRY(write_key(ret->key_path, key, err));
	TRY(write_cert(ret->cert_path, cert, err));
	return fingerprint(key, ret, err);
}
