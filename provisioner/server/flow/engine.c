/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying lifecycle events to the store. Input: events from agents (through agent_*.c), people
 * (host_verbs.c) and timers (deadlines.c), already checked for who may send them.
 */
#include "engine.h"

#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <base/digest.h>
#include <burnin/catalogue.h>
#include "arm.h"
#include "binding.h"
#include "burn_repair.h"
#include "engine_guards.h"
#include "host_advice.h"
#include "live.h"

#define STATE_DETAIL_MAX_BYTES 500

/* Flags that the event itself sets, before guards are looked at. */
static void note_event(struct engine_step *s)
{
	if (s->e->event == HOST_EVENT_APPROVE || s->e->event == HOST_EVENT_ARM)
		s->row.approved = true;
	if (s->e->event == HOST_EVENT_INSPECTED)
		s->row.inspected = true;
	if (s->from == STATE_FAILED && s->e->event == HOST_EVENT_STEP_FAILED)
		s->row.inspected = true; /* as well as it can be */
	if (s->e->event == HOST_EVENT_BURN_IN_PASSED)
		s->row.tested = true;
	if (s->has_profile && s->profile.auto_approve &&
	    (s->e->event == HOST_EVENT_CONTACT || s->e->event == HOST_EVENT_INSPECTED))
		s->row.approved = true;
}

/* ---- effects --------------------------------------------------------------------------------- */

static const char *code_name(const struct engine_event *e)
{
	return e->code_name && e->code_name[0] ? e->code_name
	       : e->code                       ? err_name(e->code)
					       : "failed";
}

/* Whose a fault is, by its code: what is wrong with an image or a choice is put right at the
 * server; the rest needs somebody at the machine. The first row that fits. */
static const struct {
	const char *code, *turn;
} fault_turns[] = {
	{"image.read_back", "technician"},    {"image.target", "technician"},
	{"image.lease", "technician"},        {"image.*", "operator"},
	{"guard.disk.swapped", "technician"}, {"guard.*", "operator"},
};

static const char *turn_of_fault(const char *code)
{
	for (size_t i = 0; i < ARRAY_LEN(fault_turns); i++)
		if (str_glob(fault_turns[i].code, code))
			return fault_turns[i].turn;
	return lifecycle_row(STATE_FAILED)->turn;
}

static int open_fault(struct engine_step *s, struct err *err)
{
	const struct engine_event *e = s->e;
	char id[UUID_TEXT_BYTES];
	const char *hint = e->code ? err_hint(e->code) : "";
	struct fault_draft d = {
		.host_num = s->host.num,
		.code = code_name(e),
		.part_type = e->part ? e->part : "",
		.part_number = e->part_number ? e->part_number : "",
		.part_serial = e->serial ? e->serial : "",
		.slot = e->slot ? e->slot : "",
		.action = e->action && e->action[0] ? e->action
			  : hint && hint[0]         ? hint
						    : lifecycle_row(STATE_FAILED)->hint,
		.detail = e->detail ? e->detail : s->outcome.why,
		.turn = turn_of_fault(code_name(e)),
		.run_id = e->run_id ? e->run_id : s->row.run_id,
	};

	return fault_open(s->flow->db, &d, e->actor, s->now_us, id, err);
}

/* What the run found until now is found: its orders are folded once more and kept. */
static int keep_orders(struct engine_step *s, struct err *err)
{
	struct run_verdict v;
	int rc = burn_run_fold(s->flow, s->row.run_id, &v, err);

	if (rc >= 0)
		rc = burn_run_open_faults(s->flow, s->host.num, s->row.run_id, &v, err);
	run_verdict_done(&v);
	return rc;
}

static int cancel_run(struct engine_step *s, struct err *err)
{
	if (!s->row.run_id[0])
		return 0;
	int rc = keep_orders(s, err);
	if (rc == -ERR_NOT_FOUND)
		err_clear(err);
	else if (rc < 0)
		return rc;
	const char *result = s->e->event == HOST_EVENT_STEP_FAILED ? "INCOMPLETE"
			     : s->outcome.to == STATE_FAILED       ? "FAIL"
								   : "CANCELLED";
	rc = run_finish(s->flow->db, s->row.run_id, result, s->outcome.why, s->now_us, err);
	s->row.run_id[0] = '\0';
	return rc == -ERR_NOT_FOUND ? 0 : rc;
}

static void forget(struct engine_step *s)
{
	s->row.approved = s->row.inspected = s->row.tested = false;
	s->row.tries = 0;
	/* a person who says "retry" has approved the host already */
	if (s->e->event == HOST_EVENT_RETRY)
		s->row.approved = true;
}

/* A fault that a burn-in found is closed by a burn-in that passes (burn_repair_prove), by nothing
 * else; the others are about what is now done again. */
static int close_faults(struct engine_step *s, struct err *err)
{
	fault_list open = {0};
	int rc = fault_list_open(s->flow->db, s->host.num, &open, err);

	for (size_t i = 0; i < open.n && rc >= 0; i++)
		if (!open.items[i].run_id[0])
			rc = fault_close(s->flow->db, open.items[i].id, s->outcome.why, s->e->actor,
					 s->now_us, err);
	VEC_DONE(&open);
	return rc;
}

/* A step that an agent runs is not over because a person ended it: its next heartbeat is told. */
static void note_stopping(const struct engine_step *s)
{
	static const enum lifecycle_event by_people[] = {HOST_EVENT_RETRY, HOST_EVENT_MAINTAIN,
							 HOST_EVENT_RELEASE, HOST_EVENT_ERASE};
	const struct live_host *l = live_find(s->flow->live, s->host.num);

	for (size_t i = 0; i < ARRAY_LEN(by_people); i++)
		if (l && live_works(l) && s->e->event == by_people[i])
			live_at(s->flow->live, s->host.num)->stopping = true;
}

static int perform(struct engine_step *s, struct err *err)
{
	struct db *db = s->flow->db;
	unsigned effects = s->outcome.effects;
	const char *word = lifecycle_event_str(s->e->event);

	if (effects & EFFECT_NEW_PLAN) {
		TRY(flow_plan_end(db, s->host.num, word, s->now_us, err));
		note_stopping(s);
	}
	if (s->e->event == HOST_EVENT_BURN_IN_PASSED)
		TRY(flow_arm_shorten(db, s->host.num, s->now_us + ARM_TTL_DEFAULT_S * 1000000LL,
				     err));
	if (effects & EFFECT_VOID_ARMS)
		TRY(flow_arm_end(db, s->host.num, word, s->now_us, err));
	if (effects & EFFECT_CLOSE_FAULTS)
		TRY(close_faults(s, err));
	if (effects & EFFECT_OPEN_FAULT)
		TRY(open_fault(s, err));
	if (effects & EFFECT_CANCEL_RUN)
		TRY(cancel_run(s, err));
	if (effects & EFFECT_END_SESSIONS)
		TRY(flow_sessions_close(db, s->host.num, s->now_us, err));
	bool anew = (effects & EFFECT_FORGET) && s->e->event != HOST_EVENT_RETRY;
	if (anew || s->e->event == HOST_EVENT_FIRST_BOOT)
		TRY(binding_forget(s->flow, s->host.num, err));
	if (effects & EFFECT_FORGET)
		TRY(flow_arm_forget_tokens(db, s->host.num, err));
	if (effects & EFFECT_FORGET)
		forget(s);
	return 0;
}

/* ---- writing the state ----------------------------------------------------------------------- */

/* The sum of what the plan will hold. Without a profile nothing is planned: the table's own. */
static int64_t test_deadline_s(const struct engine_step *s, int64_t fallback_s)
{
	autoburnplan struct burn_plan plan = {0};
	struct err err = ERR_INIT;

	if (burn_repair_plan(s->flow, s->host.num, &s->profile, &plan, &err) < 0)
		return fallback_s;
	return catalogue_deadline_s(plan.tests, plan.n_tests);
}

/* A disk of 20 TB takes days to write over and read back; the table's own time is for small ones. */
#define ERASE_BYTES_A_S (30 * 1000 * 1000LL)
static int64_t erase_deadline_s(const struct engine_step *s, int64_t least_s)
{
	struct flow_arm arm;
	struct err ignored = ERR_INIT;

	if (flow_arm_open(s->flow->db, s->host.num, &arm, &ignored) < 0)
		return least_s;
	int64_t needed_s = 2 * 3600 + arm.disk_bytes / ERASE_BYTES_A_S;
	return needed_s > least_s ? needed_s : least_s;
}

static int64_t deadline_of(const struct engine_step *s)
{
	enum lifecycle_state to = s->outcome.to;
	int64_t seconds = lifecycle_row(to)->deadline_s;

	if (to == STATE_TESTING)
		seconds = test_deadline_s(s, seconds);
	if (to == STATE_ERASING)
		seconds = erase_deadline_s(s, seconds);
	/* a host that waits for somebody to arm it may wait: the clock starts with the permit */
	if (to == STATE_IMAGING && s->e->event != HOST_EVENT_PERMIT)
		return s->from == STATE_IMAGING ? s->host.deadline_us : 0;
	bool restarts = to != s->from || s->e->event == HOST_EVENT_CONTACT ||
			s->e->event == HOST_EVENT_PERMIT || s->e->event == HOST_EVENT_STEP_FAILED;
	if (!restarts)
		return s->host.deadline_us;
	return seconds ? s->now_us + seconds * 1000000 : 0;
}

/* Somebody uses it from SERVE until it is released, retired or written anew; also while it is out
 * for work, and while an arm waits: an arm that is never used changes nothing. */
static void note_use(struct engine_step *s)
{
	static const enum lifecycle_event ends[] = {HOST_EVENT_RELEASE, HOST_EVENT_RETIRE,
						    HOST_EVENT_PERMIT};

	if (s->from == STATE_IN_SERVICE || s->outcome.to == STATE_IN_SERVICE)
		s->row.in_use = true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (s->e->event == ends[i])
			s->row.in_use = false;
}

static void note_outcome(struct engine_step *s)
{
	enum lifecycle_state to = s->outcome.to;

	note_use(s);
	if (to == STATE_FAILED && s->from != STATE_FAILED)
		(void)str_copy(s->row.fail_code, sizeof(s->row.fail_code), code_name(s->e));
	else if (to != STATE_FAILED)
		s->row.fail_code[0] = '\0';
	if (to != s->from)
		s->row.tries = 0;
	else if (s->e->event == HOST_EVENT_STEP_FAILED ||
		 (s->e->event == HOST_EVENT_CONTACT && to == STATE_TESTING &&
		  !(s->e->extra_guards & GUARD_SAME_BOOT)))
		s->row.tries++;
	(void)str_copy(s->row.profile, sizeof(s->row.profile),
		       s->has_profile ? s->profile.name : "");
}

/* Whose turn the host is in the state that it enters. */
static int turn_after(struct engine_step *s, struct host_advice *ret, struct err *err)
{
	struct host entered = s->host;

	(void)str_copy(entered.state, sizeof(entered.state), lifecycle_state_str(s->outcome.to));
	entered.deadline_us = deadline_of(s);
	return host_advice(s->flow, &entered, ret, err);
}

static int write_state(struct engine_step *s, struct err *err)
{
	const struct lifecycle_state_row *row = lifecycle_row(s->outcome.to);
	struct host_advice advice;
	bool failing = s->outcome.to == STATE_FAILED;
	autofree char *detail = failing && s->e->event != HOST_EVENT_CONTACT
					? xasprintf("%s: %s", code_name(s->e),
						    s->e->detail ? s->e->detail : s->outcome.why)
					: xstrdup(s->e->detail ? s->e->detail : s->outcome.why);
	bool keeps_its_fault = failing && s->from == STATE_FAILED;

	if (keeps_its_fault) {
		free(detail);
		/* keep the first cause in sight, until somebody has worked on it */
		detail = xstrdup(s->looked[0] ? s->looked : s->host.state_detail);
	}
	(void)text_cut(detail, STATE_DETAIL_MAX_BYTES);
	TRY(flow_host_put(s->flow->db, &s->row, err));
	TRY(turn_after(s, &advice, err));
	struct host_state_change c = {
		.state = row->name,
		.detail = detail,
		.turn = s->outcome.effects & EFFECT_OPEN_FAULT ? turn_of_fault(code_name(s->e))
			: keeps_its_fault                      ? s->host.turn
							       : advice.turn,
		.deadline_us = deadline_of(s),
		.actor = s->e->actor,
		.why = lifecycle_event_str(s->e->event),
	};
	return host_set_state(s->flow->db, s->host.num, &c, s->now_us, NULL, err);
}

static void announce(const struct engine_step *s)
{
	struct notice_move m = {.from = lifecycle_state_str(s->from),
				.to = lifecycle_state_str(s->outcome.to),
				.event = lifecycle_event_str(s->e->event),
				.why = s->outcome.why,
				.code = s->e->code ? err_name(s->e->code) : ""};

	(void)str_copy(m.host_id, sizeof(m.host_id), s->host.id);
	notices_host_moved(s->flow, s->host.num, &m);
}

static int step_load(struct engine_step *s, int64_t host_num, struct err *err)
{
	s->now_us = flow_now_us(s->flow);
	TRY(host_get(s->flow->db, host_num, &s->host, err));
	TRY(flow_host_get(s->flow->db, host_num, &s->row, err));
	if (!lifecycle_state_parse(s->host.state, &s->from))
		return err_set(err, ERR_INVALID, "host %s has the unknown state '%s'", s->host.id,
			       s->host.state);
	int rc = engine_profile(s->flow, &s->host, &s->row, &s->profile, err);
	s->has_profile = rc > 0;
	return rc < 0 ? rc : 0;
}

void engine_blame_load(enum burnin_symptom symptom, struct burnin_order *order,
		       struct engine_event *e)
{
	const struct burnin_finding finding = {.symptom = symptom};

	burnin_order_of(&finding, order);
	e->code_name = burnin_rule_of(symptom)->verdict;
	e->part = order->part;
	e->action = order->action;
}

/* An agent's return while its disk was being written is the failure; it brings no code of its own.
 */
static void name_interruption(struct engine_step *s, struct engine_event *copy)
{
	if (s->e->event != HOST_EVENT_CONTACT || s->outcome.to != STATE_FAILED ||
	    s->from == STATE_FAILED)
		return;
	*copy = *s->e;
	copy->detail = s->outcome.why;
	if (s->from == STATE_TESTING) {
		engine_blame_load(SYMPTOM_REBOOTS, &s->order, copy);
		burn_run_scene(s->flow, s->row.run_id, s->outcome.why, s->scene);
		copy->detail = s->scene;
	} else {
		copy->code = ERR_INTERRUPTED;
	}
	s->e = copy;
}

/* A host that was off may have other parts now: one that failed its burn-in, where somebody was to
 * swap them, and one that is to be imaged because of what it had. */
static int look_again(struct engine_step *s, struct err *err)
{
	int n = 0;

	if (s->from == STATE_IMAGING && s->e->event == HOST_EVENT_CONTACT && s->has_profile &&
	    s->profile.has_burn_in)
		s->row.inspected = false;
	if (s->from != STATE_FAILED || s->e->event != HOST_EVENT_CONTACT)
		return 0;
	TRY(n = burn_repair_open(s->flow, s->host.num, err));
	if (n)
		s->row.inspected = false;
	return 0;
}

static int step_run(struct engine_step *s, int64_t host_num, struct engine_event *copy,
		    struct err *err)
{
	unsigned guards = 0;

	TRY(step_load(s, host_num, err));
	note_event(s);
	TRY(look_again(s, err));
	TRY(engine_guards(s, &guards, err));
	if (!lifecycle_step(s->from, s->e->event, guards, &s->outcome))
		return 0;
	name_interruption(s, copy);
	TRY(perform(s, err));
	note_outcome(s);
	TRY(write_state(s, err));
	return 1;
}

int engine_apply(struct flow *flow, int64_t host_num, const struct engine_event *e, struct err *err)
{
	struct engine_step s = {.flow = flow, .e = e};
	struct engine_event copy;
	int rc = db_begin(flow->db, err);

	if (rc >= 0) {
		rc = step_run(&s, host_num, &copy, err);
		if (rc > 0)
			announce(&s);
		rc = db_end(flow->db, rc, err);
	}
	profile_done(&s.profile);
	return rc;
}

int engine_command(struct flow *flow, int64_t host_num, const struct engine_event *e,
		   struct err *err)
{
	int rc = engine_apply(flow, host_num, e, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	struct host h;
	TRY(host_get(flow->db, host_num, &h, err));
	return err_set(err, ERR_CONFLICT, "'%s' is not possible while the host is %s",
		       lifecycle_event_str(e->event), h.state);
}

int engine_explain(struct flow *flow, int64_t host_num, const char *detail, const char *turn,
		   struct err *err)
{
	struct host h;

	TRY(host_get(flow->db, host_num, &h, err));
	if (str_eq(h.state_detail, detail) && str_eq(h.turn, turn))
		return 0;
	struct host_state_change c = {
		.state = h.state, .detail = detail, .turn = turn, .deadline_us = h.deadline_us};
	TRY(host_set_state(flow->db, host_num, &c, flow_now_us(flow), NULL, err));
	notices_events(flow);
	return 0;
}
