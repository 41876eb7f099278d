/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signed document and who signed it, in one file: trust roots and channels travel like this.
 *
 *   {"payload":BASE64,"payload_type":TYPE,"signatures":[{"keyid":HEX,"sig":BASE64},...]}
 *
 * Signed is the DSSE pre-authentication encoding of TYPE and the decoded payload, so that no
 * document can pass for one of another kind. Nothing here judges signatures or reads the payload.
 */
#ifndef IMAGES_ENVELOPE_H
#define IMAGES_ENVELOPE_H

#include <images/signatures.h>
#include <base/err.h>

struct envelope {
	char *payload; /* the signed document, NUL-terminated */
	size_t payload_bytes;
	struct signatures signatures;
};

/* trust: none of the bytes. errors: ERR_INVALID, ERR_TOO_BIG, JSON errors. owns: envelope_done(),
 * also after an error. */
MUST_CHECK int envelope_parse(const void *p, size_t n_bytes, const char *type, size_t max_bytes,
			      struct envelope *ret, struct err *err);
/* The caller frees the text. */
MUST_CHECK char *envelope_text(const struct envelope *e, const char *type);
void envelope_done(struct envelope *e);
/* What was signed, read as a document of this type, and by whom. owns: the envelope */
struct signed_document envelope_signed(const struct envelope *e, const char *type);

/* The bytes of a file without the newlines that editors and shells leave at its end. owns: *ret is
 * the caller's (free). errors: ERR_NOT_FOUND, ERR_IO, ERR_TOO_BIG */
MUST_CHECK int envelope_read_file(const char *path, size_t max_bytes, char **ret,
				  size_t *ret_n_bytes, struct err *err);

#endif
