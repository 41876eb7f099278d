/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures over documents: DSSE pre-authentication encoding, Ed25519 and ECDSA P-256.
 *
 * The algorithm always comes from the key, never from the file that carries the signature; the key
 * id in the file is a hint that finds the key, never an authority. There is no signing here:
 * private keys are touched in images/tool alone.
 */
#ifndef IMAGES_SIGNATURES_H
#define IMAGES_SIGNATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/err.h>
#include <base/json.h>

#define SIGNATURES_MAX_BYTES (64 * 1024)
#define SIGNATURES_MAX       64
#define SIGNATURE_MAX_BYTES  128 /* Ed25519: 64; ECDSA P-256 in DER: at most 72 */
#define KEY_DER_MAX_BYTES    256 /* SubjectPublicKeyInfo: 44 and 91 */

enum key_algorithm { KEY_ED25519, KEY_ECDSA_P256, _KEY_ALGORITHM_MAX };
const char *key_algorithm_str(enum key_algorithm algorithm);
bool key_algorithm_parse(const char *text, enum key_algorithm *ret);

/* A public key: SubjectPublicKeyInfo in DER, named by the SHA-256 of it. */
struct public_key {
	enum key_algorithm algorithm;
	uint8_t id[SHA256_BYTES];
	size_t n_der;
	uint8_t der[KEY_DER_MAX_BYTES];
};
/* Check DER of a key of an allowed kind: one encoding, no small-order point, nothing after it.
 * errors: ERR_IMAGE_KEY */
MUST_CHECK int public_key_parse(const void *der, size_t n_bytes, struct public_key *ret,
				struct err *err);
/* PEM ("BEGIN PUBLIC KEY") from a file. */
MUST_CHECK int public_key_load(const char *path, struct public_key *ret, struct err *err);

struct signature {
	uint8_t key_id[SHA256_BYTES];
	size_t n_bytes;
	uint8_t bytes[SIGNATURE_MAX_BYTES];
};
struct signatures {
	size_t n;
	struct signature items[SIGNATURES_MAX];
};

/* {"signatures":[{"keyid":"<hex>","sig":"<base64>"}]}, strict and canonical.
 * errors: ERR_IMAGE_SIGNATURES, ERR_TOO_BIG. An empty list parses: the check refuses it. */
MUST_CHECK int signatures_parse(const void *p, size_t n_bytes, struct signatures *ret,
				struct err *err);
/* The caller frees the text. */
MUST_CHECK char *signatures_encode(const struct signatures *s);

/* The list inside another document (the trust root's envelope). The reader keeps the first failure.
 */
int signatures_from_json(struct json_reader *r, struct signatures *ret);
MUST_CHECK json_t *signatures_to_json(const struct signatures *s);

/* "DSSEv1 len(type) type len(body) body". owns: *ret is the caller's (free). */
void dsse_pae(const char *type, const void *body, size_t n_bytes, uint8_t **ret,
	      size_t *ret_n_bytes);

/* Bytes and the signatures that came with them. trust: none of either */
struct signed_document {
	const char *type; /* what it is read as, part of what was signed */
	const void *body;
	size_t n_bytes;
	const struct signatures *signatures;
};

/* True if sig is the key's over the PAE bytes. Broken signatures are false, never an error. */
bool signature_is_good(const struct public_key *key, const struct signature *sig, const void *pae,
		       size_t n_bytes);

#endif
