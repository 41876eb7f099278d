/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow's clock and the names of its topics. Input: none from outside.
 */
#include "flow.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <base/str.h>
#include "live.h"

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

const struct flow_urls *flow_urls_at(const struct flow *flow, const char *own_address)
{
	for (size_t i = 0; own_address && i < flow->n_networks; i++)
		if (str_eq(flow->networks[i].address, own_address))
			return &flow->networks[i].urls;
	return &flow->urls;
}

static const struct flow_urls *urls_for(const struct flow *flow, const char *peer)
{
	struct in_addr a;

	if (inet_pton(AF_INET, peer, &a) != 1)
		return &flow->urls;
	for (size_t i = 0; i < flow->n_networks; i++)
		if ((ntohl(a.s_addr) & flow->networks[i].mask) == flow->networks[i].network)
			return &flow->networks[i].urls;
	return &flow->urls;
}

const struct flow_urls *flow_urls_of_host(const struct flow *flow, int64_t host_num)
{
	const struct live_host *live = flow->live ? live_find(flow->live, host_num) : NULL;

	return live ? urls_for(flow, live->address) : &flow->urls;
}
