/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow's clock and the names of its topics. Input: none from outside.
 */
#include "flow.h"

#include <stdio.h>

static const struct clock *clock_of(const struct flow *flow)
{
	return flow->clock ? flow->clock : &clock_system;
}

void flow_start_clock(struct flow *flow)
{
	flow->wall_anchor_us = clock_wall_us(clock_of(flow));
	flow->boot_anchor_us = clock_boot_us(clock_of(flow));
}

int64_t flow_now_us(const struct flow *flow)
{
	return flow->wall_anchor_us + clock_boot_us(clock_of(flow)) - flow->boot_anchor_us;
}

void flow_topic_of_host(int64_t host_num, char ret[static FLOW_TOPIC_BYTES])
{
	(void)snprintf(ret, FLOW_TOPIC_BYTES, "host:%lld", (long long)host_num);
}
