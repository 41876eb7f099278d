/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile that is not wrong would come to now: how many hosts it fits, and whether there is
 * an image of its line. A person is warned; nothing is refused, because hosts and images may come
 * later than the profile.
 */
#ifndef SERVER_FLOW_PROFILE_REACH_H
#define SERVER_FLOW_PROFILE_REACH_H

#include <jansson.h>
#include "flow.h"
#include "profile.h"

struct profile_reach {
	size_t n_fits, n_hosts; /* of the hosts that are not retired */
	json_t *warnings;       /* sentences; the caller's */
};
MUST_CHECK int profile_reach(struct flow *flow, const struct profile *p, struct profile_reach *ret,
			     struct err *err);

#endif
