/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile that is not wrong would come to now: how many hosts it fits and which, and whether
 * there is an image of its line. A person is warned; nothing is refused, because hosts and images may come
 * later than the profile.
 */
#ifndef SERVER_FLOW_PROFILE_REACH_H
#define SERVER_FLOW_PROFILE_REACH_H

#include <jansson.h>
#include "flow.h"
#include "profile.h"

#define PROFILE_REACH_SHOWN 100 /* hosts that are named */

struct profile_reach {
	size_t n_fits, n_hosts; /* of the hosts that are not retired */
	json_t *fitting;        /* the first PROFILE_REACH_SHOWN that fit; the caller's */
	json_t *warnings;       /* sentences; the caller's */
};
/* Look. ret->fitting and ret->warnings are NULL on errors. errors: store errors */
MUST_CHECK int profile_reach(struct flow *flow, const struct profile *p, struct profile_reach *ret,
			     struct err *err);

#endif
