/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing, hexadecimal, base64 and random bytes: thin wrappers that give OpenSSL's EVP one shape
 * and one way to fail (a missing SHA-256 or random source is not a state to go on in).
 */
#include <base/digest.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include <base/str.h>

struct sha256 {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *h = xmalloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	BUG_ON(!h->ctx || !h->md);
	sha256_reset(h);
	return h;
}

void sha256_free(struct sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void sha256_reset(struct sha256 *h)
{
	BUG_ON(EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1);
}

void sha256_update(struct sha256 *h, const void *p, size_t n_bytes)
{
	BUG_ON(EVP_DigestUpdate(h->ctx, p, n_bytes) != 1);
}

void sha256_final(struct sha256 *h, uint8_t ret[static SHA256_BYTES])
{
	BUG_ON(EVP_DigestFinal_ex(h->ctx, ret, NULL) != 1);
	sha256_reset(h);
}

void sha256_of(const void *p, size_t n_bytes, uint8_t ret[static SHA256_BYTES])
{
	BUG_ON(EVP_Digest(p, n_bytes, ret, NULL, EVP_sha256(), NULL) != 1);
}

void sha256_hex_of(const void *p, size_t n_bytes, char ret[static SHA256_HEX_BYTES])
{
	uint8_t digest[SHA256_BYTES];

	sha256_of(p, n_bytes, digest);
	hex_encode(digest, sizeof(digest), ret);
}

void hmac_sha256_hex_of(const void *key, size_t key_bytes, const void *p, size_t n_bytes,
			char ret[static SHA256_HEX_BYTES])
{
	uint8_t mac[SHA256_BYTES];
	unsigned n = 0;

	BUG_ON(!HMAC(EVP_sha256(), key, (int)key_bytes, p, n_bytes, mac, &n) || n != sizeof(mac));
	hex_encode(mac, sizeof(mac), ret);
}

void hex_encode(const void *p, size_t n_bytes, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = p;

	for (size_t i = 0; i < n_bytes; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * n_bytes] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *text, uint8_t *ret, size_t n_bytes)
{
	if (strlen(text) != 2 * n_bytes)
		return false;
	for (size_t i = 0; i < n_bytes; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

char *base64_encode(const void *p, size_t n_bytes)
{
	char *text;

	BUG_ON(n_bytes > INT32_MAX / 2);
	text = xmalloc(4 * ((n_bytes + 2) / 3) + 1);
	EVP_EncodeBlock((unsigned char *)text, p, (int)n_bytes);
	return text;
}

int base64_decode(const char *text, size_t max_bytes, uint8_t **ret_p, size_t *ret_n_bytes,
		  struct err *err)
{
	size_t n = strlen(text), out;
	autofree uint8_t *p = NULL;
	autofree char *again = NULL;
	int decoded;

	if (n / 4 * 3 > max_bytes + 2 || n > INT32_MAX)
		return err_set(err, ERR_TOO_BIG, "base64 text has %zu bytes", n);
	if (n % 4)
		return err_set(err, ERR_INVALID, "base64 text has a length of %zu", n);
	p = xmalloc(n / 4 * 3 + 1);
	decoded = EVP_DecodeBlock(p, (const unsigned char *)text, (int)n);
	if (decoded < 0)
		return err_set(err, ERR_INVALID, "not base64");
	out = (size_t)decoded;
	if (n && text[n - 1] == '=')
		out--;
	if (n > 1 && text[n - 2] == '=')
		out--;
	/* EVP_DecodeBlock skips white space and ignores stray bits: only one spelling is accepted.
	 */
	again = base64_encode(p, out);
	if (strcmp(again, text) != 0)
		return err_set(err, ERR_INVALID, "not canonical base64");
	if (out > max_bytes)
		return err_set(err, ERR_TOO_BIG, "base64 text holds %zu bytes", out);
	*ret_p = take_ptr(p);
	*ret_n_bytes = out;
	return 0;
}

bool digest_eq(const void *a, const void *b, size_t n_bytes)
{
	return CRYPTO_memcmp(a, b, n_bytes) == 0;
}

void random_bytes(void *p, size_t n_bytes)
{
	BUG_ON(n_bytes > INT32_MAX);
	BUG_ON(RAND_bytes(p, (int)n_bytes) != 1);
}
