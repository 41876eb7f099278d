/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of a host that only this daemon has, from RAM: how far its work is, and when its agent
 * made contact last.
 */
#include "request.h"

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <server/flow/live.h>

#define FRESH_US (30 * 1000000LL) /* of contact: the time of a lease */

/* The time left is estimated only while the agent makes contact. */
static void add_progress(const struct live_host *l, bool is_fresh, struct str *out)
{
	str_add(out, ",\"progress\":{\"stage\":\"");
	str_add_json(out, l->stage);
	str_addf(out, "\",\"done\":%lld,\"total\":%lld,\"unit\":\"", (long long)l->done,
		 (long long)l->total);
	str_add_json(out, l->unit);
	str_add(out, "\",\"message\":\"");
	str_add_json(out, l->message);
	str_add(out, "\",\"eta_s\":");
	if (l->eta_s >= 0 && is_fresh)
		str_addf(out, "%lld", (long long)l->eta_s);
	else
		str_add(out, "null");
	str_addc(out, '}');
}

static void add_heard(const struct live_host *l, bool is_silent, struct str *out)
{
	char time[TIME_TEXT_BYTES];

	time_rfc3339(l->heard_us, time);
	str_addf(out, ",\"last_heard\":\"%s\"", time);
	if (is_silent)
		str_add(out, ",\"silent\":true");
}

/* How far a host is that nobody hears of is not known. */
static void add_live(void *arg, int64_t num, struct str *out)
{
	struct api *api = arg;
	const struct live_host *l = live_find(api->flow->live, num);
	int64_t now_us = flow_now_us(api->flow);
	bool is_silent = l &&
			 (l->quiet || (l->seen_us && now_us - l->seen_us >= api->flow->silence_us));

	if (l && l->heard_us)
		add_heard(l, is_silent, out);
	if (l && l->stage[0] && !is_silent)
		add_progress(l, now_us - l->seen_us < FRESH_US, out);
}

struct query_extra api_live(struct api *api)
{
	return (struct query_extra){add_live, api};
}

bool api_shows_live(const struct query_request *q)
{
	return !q->at_us &&
	       (!q->fields || strstr(q->fields, "progress") || strstr(q->fields, "last_heard"));
}
