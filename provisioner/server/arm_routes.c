/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arming by request: one host, or several in one order (all or none). An order names each host and
 * each disk; how many it may touch is capped (G10). Everything is rehearsed and undone before
 * anything is done; a rehearsal answers a hash of all that would be, and who brings that hash along
 * is refused when it is no longer so (G11). Input: bodies from authenticated people and programs.
 */
#include "host_verbs.h"

#include <base/digest.h>
#include <base/log.h>
#include <base/str.h>
#include "arm.h"
#include "arm_ask.h"
#include "engine.h"

#define UNCONFIRMED_MAX    5  /* hosts of an order without confirm_count */
#define IN_SERVICE_PERCENT 10 /* of the hosts in service that one order may image again */

struct arm_item {
	struct host host;
	struct arm_request q;
	unsigned guards;
	struct flow_arm arm;
};

struct order {
	struct write *w;
	const struct arm_common_ask *common;
	const char *plan_hash; /* that must fit, or "" */
	size_t n;
	struct arm_item list[];
};

/* ---- reading ----------------------------------------------------------------------------------
 */

static struct order *order_new(struct write *w, const struct arm_common_ask *common, size_t n)
{
	struct order *o = xcalloc(1, sizeof(*o) + n * sizeof(o->list[0]));
	o->w = w;
	o->common = common;
	o->n = n;
	w->dry_run = w->dry_run || common->dry_run;
	return o;
}

static int fill_item(struct order *o, size_t i, const char *id, const struct arm_host_ask *h,
		     struct err *err)
{
	struct arm_item *b = &o->list[i];
	TRY(host_find_any(o->w->app->db, id, &b->host, err));
	b->q = (struct arm_request){.image = o->common->image,
				    .reason = o->common->reason,
				    .ttl_s = o->common->ttl_s,
				    .who = o->w->who,
				    .wipe_consent = h->wipe_consent,
				    .new_disk = h->new_disk};
	TRY(host_override_of(h->reimage_in_service, "reimage_in_service", &b->host, &b->guards,
			     err));
	return arm_disk_name(&h->disk, &b->q.disk, err);
}

/* ---- doing -------------------------------------------------------------------------------------
 */

static json_t *arm_json(const struct flow_arm *a, bool rehearsal)
{
	json_t *doc = json_pack("{s:{s:s, s:s, s:s}, s:{s:s, s:s, s:I}, s:s, s:s, s:I}", "image",
				"digest", a->image_digest, "line", a->line, "version", a->version,
				"disk", "wwn", a->disk_wwn, "serial", a->disk_serial, "size_bytes",
				(json_int_t)a->disk_bytes, "wipe_consent", a->wipe_consent, "who",
				a->who, "expires", (json_int_t)(a->expires_us / 1000000));
	if (rehearsal)
		(void)json_object_set_new(doc, "dry_run", json_true());
	else
		(void)json_object_set_new(doc, "arm_id", json_string(a->id));
	return doc;
}

/* The engine first, so that an impossible state is refused before an arm exists. */
static int arm_one(struct app *a, struct arm_item *b, bool rehearsal, struct err *err)
{
	struct engine_event e = {.event = HOST_EVENT_ARM,
				 .actor = b->q.who,
				 .detail = b->q.reason && b->q.reason[0] ? b->q.reason : NULL,
				 .extra_guards = b->guards,
				 .rehearsal = rehearsal};
	TRY(host_get(a->db, b->host.num, &b->host, err));
	TRY(host_in_service_refusal(&b->host, b->guards, err));
	TRY(engine_command(a, b->host.num, &e, err));
	return arm_make(a, &b->host, &b->q, &b->arm, err);
}

static int arm_each(struct order *o, bool rehearsal, struct err *err)
{
	for (size_t i = 0; i < o->n; i++)
		if (arm_one(o->w->app, &o->list[i], rehearsal, err) < 0)
			return o->n == 1 ? -err->code
					 : err_wrap(err, "host %s", o->list[i].host.short_code);
	return 0;
}

/* Everything that an arm goes through, and then undone: what it would be, or why it is refused. */
static int rehearse(struct order *o, struct err *err)
{
	TRY(db_begin(o->w->app->db, err));
	int rc = arm_each(o, true, err);
	db_rollback(o->w->app->db);
	return rc;
}

/* All that an arm binds but its id and its time, and the state that the host is in before. */
static void plan_hash(const struct order *o, char ret[static SHA256_HEX_BYTES])
{
	autostr struct str s;
	str_init(&s, 1024 * (o->n + 1));
	for (size_t i = 0; i < o->n; i++) {
		const struct flow_arm *a = &o->list[i].arm;
		str_addf(&s, "%s\n%s\n%s\n%s\n%s\n%lld\n%s\n\n", o->list[i].host.id,
			 o->list[i].host.state, a->image_digest, a->disk_wwn, a->disk_serial,
			 (long long)a->disk_bytes, a->wipe_consent);
	}
	sha256_hex_of(s.p, s.n_bytes, ret);
}

static int check_plan(const struct order *o, struct err *err)
{
	char now[SHA256_HEX_BYTES];
	if (!o->plan_hash[0])
		return 0;
	plan_hash(o, now);
	if (str_eq(now, o->plan_hash))
		return 0;
	(void)err_set(err, ERR_GUARD_PLAN, "what would be done now is not what was rehearsed");
	return err_at(err, "/plan_hash");
}

static void announce(struct write *w, const struct arm_item *b)
{
	app_host_changed(w->app, b->host.num);
	log_ev(LOG_NOTICE, "host.armed", KV("host", (const char *)b->host.id), KV("who", b->q.who),
	       KV("image", (const char *)b->arm.image_digest),
	       KV("disk", (const char *)b->arm.disk_serial));
}

static void add_plan_hash(const struct order *o, json_t *doc)
{
	char hash[SHA256_HEX_BYTES];
	plan_hash(o, hash);
	if (o->w->dry_run)
		(void)json_object_set_new(doc, "plan_hash", json_string(hash));
}

/* All of it is tried and undone first: nobody is told of a host's new state that a later host of
 * the order then takes back. */
static int run(struct order *o, int (*cap)(const struct order *o, struct err *err), struct err *err)
{
	o->plan_hash = o->common->plan_hash;
	TRY(rehearse(o, err));
	TRY(cap(o, err));
	TRY(check_plan(o, err));
	o->w->status = o->w->dry_run ? 200 : 201;
	if (o->w->dry_run)
		return 0;
	TRY(arm_each(o, false, err));
	for (size_t i = 0; i < o->n; i++)
		announce(o->w, &o->list[i]);
	return 0;
}

/* ---- one host ----------------------------------------------------------------------------------
 */

static int no_cap(const struct order *o, struct err *err)
{
	(void)o;
	(void)err;
	return 0;
}

int arm_work(struct write *w, struct err *err)
{
	const struct arm_ask *ask = w->ask;
	autofree struct order *o = order_new(w, &ask->common, 1);
	TRY(fill_item(o, 0, http_param(w->request, "id"), &ask->host, err));
	w->host_num = o->list[0].host.num;
	TRY(run(o, no_cap, err));
	w->doc = arm_json(&o->list[0].arm, w->dry_run);
	add_plan_hash(o, w->doc);
	return 0;
}

/* ---- several hosts -----------------------------------------------------------------------------
 */

static int fill_order(struct order *o, const struct arm_order_ask *ask, struct err *err)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct arm_host_ask *h = &ask->hosts.items[i];
		if (fill_item(o, i, h->id, h, err) < 0) {
			autofree char *pointer = xasprintf("/hosts/%zu%s", i, err->pointer);
			return err_at(err, pointer);
		}
		for (size_t k = 0; k < i; k++)
			if (o->list[k].host.num == o->list[i].host.num)
				return err_set(err, ERR_GUARD_SELECTOR, "host %s is named twice",
					       o->list[i].host.short_code);
	}
	return 0;
}

static int check_count(const struct arm_order_ask *ask, struct err *err)
{
	size_t n = ask->hosts.n;
	if (n == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "an order without hosts is no order");
	if (ask->confirm_count ? ask->confirm_count != (int64_t)n : n > UNCONFIRMED_MAX)
		return err_set(err, ERR_GUARD_CAP,
			       "the order names %zu hosts, confirm_count is %lld", n,
			       (long long)ask->confirm_count);
	return 0;
}

/* After the rehearsal, which read the states inside this transaction. */
static int check_in_service(const struct order *o, struct err *err)
{
	int64_t touched = 0, serving = 0;
	for (size_t i = 0; i < o->n; i++)
		touched += str_eq(o->list[i].host.state, lifecycle_state_str(STATE_IN_SERVICE));
	if (touched == 0)
		return 0;
	TRY(db_query_int(o->w->app->db, err, &serving, 0,
			 "SELECT count(*) FROM host WHERE state = 'in-service'"));
	if (touched * 100 <= serving * IN_SERVICE_PERCENT)
		return 0;
	return err_set(err, ERR_GUARD_CAP, "%lld of %lld hosts in service, at most %d %% at once",
		       (long long)touched, (long long)serving, IN_SERVICE_PERCENT);
}

static json_t *order_json(const struct order *o)
{
	json_t *list = json_array();
	for (size_t i = 0; i < o->n; i++) {
		json_t *doc = arm_json(&o->list[i].arm, o->w->dry_run);
		(void)json_object_set_new(doc, "host_id", json_string(o->list[i].host.id));
		json_array_append_new(list, doc);
	}
	return json_pack("{s:o}", "arms", list);
}

int arm_order_work(struct write *w, struct err *err)
{
	const struct arm_order_ask *ask = w->ask;
	TRY(check_count(ask, err));
	autofree struct order *o = order_new(w, &ask->common, ask->hosts.n);
	TRY(fill_order(o, ask, err));
	TRY(run(o, check_in_service, err));
	w->doc = order_json(o);
	add_plan_hash(o, w->doc);
	return 0;
}
