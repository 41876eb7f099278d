/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a TPM's reply.
 */
#include <stddef.h>
#include <stdint.h>

#include <agent/facts/tpm_ek.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	char sha256[SHA256_HEX_BYTES];

	IGNORE_RESULT(tpm_ek_parse(p, n_bytes, sha256, NULL));
	return 0;
}
