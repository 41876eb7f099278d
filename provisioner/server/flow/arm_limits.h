/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many hosts one person, or profiles without anybody, may arm within an hour (G10, G12). Arms
 * that a second person agreed to do not count. Counted in the store, so a restart forgets nothing
 * and several appliances count together.
 *
 * All callers without an owner count as one: whoever may make tokens could name any number of them.
 */
#ifndef SERVER_FLOW_ARM_LIMITS_H
#define SERVER_FLOW_ARM_LIMITS_H

#include <base/err.h>
#include "flow.h"

#define ARM_LIMITS_WINDOW_S 3600
#define ARM_LIMITS_MAX      512 /* hosts that are counted; above every limit of the configuration */

/* Hosts that the person armed alone within the last hour, those of a new order among them.
 * in: nums: the order's hosts. */
MUST_CHECK int arm_limits_person(struct flow *flow, const char *owner, const int64_t *nums,
				 size_t n, size_t *ret_n, struct err *err);
/* May a profile that nobody agreed to arm one more host? False when it is one too many. */
MUST_CHECK int arm_limits_automatic(struct flow *flow, int64_t host_num, bool *ret_may,
				    struct err *err);

#endif
