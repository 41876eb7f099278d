/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a plan, each a function that runs in a worker process and reports through `out`.
 *
 * How to add a step: 1. a kind in include/proto/plan.h. 2. a function here, in a file step_NAME.c.
 * 3. a row in agent.c's table. 4. what the screen says: a row in step_text.c.
 */
#ifndef AGENT_STEPS_H
#define AGENT_STEPS_H

#include <proto/plan.h>

#include <agent/facts/neighbours.h>
#include "identity.h"
#include <session/link.h>
#include "options.h"
#include "worker.h"

/* What a step may look at; the worker has its own copy (it was forked). */
struct step_context {
	const struct plan *plan;
	const struct agent_options *options;
	const struct identity *identity;
	const struct link *link;          /* its connection belongs to the agent: open your own */
	const struct plan_expect *expect; /* what the plan was checked against */
	const struct neighbours *neighbours; /* heard so far; its socket belongs to the agent */
};

void step_inspect(void *step_context, struct report *out);
void step_burn_in(void *step_context, struct report *out);
void step_image(void *step_context, struct report *out);
void step_erase(void *step_context, struct report *out);

#endif
