/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event on its way through the engine, and the guards that hold for it. Private to the engine.
 */
#ifndef SERVER_ENGINE_GUARDS_H
#define SERVER_ENGINE_GUARDS_H

#include <burnin/rules.h>
#include <proto/lifecycle.h>
#include "burn_run.h"
#include "engine.h"

struct engine_step {
	struct flow *flow;
	const struct engine_event *e;
	struct host host;
	struct flow_host row;
	struct profile profile;
	bool has_profile;
	enum lifecycle_state from;
	struct lifecycle_outcome outcome;
	struct burnin_order order;    /* for a failure that the event itself does not describe */
	char scene[BURN_SCENE_BYTES]; /* what the host did when it rebooted */
	char looked[257]; /* what a look at a failed host's parts found, "" for nothing */
	int64_t now_us;
};

/* The guards (enum lifecycle_guard) that hold now, by the store. Notes in s what a look at the
 * host's parts found. */
MUST_CHECK int engine_guards(struct engine_step *s, unsigned *ret, struct err *err);

#endif
