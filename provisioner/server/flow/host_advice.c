/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of advice.h, looked up for one host; see host_advice.h. Input: rows of our own
 * store, which hold what hosts said.
 */
#include "host_advice.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <inventory/order.h>
#include <inventory/run.h>
#include "arm.h"
#include "engine.h"
#include "live.h"

/* ---- conditions ------------------------------------------------------------------------------ */

static int orders_wait(struct flow *flow, int64_t num, unsigned *c, struct err *err)
{
	autojson json_t *orders = NULL;

	TRY(flow_orders_of_host(flow->db, num, &orders, err));
	*c |= json_array_size(orders) ? ADVICE_ORDER_WAITS : 0;
	return 0;
}

/* After a restart no contact was made yet, though the clock of its silence may run (seen_us): the
 * newest event about its session decides. */
static int is_silent(struct flow *flow, const struct host *h, unsigned *c, struct err *err)
{
	const struct live_host *l = live_find(flow->live, h->num);
	enum lifecycle_state state;
	bool silent = false;

	if (!lifecycle_state_parse(h->state, &state) || !lifecycle_row(state)->wants_agent)
		return 0;
	bool made_contact = l && l->seen_us && l->heard_us == l->seen_us;
	if (l && l->seen_us)
		silent = flow_now_us(flow) - l->seen_us >= flow->silence_us;
	if (!silent && !made_contact)
		TRY(event_session_silent(flow->db, h->num, &silent, err));
	*c |= silent ? ADVICE_SILENT : 0;
	*c |= !silent && l && l->stopping ? ADVICE_STOPPING : 0;
	return 0;
}

static bool gives_arm(const struct profile *p, const struct flow_host *f, const struct host *h)
{
	return str_eq(h->state, lifecycle_state_str(STATE_IMAGING)) && p->auto_approve &&
	       p->has_image && !f->in_use;
}

static int is_armed(struct flow *flow, const struct host *h, const struct flow_host *f, unsigned *c,
		    struct err *err)
{
	struct flow_arm arm;
	struct profile p = {0};
	int rc = flow_arm_open(flow->db, h->num, &arm, err);

	if (rc < 0 && rc != -ERR_NOT_FOUND)
		return rc;
	if (rc >= 0 && str_eq(arm_state(&arm), h->state)) {
		bool alive = arm.consumed_us || arm.expires_us > flow_now_us(flow);
		*c |= (arm.consumed_us ? ADVICE_WORKING : 0) | (alive ? ADVICE_ARMED : 0);
	}
	err_clear(err);
	rc = engine_profile(flow, h, f, &p, err);
	*c |= rc > 0 && gives_arm(&p, f, h) ? ADVICE_ARMED : 0;
	profile_done(&p);
	return rc < 0 ? rc : 0;
}

static int is_held(struct flow *flow, int64_t num, unsigned *c, struct err *err)
{
	struct flow_plan plan;
	int rc = flow_plan_live(flow->db, num, &plan, err);

	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	if (rc < 0)
		return rc;
	*c |= str_eq(plan.kind, "wait") ? ADVICE_HELD : 0;
	free(plan.envelope);
	return 0;
}

static int conditions_of(struct flow *flow, const struct host *h, unsigned *ret, struct err *err)
{
	struct flow_host f;
	bool late = h->deadline_us && h->deadline_us < flow_now_us(flow);

	TRY(flow_host_get(flow->db, h->num, &f, err));
	*ret = (f.approved ? ADVICE_APPROVED : 0) | (late ? ADVICE_LATE : 0) |
	       (flow->stopped ? ADVICE_STOPPED : 0);
	TRY(orders_wait(flow, h->num, ret, err));
	TRY(is_silent(flow, h, ret, err));
	TRY(is_armed(flow, h, &f, ret, err));
	return is_held(flow, h->num, ret, err);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* "slipway host approve K7Q2M9XA" of "slipway host approve HOST". */
static void put_command(const char *command, const struct host *h, char *ret, size_t ret_bytes)
{
	const char *at = strstr(command, "HOST");

	if (at)
		text_print(ret, ret_bytes, "%.*s%s%s", (int)(at - command), command, h->short_code,
			   at + strlen("HOST"));
	else
		(void)str_copy(ret, ret_bytes, command);
}

static void put(const struct advice *a, const struct host *h, struct host_advice *ret)
{
	(void)str_copy(ret->title, sizeof(ret->title), a->title);
	(void)str_copy(ret->turn, sizeof(ret->turn), a->turn);
	(void)str_copy(ret->why, sizeof(ret->why), a->why);
	(void)str_copy(ret->action, sizeof(ret->action), a->action);
	put_command(a->command, h, ret->command, sizeof(ret->command));
}

/* A repair order knows best whose turn it is and what to do; then the error that opened it. */
static void put_fault(const json_t *fault, const struct host *h, struct host_advice *ret)
{
	const char *turn = json_string_value(json_object_get(fault, "turn"));
	const char *action = json_string_value(json_object_get(fault, "action"));
	const char *name = json_string_value(json_object_get(fault, "code"));
	int code = err_code_by_name(name ? name : "");

	if (code) {
		struct advice of_error = advice_of_error(code);

		(void)str_copy(ret->turn, sizeof(ret->turn), of_error.turn);
		(void)str_copy(ret->action, sizeof(ret->action), of_error.action);
		put_command(of_error.command, h, ret->command, sizeof(ret->command));
	}
	if (turn && turn[0])
		(void)text_fit(ret->turn, sizeof(ret->turn), turn);
	if (action && action[0])
		(void)text_fit(ret->action, sizeof(ret->action), action);
}

/* What the planner told the agent says more exactly why it waits. */
static bool tells_why(unsigned conditions, enum lifecycle_state state)
{
	return (conditions & ADVICE_HELD) && !(conditions & (ADVICE_SILENT | ADVICE_ORDER_WAITS)) &&
	       (state == STATE_IMAGING || state == STATE_TESTING || state == STATE_DISCOVERED);
}

int host_advice(struct flow *flow, const struct host *h, struct host_advice *ret, struct err *err)
{
	autojson json_t *fault = NULL;
	enum lifecycle_state state;
	unsigned conditions = 0;

	*ret = (struct host_advice){.title = ""};
	if (!lifecycle_state_parse(h->state, &state))
		return err_set(err, ERR_INVALID, "host %s has the unknown state '%s'", h->id,
			       h->state);
	TRY(conditions_of(flow, h, &conditions, err));
	TRY(fault_latest_open(flow->db, h->num, &fault, err));
	conditions |= json_is_object(fault) ? ADVICE_FAULT : 0;
	put(advice_of_state(state, conditions), h, ret);
	if (state == STATE_FAILED && json_is_object(fault))
		put_fault(fault, h, ret);
	if (tells_why(conditions, state) && h->state_detail[0])
		(void)text_fit(ret->why, sizeof(ret->why), h->state_detail);
	return 0;
}

int host_advice_settle(struct flow *flow, int64_t host_num, struct err *err)
{
	struct host_advice a;
	struct host h;

	TRY(host_get(flow->db, host_num, &h, err));
	TRY(host_advice(flow, &h, &a, err));
	if (str_eq(h.turn, a.turn))
		return 0;
	struct host_state_change c = {.state = h.state,
				      .detail = h.state_detail,
				      .turn = a.turn,
				      .deadline_us = h.deadline_us};
	TRY(host_set_state(flow->db, host_num, &c, flow_now_us(flow), NULL, err));
	notices_events(flow);
	return 0;
}
