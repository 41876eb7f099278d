/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts in use; see host_use.h. Input: names typed by authenticated people.
 */
#include "host_use.h"

#include <base/str.h>
#include <inventory/flow.h>
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
