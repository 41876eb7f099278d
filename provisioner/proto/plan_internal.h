/* SPDX-License-Identifier: Apache-2.0 */
/* What plan_key.c and plan_envelope.c share: the inside of a plan key. */
#ifndef PROTO_PLAN_INTERNAL_H
#define PROTO_PLAN_INTERNAL_H

#include <openssl/types.h>
#include <base/digest.h>

struct plan_key {
	EVP_PKEY *pkey;
	char id[SHA256_HEX_BYTES];
};

#endif
