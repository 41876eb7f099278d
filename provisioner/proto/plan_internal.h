/* SPDX-License-Identifier: Apache-2.0 */
/* What plans and checkpoints share: the inside of a plan key, and the envelope that it signs. */
#ifndef PROTO_PLAN_INTERNAL_H
#define PROTO_PLAN_INTERNAL_H

#include <openssl/types.h>
#include <jansson.h>
#include <stdint.h>
#include <base/digest.h>
#include <base/err.h>

struct plan_key {
	EVP_PKEY *pkey;
	char id[SHA256_HEX_BYTES];
};

/* Sign the compact text of a payload, under a type. out: the envelope, the caller's. */
MUST_CHECK int envelope_seal(const struct plan_key *key, const char *type, const json_t *payload,
			     json_t **ret, struct err *err);
/* The payload of an envelope that the key signed under that type. trust: none of envelope. owns:
 * *ret_p is the caller's (free). errors: ERR_PLAN_ENVELOPE, ERR_PLAN_TYPE, ERR_PLAN_SIGNATURE, JSON
 * errors */
MUST_CHECK int envelope_open(const struct plan_key *key, const char *type, json_t *envelope,
			     uint8_t **ret_p, size_t *ret_n, struct err *err);

#endif
