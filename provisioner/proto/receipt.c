/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes of receipts; see proto/receipt.h. Input: bytes from an agent, or from anybody who shows
 * a receipt to a third party.
 */
#include <proto/receipt.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/session.h>

#define SPKI_MAX_BYTES 128 /* of a P-256 key: 91 */
#define SIG_MAX_BYTES  80  /* DER: at most 72 */
#define CURVE          "prime256v1"

DEFINE_AUTO(pkey, EVP_PKEY, EVP_PKEY_free);
DEFINE_AUTO(md_ctx, EVP_MD_CTX, EVP_MD_CTX_free);

static const struct field disk_fields[] = {
	F_STR(struct receipt_disk, "wwn", wwn, FIELD_ALWAYS),
	F_STR(struct receipt_disk, "serial", serial, FIELD_ALWAYS),
	F_INT(struct receipt_disk, "size_bytes", size_bytes, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_END,
};

static const struct field receipt_fields[] = {
	F_STR(struct receipt, "type", type, FIELD_NEEDED),
	F_STR(struct receipt, "host_id", host_id, FIELD_NEEDED),
	F_STR(struct receipt, "session_id", session_id, FIELD_NEEDED),
	F_STR(struct receipt, "plan_id", plan_id, FIELD_NEEDED),
	F_STR(struct receipt, "arm_id", arm_id, FIELD_NEEDED),
	F_OBJ(struct receipt, "disk", disk, FIELD_NEEDED, disk_fields),
	F_STR(struct receipt, "work", work, FIELD_NEEDED),
	F_JSON(struct receipt, "report", report, FIELD_NEEDED),
	F_END,
};

void receipt_done(struct receipt *r)
{
	record_done(receipt_fields, r);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool is_p256(EVP_PKEY *key)
{
	char group[32] = "";
	size_t n = 0;

	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 && str_eq(group, CURVE);
}

static EVP_PKEY *load_private(const char *path)
{
	autoclose_file FILE *f = fopen(path, "re");

	return f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
}

/* One encoding of a key only: what is decoded must encode to the same bytes. */
static EVP_PKEY *key_of_spki(const uint8_t *der, size_t n_bytes)
{
	const unsigned char *p = der;
	AUTO(pkey) EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)n_bytes);
	unsigned char *again = NULL;
	int n = key && is_p256(key) ? i2d_PUBKEY(key, &again) : -1;
	bool same = n > 0 && (size_t)n == n_bytes && !memcmp(again, der, n_bytes);

	OPENSSL_free(again);
	return same ? take_ptr(key) : NULL;
}

/* ---- sealing --------------------------------------------------------------------------------- */

static int sign(EVP_PKEY *key, const char *payload, char **ret_sig64, struct err *err)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	autofree uint8_t *pae = NULL;
	uint8_t sig[SIG_MAX_BYTES];
	size_t pae_bytes, sig_bytes = sizeof(sig);

	plan_pae(RECEIPT_PAYLOAD_TYPE, payload, strlen(payload), &pae, &pae_bytes);
	if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, sig, &sig_bytes, pae, pae_bytes) != 1)
		return err_set(err, ERR_CRYPTO, "cannot sign a receipt");
	*ret_sig64 = base64_encode(sig, sig_bytes);
	return 0;
}

static int wrap(EVP_PKEY *key, const char *payload, const char *sig64, json_t **ret,
		struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	char id[SHA256_HEX_BYTES];

	if (n <= 0 || n > SPKI_MAX_BYTES)
		return err_set(err, ERR_CRYPTO, "cannot encode the key of a receipt");
	sha256_hex_of(der, (size_t)n, id);
	autofree char *payload64 = base64_encode(payload, strlen(payload));
	autofree char *spki64 = base64_encode(der, (size_t)n);
	OPENSSL_free(der);
	*ret = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "payload_type", RECEIPT_PAYLOAD_TYPE,
			 "payload", payload64, "public_key", spki64, "signatures", "keyid", id,
			 "sig", sig64);
	return *ret ? 0 : err_set(err, ERR_RECEIPT_ENVELOPE, "a receipt cannot be written as JSON");
}

int receipt_seal(const char *key_path, const struct receipt *receipt, json_t **ret, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = load_private(key_path);
	autojson json_t *doc = record_encode(receipt_fields, receipt);
	autofree char *payload = json_text(doc), *sig64 = NULL;

	if (!key || !is_p256(key))
		return err_set(err, ERR_CRYPTO, "'%s' holds no P-256 key", key_path);
	if (strlen(payload) > RECEIPT_MAX_BYTES)
		return err_set(err, ERR_TOO_BIG, "a receipt of %zu bytes is larger than %d",
			       strlen(payload), RECEIPT_MAX_BYTES);
	TRY(sign(key, payload, &sig64, err));
	return wrap(key, payload, sig64, ret, err);
}

/* ---- opening --------------------------------------------------------------------------------- */

struct opened {
	uint8_t *payload, *spki, *sig;
	size_t n_payload, n_spki, n_sig;
};

static void opened_done(struct opened *o)
{
	free(o->payload);
	free(o->spki);
	free(o->sig);
}

/* errors of base64 and of the reader become the envelope's. */
static int decode_envelope(json_t *envelope, struct opened *o, struct err *err)
{
	struct json_reader r = json_reader_root(envelope, err);
	const char *type = json_need_str(&r, "payload_type", 1, 128);
	const char *payload = json_need_str(&r, "payload", 1, RECEIPT_MAX_BYTES / 3 * 4 + 8);
	const char *spki = json_need_str(&r, "public_key", 1, 256);
	json_t *list = json_need_arr(&r, "signatures", 1);

	TRY(json_reader_end(&r));
	if (!str_eq(type, RECEIPT_PAYLOAD_TYPE))
		return err_set(err, ERR_RECEIPT_TYPE, "payload type '%s' is not a receipt's", type);
	if (json_array_size(list) != 1)
		return err_set(err, ERR_RECEIPT_ENVELOPE, "a receipt has one signature");
	struct json_reader s = json_reader_item(&r, json_array_get(list, 0), "signatures", 0);
	(void)json_need_hex(&s, "keyid", SHA256_HEX_BYTES - 1); /* a hint: the key itself counts */
	const char *sig = json_need_str(&s, "sig", 1, 256);
	TRY(json_reader_end(&s));
	TRY(base64_decode(payload, RECEIPT_MAX_BYTES, &o->payload, &o->n_payload, err));
	TRY(base64_decode(spki, SPKI_MAX_BYTES, &o->spki, &o->n_spki, err));
	return base64_decode(sig, SIG_MAX_BYTES, &o->sig, &o->n_sig, err);
}

static int verify(const struct opened *o, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = key_of_spki(o->spki, o->n_spki);
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	autofree uint8_t *pae = NULL;
	size_t pae_bytes;

	if (!key)
		return err_set(err, ERR_RECEIPT_KEY, "the receipt's key is not a P-256 key");
	plan_pae(RECEIPT_PAYLOAD_TYPE, o->payload, o->n_payload, &pae, &pae_bytes);
	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestVerify(ctx, o->sig, o->n_sig, pae, pae_bytes) != 1)
		return err_set(err, ERR_RECEIPT_SIGNATURE, "the signature is not the key's");
	return 0;
}

static int open_checked(const struct opened *o, const char *key_sha256, struct receipt *ret,
			char *ret_key, struct err *err)
{
	autojson json_t *doc = NULL;

	sha256_hex_of(o->spki, o->n_spki, ret_key);
	if (key_sha256 && !str_eq(key_sha256, ret_key))
		return err_set(err, ERR_RECEIPT_KEY, "signed by key %.16s, not by %.16s", ret_key,
			       key_sha256);
	TRY(verify(o, err));
	TRY(json_load_strict(o->payload, o->n_payload, RECEIPT_MAX_BYTES, &doc, err));
	TRY(record_decode(receipt_fields, doc, ret, err));
	if (!str_eq(ret->type, RECEIPT_TYPE))
		return err_set(err, ERR_RECEIPT_TYPE, "'%s' is not a type of receipt", ret->type);
	return 0;
}

int receipt_open(json_t *envelope, const char *key_sha256, struct receipt *ret,
		 char ret_key[static SHA256_HEX_BYTES], struct err *err)
{
	struct opened o = {0};
	int r;

	*ret = (struct receipt){0};
	ret_key[0] = '\0';
	r = decode_envelope(envelope, &o, err);
	if (r == 0)
		r = open_checked(&o, key_sha256, ret, ret_key, err);
	opened_done(&o);
	return r;
}

int receipt_check(const struct receipt *r, const char *host_id, const char *session_id,
		  const char *arm_id, const char *work, struct err *err)
{
	const struct {
		const char *what, *is, *wanted;
	} rows[] = {
		{"host", r->host_id, host_id},
		{"session", r->session_id, session_id},
		{"arm", r->arm_id, arm_id},
		{"work", r->work, work},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!str_eq(rows[i].is, rows[i].wanted))
			return err_set(err, ERR_RECEIPT_BINDING,
				       "the receipt is for %s '%.40s', not '%.40s'", rows[i].what,
				       rows[i].is, rows[i].wanted);
	return 0;
}
