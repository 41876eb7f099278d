/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is heard first when more sessions are asked for than the store can open: an agent that speaks
 * for its host already, then hosts that the store knows, then everybody else, by address and all
 * together. Pure but for the buckets and one row. Input: any machine on the network.
 */
#include "session.h"

#include <base/str.h>
#include <server/flow/quota.h>

/* Its key opened the last session of that host: TLS proved it. */
static int is_its_agent(struct flow *flow, const struct open_ask *ask, bool *ret, struct err *err)
{
	struct flow_session last;
	int rc = flow_session_of_host(flow->db, ask->host_num, &last, err);

	*ret = rc >= 0 && str_eq(last.agent_key, ask->agent_key);
	if (rc == -ERR_NOT_FOUND)
		err_clear(err);
	return rc == -ERR_NOT_FOUND || rc >= 0 ? 0 : rc;
}

static int of_known_host(struct flow *flow, const struct open_ask *ask, int64_t now_us, bool *ret,
			 struct err *err)
{
	char num[24];

	*ret = false;
	if (!ask->host_num)
		return 0;
	TRY(is_its_agent(flow, ask, ret, err));
	text_print(num, sizeof(num), "%lld", (long long)ask->host_num);
	*ret = *ret || quota_take(flow->quota, QUOTA_HOST_OPENS, num, 1, now_us);
	return 0;
}

int agent_open_budget(struct flow *flow, const struct open_ask *ask, struct err *err)
{
	int64_t now_us = flow_now_us(flow);
	bool known;

	TRY(of_known_host(flow, ask, now_us, &known, err));
	if (known)
		return 0;
	if (!quota_take_address(flow->quota, QUOTA_ADDRESS_OPENS, ask->address, 1, now_us) ||
	    !quota_take(flow->quota, QUOTA_ALL_OPENS, "", 1, now_us))
		return err_set(err, ERR_BUSY, "too many sessions are asked for at once");
	return 0;
}
