/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and changing trust roots: encode, sign, write. What a root means is images/trust_root.h.
 *
 *  1. trust_root_new() or trust_root_copy() of the one in force   2. change fields, keys, lists
 *  3. trust_root_seal() makes the document, without signatures     4. trust_root_sign(), each key
 *  5. trust_root_envelope()
 */
#ifndef IMAGES_ROOT_EDIT_H
#define IMAGES_ROOT_EDIT_H

#include <images/signer.h>
#include <images/trust_root.h>
#include <base/err.h>

MUST_CHECK struct trust_root *trust_root_new(void);
MUST_CHECK struct trust_root *trust_root_copy(const struct trust_root *r);
/* The key's entry, made if it is not there; keys stay in order. errors: ERR_TOO_BIG */
MUST_CHECK int trust_root_key(struct trust_root *r, const struct public_key *key,
			      struct trust_key **ret, struct err *err);
MUST_CHECK int trust_root_revoke_key(struct trust_root *r, const uint8_t id[static SHA256_BYTES],
				     struct err *err);
MUST_CHECK int trust_root_revoke_image(struct trust_root *r,
				       const uint8_t digest[static SHA256_BYTES], struct err *err);
MUST_CHECK int trust_root_set_floor(struct trust_root *r, const char *line, uint64_t min_seq,
				    struct err *err);

/* Encode and check; drops the signatures. errors: ERR_IMAGE_ROOT */
MUST_CHECK int trust_root_seal(struct trust_root **r, struct err *err);
MUST_CHECK int trust_root_sign(struct trust_root *r, const struct signer *signer, struct err *err);
/* The caller frees the text. */
MUST_CHECK char *trust_root_envelope(const struct trust_root *r);

#endif
