/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile that a host matches now; apart from the engine, because its advice needs it, too.
 * Input: rows of our own store, which hold what hosts said.
 */
#include "engine.h"

#include <base/json.h>
#include <inventory/flow.h>

int engine_profile(struct flow *flow, const struct host *h, const struct flow_host *f,
		   struct profile *ret, struct err *err)
{
	autojson json_t *list = NULL;

	TRY(flow_profile_list(flow->db, &list, err));
	struct profile_subject s = {h->serial, h->manufacturer, h->model, h->arch, f->macs};
	return profile_choose(list, &s, ret);
}
