/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that must be read again (a webhook's) are kept in the store sealed with a key that is not
 * in it: a copy of the store, a backup or a dump opens nothing. The key comes from the plan key's
 * file, which every appliance of a fleet has.
 */
#ifndef SERVER_SECRET_BOX_H
#define SERVER_SECRET_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

#define SECRET_KEY_BYTES 32

/* out: ret_key from the bytes of a private key's file. */
MUST_CHECK int secret_key_load(const char *private_path, uint8_t ret_key[static SECRET_KEY_BYTES],
			       struct err *err);
/* name: what the secret belongs to; it opens under no other. owns: the caller frees. */
MUST_CHECK char *secret_seal(const uint8_t key[static SECRET_KEY_BYTES], const char *name,
			     const char *plain);
/* Is this what secret_seal() makes? It may still open with no key of ours. */
bool secret_is_sealed(const char *text);
/* trust: none of sealed. owns: *ret is the caller's (explicit_bzero, free). errors: ERR_INVALID */
MUST_CHECK int secret_open_text(const uint8_t key[static SECRET_KEY_BYTES], const char *name,
				const char *sealed, char **ret, struct err *err);
/* The same into a buffer. errors: ERR_INVALID (another key, another name, changed, or no room) */
MUST_CHECK int secret_open(const uint8_t key[static SECRET_KEY_BYTES], const char *name,
			   const char *sealed, char *ret, size_t ret_bytes, struct err *err);

#endif
