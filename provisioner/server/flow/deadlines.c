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
#include "burn_run.h"
#include "engine.h"
#include "fleet.h"
#include "host_advice.h"
#include "live.h"
#include "order.h"

#define OVERDUE_PER_TICK 32

static int overdue(struct flow *flow, int64_t host_num, struct err *err)
{
	struct host h;

	TRY(host_get(flow->db, host_num, &h, err));
	bool verifying = str_eq(h.state, lifecycle_state_str(STATE_VERIFYING));
	struct engine_event e = {
		.event = HOST_EVENT_DEADLINE,
		.code = verifying ? ERR_NO_CONTACT : ERR_TOO_LONG,
		.detail = verifying ? "the installed system did not report in time" : NULL,
	};
	int rc = engine_apply(flow, host_num, &e, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	/* nothing is to happen in this state: do not look again */
	struct host_state_change c = {.state = h.state, .detail = h.state_detail, .turn = h.turn};
	return host_set_state(flow->db, host_num, &c, flow_now_us(flow), NULL, err);
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

static int interrupted(struct flow *flow, int64_t host_num, struct err *err)
{
	struct engine_event e = {
		.event = HOST_EVENT_INTERRUPTED,
		.code = ERR_INTERRUPTED,
		.detail = "lost contact with the agent while it wrote the disk",
	};
	int rc = engine_apply(flow, host_num, &e, err);

	return rc < 0 ? rc : 0;
}

#define HANG_US (180 * 1000000LL) /* no sign of life under load */

/* A host under test that falls silent hangs, whatever became of it: its faults must say so. */
static int hangs(struct flow *flow, int64_t host_num, struct err *err)
{
	struct burnin_order order;
	struct flow_host row;
	char scene[BURN_SCENE_BYTES];
	struct engine_event e = {.event = HOST_EVENT_BURN_IN_FAILED, .detail = scene};

	TRY(flow_host_get(flow->db, host_num, &row, err));
	burn_run_scene(flow, row.run_id, "no sign of life for 3 minutes while it was tested",
		       scene);

	engine_blame_load(SYMPTOM_HANGS, &order, &e);
	int rc = engine_apply(flow, host_num, &e, err);
	return rc < 0 ? rc : 0;
}

static bool is_tested(struct flow *flow, int64_t host_num)
{
	struct err err = ERR_INIT;
	struct host h;

	return host_get(flow->db, host_num, &h, &err) >= 0 &&
	       str_eq(h.state, lifecycle_state_str(STATE_TESTING));
}

/* The store keeps its last contact for the next start of the daemon. */
static int note_silent(struct flow *flow, const struct event_draft *e, struct err *err)
{
	const struct live_host *l = live_find(flow->live, e->host_num);

	TRY(event_append(flow->db, e, flow_now_us(flow), NULL, err));
	if (l && l->seen_us)
		TRY(host_touch(flow->db, e->host_num, l->seen_us, err));
	return host_advice_settle(flow, e->host_num, err);
}

static int say_silent(struct flow *flow, int64_t host_num, struct err *err)
{
	struct host h;
	enum lifecycle_state state;

	TRY(host_get(flow->db, host_num, &h, err));
	/* after imaging the silence is the reboot that was asked for */
	if (!lifecycle_state_parse(h.state, &state) || !lifecycle_row(state)->wants_agent)
		return 0;
	struct event_draft e = {
		.host_num = host_num,
		.kind = "session.silent",
		.summary = "no contact with the agent for 150 s: off, rebooting or cut off"};
	TRY(db_begin(flow->db, err));
	return db_end(flow->db, note_silent(flow, &e, err), err);
}

/* Its silence was noted before; now it may have lasted too long for a test. */
static void on_quiet(struct flow *flow, struct live_host *h)
{
	struct err err = ERR_INIT;

	if (h->hung || h->writing || flow_now_us(flow) - h->seen_us < HANG_US)
		return;
	if (fleet_ask_heard(flow, h, &err) < 0 || flow_now_us(flow) - h->seen_us < HANG_US)
		return;
	h->hung = true;
	if (is_tested(flow, h->host_num) && hangs(flow, h->host_num, &err) < 0)
		log_err(LOG_ERR, "deadline.hang", &err, KV("host", h->host_num));
}

static void on_host(void *arg, struct live_host *h)
{
	struct flow *flow = arg;
	struct err err = ERR_INIT;

	if (h->seen_us == 0 || flow_now_us(flow) - h->seen_us < flow->silence_us) {
		h->hung = false;
		return;
	}
	if (h->quiet) {
		on_quiet(flow, h);
		return;
	}
	int rc = fleet_ask_heard(flow, h, &err);
	if (rc >= 0 && flow_now_us(flow) - h->seen_us < flow->silence_us)
		return;
	h->quiet = rc >= 0;
	if (rc >= 0)
		rc = h->writing ? interrupted(flow, h->host_num, &err)
				: say_silent(flow, h->host_num, &err);
	if (rc < 0)
		log_err(LOG_ERR, "deadline.silence", &err);
}

void deadlines_tick(struct flow *flow)
{
	struct err err = ERR_INIT;

	if (flow_hosts_overdue(flow->db, flow_now_us(flow), OVERDUE_PER_TICK, on_overdue, flow,
			       &err) < 0)
		log_err(LOG_ERR, "deadline.check", &err);
	err_clear(&err);
	if (order_expire(flow, &err) < 0)
		log_err(LOG_ERR, "deadline.orders", &err);
	live_each(flow->live, on_host, flow);
}

static int on_writer(void *arg, const struct flow_arm *arm, struct err *err)
{
	struct flow *flow = arg;
	struct live_host *h = live_at(flow->live, arm->host_num);

	(void)err;
	h->seen_us = flow_now_us(flow);
	h->writing = true;
	return 0;
}

static int on_seen(void *arg, int64_t host_num, int64_t seen_us, struct err *err)
{
	struct flow *flow = arg;

	(void)err;
	live_at(flow->live, host_num)->heard_us = seen_us;
	return 0;
}

/* A host that hung while no daemon ran makes no contact: its silence counts from now. */
static int on_tested(void *arg, const struct host *h, struct err *err)
{
	struct flow *flow = arg;

	(void)err;
	live_at(flow->live, h->num)->seen_us = flow_now_us(flow);
	return 0;
}

int deadlines_rebuild(struct flow *flow, struct err *err)
{
	TRY(host_each_seen(flow->db, on_seen, flow, err));
	TRY(host_each_in_state(flow->db, lifecycle_state_str(STATE_TESTING), on_tested, flow, err));
	return flow_arms_writing(flow->db, on_writer, flow, err);
}
