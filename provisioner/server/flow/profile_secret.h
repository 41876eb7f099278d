/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of a profile: cloud-init's user data. It can be written and not read back: documents
 * that are stored, shown, exported or written into events hold {"set", "bytes", "sha256"} in its
 * place. The text lies sealed (base/secret_box.h) beside the document, and leaves for an image's
 * plan alone. tests/flow/hostile_secrets.sh asks every route that reads.
 */
#ifndef SERVER_FLOW_PROFILE_SECRET_H
#define SERVER_FLOW_PROFILE_SECRET_H

#include <base/err.h>
#include "flow.h"
#include "profile.h"

/* Make a profile as a person wrote it fit to be kept: its document names the secret, and p->sealed
 * holds it. A document that only names one, as an answer of ours does, keeps the stored profile's.
 * errors: ERR_INVALID at /host/user_data, store errors */
MUST_CHECK int profile_secret_hide(struct flow *flow, struct profile *p, struct err *err);
/* The user data of a stored profile; "" when it has none. owns: *ret is the caller's
 * (explicit_bzero, free). errors: ERR_INVALID, store errors */
MUST_CHECK int profile_secret_open(struct flow *flow, const struct profile *p, char **ret,
				   struct err *err);
/* Seal what an older version stored as it was. */
MUST_CHECK int profile_secret_seal_stored(struct flow *flow, struct err *err);

#endif
