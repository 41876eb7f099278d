/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts in use; see host_use.h. Input: names typed by authenticated people.
 */
#include "host_use.h"

#include <base/str.h>
#include <inventory/flow.h>
#include <inventory/identity.h>
#include <proto/lifecycle.h>

int host_override_of(const char *named, const char *key, const struct host *h, unsigned *ret_guards,
		     struct err *err)
{
	if (!named[0])
		return 0;
	if (str_eq(named, h->name) || str_eq(named, h->short_code) || str_eq(named, h->id)) {
		*ret_guards |= GUARD_OVERRIDE;
		return 0;
	}
	autofree char *pointer = xasprintf("/%s", key);
	(void)err_set(err, ERR_GUARD_IN_SERVICE, "'%s' is not this host's name", named);
	return err_at(err, pointer);
}

int host_in_use(struct flow *flow, const struct host *h, bool *ret, struct err *err)
{
	struct flow_host f;

	TRY(flow_host_get(flow->db, h->num, &f, err));
	*ret = f.in_use || str_eq(h->state, lifecycle_state_str(STATE_IN_SERVICE));
	return 0;
}

int host_in_service_refusal(const struct host *h, bool in_use, unsigned guards, struct err *err)
{
	if (!in_use || (guards & GUARD_OVERRIDE))
		return 0;
	return err_set(err, ERR_GUARD_IN_SERVICE, "host %s is in service%s; name it in in_service",
		       h->short_code,
		       str_eq(h->state, lifecycle_state_str(STATE_IN_SERVICE))
			       ? ""
			       : ", taken out for work");
}

/* What cannot be read counts as in use. */
static bool is_used(void *arg, int64_t host_num)
{
	struct flow *flow = arg;
	struct err err = ERR_INIT;
	struct host h;
	bool in_use = false;

	return host_get(flow->db, host_num, &h, &err) < 0 ||
	       host_in_use(flow, &h, &in_use, &err) < 0 || in_use;
}

int host_may_accept(struct flow *flow, const struct host *h, struct err *err)
{
	int64_t loser = 0;
	struct host other;

	TRY(identity_accept_takes(flow->db, h->num, is_used, flow, &loser, err));
	if (!loser)
		return 0;
	TRY(host_get(flow->db, loser, &other, err));
	return err_set(err, ERR_GUARD_IN_SERVICE,
		       "host %s shows a card or a disk of host %s, which is in service: split it "
		       "from that host first",
		       h->short_code, other.short_code);
}
