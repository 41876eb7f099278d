/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent may do now: the live plan of its session, or a new one made from its host's state.
 * A plan is stored before it is handed out, and stays the same bytes until the state changes.
 */
#ifndef SERVER_PLANNER_H
#define SERVER_PLANNER_H

#include <inventory/flow.h>
#include <base/err.h>
#include "flow.h"

/* out: *ret is the envelope's JSON text (free), or NULL when there is nothing to do yet.
 * in: after: number of the last step that the agent finished. */
MUST_CHECK int planner_next(struct flow *flow, const struct flow_session *s, int64_t after,
			    char **ret, struct err *err);

#endif
