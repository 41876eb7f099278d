/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers of the lifecycle. Deadlines are rows, compared with the boot clock's idea of now; silence
 * is judged from RAM and is generous after a restart.
 */
#include "deadlines.h"

#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <inventory/host.h>
#include <inventory/order.h>
#include "engine.h"
#include "fleet.h"
#include "live.h"

#define OVERDUE_PER_TICK 32

static int overdue(struct app *a, int64_t host_num, struct err *err)
{
	struct host h;
	TRY(host_get(a->db, host_num, &h, err));
	bool verifying = str_eq(h.state, lifecycle_state_str(STATE_VERIFYING));
	struct engine_event e = {
		.event = HOST_EVENT_DEADLINE,
		.code = verifying ? ERR_NO_CONTACT : ERR_TOO_LONG,
		.detail = verifying ? "the installed system did not report in time" : NULL,
	};
	int rc = engine_apply(a, host_num, &e, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	/* nothing is to happen in this state: do not look again */
	struct host_state_change c = {.state = h.state, .detail = h.state_detail, .turn = h.turn};
	return host_set_state(a->db, host_num, &c, app_now_us(a), NULL, err);
}

/* A host whose row cannot be worked on is logged and does not keep the others from their turn. */
static int on_overdue(void *arg, int64_t host_num, struct err *err)
{
	struct err own = ERR_INIT;
	(void)err;
	if (overdue(arg, host_num, &own) < 0)
		log_err(LOG_ERR, "deadline.check", &own, KV("host", host_num));
	return 0;
}

static int interrupted(struct app *a, int64_t host_num, struct err *err)
{
	struct engine_event e = {
		.event = HOST_EVENT_INTERRUPTED,
		.code = ERR_INTERRUPTED,
		.detail = "the agent was not heard of while it wrote the disk",
	};
	int rc = engine_apply(a, host_num, &e, err);
	return rc < 0 ? rc : 0;
}

static int say_silent(struct app *a, int64_t host_num, struct err *err)
{
	struct host h;
	enum lifecycle_state state;
	TRY(host_get(a->db, host_num, &h, err));
	/* after imaging the silence is the reboot that was asked for */
	if (!lifecycle_state_parse(h.state, &state) || !lifecycle_row(state)->wants_agent)
		return 0;
	struct event_draft e = {
		.host_num = host_num,
		.kind = "session.silent",
		.summary = "the agent was not heard of for 150 s: off, rebooting or cut off"};
	TRY(db_begin(a->db, err));
	return db_end(a->db, event_append(a->db, &e, app_now_us(a), NULL, err), err);
}

static void on_host(void *arg, struct live_host *h)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	if (h->quiet || h->seen_us == 0 || app_now_us(a) - h->seen_us < a->silence_us)
		return;
	int rc = fleet_ask_heard(a, h, &err);
	if (rc >= 0 && app_now_us(a) - h->seen_us < a->silence_us)
		return;
	h->quiet = rc >= 0;
	if (rc >= 0)
		rc = h->writing ? interrupted(a, h->host_num, &err)
				: say_silent(a, h->host_num, &err);
	if (rc < 0)
		log_err(LOG_ERR, "deadline.silence", &err);
}

void deadlines_tick(struct app *a)
{
	struct err err = ERR_INIT;
	if (flow_hosts_overdue(a->db, app_now_us(a), OVERDUE_PER_TICK, on_overdue, a, &err) < 0)
		log_err(LOG_ERR, "deadline.check", &err);
	err_clear(&err);
	if (flow_orders_expire(a->db, app_now_us(a), &err) < 0)
		log_err(LOG_ERR, "deadline.orders", &err);
	live_each(a->live, on_host, a);
}

static int on_writer(void *arg, const struct flow_arm *arm, struct err *err)
{
	struct app *a = arg;
	struct live_host *h = live_at(a->live, arm->host_num);
	(void)err;
	h->seen_us = app_now_us(a);
	h->writing = true;
	return 0;
}

int deadlines_rebuild(struct app *a, struct err *err)
{
	return flow_arms_writing(a->db, on_writer, a, err);
}
