/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing profiles; see profile_change.h. A written profile takes effect at once: hosts that wait
 * for approval are looked at again. Input: documents of authenticated people, rows of our store.
 */
#include "profile_change.h"

#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include "engine.h"
#include "order.h"

#define RECONSIDER_MAX 256
#define FITS_MAX       ARM_ORDER_MAX /* hosts that are counted and named */

/* ---- what it reaches ------------------------------------------------------------------------- */

struct fits {
	const struct profile *profile;
	size_t n;
	int64_t nums[FITS_MAX];
	char codes[FITS_MAX][HOST_SHORT_CODE_BYTES];
};

static bool count_one(void *arg, const struct host_traits *h)
{
	const struct profile_subject s = {h->serial, h->manufacturer, h->model, h->arch, h->macs};
	struct fits *f = arg;

	if (!profile_matches(f->profile, &s))
		return true;
	(void)str_copy(f->codes[f->n], HOST_SHORT_CODE_BYTES, h->short_code);
	f->nums[f->n++] = h->num;
	return f->n < FITS_MAX;
}

/* The profile of that name as it is stored; empty when there is none. owns: profile_done(ret) */
static int load_old(struct flow *flow, const char *name, struct profile *ret, struct err *err)
{
	autojson json_t *doc = NULL;
	struct err damaged = ERR_INIT;

	memset(ret, 0, sizeof(*ret));
	int rc = flow_profile_get(flow->db, name, &doc, err);
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	if (rc >= 0 && profile_parse(doc, ret, &damaged) < 0)
		profile_done(ret); /* a document of an older version: it gives nothing */
	return rc;
}

/* Is one that arms outranked by this profile? */
static int outranks_one_that_arms(struct flow *flow, const struct profile *old, bool *ret,
				  struct err *err)
{
	autojson json_t *list = NULL;
	size_t i;
	json_t *doc;

	*ret = false;
	TRY(flow_profile_list(flow->db, &list, err));
	json_array_foreach (list, i, doc) {
		struct profile p;
		struct err damaged = ERR_INIT;
		if (profile_parse(doc, &p, &damaged) >= 0 && !str_eq(p.name, old->name) &&
		    p.priority <= old->priority && profile_arms(&p))
			*ret = true;
		profile_done(&p);
	}
	return 0;
}

static bool same_reach(const struct profile *a, const struct profile *b)
{
	return a->priority == b->priority && str_eq(a->serial, b->serial) &&
	       str_eq(a->manufacturer, b->manufacturer) && str_eq(a->product, b->product) &&
	       str_eq(a->arch, b->arch) && str_eq(a->mac, b->mac);
}

/* ---- who may --------------------------------------------------------------------------------- */

/* Does more than before get armed by profiles? now: NULL when it is removed. */
static int arms_more(struct flow *flow, const struct profile *old, const struct profile *now,
		     bool *ret, struct err *err)
{
	*ret = profile_arms(old) || (now && profile_arms(now));
	if (*ret || !old->doc || (now && same_reach(old, now)))
		return 0;
	return outranks_one_that_arms(flow, old, ret, err);
}

static int check_right(struct flow *flow, const struct profile *old, const struct profile *now,
		       const struct profile_caller *caller, struct err *err)
{
	bool more = false;

	TRY(arms_more(flow, old, now, &more, err));
	if (!more || caller->may_arm)
		return 0;
	return err_set(err, ERR_AUTH_SCOPE,
		       "'%s' lacks the scope 'arm', which changing a profile with auto_approve or "
		       "wipe consent needs, and changing what outranks one",
		       caller->who);
}

static void ask_rules(struct flow *flow, const struct profile *p,
		      const struct profile_caller *caller, struct profile_change *c)
{
	const struct order_reach reach = {.n_hosts = c->n_hosts,
					  .n_within_hour = c->n_hosts,
					  .alone_max = flow->orders.alone_max};

	if (!flow->orders.second_person || !profile_arms(p))
		return;
	order_second_person(&reach, c->why);
	if (!c->why[0] && caller->two)
		(void)str_copy(c->why, sizeof(c->why), "asked-for");
}

/* ---- writing --------------------------------------------------------------------------------- */

struct waiting {
	int64_t nums[RECONSIDER_MAX];
	size_t n;
};

static int collect(void *arg, const struct host *h, struct err *err)
{
	struct waiting *w = arg;

	(void)err;
	if (w->n < RECONSIDER_MAX)
		w->nums[w->n++] = h->num;
	return 0;
}

static int reconsider_one(struct flow *flow, int64_t num, struct err *err)
{
	struct host h;
	struct flow_host f;
	struct profile p = {0};

	TRY(host_get(flow->db, num, &h, err));
	TRY(flow_host_get(flow->db, num, &f, err));
	int rc = engine_profile(flow, &h, &f, &p, err);
	if (rc > 0 && p.auto_approve && f.inspected) {
		autofree char *who = xasprintf("profile:%s", p.name);
		struct engine_event e = {.event = HOST_EVENT_APPROVE, .actor = who};
		rc = engine_apply(flow, num, &e, err);
	}
	profile_done(&p);
	return rc < 0 ? rc : 0;
}

/* Hosts that wait for a person may have just got a profile that approves them. */
static int reconsider(struct flow *flow, struct err *err)
{
	struct waiting w = {.n = 0};

	TRY(host_each_in_state(flow->db, lifecycle_state_str(STATE_DISCOVERED), collect, &w, err));
	for (size_t i = 0; i < w.n; i++)
		TRY(reconsider_one(flow, w.nums[i], err));
	return 0;
}

/* What a second person agreed to holds while the document is the same, and nothing that outranks it
 * changes. */
static int keep_agreement(struct flow *flow, const struct profile *p, const struct profile *old,
			  const char *agreed, struct err *err)
{
	char before[65] = "";

	if (old->doc && json_equal(old->doc, p->doc))
		TRY(flow_profile_agreed(flow->db, p->name, before, sizeof(before), err));
	TRY(flow_profile_put(flow->db, p->name, p->priority, p->doc, flow_now_us(flow), err));
	TRY(flow_profile_set_secret(flow->db, p->name, p->sealed ? p->sealed : "", err));
	if (old->doc && !same_reach(old, p))
		TRY(flow_profiles_disagree(flow->db, old->priority, err));
	return flow_profile_agree(flow->db, p->name, agreed[0] ? agreed : before, err);
}

static int write_profile(struct flow *flow, const struct profile *p, const struct profile *old,
			 const char *who, const char *agreed, struct err *err)
{
	autofree char *summary = xasprintf("profile '%s' was written", p->name);
	struct event_draft e = {
		.kind = "profile.written", .actor = who, .summary = summary, .detail = p->doc};

	TRY(keep_agreement(flow, p, old, agreed, err));
	TRY(event_append(flow->db, &e, flow_now_us(flow), NULL, err));
	return reconsider(flow, err);
}

/* ---- waiting for a second person ------------------------------------------------------------- */

static void hash_change(const struct profile *p, const struct profile *old, char *ret)
{
	autofree char *now = json_text(p->doc);
	autofree char *before = json_text(old->doc);
	autofree char *both = xasprintf("%s\n%s", before, now);

	sha256_hex_of(both, strlen(both), ret);
}

static int keep(struct flow *flow, const struct profile *p, const struct fits *f,
		const struct profile_caller *caller, struct profile_change *c, struct err *err)
{
	struct flow_order *row = &c->kept;
	autofree struct flow_order_host *hosts = xcalloc(f->n + 1, sizeof(*hosts));
	autofree char *body = json_text(p->doc);

	TRY(order_needs_name(caller->owner, err));
	for (size_t i = 0; i < f->n; i++)
		hosts[i] = (struct flow_order_host){f->nums[i], f->codes[i]};
	uuid_v4(row->id);
	row->token_num = caller->token_num;
	row->expires_us = flow_now_us(flow) + ORDER_TTL_S * 1000000;
	(void)str_copy(row->work, sizeof(row->work), PROFILE_ORDER_WORK);
	(void)str_copy(row->plan_hash, sizeof(row->plan_hash), c->hash);
	(void)str_copy(row->why, sizeof(row->why), c->why);
	(void)str_copy(row->who, sizeof(row->who), caller->who);
	(void)str_copy(row->owner, sizeof(row->owner), caller->owner);
	text_print(row->reason, sizeof(row->reason), "profile '%s'", p->name);
	row->body = body;
	row->secret = p->sealed;
	int rc = flow_order_add(flow->db, row, hosts, f->n, flow_now_us(flow), err);
	row->body = row->secret = NULL;
	if (rc >= 0)
		rc = order_settle(flow, row->id, err);
	c->waits = rc >= 0;
	return rc;
}

static int place(struct flow *flow, const struct profile *p, const struct profile *old,
		 const struct profile_caller *caller, struct profile_change *c, struct err *err)
{
	autofree struct fits *f = xcalloc(1, sizeof(*f));

	f->profile = p;
	TRY(check_right(flow, old, p, caller, err));
	TRY(host_each_living(flow->db, count_one, f, err));
	c->n_hosts = f->n;
	hash_change(p, old, c->hash);
	ask_rules(flow, p, caller, c);
	if (caller->rehearse)
		return 0;
	return c->why[0] ? keep(flow, p, f, caller, c, err)
			 : write_profile(flow, p, old, caller->who, "", err);
}

int profile_change_place(struct flow *flow, const struct profile *p,
			 const struct profile_caller *caller, struct profile_change *ret,
			 struct err *err)
{
	struct profile old;

	memset(ret, 0, sizeof(*ret));
	TRY(load_old(flow, p->name, &old, err));
	int rc = place(flow, p, &old, caller, ret, err);
	profile_done(&old);
	return rc;
}

static int remove_profile(struct flow *flow, const char *name, const struct profile *old,
			  const struct profile_caller *caller, struct err *err)
{
	autofree char *summary = xasprintf("profile '%s' was removed", name);
	struct event_draft e = {
		.kind = "profile.removed", .actor = caller->who, .summary = summary};

	TRY(check_right(flow, old, NULL, caller, err));
	TRY(flow_profile_remove(flow->db, name, err));
	TRY(flow_profiles_disagree(flow->db, old->priority, err));
	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

int profile_change_remove(struct flow *flow, const char *name, const struct profile_caller *caller,
			  struct err *err)
{
	struct profile old;

	TRY(load_old(flow, name, &old, err));
	int rc = remove_profile(flow, name, &old, caller, err);
	profile_done(&old);
	return rc;
}

static int carry_out(struct flow *flow, const struct flow_order *row, const struct profile *p,
		     const char *agreed, bool rehearse, struct err *err)
{
	struct profile old;
	char hash[SHA256_HEX_BYTES];

	TRY(load_old(flow, p->name, &old, err));
	hash_change(p, &old, hash);
	int rc = str_eq(hash, row->plan_hash)
			 ? 0
			 : err_set(err, ERR_GUARD_PLAN,
				   "the profile '%s' was changed since this was ordered", p->name);
	if (rc >= 0 && !rehearse)
		rc = write_profile(flow, p, &old, row->who, agreed, err);
	profile_done(&old);
	return rc;
}

int profile_change_carry_out(struct flow *flow, const struct flow_order *row, const char *agreed,
			     bool rehearse, struct err *err)
{
	autojson json_t *doc = json_loads(row->body, 0, NULL);
	struct profile p = {0};

	if (!doc)
		return err_set(err, ERR_JSON, "the stored order '%s' is damaged", row->id);
	int rc = profile_parse(doc, &p, err);
	p.sealed = xstrdup(row->secret);
	if (rc >= 0)
		rc = carry_out(flow, row, &p, agreed, rehearse, err);
	profile_done(&p);
	return rc;
}
