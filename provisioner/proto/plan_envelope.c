/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed envelope of plans and checkpoints (DSSE, github.com/secure-systems-lab/dsse): base64
 * payload, its type, one Ed25519 signature over the pre-authentication encoding. Input: bytes from
 * whoever answers at the server's address; the payload is not parsed before the signature is good.
 */
#include <proto/plan.h>

#include <openssl/evp.h>
#include <base/json.h>
#include <base/str.h>
#include "plan_internal.h"

#define SIG_BYTES          64
#define SIGNATURES_MAX     8
#define ENVELOPE_MAX_BYTES (PLAN_MAX_BYTES / 3 * 4 + 4096)

void plan_pae(const char *type, const void *payload, size_t n_bytes, uint8_t **ret_p,
	      size_t *ret_n_bytes)
{
	struct str s;

	str_init(&s, n_bytes + strlen(type) + 64);
	str_addf(&s, "DSSEv1 %zu %s %zu ", strlen(type), type, n_bytes);
	str_addn(&s, payload, n_bytes);
	BUG_ON(!str_ok(&s));
	*ret_n_bytes = s.n_bytes;
	*ret_p = (uint8_t *)str_take(&s);
}

static bool sign(const struct plan_key *key, const void *p, size_t n, uint8_t ret[static SIG_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t sig_bytes = SIG_BYTES;
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
		  EVP_DigestSign(ctx, ret, &sig_bytes, p, n) == 1 && sig_bytes == SIG_BYTES;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool verify(const struct plan_key *key, const void *p, size_t n, const uint8_t *sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
		  EVP_DigestVerify(ctx, sig, SIG_BYTES, p, n) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

int envelope_seal(const struct plan_key *key, const char *type, const json_t *payload, json_t **ret,
		  struct err *err)
{
	autofree char *text = payload ? json_text(payload) : NULL;

	if (!text)
		return err_set(err, ERR_PLAN_ENVELOPE, "the payload cannot be written as JSON");
	size_t n = strlen(text);
	if (n > PLAN_MAX_BYTES)
		return err_set(err, ERR_TOO_BIG, "a payload of %zu bytes is larger than %d", n,
			       PLAN_MAX_BYTES);
	autofree uint8_t *pae = NULL;
	size_t pae_bytes;
	plan_pae(type, text, n, &pae, &pae_bytes);
	uint8_t sig[SIG_BYTES];
	if (!sign(key, pae, pae_bytes, sig))
		return err_set(err, ERR_CRYPTO, "cannot sign");
	autofree char *payload64 = base64_encode(text, n);
	autofree char *sig64 = base64_encode(sig, sizeof(sig));
	*ret = json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "payload_type", type, "payload", payload64,
			 "signatures", "keyid", key->id, "sig", sig64);
	return *ret ? 0 : err_set(err, ERR_PLAN_ENVELOPE, "the envelope cannot be written as JSON");
}

int plan_seal(const struct plan_key *key, const json_t *payload, json_t **ret, struct err *err)
{
	return envelope_seal(key, PLAN_PAYLOAD_TYPE, payload, ret, err);
}

/* Find a signature by our key and check it. keyid is a hint (DSSE): only the key decides. */
static int check_signatures(const struct plan_key *key, const struct json_reader *r, json_t *list,
			    const uint8_t *pae, size_t pae_bytes, struct err *err)
{
	size_t i;
	json_t *item;
	bool good = false;

	json_array_foreach (list, i, item) {
		struct json_reader s = json_reader_item(r, item, "signatures", i);
		const char *keyid = json_need_str(&s, "keyid", 1, 128);
		const char *sig64 = json_need_str(&s, "sig", 1, 128);
		TRY(json_reader_end(&s));
		autofree uint8_t *sig = NULL;
		size_t n = 0;
		if (!str_eq(keyid, key->id))
			continue;
		TRY(base64_decode(sig64, SIG_BYTES, &sig, &n, err));
		good = good || (n == SIG_BYTES && verify(key, pae, pae_bytes, sig));
	}
	return good ? 0
		    : err_set(err, ERR_PLAN_SIGNATURE, "no good signature by key %.16s", key->id);
}

int envelope_open(const struct plan_key *key, const char *expected, json_t *envelope,
		  uint8_t **ret_p, size_t *ret_n, struct err *err)
{
	if (!json_is_object(envelope))
		return err_set(err, ERR_PLAN_ENVELOPE, "an envelope is a JSON object");
	struct json_reader r = json_reader_root(envelope, err);
	const char *type = json_need_str(&r, "payload_type", 1, 128);
	const char *payload64 = json_need_str(&r, "payload", 1, ENVELOPE_MAX_BYTES);
	json_t *signatures = json_need_arr(&r, "signatures", SIGNATURES_MAX);
	TRY(json_reader_end(&r));
	if (!str_eq(type, expected))
		return err_set(err, ERR_PLAN_TYPE, "payload type '%s' is not '%s'", type, expected);
	autofree uint8_t *p = NULL;
	size_t n;
	TRY(base64_decode(payload64, PLAN_MAX_BYTES, &p, &n, err));
	autofree uint8_t *pae = NULL;
	size_t pae_bytes;
	plan_pae(type, p, n, &pae, &pae_bytes);
	TRY(check_signatures(key, &r, signatures, pae, pae_bytes, err));
	*ret_p = take_ptr(p);
	*ret_n = n;
	return 0;
}

int plan_open(const struct plan_key *key, const void *envelope, size_t n_bytes, struct plan *ret,
	      struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	autojson json_t *outer = NULL;
	TRY(json_load_strict(envelope, n_bytes, ENVELOPE_MAX_BYTES, &outer, err));
	autofree uint8_t *p = NULL;
	size_t n;
	TRY(envelope_open(key, PLAN_PAYLOAD_TYPE, outer, &p, &n, err));
	autojson json_t *payload = NULL;
	TRY(json_load_strict(p, n, PLAN_MAX_BYTES, &payload, err));
	return plan_decode(payload, ret, err);
}
