/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endorsement key of a TPM 2.0: the one piece of evidence that a board swap, a firmware reset
 * or a careless vendor does not change, because the chip derives the key from a seed that it never
 * gives out. Asked with one command whose bytes the TCG has fixed ("EK Credential Profile for TPM
 * 2.0", template L-2: ECC P-256), so that the key is the one of the vendor's certificate. It is an
 * identity, not a proof: nothing here makes the chip sign.
 */
#ifndef AGENT_TPM_EK_H
#define AGENT_TPM_EK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/digest.h>
#include <base/err.h>

/* SHA-256 of the key's SubjectPublicKeyInfo (what `openssl x509 -pubkey` of the vendor's
 * certificate gives, as DER). root: "" or a fake tree. False when there is no TPM 2.0 or it gives
 * no answer. The chip is asked once, which may take seconds; what it said is kept. blocks. */
bool tpm_ek(const char *root, char ret_sha256[static SHA256_HEX_BYTES]);

/* The same over an open TPM (or what plays one): message-oriented, a reply a command. errors:
 * ERR_TIMEOUT, ERR_IO, ERR_AGENT_TPM */
MUST_CHECK int tpm_ek_ask(int fd, char ret_sha256[static SHA256_HEX_BYTES], struct err *err);

/* The reply to the command. untrusted: p. errors: ERR_AGENT_TPM */
MUST_CHECK int tpm_ek_parse(const uint8_t *p, size_t n_bytes,
			    char ret_sha256[static SHA256_HEX_BYTES], struct err *err);

#endif
