/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of people on hosts; see host_verb.h. Input: names and reasons from authenticated people.
 */
#include "host_verb.h"

#include <base/str.h>
#include <inventory/identity.h>
#include "engine.h"
#include "host_use.h"

static const struct verb {
	enum lifecycle_event event;
	bool needs_override; /* for a host in use */
	bool accepts_identity;
} verbs[] = {
	{HOST_EVENT_APPROVE, false, true},   {HOST_EVENT_RETRY, true, false},
	{HOST_EVENT_SERVE, false, false},    {HOST_EVENT_RELEASE, true, false},
	{HOST_EVENT_MAINTAIN, false, false}, {HOST_EVENT_RETIRE, true, false},
};

static const struct verb *find(enum lifecycle_event event)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (verbs[i].event == event)
			return &verbs[i];
	return NULL;
}

static int check_in_use(struct flow *flow, const struct host *h, unsigned guards, struct err *err)
{
	bool in_use = false;

	TRY(host_in_use(flow, h, &in_use, err));
	return host_in_service_refusal(h, in_use, guards, err);
}

/* A person who approves a host in quarantine accepts what it says of itself. */
static int accept_identity(struct flow *flow, const struct host *h, const char *who,
			   struct err *err)
{
	if (!str_eq(h->state, lifecycle_state_str(STATE_QUARANTINED)))
		return 0;
	int rc = identity_accept(flow->db, h->num, who, flow_now_us(flow), err);
	return rc == -ERR_IDENTITY_PENDING ? 0 : rc;
}

int host_verb_run(struct flow *flow, const char *name, const struct host_verb_call *call,
		  struct host *ret, struct err *err)
{
	const struct verb *v = find(call->event);
	struct engine_event e = {.event = call->event, .actor = call->who};

	BUG_ON(!v);
	TRY(host_find_any(flow->db, name, ret, err));
	TRY(host_override_of(call->in_service, "in_service", ret, &e.extra_guards, err));
	if (v->needs_override)
		TRY(check_in_use(flow, ret, e.extra_guards, err));
	if (call->reason[0])
		e.detail = call->reason;
	if (v->accepts_identity)
		TRY(accept_identity(flow, ret, call->who, err));
	TRY(engine_command(flow, ret->num, &e, err));
	return host_get(flow->db, ret->num, ret, err);
}
