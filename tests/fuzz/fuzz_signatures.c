/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature documents, and the bytes in them as a signature and as a public key.
 */
#include <stdint.h>
#include <string.h>

#include <base/str.h>
#include <images/signatures.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autofree struct signatures *s = xcalloc(1, sizeof(*s));
	struct public_key key;
	struct signature sig = {.n_bytes = n_bytes < SIGNATURE_MAX_BYTES ? n_bytes
									 : SIGNATURE_MAX_BYTES};
	struct err err = ERR_INIT;

	if (!signatures_parse(p, n_bytes, s, &err)) {
		autofree char *text = signatures_encode(s);

		BUG_ON(strlen(text) != n_bytes || memcmp(text, p, n_bytes));
	}
	memcpy(sig.bytes, p, sig.n_bytes);
	if (!public_key_parse(p, n_bytes, &key, &err))
		(void)signature_is_good(&key, &sig, "x", 1);
	return 0;
}
