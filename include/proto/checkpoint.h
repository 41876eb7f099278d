/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints of the audit log: how many rows there were and the hash of the last, signed by the
 * appliance's plan key (the envelope of proto/plan.h, with a type of its own). A chain of hashes
 * shows what was changed in it, but not that all of it was made anew; a checkpoint that lies
 * somewhere else does.
 */
#ifndef PROTO_CHECKPOINT_H
#define PROTO_CHECKPOINT_H

#include <base/digest.h>
#include <base/err.h>
#include <proto/plan.h>

#define CHECKPOINT_PAYLOAD_TYPE "application/vnd.slipway.audit-checkpoint.v1+json"
#define CHECKPOINT_TYPE         "slipway-audit-checkpoint/v1"
#define CHECKPOINT_MAX_BYTES    2048 /* of an envelope */

struct checkpoint {
	char type[33]; /* filled by checkpoint_seal() */
	int64_t rows;  /* of the log, from its first */
	int64_t last_id;
	char hash[SHA256_HEX_BYTES]; /* of the last */
	char at[41];
};

/* out: the envelope, the caller's. errors: ERR_CRYPTO */
MUST_CHECK int checkpoint_seal(const struct plan_key *key, const struct checkpoint *c, json_t **ret,
			       struct err *err);
/* trust: none of envelope; nothing inside is parsed before its signature is good.
 * errors: ERR_CHECKPOINT */
MUST_CHECK int checkpoint_open(const struct plan_key *key, json_t *envelope, struct checkpoint *ret,
			       struct err *err);

#endif
