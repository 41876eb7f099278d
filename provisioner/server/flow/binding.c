/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of binding.h over rows of flow_key. Input: keys of agents, as nginx hands them on; codes
 * that people typed.
 */
#include "binding.h"

#include <string.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <proto/session.h>
#include "fleet.h"
#include "live.h"
#include "quota.h"

#define SESSION_LIVES_US (30 * 1000000LL) /* the lease: after it an agent stops by itself */

/* ---- keys that ask --------------------------------------------------------------------------- */

static bool asks_already(const struct flow_key *k, const char *agent_key)
{
	return strstr(k->asking, agent_key) != NULL;
}

/* Newest first; the last one gives way. */
static void put_first(struct flow_key *k, const char *agent_key)
{
	autofree char *old = xstrdup(k->asking);

	if (strlen(old) + FLOW_HEX_BYTES >= sizeof(k->asking))
		*strrchr(old, ' ') = '\0';
	text_print(k->asking, sizeof(k->asking), "%s%s%s", agent_key, old[0] ? " " : "", old);
}

static void drop(struct flow_key *k, const char *agent_key)
{
	struct flow_key now = {.host_num = 0};
	struct sv rest = sv_of(k->asking);

	while (rest.n) {
		struct sv one = sv_split(&rest, ' ');
		if (sv_eq_str(one, agent_key))
			continue;
		size_t n = strlen(now.asking);
		text_print(now.asking + n, sizeof(now.asking) - n, "%s%.*s", n ? " " : "",
			   (int)one.n, one.p);
	}
	memcpy(k->asking, now.asking, sizeof(k->asking));
}

static int write_down(struct flow *flow, struct flow_key *k, const char *agent_key,
		      const char *address, struct err *err)
{
	char code[SESSION_CODE_BYTES], num[24];

	text_print(num, sizeof(num), "%lld", (long long)k->host_num);
	if (asks_already(k, agent_key) ||
	    !quota_take(flow->quota, QUOTA_HOST_ASKS, num, 1, flow_now_us(flow)))
		return 0;
	session_code(agent_key, flow->pin, code);
	put_first(k, agent_key);
	TRY(flow_key_put(flow->db, k, err));
	autojson json_t *detail = json_pack("{s:s, s:s, s:s}", "code", code, "address", address,
					    "key", agent_key);
	autofree char *summary = xasprintf("another machine at %s claims to be this host; the "
					   "code on its screen is %s",
					   address, code);
	struct event_draft e = {.host_num = k->host_num,
				.kind = "session.waits",
				.actor = "agent",
				.summary = summary,
				.detail = detail};
	TRY(event_append(flow->db, &e, flow_now_us(flow), NULL, err));
	notices_events(flow);
	return 0;
}

/* ---- admission ------------------------------------------------------------------------------- */

/* Did the session's agent make contact within its lease? After a restart of the daemon its last
 * contact counts as made at the start. */
static int session_lives(struct flow *flow, const struct flow_session *s, bool *ret,
			 struct err *err)
{
	struct live_host *h = live_at(flow->live, s->host_num);
	int64_t seen_us = h->seen_us ? h->seen_us : flow->wall_anchor_us;

	TRY(fleet_ask_heard(flow, h, err));
	if (h->seen_us > seen_us)
		seen_us = h->seen_us;
	*ret = flow_now_us(flow) - seen_us < SESSION_LIVES_US;
	return 0;
}

/* Does somebody else hold the host? */
static int is_held(struct flow *flow, const struct flow_key *k, const char *agent_key, bool *ret,
		   struct err *err)
{
	struct flow_session s;

	*ret = false;
	if (str_eq(k->bound, agent_key))
		return 0;
	if (k->bound[0] && k->by_person) {
		*ret = true;
		return 0;
	}
	int rc = flow_session_of_host(flow->db, k->host_num, &s, err);
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	if (rc < 0 || str_eq(s.agent_key, agent_key))
		return rc;
	return session_lives(flow, &s, ret, err);
}

int binding_is_held(struct flow *flow, int64_t host_num, const char *agent_key, bool *ret,
		    struct err *err)
{
	struct flow_key k;

	TRY(flow_key_get(flow->db, host_num, &k, err));
	return is_held(flow, &k, agent_key, ret, err);
}

int binding_admit(struct flow *flow, int64_t host_num, const char *agent_key, const char *address,
		  struct err *err)
{
	struct flow_key k;
	bool held = false;
	char code[SESSION_CODE_BYTES];

	TRY(flow_key_get(flow->db, host_num, &k, err));
	TRY(is_held(flow, &k, agent_key, &held, err));
	if (!held) {
		if (!k.bound[0] || str_eq(k.bound, agent_key))
			return 0;
		k.bound[0] = '\0'; /* a profile bound it, and its agent is gone */
		return flow_key_put(flow->db, &k, err);
	}
	TRY(write_down(flow, &k, agent_key, address, err));
	session_code(agent_key, flow->pin, code);
	return err_set(err, ERR_SESSION_OTHER,
		       "another machine's key is bound to this host; this one waits until a person "
		       "compares its code %s",
		       code);
}

/* ---- people ---------------------------------------------------------------------------------- */

static bool has_code(struct flow *flow, const char *agent_key, const char *typed)
{
	char code[SESSION_CODE_BYTES];

	session_code(agent_key, flow->pin, code);
	return session_code_is(typed, code);
}

/* The first key that asks, is not `present` and fits; typed "" fits each. */
static bool asking_key(struct flow *flow, const struct flow_key *k, const char *present,
		       const char *typed, char ret[static FLOW_HEX_BYTES])
{
	struct sv rest = sv_of(k->asking);

	while (rest.n) {
		struct sv one = sv_split(&rest, ' ');
		text_print(ret, FLOW_HEX_BYTES, "%.*s", (int)one.n, one.p);
		if (!str_eq(ret, present) && (!typed[0] || has_code(flow, ret, typed)))
			return true;
	}
	ret[0] = '\0';
	return false;
}

static int choose_by_code(struct flow *flow, const struct flow_key *k, const char *present,
			  const char *typed, char ret[static FLOW_HEX_BYTES], struct err *err)
{
	const char *const known[] = {present, k->bound};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i][0] && has_code(flow, known[i], typed)) {
			(void)str_copy(ret, FLOW_HEX_BYTES, known[i]);
			return 0;
		}
	if (asking_key(flow, k, present, typed, ret))
		return 0;
	return err_set(err, ERR_GUARD_CODE,
		       "the code '%.20s' is not on the screen of a machine that asks for this host",
		       typed);
}

/* Without a code only a machine that nobody contests is meant. One that merely asks never is: any
 * machine on the network can ask. "" when there is none. */
static int choose_alone(struct flow *flow, const struct flow_key *k, const char *present,
			char ret[static FLOW_HEX_BYTES], struct err *err)
{
	bool contested = asking_key(flow, k, present, "", ret);

	(void)str_copy(ret, FLOW_HEX_BYTES, present[0] || !k->by_person ? present : k->bound);
	if (!contested)
		return 0;
	return err_set(
		err, ERR_GUARD_CODE, "%s: give the code on the screen of that machine",
		ret[0] ? "two machines say that they are this host"
		       : "a machine asks for this host, and none is let in without its code");
}

/* A session of a key that is not meant any more ends: its plans would go to the wrong machine. */
static int end_other_session(struct flow *flow, const struct flow_session *s, const char *key,
			     struct err *err)
{
	if (!s->id[0] || !key[0] || str_eq(s->agent_key, key))
		return 0;
	TRY(flow_sessions_close(flow->db, s->host_num, flow_now_us(flow), err));
	return flow_plan_end(flow->db, s->host_num, "another machine", flow_now_us(flow), err);
}

static int session_or_none(struct flow *flow, int64_t host_num, struct flow_session *ret,
			   struct err *err)
{
	int rc = flow_session_of_host(flow->db, host_num, ret, err);

	if (rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	*ret = (struct flow_session){.host_num = host_num};
	return 0;
}

static int bind(struct flow *flow, struct flow_key *k, const struct flow_session *s,
		const char *key, struct err *err)
{
	TRY(end_other_session(flow, s, key, err));
	drop(k, key);
	(void)str_copy(k->bound, sizeof(k->bound), key);
	k->by_person = true;
	return flow_key_put(flow->db, k, err);
}

int binding_by_person(struct flow *flow, int64_t host_num, const char *code,
		      enum binding_need needed, struct err *err)
{
	struct flow_key k;
	struct flow_session s = {.host_num = 0};
	char key[FLOW_HEX_BYTES];

	TRY(flow_key_get(flow->db, host_num, &k, err));
	TRY(session_or_none(flow, host_num, &s, err));
	if (code[0])
		TRY(choose_by_code(flow, &k, s.agent_key, code, key, err));
	else
		TRY(choose_alone(flow, &k, s.agent_key, key, err));
	if (key[0])
		return bind(flow, &k, &s, key, err);
	if (needed == BINDING_LATER)
		return 0;
	return err_set(err, ERR_GUARD_CODE, "no machine asks for this host now");
}

/* ---- work ------------------------------------------------------------------------------------ */

int binding_holds(struct flow *flow, const struct flow_session *s, bool by_profile, bool *ret,
		  struct err *err)
{
	struct flow_key k;

	TRY(flow_key_get(flow->db, s->host_num, &k, err));
	*ret = str_eq(k.bound, s->agent_key);
	if (*ret || k.bound[0] || !by_profile)
		return 0;
	*ret = true;
	k.by_person = false;
	(void)str_copy(k.bound, sizeof(k.bound), s->agent_key);
	return flow_key_put(flow->db, &k, err);
}

int binding_forget(struct flow *flow, int64_t host_num, struct err *err)
{
	struct flow_key none = {.host_num = host_num};

	return flow_key_put(flow->db, &none, err);
}

static json_t *code_json(struct flow *flow, const char *agent_key)
{
	char code[SESSION_CODE_BYTES];

	session_code(agent_key, flow->pin, code);
	return json_string(code);
}

int binding_json(struct flow *flow, int64_t host_num, json_t **ret, struct err *err)
{
	struct flow_key k;
	struct flow_session s;

	TRY(flow_key_get(flow->db, host_num, &k, err));
	int rc = flow_session_of_host(flow->db, host_num, &s, err);
	if (rc < 0 && rc != -ERR_NOT_FOUND)
		return rc;
	json_t *asking = json_array();
	struct sv rest = sv_of(k.asking);
	while (rest.n) {
		autofree char *one = NULL;
		struct sv w = sv_split(&rest, ' ');
		one = xstrndup(w.p, w.n);
		json_array_append_new(asking, code_json(flow, one));
	}
	*ret = json_pack("{s:o, s:o}", "session",
			 rc < 0 ? json_null() : code_json(flow, s.agent_key), "asking", asking);
	if (rc < 0)
		err_clear(err);
	return 0;
}
