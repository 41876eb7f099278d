/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that changes a host's state: takes an event, computes the guards from the store,
 * asks the lifecycle table, and writes state, effects and history in one transaction. All effects
 * are rows, so a crash either loses the whole event (whose sender repeats it) or none of it.
 */
#ifndef SERVER_ENGINE_H
#define SERVER_ENGINE_H

#include <burnin/rules.h>
#include <inventory/flow.h>
#include <inventory/host.h>
#include <proto/lifecycle.h>
#include <base/err.h>
#include "flow.h"
#include "profile.h"

struct engine_event {
	enum lifecycle_event event;
	const char *actor; /* NULL: "server" */
	int code; /* enum err_code of a failure, 0 otherwise: class, meaning and hint from it */
	const char *code_name; /* stable name from an agent, when it is not in our list; or NULL */
	const char *detail; /* plain words; may hold text from hosts; NULL: the transition's own */
	const char *part, *slot, *serial, *part_number, *action; /* the repair order, or NULL */
	const char *run_id; /* the burn-in run that the fault belongs to; NULL: the open one */
	unsigned extra_guards;
};

/* Apply to a host. Returns 1 when something happened, 0 when the event means nothing in its state.
 * May be called inside a transaction. errors: ERR_HOST_UNKNOWN, store errors. */
MUST_CHECK int engine_apply(struct flow *flow, int64_t host_num, const struct engine_event *e,
			    struct err *err);
/* The same for a person's verb: 0, or ERR_CONFLICT with the state in the message. */
MUST_CHECK int engine_command(struct flow *flow, int64_t host_num, const struct engine_event *e,
			      struct err *err);

/* The profile that a host matches now. owns: profile_done(ret). Returns 1, or 0 when none does. */
MUST_CHECK int engine_profile(struct flow *flow, const struct host *h, const struct flow_host *f,
			      struct profile *ret, struct err *err);
/* Fill an event with what a host does under load that no test can report: it reboots or hangs. order
 * must live as long as the event. */
void engine_blame_load(enum burnin_symptom symptom, struct burnin_order *order,
		       struct engine_event *e);
/* Change only the words and the turn of a state ("waits for an image"). */
MUST_CHECK int engine_explain(struct flow *flow, int64_t host_num, const char *detail,
			      const char *turn, struct err *err);

#endif
