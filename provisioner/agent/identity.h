/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's own key: ECDSA P-256, made at each boot, never leaving memory-backed files of mode
 * 0600. Its self-signed certificate is only a wrapper that TLS needs; dates mean nothing.
 */
#ifndef AGENT_IDENTITY_H
#define AGENT_IDENTITY_H

#include <base/digest.h>
#include <base/err.h>

struct identity {
	char key_path[128];
	char cert_path[128];
	char spki_sha256[SHA256_HEX_BYTES]; /* what the session is bound to */
};

/* Make the pair below dir, or take the one that an earlier run in this boot left there.
 * errors: ERR_CRYPTO, ERR_SYS, ERR_IO */
MUST_CHECK int identity_make(const char *dir, struct identity *ret, struct err *err);

#endif
