/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard of hosts that somebody uses (G3): they are touched only by an operator who names the
 * host again.
 */
#ifndef SERVER_FLOW_HOST_USE_H
#define SERVER_FLOW_HOST_USE_H

#include <inventory/host.h>
#include <base/err.h>
#include "flow.h"

/* in: named: the text of member `key` (reimage_in_service or in_service): the host's name, short
 * code or id, or "". out: GUARD_OVERRIDE is added to *ret_guards. errors: ERR_GUARD_IN_SERVICE */
MUST_CHECK int host_override_of(const char *named, const char *key, const struct host *h,
				unsigned *ret_guards, struct err *err);
/* Is it in service, or taken out of service for work and not released since? */
MUST_CHECK int host_in_use(struct flow *flow, const struct host *h, bool *ret, struct err *err);
/* errors: ERR_GUARD_IN_SERVICE when it is in use and nobody named it. */
MUST_CHECK int host_in_service_refusal(const struct host *h, bool in_use, unsigned guards,
				       struct err *err);
/* Accepting what a host shows takes cards and disks from the hosts that showed them before. From
 * one in use that is a split, which takes two people. errors: ERR_GUARD_IN_SERVICE */
MUST_CHECK int host_may_accept(struct flow *flow, const struct host *h, struct err *err);

#endif
