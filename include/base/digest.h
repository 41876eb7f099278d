/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256, hexadecimal, base64 and random bytes, over OpenSSL's EVP interface.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>
#include <base/hw_id.h>

#define SHA256_BYTES     32
#define SHA256_HEX_BYTES 65 /* with the NUL */

struct sha256; /* a running hash */
MUST_CHECK struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *h);
void sha256_reset(struct sha256 *h);
void sha256_update(struct sha256 *h, const void *p, size_t n_bytes);
void sha256_final(struct sha256 *h, uint8_t ret[static SHA256_BYTES]);
DEFINE_AUTO(sha256, struct sha256, sha256_free);

void sha256_of(const void *p, size_t n_bytes, uint8_t ret[static SHA256_BYTES]);
void sha256_hex_of(const void *p, size_t n_bytes, char ret[static SHA256_HEX_BYTES]);
/* HMAC-SHA256 (RFC 2104) of a message, in hexadecimal. */
void hmac_sha256_hex_of(const void *key, size_t key_bytes, const void *p, size_t n_bytes,
			char ret[static SHA256_HEX_BYTES]);

/* ret has 2 * n_bytes + 1 bytes. */
void hex_encode(const void *p, size_t n_bytes, char *ret);
/* Exactly 2 * n_bytes lower- or upper-case digits; false on anything else. */
bool hex_decode(const char *text, uint8_t *ret, size_t n_bytes);

/* Standard base64 with padding. The caller frees. */
MUST_CHECK char *base64_encode(const void *p, size_t n_bytes);
/* Strict: whole string, correct padding, canonical. errors: ERR_INVALID, ERR_TOO_BIG */
MUST_CHECK int base64_decode(const char *text, size_t max_bytes, uint8_t **ret_p,
			     size_t *ret_n_bytes, struct err *err);

/* Constant-time equality. */
bool digest_eq(const void *a, const void *b, size_t n_bytes);

/* Cryptographically strong; aborts when the system has none. */
void random_bytes(void *p, size_t n_bytes);

#endif
