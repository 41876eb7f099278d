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

/* errors: ERR_GUARD_BURN_IN */
MUST_CHECK int burn_gate_check(struct flow *flow, const struct host *h, struct err *err);

/* The same with a waiver: who, why: the caller's name and reason (NULL or blank: none). One that was
 * needed is written to the host's history and to the audit log, and is kept in *ret_waiver for the
 * arm, "" otherwise. Call inside the transaction that arms. */
MUST_CHECK int burn_gate_waived(struct flow *flow, const struct host *h, const char *who,
				const char *why, char ret_waiver[static 257], struct err *err);
/* The latest waiver, shown with the host as long as the host is known: {"reason", "waived", "at",
 * "who"}, or JSON null. owns: *ret. */
MUST_CHECK int burn_gate_waiver(struct flow *flow, int64_t host_num, json_t **ret, struct err *err);

#endif
