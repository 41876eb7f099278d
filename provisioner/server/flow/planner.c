/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storing a plan and handing it out: the same bytes until the state changes. Input: rows of our own
 * store.
 */
#include "planner.h"

#include <base/log.h>
#include <base/secret_box.h>
#include "engine.h"
#include "host_advice.h"
#include "step_builder.h"

#define PLAN_TTL_S      3600
#define REISSUE_LEFT_US (300 * 1000000LL) /* a live plan with less time left is replaced */

/* ---- storing and handing out ----------------------------------------------------------------- */

static void fill_envelope(struct step_builder *b, int64_t seq)
{
	struct plan *p = &b->plan;

	uuid_v4(p->plan_id);
	(void)str_copy(p->host_id, sizeof(p->host_id), b->host.id);
	(void)str_copy(p->session_id, sizeof(p->session_id), b->session->id);
	p->epoch = b->session->epoch;
	(void)str_copy(p->agent_key, sizeof(p->agent_key), b->session->agent_key);
	(void)str_copy(p->nonce, sizeof(p->nonce), b->session->nonce);
	p->issued_unix_s = b->now_us / 1000000;
	p->expires_unix_s = p->issued_unix_s + PLAN_TTL_S;
	p->seq = seq;
}

/* The list says where the host stands; only its screen needs that in words. */
static int explain(struct step_builder *b, struct err *err)
{
	autofree char *text = xstrdup(b->plan.wait.message);
	char *place = strstr(text, "\n" PLAN_WAIT_PLACE);

	if (place)
		*place = '\0';
	return engine_explain(b->flow, b->host.num, text, b->plan.wait.turn, err);
}

static int store_plan(struct step_builder *b, char **ret, struct err *err)
{
	int64_t seq = b->session->steps + 1;

	fill_envelope(b, seq);
	autojson json_t *payload = plan_encode(&b->plan);
	autojson json_t *envelope = NULL;
	TRY(plan_seal(b->flow->plan_key, payload, &envelope, err));
	autofree char *text = json_text(envelope);
	/* an image's plan holds the first-boot token and the user's data */
	autofree char *kept = b->plan.kind == PLAN_STEP_IMAGE
				      ? secret_seal(b->flow->seal_key, b->plan.plan_id, text)
				      : xstrdup(text);
	struct flow_plan row = {.host_num = b->host.num,
				.seq = seq,
				.envelope = kept,
				.issued_us = b->now_us,
				.expires_us = b->now_us + PLAN_TTL_S * 1000000LL};
	(void)str_copy(row.id, sizeof(row.id), b->plan.plan_id);
	(void)str_copy(row.session_id, sizeof(row.session_id), b->session->id);
	(void)str_copy(row.kind, sizeof(row.kind), plan_step_kind_str(b->plan.kind));
	(void)str_copy(row.arm_id, sizeof(row.arm_id),
		       b->plan.kind == PLAN_STEP_ERASE ? b->plan.erase_arm_id
						       : b->plan.image.arm_id);
	(void)str_copy(row.run_id, sizeof(row.run_id), b->plan.burn_in.run_id);
	TRY(flow_plan_end(b->flow->db, b->host.num, "replaced", b->now_us, err));
	TRY(flow_plan_add(b->flow->db, &row, err));
	TRY(flow_session_progress(b->flow->db, b->session->id, b->session->acked, seq, err));
	if (b->plan.kind == PLAN_STEP_WAIT && !str_eq(b->host.state, "failed"))
		TRY(explain(b, err));
	else
		TRY(host_advice_settle(b->flow, b->host.num, err));
	log_ev(LOG_INFO, "plan.issued", KV("host", (const char *)b->host.id),
	       KV("step", plan_step_kind_str(b->plan.kind)), KV("seq", seq),
	       KV("plan", (const char *)b->plan.plan_id));
	*ret = take_ptr(text);
	return 0;
}

static int builder_load(struct step_builder *b, struct err *err)
{
	b->now_us = flow_now_us(b->flow);
	TRY(host_get(b->flow->db, b->session->host_num, &b->host, err));
	TRY(flow_host_get(b->flow->db, b->session->host_num, &b->row, err));
	int rc = engine_profile(b->flow, &b->host, &b->row, &b->profile, err);
	b->has_profile = rc > 0;
	return rc < 0 ? rc : 0;
}

/* A wait step that was shown stays shown; it is looked at again, because what it waits for may have
 * come without an event of this host (an image, a profile). */
static bool says_the_same(struct flow *flow, const char *envelope, const struct plan *now)
{
	struct plan shown;
	struct err err = ERR_INIT;
	bool same = now->kind == PLAN_STEP_WAIT &&
		    plan_open(flow->plan_key, envelope, strlen(envelope), &shown, &err) >= 0 &&
		    str_eq(shown.wait.message, now->wait.message);

	if (now->kind == PLAN_STEP_WAIT)
		plan_done(&shown);
	return same;
}

static int make_plan(struct step_builder *b, const char *shown, char **ret, struct err *err)
{
	enum lifecycle_state state;

	TRY(builder_load(b, err));
	if (!lifecycle_state_parse(b->host.state, &state))
		return 0;
	TRY(step_build(b, state, err));
	if (b->plan.kind == PLAN_STEP_NONE || (shown && says_the_same(b->flow, shown, &b->plan)))
		return 0;
	return store_plan(b, ret, err);
}

/* The stored plan as it was handed out. */
static int open_kept(struct flow *flow, struct flow_plan *p, struct err *err)
{
	char *plain = NULL;

	if (!p->envelope || !secret_is_sealed(p->envelope))
		return 0;
	TRY(secret_open_text(flow->seal_key, p->id, p->envelope, &plain, err));
	free(p->envelope);
	p->envelope = plain;
	return 0;
}

/* The live plan of the host. 0: there is none. */
static int live_plan(struct flow *flow, int64_t host_num, struct flow_plan *ret, struct err *err)
{
	int rc = flow_plan_live(flow->db, host_num, ret, err);

	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		*ret = (struct flow_plan){.host_num = host_num};
		return 0;
	}
	if (rc >= 0)
		rc = open_kept(flow, ret, err);
	if (rc < 0)
		free(take_ptr(ret->envelope));
	return rc < 0 ? rc : 1;
}

static int next_in_transaction(struct flow *flow, const struct flow_session *s, int64_t after,
			       char **ret, struct err *err)
{
	struct flow_plan live;
	int rc = live_plan(flow, s->host_num, &live, err);

	if (rc < 0)
		return rc;
	autofree char *envelope = live.envelope;
	bool ours = rc > 0 && str_eq(live.session_id, s->id) &&
		    live.expires_us - flow_now_us(flow) > REISSUE_LEFT_US;
	if (ours && live.seq > after) {
		*ret = take_ptr(envelope);
		return 0;
	}
	if (ours && !str_eq(live.kind, "wait"))
		return 0; /* finished; the event that says so is on its way */
	struct step_builder b = {.flow = flow, .session = s};
	rc = make_plan(&b, ours ? envelope : NULL, ret, err);
	plan_done(&b.plan);
	profile_done(&b.profile);
	return rc;
}

/* A guard that stops a host for good (no disk, wrong architecture) is the host's failure. */
static int fail_host(struct flow *flow, const struct flow_session *s, const struct err *why,
		     struct err *err)
{
	struct engine_event e = {
		.event = HOST_EVENT_STEP_FAILED, .code = why->code, .detail = why->msg};
	int rc = engine_apply(flow, s->host_num, &e, err);

	return rc < 0 ? rc : 0;
}

/* The session is read again inside the transaction: another appliance may have taken events of it,
 * or opened the host's next one, since the caller looked. */
static int next_of_session(struct flow *flow, const char *id, int64_t after, char **ret,
			   struct err *err)
{
	struct flow_session s;

	TRY(flow_session_get(flow->db, id, &s, err));
	return s.closed_us ? 0 : next_in_transaction(flow, &s, after, ret, err);
}

int planner_next(struct flow *flow, const struct flow_session *s, int64_t after, char **ret,
		 struct err *err)
{
	*ret = NULL;
	TRY(db_begin(flow->db, err));
	int rc = db_end(flow->db, next_of_session(flow, s->id, after, ret, err), err);
	if (rc >= 0 || err_class(err->code) != ERR_CLASS_REJECT || err->code == ERR_GUARD_STOPPED)
		return rc;
	struct err why = *err;
	err_clear(err);
	return fail_host(flow, s, &why, err);
}
