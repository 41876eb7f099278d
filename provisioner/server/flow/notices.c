/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices that wait for their commit; see notices.h. Input: our own calls, and the store's word
 * about its transactions.
 */
#include "notices.h"

#include <string.h>
#include <base/log.h>
#include <base/str.h>
#include "flow.h"
#include "live.h"

#define TOPIC_EVENTS "events"

static void wake(struct flow *flow, const char *topic)
{
	if (flow->notices.wake)
		flow->notices.wake(flow->notices.arg, topic);
}

static void wake_host(struct flow *flow, int64_t host_num)
{
	char topic[FLOW_TOPIC_BYTES];

	flow_topic_of_host(host_num, topic);
	wake(flow, topic);
}

static void deliver(struct flow *flow, const struct notice *n)
{
	const struct notice_move *m = &n->move;

	if (n->moved && !str_eq(m->from, m->to))
		log_ev(LOG_INFO, "host.state", KV("host", (const char *)m->host_id),
		       KV("from", m->from), KV("to", m->to), KV("event", m->event),
		       KV("why", m->why), KV("code", m->code));
	if (n->moved)
		live_reset(flow->live, n->host_num);
	if (n->host_num)
		wake_host(flow, n->host_num);
}

/* The list is emptied first: a woken request may give notices of its own. */
static void deliver_all(struct flow *flow)
{
	__typeof__(flow->notices.pending) list = flow->notices.pending;
	if (list.n == 0)
		return;
	memset(&flow->notices.pending, 0, sizeof(flow->notices.pending));
	for (size_t i = 0; i < list.n; i++)
		deliver(flow, &list.items[i]);
	VEC_DONE(&list);
	wake(flow, TOPIC_EVENTS);
}

static void on_transaction_end(void *arg, int depth, bool committed)
{
	struct flow *flow = arg;
	struct notices *ns = &flow->notices;

	while (!committed && ns->pending.n > 0 &&
	       ns->pending.items[ns->pending.n - 1].depth > depth)
		ns->pending.n--;
	for (size_t i = ns->pending.n; i > 0 && ns->pending.items[i - 1].depth > depth; i--)
		ns->pending.items[i - 1].depth = depth;
	if (depth == 0)
		deliver_all(flow);
}

void notices_open(struct flow *flow)
{
	db_on_end(flow->db, on_transaction_end, flow);
}

void notices_close(struct flow *flow)
{
	if (flow->db)
		db_on_end(flow->db, NULL, NULL);
	VEC_DONE(&flow->notices.pending);
}

static void give(struct flow *flow, const struct notice *n)
{
	struct notice kept = *n;

	kept.depth = db_depth(flow->db);
	VEC_PUSH(&flow->notices.pending, kept);
	if (kept.depth == 0)
		deliver_all(flow);
}

void notices_host_changed(struct flow *flow, int64_t host_num)
{
	give(flow, &(struct notice){.host_num = host_num});
}

void notices_host_moved(struct flow *flow, int64_t host_num, const struct notice_move *move)
{
	give(flow, &(struct notice){.host_num = host_num, .moved = true, .move = *move});
}

void notices_events(struct flow *flow)
{
	give(flow, &(struct notice){.host_num = 0});
}

static void wake_live(void *arg, struct live_host *h)
{
	wake_host(arg, h->host_num);
}

void notices_all_hosts(struct flow *flow)
{
	live_each(flow->live, wake_live, flow);
	wake(flow, TOPIC_EVENTS);
}
