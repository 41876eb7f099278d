/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing: the only place that touches private keys, linked into the command line and nothing else.
 *
 * A signer is a key file (PEM, PKCS#8) or an external command, which gets the bytes to sign on
 * standard input and gives the raw signature on standard output, so that a key may live in
 * hardware.
 */
#ifndef IMAGES_SIGNER_H
#define IMAGES_SIGNER_H

#include <images/envelope.h>
#include <images/signatures.h>
#include <base/err.h>

struct signer;
/* errors: ERR_NOT_FOUND, ERR_IMAGE_KEY */
MUST_CHECK int signer_from_file(const char *path, struct signer **ret, struct err *err);
/* in: command is split at spaces, no shell; public_key_path is the PEM of the key that it uses. */
MUST_CHECK int signer_from_command(const char *command, const char *public_key_path,
				   struct signer **ret, struct err *err);
void signer_free(struct signer *s);
DEFINE_AUTO(signer, struct signer, signer_free);

const struct public_key *signer_public_key(const struct signer *s);

/* Sign a document of a kind (DSSE). What comes out was verified with the public key.
 * errors: ERR_IMAGE_SIGNER, ERR_CRYPTO */
MUST_CHECK int signer_sign(const struct signer *s, const char *type, const void *doc,
			   size_t n_bytes, struct signature *ret, struct err *err);

/* Add this signer's signature to an envelope of the kind. errors: those of signer_sign(),
 * ERR_TOO_BIG */
MUST_CHECK int signer_sign_envelope(const struct signer *s, const char *type, struct envelope *e,
				    struct err *err);

/* Add or replace the signature of a key, in order of key ids. errors: ERR_TOO_BIG */
MUST_CHECK int signatures_add(struct signatures *s, const struct signature *sig, struct err *err);

/* Make a key pair: path (0600, PKCS#8) and path + ".pub". Existing files are not touched:
 * ERR_EXISTS. */
MUST_CHECK int key_generate(enum key_algorithm algorithm, const char *path, struct err *err);

#endif
