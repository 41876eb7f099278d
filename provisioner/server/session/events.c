/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST .../events: numbered records, each stored once. A batch is one transaction; what is known
 * already is skipped; after a gap nothing is taken and the answer says from where to send again. An
 * event whose content is wrong is written down as refused and passed over, so that an agent never
 * hangs on it. Input: the session's own agent.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <burnin/run_digest.h>
#include <inventory/event.h>
#include <inventory/facts.h>
#include <inventory/host.h>
#include <proto/events.h>
#include <proto/facts.h>
#include <proto/receipt.h>
#include <server/flow/arm.h>
#include <server/flow/burn_run.h>
#include <server/flow/engine.h>
#include <server/flow/image_check.h>
#include <server/flow/live.h>
#include <server/flow/lost_disk.h>
#include <server/flow/quota.h>
#include "burn_in_end.h"

#define LOGS_PER_SESSION 500
#define EVENT_COST_BYTES 1024 /* of the store: its row, its times, its place in the indexes */

struct taking {
	struct flow *flow;
	struct flow_session *session;
	int64_t now_us;
};

static int append(struct taking *t, const char *kind, const char *summary, json_t *detail,
		  struct err *err)
{
	struct event_draft e = {.host_num = t->session->host_num,
				.kind = kind,
				.actor = "agent",
				.summary = summary,
				.detail = detail};

	return event_append(t->flow->db, &e, t->now_us, NULL, err);
}

static int apply(struct taking *t, const struct engine_event *e, struct err *err)
{
	int rc = engine_apply(t->flow, t->session->host_num, e, err);

	return rc < 0 ? rc : 0;
}

/* ---- one kind each --------------------------------------------------------------------------- */

static int take_log(struct taking *t, const struct event *ev, struct err *err)
{
	struct event_log l = {0};

	TRY(record_decode(event_log_fields, ev->data, &l, err));
	struct live_host *h = live_at(t->flow->live, t->session->host_num);
	if (str_eq(l.level, "debug") || h->logged++ >= LOGS_PER_SESSION)
		return 0;
	char summary[EVENT_SUMMARY_MAX_BYTES];
	text_clean(summary, sizeof(summary), l.text, strlen(l.text));
	return append(t, "agent.log", summary, ev->data, err);
}

static int take_facts(struct taking *t, const struct event *ev, struct err *err)
{
	struct facts f = {0};
	struct facts_change change = {0};
	int rc = record_decode(facts_fields, ev->data, &f, err);

	facts_done(&f);
	if (rc < 0)
		return rc;
	TRY(facts_store(t->flow->db, t->session->host_num, ev->data, t->now_us, &change, err));
	json_t *drives = json_object_get(ev->data, "drives");
	return json_is_array(drives)
		       ? flow_drives_put(t->flow->db, t->session->host_num, drives, err)
		       : 0;
}

static int take_progress(struct taking *t, const struct event *ev, struct err *err)
{
	struct event_progress p = {0};

	TRY(record_decode(event_progress_fields, ev->data, &p, err));
	struct live_host *h = live_at(t->flow->live, t->session->host_num);
	(void)str_copy(h->stage, sizeof(h->stage), p.stage);
	(void)str_copy(h->unit, sizeof(h->unit), p.unit);
	(void)str_copy(h->message, sizeof(h->message), p.message);
	h->done = p.done;
	h->total = p.total;
	h->eta_s = p.eta_s;
	return 0;
}

static const char *text_at(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

static int take_burnin(struct taking *t, const struct event *ev, struct err *err)
{
	struct flow_host f;

	TRY(flow_host_get(t->flow->db, t->session->host_num, &f, err));
	if (!f.run_id[0])
		return err_set(err, ERR_CONFLICT, "no burn-in run is open");
	char refused[257];
	TRY(burn_run_take(t->flow, t->session->host_num, f.run_id, ev->data, refused, err));
	return refused[0] ? append(t, "agent.refused", refused, NULL, err) : 0;
}

/* The records of a run, signed as they end. What is refused here ends no step: the records count by
 * themselves. */
static int take_run_receipt(struct taking *t, const char *run_id, const struct event *ev,
			    struct err *err)
{
	autoreceipt struct receipt r = {0};
	char key[SHA256_HEX_BYTES];
	struct host h;

	TRY(host_get(t->flow->db, t->session->host_num, &h, err));
	TRY(receipt_open(ev->data, t->session->agent_key, &r, key, err));
	TRY(receipt_check(&r, h.id, t->session->id, run_id, RUN_DIGEST_WORK, err));
	return run_signature_add(t->flow->db, run_id, key, ev->data, t->now_us, err);
}

/* What is signed, by this session's key, for this host and the arm that is open, counts; what came
 * over the session's connection alone does not. */
static int take_receipt(struct taking *t, const struct event *ev, struct err *err)
{
	autoreceipt struct receipt r = {0};
	char key[SHA256_HEX_BYTES];
	struct flow_arm arm;
	struct flow_host f;
	struct host h;

	TRY(flow_host_get(t->flow->db, t->session->host_num, &f, err));
	if (f.run_id[0])
		return take_run_receipt(t, f.run_id, ev, err);
	int rc = flow_arm_open(t->flow->db, t->session->host_num, &arm, err);
	if (rc == -ERR_NOT_FOUND || (rc >= 0 && !str_eq(arm.session_id, t->session->id)))
		return err_set(err, ERR_CONFLICT, "no work on a disk of this session is open");
	if (rc < 0)
		return rc;
	TRY(receipt_open(ev->data, t->session->agent_key, &r, key, err));
	TRY(host_get(t->flow->db, t->session->host_num, &h, err));
	TRY(receipt_check(&r, h.id, t->session->id, arm.id, arm.work, err));
	const char *digest = text_at(r.report, "manifest_sha256");
	if (str_eq(arm.work, "image") && !str_eq(digest, arm.image_digest))
		return err_set(err, ERR_IMAGE_OTHER,
			       "the receipt is for image '%.16s', armed is '%.16s'", digest,
			       arm.image_digest);
	const struct receipt_draft draft = {
		.host_num = t->session->host_num,
		.work = r.work,
		.image_digest = arm.image_digest,
		.line = arm.line,
		.version = arm.version,
		.disk_serial = arm.disk_serial,
		.report = r.report,
		.envelope = ev->data,
		.key_sha256 = key,
		.trust = trust_profile_str(t->flow->root->profile),
	};
	return receipt_add(t->flow->db, &draft, t->now_us, err);
}

/* ---- the ends of steps ----------------------------------------------------------------------- */

static int done_inspect(struct taking *t, const struct event_step_done *d, struct err *err)
{
	(void)d;
	struct engine_event e = {.event = HOST_EVENT_INSPECTED, .actor = "agent"};
	return apply(t, &e, err);
}

static int done_burn_in(struct taking *t, const struct event_step_done *d, struct err *err)
{
	const struct burn_in_end end = {t->flow, t->session->host_num, d->result, t->now_us};

	return burn_in_end(&end, err);
}

static int note_disk(struct taking *t, const struct flow_arm *arm, struct err *err)
{
	struct flow_host f;

	TRY(flow_host_get(t->flow->db, t->session->host_num, &f, err));
	(void)str_copy(f.disk_wwn, sizeof(f.disk_wwn), arm->disk_wwn);
	(void)str_copy(f.disk_serial, sizeof(f.disk_serial), arm->disk_serial);
	return flow_host_put(t->flow->db, &f, err);
}

static int done_image(struct taking *t, const struct event_step_done *d, struct err *err)
{
	struct flow_arm arm;
	struct host h;
	bool has_receipt = false;

	(void)d;
	int rc = flow_arm_open(t->flow->db, t->session->host_num, &arm, err);
	if (rc < 0)
		return rc == -ERR_NOT_FOUND ? err_set(err, ERR_CONFLICT, "no arm is open") : rc;
	TRY(host_get(t->flow->db, t->session->host_num, &h, err));
	/* a receipt of this permit: the same image may have been written before */
	const struct receipt_wanted wanted = {t->session->host_num, "image", arm.disk_serial,
					      arm.consumed_us};
	TRY(receipt_since(t->flow->db, &wanted, &has_receipt, err));
	struct engine_event e = {.event = HOST_EVENT_IMAGED, .actor = "agent"};
	if (!arm.consumed_us || !has_receipt || !str_eq(h.image_digest, arm.image_digest)) {
		e.event = HOST_EVENT_STEP_FAILED;
		e.code = ERR_IMAGE_OTHER;
		e.detail = "the agent reported success without a receipt for this image";
	}
	TRY(note_disk(t, &arm, err));
	return apply(t, &e, err);
}

/* The host stays where it is until the last disk of its order is erased. */
static int disk_erased(struct taking *t, const struct flow_arm *arm, struct err *err)
{
	struct engine_event e = {.event = HOST_EVENT_ERASED, .actor = "agent"};
	struct flow_arm_disk next;
	int rc = flow_arm_next_disk(t->flow->db, arm->id, &next, err);

	if (rc < 0 && rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	if (rc >= 0)
		e.extra_guards = GUARD_MORE_DISKS;
	TRY(apply(t, &e, err));
	return rc >= 0 ? arm_go_on(t->flow, arm, err) : 0;
}

static int done_erase(struct taking *t, const struct event_step_done *d, struct err *err)
{
	struct flow_arm arm;
	bool has_receipt = false;

	(void)d;
	int rc = flow_arm_open(t->flow->db, t->session->host_num, &arm, err);
	if (rc < 0)
		return rc == -ERR_NOT_FOUND ? err_set(err, ERR_CONFLICT, "no arm is open") : rc;
	const struct receipt_wanted wanted = {t->session->host_num, "erase", arm.disk_serial,
					      arm.consumed_us};
	TRY(receipt_since(t->flow->db, &wanted, &has_receipt, err));
	if (!arm.consumed_us || !has_receipt) {
		const struct engine_event e = {
			.event = HOST_EVENT_STEP_FAILED,
			.actor = "agent",
			.code = ERR_RECEIPT_BINDING,
			.detail = "the agent reported success without a receipt for this disk"};
		return apply(t, &e, err);
	}
	return disk_erased(t, &arm, err);
}

static const struct {
	const char *kind;
	int (*done)(struct taking *t, const struct event_step_done *d, struct err *err);
} ends[] = {
	{"inspect", done_inspect},
	{"burn_in", done_burn_in},
	{"image", done_image},
	{"erase", done_erase},
};

/* The live plan, if this number is its step and this session its owner; else the words are old. */
static int live_kind(struct taking *t, int64_t seq, char ret[static 16], struct err *err)
{
	struct flow_plan p;

	ret[0] = '\0';
	int rc = flow_plan_live(t->flow->db, t->session->host_num, &p, err);
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	if (rc < 0)
		return rc;
	if (p.seq == seq && str_eq(p.session_id, t->session->id))
		(void)str_copy(ret, 16, p.kind);
	free(p.envelope);
	return 0;
}

static int take_step_done(struct taking *t, const struct event *ev, struct err *err)
{
	struct event_step_done d = {0};
	char kind[16];

	TRY(record_decode(event_step_done_fields, ev->data, &d, err));
	TRY(live_kind(t, d.seq, kind, err));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_eq(ends[i].kind, kind))
			return ends[i].done(t, &d, err);
	return 0;
}

/* Bytes that are not what was signed may have been changed in our store. */
static int check_image(struct taking *t, struct err *err)
{
	struct flow_arm arm;
	int rc = flow_arm_open(t->flow->db, t->session->host_num, &arm, err);

	if (rc >= 0)
		image_check_start(t->flow, arm.image_digest, t->session->host_num);
	if (rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	return 0;
}

static int take_step_failed(struct taking *t, const struct event *ev, struct err *err)
{
	struct event_step_failed f = {0};
	struct lost_disk lost;
	char kind[16];

	TRY(record_decode(event_step_failed_fields, ev->data, &f, err));
	TRY(live_kind(t, f.seq, kind, err));
	if (!kind[0] || str_eq(kind, "wait"))
		return 0; /* nothing runs that could fail */
	TRY(append(t, "step.failed", f.detail[0] ? f.detail : f.code, ev->data, err));
	if (err_code_by_name(f.code) == ERR_IMAGE_DIGEST)
		TRY(check_image(t, err));
	struct engine_event e = {
		.event = HOST_EVENT_STEP_FAILED,
		.actor = "agent",
		.code = err_code_by_name(f.code),
		.code_name = f.code,
		.detail = f.detail[0] ? f.detail : NULL,
		.part = f.fault.part,
		.slot = f.fault.slot,
		.serial = f.fault.serial,
		.action = f.fault.action,
	};
	if (e.code == ERR_AGENT_DISK_LOST)
		e.code_name = LOST_DISK_FAULT;
	if (e.code == ERR_GUARD_DISK_NONE)
		TRY(lost_disk_blame(t->flow, t->session->host_num, &e, &lost, err));
	return apply(t, &e, err);
}

static int (*const takers[_EVENT_KIND_MAX])(struct taking *, const struct event *, struct err *) = {
	[EVENT_LOG] = take_log,
	[EVENT_FACTS] = take_facts,
	[EVENT_PROGRESS] = take_progress,
	[EVENT_BURNIN] = take_burnin,
	[EVENT_RECEIPT] = take_receipt,
	[EVENT_STEP_DONE] = take_step_done,
	[EVENT_STEP_FAILED] = take_step_failed,
};

/* ---- the batch ------------------------------------------------------------------------------- */

static bool is_their_fault(int code)
{
	return err_class(code) == ERR_CLASS_REJECT;
}

static bool is_tested(struct taking *t)
{
	struct err none = ERR_INIT;
	struct flow_host f;

	return flow_host_get(t->flow->db, t->session->host_num, &f, &none) >= 0 && f.run_id[0];
}

/* Refused words about a step end it, or the host would wait forever. */
static int refuse(struct taking *t, const struct event *ev, const struct err *why, struct err *err)
{
	autojson json_t *detail = json_pack("{s:s, s:s, s:I}", "code", err_name(why->code), "kind",
					    event_kind_str(ev->kind), "seq", (json_int_t)ev->seq);

	log_err(LOG_WARNING, "event.refused", why, KV("kind", event_kind_str(ev->kind)),
		KV("session", (const char *)t->session->id));
	TRY(append(t, "agent.refused", why->msg, detail, err));
	if (ev->kind != EVENT_FACTS && (ev->kind != EVENT_RECEIPT || is_tested(t)))
		return 0;
	struct engine_event e = {.event = HOST_EVENT_STEP_FAILED,
				 .actor = "agent",
				 .code = why->code,
				 .detail = why->msg};
	return apply(t, &e, err);
}

/* What it may not say is written down and passed over, so that the agent does not hang on it. */
static int take(struct taking *t, const struct event *ev, struct err *err)
{
	bool may = false;

	TRY(agent_may_speak(t->flow, t->session, ev->kind, &may, err));
	return may ? takers[ev->kind](t, ev, err)
		   : append(t, "agent.refused", "from a machine whose code nobody has compared",
			    NULL, err);
}

static int take_one(struct taking *t, const struct event *ev, struct err *err)
{
	TRY(db_begin(t->flow->db, err));
	int rc = db_end(t->flow->db, take(t, ev, err), err);
	if (rc >= 0 || !is_their_fault(err->code))
		return rc;
	struct err why = *err;
	err_clear(err);
	return refuse(t, ev, &why, err);
}

static int take_batch(struct taking *t, const struct events_batch *b, struct err *err)
{
	int64_t acked = t->session->acked;

	for (size_t i = 0; i < b->events.n; i++) {
		const struct event *ev = &b->events.items[i];
		if (ev->seq <= acked)
			continue;
		if (ev->seq != acked + 1)
			break;
		TRY(take_one(t, ev, err));
		acked = ev->seq;
	}
	t->session->acked = acked;
	/* steps may have grown meanwhile: read it again, it is ours alone */
	struct flow_session now;
	TRY(flow_session_get(t->flow->db, t->session->id, &now, err));
	return flow_session_progress(t->flow->db, t->session->id, acked, now.steps, err);
}

/* What a batch costs the store, from whoever sends it. Heartbeats and permits cost nothing here. */
static int check_quota(struct http_request *r, const struct taking *t, const struct events_batch *b,
		       struct err *err)
{
	struct quota *q = t->flow->quota;
	struct flow_host f;
	size_t body_bytes = 0;
	char name[24];

	(void)http_body(r, &body_bytes);
	int64_t n = (int64_t)body_bytes + (int64_t)b->events.n * EVENT_COST_BYTES;
	snprintf(name, sizeof(name), "%lld", (long long)t->session->host_num);
	TRY(flow_host_get(t->flow->db, t->session->host_num, &f, err));
	bool room = quota_take(q, f.approved ? QUOTA_HOST_BYTES : QUOTA_STRANGER_BYTES, name, n,
			       t->now_us) &&
		    quota_take_address(q, QUOTA_ADDRESS_BYTES, http_peer(r), n, t->now_us) &&
		    (f.approved || quota_take(q, QUOTA_ALL_STRANGERS, "", n, t->now_us));
	if (room)
		return 0;
	http_reply_header(r, "Retry-After", "10");
	return err_set(err, ERR_RATE, "the host sends more events than the store takes");
}

/* The session is read inside: the same batch may be on its way to another appliance too. */
static int take_in_transaction(struct http_request *r, struct taking *t,
			       const struct events_batch *b, struct err *err)
{
	TRY(agent_session(r, t->session, err));
	TRY(agent_check_epoch(t->session, b->epoch, err));
	TRY(check_quota(r, t, b, err));
	return take_batch(t, b, err);
}

static int events(struct http_request *r, const struct events_batch *b, struct err *err)
{
	struct flow_session s;
	struct taking t = {.flow = http_context(r), .session = &s};
	struct events_reply reply = {0};

	t.now_us = flow_now_us(t.flow);
	TRY(db_begin(t.flow->db, err));
	TRY(db_end(t.flow->db, take_in_transaction(r, &t, b, err), err));
	notices_events(t.flow);
	reply.acked = s.acked;
	return http_reply_json(r, 200, record_encode(events_reply_fields, &reply));
}

int agent_post_events(struct http_request *r, struct err *err)
{
	struct events_batch b = {0};
	size_t n;
	const char *body = http_body(r, &n);
	int rc = events_decode(body, n, &b, err);

	if (rc >= 0)
		rc = events(r, &b, err);
	events_batch_done(&b);
	return rc;
}
