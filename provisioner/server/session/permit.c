/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST .../permits: the moment in which an arm is consumed and a disk may be overwritten. Every
 * guard that the server can check stands in one const list; the last one consumes. A repeated
 * request of the same session for the same arm gets the same permit (the answer may have been
 * lost).
 */
#include "session.h"

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <proto/session.h>
#include <proto/signature.h>
#include <server/flow/arm.h>
#include <server/flow/burn_gate.h>
#include <server/flow/binding.h>
#include <server/flow/disk_choice.h>
#include <server/flow/engine.h>
#include <server/flow/fleet.h>
#include <server/flow/live.h>

struct asking {
	struct flow *flow;
	const struct permit_request *q;
	struct flow_session session;
	struct flow_arm arm;
	struct flow_plan plan;
	struct host host;
	int64_t now_us;
	char permit_id[FLOW_ID_BYTES];
};

static int guard_stopped(struct asking *k, struct err *err)
{
	TRY(fleet_read_stopped(k->flow, err));
	return k->flow->stopped ? err_set(err, ERR_GUARD_STOPPED, "all writing is stopped") : 0;
}

static int guard_state(struct asking *k, struct err *err)
{
	if (str_eq(k->host.state, lifecycle_state_str(STATE_IMAGING)) ||
	    str_eq(k->host.state, lifecycle_state_str(STATE_ERASING)))
		return 0;
	if (str_eq(k->host.state, lifecycle_state_str(STATE_IN_SERVICE)))
		return err_set(err, ERR_GUARD_IN_SERVICE, "host %s is in service",
			       k->host.short_code);
	return err_set(err, ERR_GUARD_ARM_MISSING, "host %s is %s, neither imaging nor erasing",
		       k->host.short_code, k->host.state);
}

/* The plan was handed to a bound key; a person may have bound another one since. */
static int guard_key(struct asking *k, struct err *err)
{
	bool holds = false;

	TRY(binding_holds(k->flow, &k->session, false, &holds, err));
	return holds ? 0
		     : err_set(err, ERR_GUARD_ARM_OTHER, "the arm is for another machine's key");
}

static int guard_arm(struct asking *k, struct err *err)
{
	int rc = flow_arm_get(k->flow->db, k->q->arm_id, &k->arm, err);

	if (rc == -ERR_NOT_FOUND)
		return err_set(err, ERR_GUARD_ARM_MISSING, "there is no arm '%s'", k->q->arm_id);
	if (rc < 0)
		return rc;
	if (k->arm.host_num != k->session.host_num)
		return err_set(err, ERR_GUARD_ARM_OTHER, "the arm is another host's");
	if (k->arm.ended_us)
		return err_set(err, ERR_GUARD_ARM_USED, "the arm has ended: %s", k->arm.result);
	if (k->arm.consumed_us && !str_eq(k->arm.session_id, k->session.id))
		return err_set(err, ERR_GUARD_ARM_USED, "the arm was used by another session");
	if (k->arm.expires_us <= k->now_us)
		return err_set(err, ERR_GUARD_ARM_EXPIRED, "the arm expired %lld s ago",
			       (long long)((k->now_us - k->arm.expires_us) / 1000000));
	return 0;
}

/* Erase and image are different permissions: neither does the other's work. */
static int guard_work(struct asking *k, struct err *err)
{
	if (str_eq(k->host.state, arm_state(&k->arm)))
		return 0;
	return err_set(err, ERR_GUARD_ARM_OTHER, "the arm is to %s, the host is %s", k->arm.work,
		       k->host.state);
}

static int guard_plan(struct asking *k, struct err *err)
{
	int rc = flow_plan_get(k->flow->db, k->q->plan_id, &k->plan, err);

	if (rc == -ERR_NOT_FOUND)
		return err_set(err, ERR_GUARD_ARM_OTHER, "there is no plan '%s'", k->q->plan_id);
	if (rc < 0)
		return rc;
	if (k->plan.ended_us || !str_eq(k->plan.session_id, k->session.id) ||
	    !str_eq(k->plan.kind, k->arm.work) || !str_eq(k->plan.arm_id, k->arm.id))
		return err_set(err, ERR_GUARD_ARM_OTHER,
			       "the plan is not the live one for this arm");
	return 0;
}

static int guard_disk(struct asking *k, struct err *err)
{
	const struct disk_name *d = &k->q->disk;

	if (!str_eq(d->wwn, k->arm.disk_wwn) || !str_eq(d->serial, k->arm.disk_serial))
		return err_set(err, ERR_GUARD_DISK_OTHER,
			       "armed is '%s' '%s', asked for is '%s' '%s'", k->arm.disk_wwn,
			       k->arm.disk_serial, d->wwn, d->serial);
	if (d->size_bytes != k->arm.disk_bytes)
		return err_set(err, ERR_GUARD_DISK_OTHER, "armed are %lld bytes, the disk has %lld",
			       (long long)k->arm.disk_bytes, (long long)d->size_bytes);
	return 0;
}

static int guard_data(struct asking *k, struct err *err)
{
	bool again = k->arm.consumed_us > 0; /* what is there now, this arm has written */

	for (size_t i = 0; i < k->q->data_found.n && !again; i++) {
		const char *found = k->q->data_found.items[i].s;
		if (signature_is_shared(found))
			return err_set(err, ERR_GUARD_SHARED_FS, "the disk holds '%s'", found);
		if (!k->arm.wipe_consent[0])
			return err_set(err, ERR_GUARD_DATA, "the disk holds '%s'", found);
		if (!str_eq(k->arm.wipe_consent, k->arm.disk_serial) &&
		    !str_eq(k->arm.wipe_consent, k->arm.disk_wwn))
			return err_set(err, ERR_GUARD_DATA, "consent names '%s'",
				       k->arm.wipe_consent);
	}
	return 0;
}

/* What was found since it was armed, and parts that came since, are in the way as before. */
static int guard_burn_in(struct asking *k, struct err *err)
{
	bool imaged = str_eq(k->arm.work, "image");

	return imaged && !k->arm.waiver[0] ? burn_gate_check(k->flow, &k->host, err) : 0;
}

/* An arm may be older than the image's last check. */
static int guard_image(struct asking *k, struct err *err)
{
	AUTO(manifest) struct manifest *m = NULL;
	uint8_t digest[SHA256_BYTES];

	if (!str_eq(k->arm.work, "image"))
		return 0; /* an erase needs none */
	if (!hex_decode(k->arm.image_digest, digest, sizeof(digest)) ||
	    object_store_get(k->flow->objects, digest, &m, err) < 0)
		return err_set(err, ERR_GUARD_IMAGE, "image '%.12s' is no longer in the store",
			       k->arm.image_digest);
	TRY(trust_root_check_time(k->flow->root, k->now_us / 1000000, err));
	return object_store_ready(k->flow->objects, m, err);
}

static int guard_consume(struct asking *k, struct err *err)
{
	bool done = false;

	if (k->arm.consumed_us) {
		(void)str_copy(k->permit_id, sizeof(k->permit_id), k->arm.permit_id);
		return 0;
	}
	uuid_v4(k->permit_id);
	const struct flow_arm_use use = {k->arm.id, k->session.id, k->permit_id, k->now_us};
	TRY(flow_arm_consume(k->flow->db, &use, &done, err));
	return done ? 0 : err_set(err, ERR_GUARD_ARM_USED, "the arm was used meanwhile");
}

static int (*const guards[])(struct asking *, struct err *) = {
	guard_stopped, guard_state, guard_key,     guard_arm,   guard_work,    guard_plan,
	guard_disk,    guard_data,  guard_burn_in, guard_image, guard_consume,
};

static int record_grant(struct asking *k, struct err *err)
{
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "arm", k->arm.id,
					    "permit", k->permit_id, "image", k->arm.image_digest,
					    "disk", k->arm.disk_serial, "wwn", k->arm.disk_wwn,
					    "who", k->arm.who);
	struct event_draft e = {.host_num = k->host.num,
				.kind = "permit.granted",
				.actor = "server",
				.summary = "the arm was consumed: the agent may write",
				.detail = detail};

	TRY(event_append(k->flow->db, &e, k->now_us, NULL, err));
	struct engine_event ev = {.event = HOST_EVENT_PERMIT, .actor = "agent"};
	int rc = engine_apply(k->flow, k->host.num, &ev, err);
	return rc < 0 ? rc : 0;
}

static int grant(struct asking *k, struct err *err)
{
	TRY(host_get(k->flow->db, k->session.host_num, &k->host, err));
	for (size_t i = 0; i < ARRAY_LEN(guards); i++)
		TRY(guards[i](k, err));
	return k->arm.consumed_us ? 0 : record_grant(k, err);
}

/* A refusal is written down outside the transaction that it rolled back. */
static void record_refusal(struct asking *k, const struct err *why)
{
	struct err err = ERR_INIT;
	autojson json_t *detail = json_pack("{s:s, s:s*}", "code", err_name(why->code), "detail",
					    why->msg);
	struct event_draft e = {.host_num = k->session.host_num,
				.kind = "permit.refused",
				.actor = "server",
				.summary = why->msg,
				.detail = detail};

	if (db_begin(k->flow->db, &err) >= 0)
		IGNORE_RESULT(db_end(k->flow->db,
				     event_append(k->flow->db, &e, k->now_us, NULL, &err), &err));
	log_err(LOG_WARNING, "permit.refused", why, KV("host", (const char *)k->host.id));
}

static int permit(struct http_request *r, const void *message, struct err *err)
{
	const struct permit_request *q = message;
	struct asking k = {.flow = http_context(r), .q = q};
	struct permit_reply reply = {0};

	k.now_us = flow_now_us(k.flow);
	TRY(agent_session(r, &k.session, err));
	TRY(agent_check_epoch(&k.session, q->epoch, err));
	TRY(db_begin(k.flow->db, err));
	int rc = db_end(k.flow->db, grant(&k, err), err);
	free(k.plan.envelope);
	if (rc < 0) {
		record_refusal(&k, err);
		return rc;
	}
	live_at(k.flow->live, k.session.host_num)->writing = true;
	log_ev(LOG_NOTICE, "permit.granted", KV("host", (const char *)k.host.id),
	       KV("arm", (const char *)k.arm.id), KV("disk", (const char *)k.arm.disk_serial),
	       KV("image", (const char *)k.arm.image_digest), KV("who", (const char *)k.arm.who));
	(void)str_copy(reply.permit_id, sizeof(reply.permit_id), k.permit_id);
	return http_reply_json(r, 200, record_encode(permit_reply_fields, &reply));
}

int agent_post_permit(struct http_request *r, struct err *err)
{
	struct permit_request q = {0};

	return agent_take_message(r, permit_request_fields, &q, permit, err);
}
