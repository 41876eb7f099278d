/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /agent/v1/sessions: who is this host, may it come in, and what was going on. One transaction
 * from the evidence to the session's row. Input: evidence from any machine on the network.
 */
#include "session.h"

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <inventory/identity.h>
#include <proto/session.h>
#include <server/flow/binding.h>
#include <server/flow/engine.h>
#include <server/flow/evidence_view.h>
#include <server/flow/live.h>
#include <server/flow/quota.h>
#include <server/flow/sightings.h>

struct opening {
	struct flow *flow;
	const struct session_request *q;
	const char *agent_key, *address;
	int64_t now_us;
	struct identity identity;
	struct host host;
	struct flow_session session;
	char macs[1024];
	bool born, refused;
};

/* ---- evidence -------------------------------------------------------------------------------- */

static void join_macs(const struct evidence *e, char *ret, size_t ret_bytes)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < e->macs.n; i++) {
		int n = snprintf(ret + used, ret_bytes - used, "%s%s", i ? " " : "",
				 e->macs.items[i].s);
		if (n < 0 || (size_t)n >= ret_bytes - used) {
			ret[used] = '\0';
			return;
		}
		used += (size_t)n;
	}
}

static int check_protected(const struct opening *o, struct err *err)
{
	const struct evidence *e = &o->q->evidence;
	const struct protected_subject s = {
		.uuid = e->smbios_uuid,
		.macs = o->macs,
		.serials = {e->system_serial, e->board_serial},
		.address = o->address,
	};

	return protected_check(&o->flow->protected, &s, err);
}

/* ---- admission ------------------------------------------------------------------------------- */

/* New hosts cost the store and a person's attention: so many in a time, and so many that wait. */
static int check_births(struct opening *o, struct err *err)
{
	struct quota *q = o->flow->quota;
	int64_t waiting = 0;

	if (!quota_take_address(q, QUOTA_ADDRESS_BIRTHS, o->address, 1, o->now_us) ||
	    !quota_take(q, QUOTA_ALL_BIRTHS, "", 1, o->now_us))
		return err_set(err, ERR_RATE, "too many new hosts at once, last from %s",
			       o->address);
	TRY(flow_hosts_unapproved(o->flow->db, &waiting, err));
	return waiting < QUOTA_UNAPPROVED_HOSTS
		       ? 0
		       : err_set(err, ERR_ENROL_REFUSED,
				 "%lld hosts wait for approval already: approve or retire some",
				 (long long)waiting);
}

static int may_enrol(struct opening *o, struct err *err)
{
	const struct evidence *e = &o->q->evidence;
	autojson json_t *list = NULL;
	struct profile p = {0};

	TRY(flow_profile_list(o->flow->db, &list, err));
	struct profile_subject s = {e->system_serial, e->manufacturer, e->product, o->q->agent.arch,
				    o->macs};
	bool enrol = profile_choose(list, &s, &p) > 0 && p.enrol;
	profile_done(&p);
	return enrol ? check_births(o, err)
		     : err_set(err, ERR_ENROL_REFUSED, "no profile lets host '%s' (%s %s) in",
			       e->system_serial, e->manufacturer, e->product);
}

static int refuse_at_rest(const struct opening *o, struct err *err)
{
	enum lifecycle_state state;

	if (!lifecycle_state_parse(o->host.state, &state))
		return err_set(err, ERR_INVALID, "unknown state '%s'", o->host.state);
	if (state == STATE_QUARANTINED)
		return err_set(err, ERR_HOST_QUARANTINED, "%s",
			       o->host.review[0] ? o->host.review : o->host.state_detail);
	/* verifying: its agent may be asked once more to reboot */
	if (lifecycle_possible(state, HOST_EVENT_CONTACT))
		return 0;
	return err_set(err, ERR_HOST_LOCAL, "host %s is %s: it must boot its own disk",
		       o->host.short_code, o->host.state);
}

/* An answer for identity_resolve(). */
static int is_held(void *arg, int64_t host_num, bool *ret, struct err *err)
{
	const struct opening *o = arg;

	return binding_is_held(o->flow, host_num, o->agent_key, ret, err);
}

/* The host that the evidence names is not for strangers to add to, nor to put in question: not its
 * record at rest, and not its work while another machine holds it. o->refused: err says why. */
static int admit_to_known(struct opening *o, struct err *err)
{
	TRY(host_get(o->flow->db, o->identity.host_num, &o->host, err));
	bool rests = refuse_at_rest(o, err) < 0;
	o->refused = rests && o->identity.verdict == IDENTITY_SAME;
	if (o->refused)
		return 0;
	if (rests) { /* a doubt about it is for a person to read */
		err_clear(err);
		return 0;
	}
	int rc = binding_admit(o->flow, o->host.num, o->agent_key, o->address, err);
	o->refused = rc == -ERR_SESSION_OTHER;
	return o->refused ? 0 : rc;
}

static int check_budget(const struct opening *o, struct err *err)
{
	bool known = o->identity.verdict == IDENTITY_SAME || o->identity.verdict == IDENTITY_REVIEW;
	const struct open_ask ask = {known ? o->identity.host_num : 0, o->agent_key, o->address};

	return agent_open_budget(o->flow, &ask, err);
}

static int resolve_host(struct opening *o, struct err *err)
{
	struct evidence_view view;
	struct host_birth birth = {
		.state = lifecycle_state_str(STATE_DISCOVERED),
		.detail = "first contact",
		.turn = "server",
		.actor = "agent",
		.arch = o->q->agent.arch,
		.firmware = o->q->agent.firmware,
		.at_rest = lifecycle_states_at_rest,
		.held = is_held,
		.arg = o,
	};

	evidence_view_of(&o->q->evidence, &view);
	TRY(identity_find(o->flow->db, &view.host, &o->identity, err));
	TRY(check_budget(o, err));
	if (o->identity.verdict == IDENTITY_NEW || o->identity.verdict == IDENTITY_CLONE)
		TRY(may_enrol(o, err));
	if (o->identity.verdict == IDENTITY_SAME || o->identity.verdict == IDENTITY_REVIEW) {
		TRY(admit_to_known(o, err));
		if (o->refused)
			return 0;
	}
	TRY(identity_resolve(o->flow->db, &view.host, &birth, o->now_us, &o->identity, err));
	o->born = o->identity.verdict == IDENTITY_NEW;
	return host_get(o->flow->db, o->identity.host_num, &o->host, err);
}

/* Clones and doubtful hosts, and the ones they resemble, wait for a person. Hosts in service, and those
 * that another machine holds, are not touched. */
static int quarantine(struct opening *o, struct err *err)
{
	struct engine_event e = {
		.event = HOST_EVENT_CONFLICT, .actor = "agent", .detail = o->identity.why};

	if (o->identity.verdict != IDENTITY_CLONE && o->identity.verdict != IDENTITY_REVIEW)
		return 0;
	if (str_eq(o->host.state, lifecycle_state_str(STATE_QUARANTINED)))
		return 0; /* the same machine asks again */
	if (!quota_take_address(o->flow->quota, QUOTA_ADDRESS_CONFLICTS, o->address, 1,
				o->now_us) ||
	    !quota_take(o->flow->quota, QUOTA_KEY_CONFLICTS, o->agent_key, 1, o->now_us))
		return err_set(err, ERR_RATE, "%s puts too many hosts in question: %s", o->address,
			       o->identity.why);
	TRY(engine_apply(o->flow, o->host.num, &e, err));
	for (unsigned i = 0; i < o->identity.n_others; i++) {
		bool held = false;

		TRY(is_held(o, o->identity.others[i], &held, err));
		if (!held)
			TRY(engine_apply(o->flow, o->identity.others[i], &e, err));
	}
	return 0;
}

/* ---- the session ----------------------------------------------------------------------------- */

static int open_row(struct opening *o, struct err *err)
{
	struct flow_host f;
	struct flow_session *s = &o->session;

	TRY(flow_host_get(o->flow->db, o->host.num, &f, err));
	TRY(flow_sessions_close(o->flow->db, o->host.num, o->now_us, err));
	f.epoch++;
	(void)str_copy(f.macs, sizeof(f.macs), o->macs);
	TRY(flow_host_put(o->flow->db, &f, err));
	memset(s, 0, sizeof(*s));
	uuid_v4(s->id);
	s->host_num = o->host.num;
	(void)str_copy(s->agent_key, sizeof(s->agent_key), o->agent_key);
	(void)str_copy(s->nonce, sizeof(s->nonce), o->q->nonce);
	(void)str_copy(s->boot_id, sizeof(s->boot_id), o->q->boot_id);
	s->epoch = f.epoch;
	(void)str_copy(s->arch, sizeof(s->arch), o->q->agent.arch);
	(void)str_copy(s->firmware, sizeof(s->firmware), o->q->agent.firmware);
	s->opened_us = o->now_us;
	return flow_session_add(o->flow->db, s, err);
}

static int append_contact(struct opening *o, struct err *err)
{
	autojson json_t *detail = json_pack(
		"{s:s, s:s, s:s, s:I, s:s}", "agent", o->q->agent.version, "kernel",
		o->q->agent.kernel, "boot_id", o->q->boot_id, "epoch", (json_int_t)o->session.epoch,
		"identity", identity_verdict_str(o->identity.verdict));
	struct event_draft e = {.host_num = o->host.num,
				.kind = "session.opened",
				.actor = "agent",
				.summary = "an agent opened a session",
				.detail = detail};

	TRY(event_append(o->flow->db, &e, o->now_us, NULL, err));
	return host_touch(o->flow->db, o->host.num, o->now_us, err);
}

/* An agent that was restarted, or cut off for a while, is not a reboot. */
static bool is_same_boot(const struct opening *o)
{
	struct flow_session before;
	struct err none = ERR_INIT;

	return o->q->boot_id[0] &&
	       flow_session_of_host(o->flow->db, o->host.num, &before, &none) >= 0 &&
	       str_eq(before.boot_id, o->q->boot_id);
}

static int open_in_transaction(struct opening *o, struct err *err)
{
	int rc = flow_session_find(o->flow->db, o->agent_key, o->q->nonce, &o->session, err);

	if (rc >= 0) /* a repeated request: the same answer */
		return host_get(o->flow->db, o->session.host_num, &o->host, err);
	if (rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	TRY(resolve_host(o, err));
	if (o->refused)
		return 0;
	TRY(quarantine(o, err));
	TRY(host_get(o->flow->db, o->host.num, &o->host, err));
	o->refused = refuse_at_rest(o, err) < 0;
	if (o->refused)
		return 0; /* what was learned of its identity is kept; err says why */
	struct engine_event e = {.event = HOST_EVENT_CONTACT, .actor = "agent"};
	if (is_same_boot(o))
		e.extra_guards = GUARD_SAME_BOOT;
	TRY(open_row(o, err));
	TRY(append_contact(o, err));
	TRY(engine_apply(o->flow, o->host.num, &e, err));
	return host_get(o->flow->db, o->host.num, &o->host, err);
}

static int answer(struct http_request *r, const struct opening *o, struct err *err)
{
	struct session_reply reply = {.epoch = o->session.epoch,
				      .heartbeat_s = AGENT_HEARTBEAT_S,
				      .lease_s = AGENT_LEASE_S};

	(void)str_copy(reply.session_id, sizeof(reply.session_id), o->session.id);
	(void)str_copy(reply.host_id, sizeof(reply.host_id), o->host.id);
	(void)str_copy(reply.short_code, sizeof(reply.short_code), o->host.short_code);
	(void)str_copy(reply.state, sizeof(reply.state), o->host.state);
	time_rfc3339(flow_now_us(o->flow), reply.server_time);
	TRY(host_place(o->flow->db, o->host.num, reply.place, sizeof(reply.place), err));
	return http_reply_json(r, 201, record_encode(session_reply_fields, &reply));
}

static void note_refusal(const struct opening *o, const struct err *e)
{
	log_err(LOG_NOTICE, "session.refused", e, KV("host", (const char *)o->host.id),
		KV("serial", (const char *)o->q->evidence.system_serial));
}

static int open_session(struct http_request *r, struct opening *o, struct err *err)
{
	join_macs(&o->q->evidence, o->macs, sizeof(o->macs));
	TRY(check_protected(o, err));
	TRY(db_begin(o->flow->db, err));
	int rc = db_end(o->flow->db, open_in_transaction(o, err), err);
	if (rc == -ERR_BUSY)
		return rc; /* too many to write each of them down */
	if (rc < 0 || o->refused) {
		note_refusal(o, err);
		if (o->q->evidence.macs.n > 0 && o->host.id[0])
			(void)sightings_note(o->flow, o->q->evidence.macs.items[0].s,
					     "boot.refused", err->msg);
		return rc < 0 ? rc : -err->code;
	}
	struct live_host *h = live_at(o->flow->live, o->host.num);
	h->seen_us = h->heard_us = flow_now_us(o->flow);
	h->quiet = h->writing = h->stopping = false;
	h->logged = 0;
	sightings_adopt(o->flow, o->macs);
	log_ev(LOG_INFO, "session.opened", KV("host", (const char *)o->host.id),
	       KV("session", (const char *)o->session.id), KV("epoch", o->session.epoch),
	       KV("new", o->born));
	return answer(r, o, err);
}

static int begin_session(struct http_request *r, const void *message, struct err *err)
{
	const struct session_request *q = message;
	struct opening o = {.flow = http_context(r),
			    .q = q,
			    .agent_key = http_client_key(r),
			    .address = http_peer(r)};

	if (q->protocol != PROTO_VERSION)
		return err_set(err, ERR_PROTOCOL_VERSION, "protocol %lld, this server speaks %d",
			       (long long)q->protocol, PROTO_VERSION);
	o.now_us = flow_now_us(o.flow);
	return open_session(r, &o, err);
}

int agent_post_session(struct http_request *r, struct err *err)
{
	struct session_request q = {0};

	return agent_take_message(r, session_request_fields, &q, begin_session, err);
}
