/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate between burn-in and imaging: a host with an open fault of a burn-in, or whose present
 * set of serials and firmware has no passed run of its profile's tier, is not imaged without a
 * waiver that gives a reason.
 */
#ifndef SERVER_FLOW_BURN_GATE_H
#define SERVER_FLOW_BURN_GATE_H

#include <base/err.h>
#include <jansson.h>
#include <inventory/host.h>
#include "flow.h"

/* who, waiver: the caller's name and reason ("" for none); a waiver that was needed is written to
 * the host's history. Call inside the transaction that arms. errors: ERR_GUARD_BURN_IN */
MUST_CHECK int burn_gate_check(struct flow *flow, const struct host *h, const char *who,
			       const char *waiver, struct err *err);
/* The latest waiver, shown with the host as long as the host is known: {"reason", "waived", "at",
 * "who"}, or JSON null. owns: *ret. */
MUST_CHECK int burn_gate_waiver(struct flow *flow, int64_t host_num, json_t **ret, struct err *err);

#endif
