/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a host has no open fault of a burn-in, and has passed a tier with the parts and firmware
 * that it has now.
 */
#ifndef SERVER_FLOW_BURN_PROOF_H
#define SERVER_FLOW_BURN_PROOF_H

#include <base/err.h>
#include <inventory/host.h>
#include "flow.h"

/* tier: NULL when no run is needed. errors: ERR_GUARD_BURN_IN, with what is missing */
MUST_CHECK int burn_proof_check(struct flow *flow, const struct host *h, const char *tier,
				struct err *err);

#endif
