/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys: reading them strictly and checking signatures with them; see images/signatures.h.
 *
 * OpenSSL runs in a library context of its own with the built-in provider only, so that neither
 * openssl.cnf nor the environment of the process can bring other code into the trust path.
 */
#include <images/signatures.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <string.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define ED25519_DER_BYTES  44
#define ED25519_RAW_OFFSET 12
#define P256_DER_BYTES     91 /* named curve, uncompressed point: the only form we take */
#define P256_FORM_OFFSET   26 /* 4: uncompressed; 6 and 7 (hybrid) would give the key another id */
#define FORM_UNCOMPRESSED  0x04

static OSSL_LIB_CTX *crypto;

static void make_crypto(void)
{
	crypto = OSSL_LIB_CTX_new();
	BUG_ON(!crypto);
}

static OSSL_LIB_CTX *crypto_context(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	BUG_ON(pthread_once(&once, make_crypto));
	return crypto;
}

DEFINE_AUTO(pkey, EVP_PKEY, EVP_PKEY_free);
DEFINE_AUTO(md_ctx, EVP_MD_CTX, EVP_MD_CTX_free);

static const char *const algorithm_words[_KEY_ALGORITHM_MAX] = {
	[KEY_ED25519] = "ed25519",
	[KEY_ECDSA_P256] = "ecdsa-p256-sha256",
};

const char *key_algorithm_str(enum key_algorithm algorithm)
{
	return algorithm_words[algorithm];
}

bool key_algorithm_parse(const char *text, enum key_algorithm *ret)
{
	for (int i = 0; i < _KEY_ALGORITHM_MAX; i++) {
		if (str_eq(text, algorithm_words[i])) {
			*ret = (enum key_algorithm)i;
			return true;
		}
	}
	return false;
}

/* Points of order 1, 2, 4 and 8 on edwards25519: for such a "key" signatures can be made that hold
 * for many messages. The sign bit is masked away. */
static const uint8_t small_order[][32] = {
	{0x00},
	{0x01},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

/* 2^255 - 19, little-endian: a coordinate is below it, or the point has a second encoding. */
static const uint8_t field_prime[32] = {
	0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
};

static bool is_sound_point(const uint8_t *point)
{
	uint8_t masked[32];

	memcpy(masked, point, sizeof(masked));
	masked[31] &= 0x7f;
	for (size_t i = 0; i < ARRAY_LEN(small_order); i++)
		if (!memcmp(masked, small_order[i], sizeof(masked)))
			return false;
	return masked[0] < field_prime[0] || memcmp(masked + 1, field_prime + 1, 31);
}

/* The key, if the DER is one whole key in its one encoding. */
static EVP_PKEY *decode_key(const uint8_t *der, size_t n_bytes)
{
	const unsigned char *p = der;
	AUTO(pkey) EVP_PKEY *key = d2i_PUBKEY_ex(NULL, &p, (long)n_bytes, crypto_context(), NULL);
	unsigned char *again = NULL;
	int n;
	bool same;

	if (!key || p != der + n_bytes)
		return NULL;
	n = i2d_PUBKEY(key, &again);
	same = n > 0 && (size_t)n == n_bytes && !memcmp(again, der, n_bytes);
	OPENSSL_free(again);
	return same ? take_ptr(key) : NULL;
}

static bool key_kind(EVP_PKEY *key, const uint8_t *der, size_t n_bytes, enum key_algorithm *ret)
{
	char group[32] = "";

	if (EVP_PKEY_is_a(key, "ED25519") && n_bytes == ED25519_DER_BYTES) {
		*ret = KEY_ED25519;
		return is_sound_point(der + ED25519_RAW_OFFSET);
	}
	if (EVP_PKEY_is_a(key, "EC") && n_bytes == P256_DER_BYTES &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1) {
		*ret = KEY_ECDSA_P256;
		return str_eq(group, "prime256v1") && der[P256_FORM_OFFSET] == FORM_UNCOMPRESSED;
	}
	return false;
}

int public_key_parse(const void *der, size_t n_bytes, struct public_key *ret, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (n_bytes > KEY_DER_MAX_BYTES)
		return err_set(err, ERR_IMAGE_KEY, "key has %zu bytes", n_bytes);
	key = decode_key(der, n_bytes);
	if (!key)
		return err_set(err, ERR_IMAGE_KEY, "bytes are not one public key in DER");
	if (!key_kind(key, der, n_bytes, &ret->algorithm))
		return err_set(err, ERR_IMAGE_KEY, "key is not a sound Ed25519 or ECDSA P-256 key");
	memcpy(ret->der, der, n_bytes);
	ret->n_der = n_bytes;
	sha256_of(der, n_bytes, ret->id);
	return 0;
}

int public_key_load(const char *path, struct public_key *ret, struct err *err)
{
	autofree char *pem = NULL;
	size_t n_bytes;
	unsigned char *der = NULL;
	BIO *bio;
	AUTO(pkey) EVP_PKEY *key = NULL;
	int n, status;

	TRY(file_read(path, LIMIT_CONFIG_BYTES, &pem, &n_bytes, err));
	bio = BIO_new_mem_buf(pem, (int)n_bytes);
	BUG_ON(!bio);
	key = PEM_read_bio_PUBKEY_ex(bio, NULL, NULL, NULL, crypto_context(), NULL);
	BIO_free(bio);
	if (!key)
		return err_set(err, ERR_IMAGE_KEY, "file '%s' holds no PEM public key", path);
	n = i2d_PUBKEY(key, &der);
	if (n <= 0)
		return err_set(err, ERR_CRYPTO, "key of file '%s' cannot be encoded", path);
	status = public_key_parse(der, (size_t)n, ret, err);
	OPENSSL_free(der);
	return status < 0 ? err_wrap(err, "file '%s'", path) : 0;
}

bool signature_is_good(const struct public_key *key, const struct signature *sig, const void *pae,
		       size_t n_bytes)
{
	AUTO(pkey) EVP_PKEY *pkey = decode_key(key->der, key->n_der);
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *digest = key->algorithm == KEY_ECDSA_P256 ? "SHA256" : NULL;

	if (!pkey || !ctx)
		return false;
	if (EVP_DigestVerifyInit_ex(ctx, NULL, digest, crypto_context(), NULL, pkey, NULL) != 1)
		return false;
	return EVP_DigestVerify(ctx, sig->bytes, sig->n_bytes, pae, n_bytes) == 1;
}
