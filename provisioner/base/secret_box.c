/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealed:" and the base64 of nonce, ciphertext and tag of AES-256-GCM (NIST SP 800-38D), with the
 * name as additional data. The nonce is 96 random bits; a key seals some dozens of secrets in its
 * life. Input: text from the store, which somebody may have changed.
 */
#include <base/secret_box.h>

#include <openssl/evp.h>
#include <string.h>

#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#define PREFIX           "sealed:"
#define LABEL            "slipway secrets in the store\n"
#define NONCE_BYTES      12
#define TAG_BYTES        16
#define PLAIN_MAX_BYTES  (1024 * 1024) /* a plan with user data has a third of it */
#define KEY_FILE_MAX     (64 * 1024)
#define SEALED_MAX_BYTES (NONCE_BYTES + PLAIN_MAX_BYTES + TAG_BYTES)

int secret_key_load(const char *private_path, uint8_t ret_key[static SECRET_KEY_BYTES],
		    struct err *err)
{
	char *text = NULL;
	size_t n = 0;
	AUTO(sha256) struct sha256 *h = sha256_new();

	TRY(file_read(private_path, KEY_FILE_MAX, &text, &n, err));
	sha256_update(h, LABEL, strlen(LABEL));
	sha256_update(h, text, n);
	sha256_final(h, ret_key);
	explicit_bzero(text, n);
	free(text);
	return 0;
}

/* One pass over n_bytes, either way. */
struct pass {
	const uint8_t *key;
	const char *name;
	const uint8_t *nonce, *in;
	uint8_t *out;
	uint8_t *tag; /* read when opening, written when sealing */
	size_t n_bytes;
};

/* False when the tag does not fit. */
static bool run(const struct pass *p, int sealing)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	const uint8_t *name = (const uint8_t *)p->name;
	int n = 0;
	bool well =
		c &&
		EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, p->key, p->nonce, sealing) == 1 &&
		EVP_CipherUpdate(c, NULL, &n, name, (int)strlen(p->name)) == 1 &&
		EVP_CipherUpdate(c, p->out, &n, p->in, (int)p->n_bytes) == 1 &&
		(sealing || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, p->tag) == 1) &&
		EVP_CipherFinal_ex(c, p->out + p->n_bytes, &n) == 1 &&
		(!sealing || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, p->tag) == 1);

	EVP_CIPHER_CTX_free(c);
	return well;
}

char *secret_seal(const uint8_t key[static SECRET_KEY_BYTES], const char *name, const char *plain)
{
	size_t n = strlen(plain);

	BUG_ON(n > PLAIN_MAX_BYTES);
	autofree uint8_t *box = xmalloc(NONCE_BYTES + n + TAG_BYTES);
	random_bytes(box, NONCE_BYTES);
	const struct pass pass = {.key = key,
				  .name = name,
				  .nonce = box,
				  .in = (const uint8_t *)plain,
				  .out = box + NONCE_BYTES,
				  .tag = box + NONCE_BYTES + n,
				  .n_bytes = n};
	BUG_ON(!run(&pass, 1));
	autofree char *text = base64_encode(box, NONCE_BYTES + n + TAG_BYTES);
	return xasprintf(PREFIX "%s", text);
}

bool secret_is_sealed(const char *text)
{
	return str_starts(text, PREFIX);
}

int secret_open_text(const uint8_t key[static SECRET_KEY_BYTES], const char *name,
		     const char *sealed, char **ret, struct err *err)
{
	autofree uint8_t *box = NULL;
	size_t n = 0;

	if (!secret_is_sealed(sealed))
		return err_set(err, ERR_INVALID, "the secret of '%s' is not sealed", name);
	TRY(base64_decode(sealed + strlen(PREFIX), SEALED_MAX_BYTES, &box, &n, err));
	size_t n_plain = n < NONCE_BYTES + TAG_BYTES ? 0 : n - NONCE_BYTES - TAG_BYTES;
	autofree char *plain = xcalloc(1, n_plain + 1);
	bool whole = n >= NONCE_BYTES + TAG_BYTES;
	const struct pass pass = {.key = key,
				  .name = name,
				  .nonce = box,
				  .in = whole ? box + NONCE_BYTES : box,
				  .out = (uint8_t *)plain,
				  .tag = whole ? box + n - TAG_BYTES : box,
				  .n_bytes = n_plain};
	if (!whole || !run(&pass, 0))
		return err_set(err, ERR_INVALID, "the secret of '%s' does not open with our key",
			       name);
	*ret = take_ptr(plain);
	return 0;
}

int secret_open(const uint8_t key[static SECRET_KEY_BYTES], const char *name, const char *sealed,
		char *ret, size_t ret_bytes, struct err *err)
{
	char *plain = NULL;

	TRY(secret_open_text(key, name, sealed, &plain, err));
	bool fits = str_copy(ret, ret_bytes, plain);
	explicit_bzero(plain, strlen(plain));
	free(plain);
	return fits ? 0
		    : err_set(err, ERR_INVALID, "the secret of '%s' is longer than %zu bytes", name,
			      ret_bytes - 1);
}
