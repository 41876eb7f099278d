/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of people on hosts; see host_verb.h. Input: names and reasons from authenticated people.
 */
#include "host_verb.h"

#include <base/str.h>
#include <inventory/identity.h>
#include "binding.h"
#include "engine.h"
#include "host_use.h"
#include "host_view.h"

static const struct verb {
	enum lifecycle_event event;
	bool needs_override; /* for a host in use */
	bool lets_in;        /* accepts its identity, and binds the key of its machine */
} verbs[] = {
	{HOST_EVENT_APPROVE, false, true},
	{HOST_EVENT_RETRY, true, false},
	{HOST_EVENT_SERVE, false, false},
	{HOST_EVENT_MAINTAIN, false, false},
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
	TRY(host_may_accept(flow, h, err));
	int rc = identity_accept(flow->db, h->num, who, flow_now_us(flow), err);
	return rc == -ERR_IDENTITY_PENDING ? 0 : rc;
}

/* A host that works already may be approved again, for another machine: that changes no state. */
static bool may_be_bound_anew(const struct host *h)
{
	static const enum lifecycle_state states[] = {STATE_FAILED, STATE_ERASING, STATE_VERIFYING,
						      STATE_MAINTENANCE};

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_eq(h->state, lifecycle_state_str(states[i])))
			return true;
	return false;
}

static int apply(struct flow *flow, const struct verb *v, const struct host_verb_call *call,
		 const struct engine_event *e, const struct host *h, struct err *err)
{
	if (!v->lets_in || !may_be_bound_anew(h))
		TRY(engine_command(flow, h->num, e, err));
	if (!v->lets_in)
		return 0;
	/* a host in quarantine has no session: its machine comes again, and shows its code */
	bool later = str_eq(h->state, lifecycle_state_str(STATE_QUARANTINED));
	TRY(binding_by_person(flow, h->num, call->code, later ? BINDING_LATER : BINDING_NOW, err));
	notices_host_changed(flow, h->num);
	return 0;
}

int host_verb_run(struct flow *flow, const char *name, const struct host_verb_call *call,
		  struct host *ret, struct err *err)
{
	const struct verb *v = find(call->event);
	struct engine_event e = {.event = call->event, .actor = call->who};

	BUG_ON(!v);
	TRY(host_find_any(flow->db, name, ret, err));
	TRY(host_view_check(flow, ret, &(struct host_view_seen){call->view, call->code}, err));
	TRY(host_override_of(call->in_service, "in_service", ret, &e.extra_guards, err));
	if (v->needs_override)
		TRY(check_in_use(flow, ret, e.extra_guards, err));
	if (call->reason[0])
		e.detail = call->reason;
	if (v->lets_in)
		TRY(accept_identity(flow, ret, call->who, err));
	TRY(apply(flow, v, call, &e, ret, err));
	return host_get(flow->db, ret->num, ret, err);
}
