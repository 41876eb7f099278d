/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that must be read again (a webhook's) are kept in the store sealed with a key that is not
 * in it: a copy of the store, a backup or a dump opens nothing. The key comes from the plan key's
 * file, which every appliance of a fleet has.
 */
#ifndef SERVER_SECRET_BOX_H
#define SERVER_SECRET_BOX_H

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
/* trust: none of sealed. errors: ERR_INVALID (another key, another name, or changed) */
MUST_CHECK int secret_open(const uint8_t key[static SECRET_KEY_BYTES], const char *name,
			   const char *sealed, char *ret, size_t ret_bytes, struct err *err);

#endif
