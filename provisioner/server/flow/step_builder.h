/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step that a host's state asks for: one builder a state. Private to the planner.
 */
#ifndef SERVER_STEP_BUILDER_H
#define SERVER_STEP_BUILDER_H

#include <inventory/flow.h>
#include <inventory/host.h>
#include <proto/lifecycle.h>
#include <proto/plan.h>
#include <base/err.h>
#include "flow.h"
#include "profile.h"

/* What a step is built from, read in the transaction that stores the plan, and the plan. */
struct step_builder {
	struct flow *flow;
	const struct flow_session *session;
	struct host host;
	struct flow_host row;
	struct profile profile;
	bool has_profile;
	struct plan plan;
	int64_t now_us;
};

/* Fill b->plan's step. Arms by the profile if that may. A kind of PLAN_STEP_NONE means: nothing to
 * hand out now. errors: of guards; one of ERR_CLASS_REJECT is the host's failure */
MUST_CHECK int step_build(struct step_builder *b, enum lifecycle_state state, struct err *err);

#endif
