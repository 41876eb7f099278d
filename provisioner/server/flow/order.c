/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placing and carrying out orders; see order.h. An order names each host and each disk; how many it
 * may touch is capped (G10). Input: orders of authenticated people and programs, rows of our own
 * store.
 */
#include "order.h"

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include "arm.h"
#include "disk_choice.h"
#include "engine.h"
#include <server/api/host_verbs.h>
#include "order_rules.h"

#define IN_SERVICE_PERCENT 10 /* of the hosts in service that one order may write to */

static const struct work {
	const char *name;
	enum lifecycle_event event;
	int (*arm)(struct app *a, const struct host *h, const struct arm_request *q,
		   struct flow_arm *ret, struct err *err);
} works[] = {
	{"image", HOST_EVENT_ARM, arm_make},
	{"erase", HOST_EVENT_ERASE, arm_make_erase},
};

struct order_item {
	struct host host; /* as it was before */
	struct arm_request q;
	unsigned guards;
	bool in_use, shared_storage;
	struct flow_arm arm;
};

struct order {
	struct write *w;
	const struct order_ask *ask;
	const struct work *work;
	bool is_list;
	char hash[SHA256_HEX_BYTES];      /* of what it would do, after the rehearsal */
	char why[ORDER_RULES_TEXT_BYTES]; /* it needs a second person; "" */
	size_t n;
	struct order_item list[];
};

/* ---- reading --------------------------------------------------------------------------------- */

static int fill_item(struct order *o, struct order_item *b, const char *who,
		     const struct arm_host_ask *h, struct err *err)
{
	TRY(host_find_any(o->w->app->db, h->id, &b->host, err));
	b->q = (struct arm_request){.image = o->ask->image,
				    .reason = o->ask->reason,
				    .ttl_s = o->ask->ttl_s,
				    .who = who,
				    .wipe_consent = h->wipe_consent,
				    .new_disk = h->new_disk};
	TRY(host_override_of(h->reimage_in_service, "reimage_in_service", &b->host, &b->guards,
			     err));
	return arm_disk_name(&h->disk, &b->q.disk, err);
}

static int check_twice(const struct order *o, size_t i, struct err *err)
{
	for (size_t k = 0; k < i; k++)
		if (o->list[k].host.num == o->list[i].host.num)
			return err_set(err, ERR_GUARD_SELECTOR, "host %s is named twice",
				       o->list[i].host.short_code);
	return 0;
}

static int fill(struct order *o, const char *who, struct err *err)
{
	for (size_t i = 0; i < o->n; i++) {
		int rc = fill_item(o, &o->list[i], who, &o->ask->hosts.items[i], err);
		if (rc >= 0)
			rc = check_twice(o, i, err);
		if (rc < 0 && o->is_list) {
			autofree char *pointer = xasprintf("/hosts/%zu%s", i, err->pointer);
			return err_at(err, pointer);
		}
		TRY(rc);
	}
	return 0;
}

static int order_new(struct write *w, const struct order_ask *ask, bool is_list, const char *who,
		     struct order **ret, struct err *err)
{
	struct order *o = xcalloc(1, sizeof(*o) + ask->hosts.n * sizeof(o->list[0]));
	*ret = o;
	o->w = w;
	o->ask = ask;
	o->is_list = is_list;
	o->n = ask->hosts.n;
	for (size_t i = 0; i < ARRAY_LEN(works); i++)
		if (str_eq(works[i].name, ask->work))
			o->work = &works[i];
	if (!o->work || o->n == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "an order without hosts is no order");
	return fill(o, who, err);
}

/* ---- doing ----------------------------------------------------------------------------------- */

/* It may have been named after we came to know it. */
static int check_protected(struct app *a, const struct host *h, struct err *err)
{
	struct flow_host f;
	TRY(flow_host_get(a->db, h->num, &f, err));
	const struct protected_subject s = {
		.uuid = h->uuid, .macs = f.macs, .serials = {h->serial}};
	return protected_check(&a->protected, &s, err);
}

static int look_at(struct app *a, struct order_item *b, struct err *err)
{
	AUTO(json) json_t *drives = NULL;
	TRY(host_get(a->db, b->host.num, &b->host, err));
	TRY(check_protected(a, &b->host, err));
	TRY(host_in_use(a, &b->host, &b->in_use, err));
	TRY(flow_drives_get(a->db, b->host.num, &drives, err));
	b->shared_storage = disk_any_shared(drives);
	return host_in_service_refusal(&b->host, b->in_use, b->guards, err);
}

/* The engine first, so that an impossible state is refused before an arm exists. */
static int arm_one(struct order *o, struct order_item *b, bool rehearsal, struct err *err)
{
	struct app *a = o->w->app;
	struct engine_event e = {.event = o->work->event,
				 .actor = b->q.who,
				 .detail = b->q.reason[0] ? b->q.reason : NULL,
				 .extra_guards = b->guards,
				 .rehearsal = rehearsal};
	TRY(look_at(a, b, err));
	TRY(engine_command(a, b->host.num, &e, err));
	return o->work->arm(a, &b->host, &b->q, &b->arm, err);
}

static int arm_each(struct order *o, bool rehearsal, struct err *err)
{
	for (size_t i = 0; i < o->n; i++)
		if (arm_one(o, &o->list[i], rehearsal, err) < 0)
			return o->is_list ? err_wrap(err, "host %s", o->list[i].host.short_code)
					  : -err->code;
	return 0;
}

/* All that an arm binds but its id and its time, and how the host is before. */
static void hash_plan(struct order *o)
{
	autostr struct str s;
	str_init(&s, 1024 * (o->n + 1));
	for (size_t i = 0; i < o->n; i++) {
		const struct order_item *b = &o->list[i];
		str_addf(&s, "%s\n%s\n%s\n%d%d\n%s\n%s\n%s\n%lld\n%s\n\n", o->work->name,
			 b->host.id, b->host.state, b->in_use, b->shared_storage,
			 b->arm.image_digest, b->arm.disk_wwn, b->arm.disk_serial,
			 (long long)b->arm.disk_bytes, b->arm.wipe_consent);
	}
	sha256_hex_of(s.p, s.n_bytes, o->hash);
}

/* After the rehearsal, which read the states inside this transaction. */
static int check_in_service(const struct order *o, struct err *err)
{
	int64_t touched = 0, serving = 0;
	for (size_t i = 0; i < o->n; i++)
		touched += str_eq(o->list[i].host.state, lifecycle_state_str(STATE_IN_SERVICE));
	if (touched == 0 || !o->is_list)
		return 0;
	TRY(db_query_int(o->w->app->db, err, &serving, 0,
			 "SELECT count(*) FROM host WHERE state = 'in-service'"));
	if (touched * 100 <= serving * IN_SERVICE_PERCENT)
		return 0;
	return err_set(err, ERR_GUARD_CAP, "%lld of %lld hosts in service, at most %d %% at once",
		       (long long)touched, (long long)serving, IN_SERVICE_PERCENT);
}

static void ask_rules(struct order *o)
{
	const struct config *c = &o->w->app->config;
	struct order_reach reach = {.n_hosts = o->n, .alone_max = c->second_person_above};
	for (size_t i = 0; i < o->n; i++) {
		reach.in_use = reach.in_use || o->list[i].in_use;
		reach.shared_storage = reach.shared_storage || o->list[i].shared_storage;
	}
	if (str_eq(c->second_person, "on"))
		order_second_person(&reach, o->why);
}

/* Everything that an order goes through, and then undone: what it would be, or why it is refused.
 */
static int rehearse(struct order *o, struct err *err)
{
	TRY(db_begin(o->w->app->db, err));
	int rc = arm_each(o, true, err);
	db_rollback(o->w->app->db);
	TRY(rc);
	TRY(check_in_service(o, err));
	hash_plan(o);
	ask_rules(o);
	return 0;
}

static int check_plan(const struct order *o, const char *expected, struct err *err)
{
	if (str_eq(o->hash, expected))
		return 0;
	(void)err_set(err, ERR_GUARD_PLAN, "what would be done now is not what was rehearsed");
	return err_at(err, "/plan_hash");
}

static int check_rehearsed(const struct order *o, const struct order_manner *m, struct err *err)
{
	if (m->plan_hash[0])
		return check_plan(o, m->plan_hash, err);
	if (!m->is_list || o->w->dry_run)
		return 0;
	(void)err_set(err, ERR_GUARD_PLAN_MISSING, "it was not rehearsed");
	return err_at(err, "/plan_hash");
}

static void announce(struct write *w, const struct order *o, const struct order_item *b)
{
	app_host_changed(w->app, b->host.num);
	log_ev(LOG_NOTICE, "host.armed", KV("host", (const char *)b->host.id), KV("who", b->q.who),
	       KV("work", o->work->name), KV("image", (const char *)b->arm.image_digest),
	       KV("disk", (const char *)b->arm.disk_serial));
}

/* All of it was tried and undone first: nobody is told of a host's new state that a later host of
 * the order then takes back. */
static int do_it(struct order *o, struct err *err)
{
	TRY(arm_each(o, false, err));
	for (size_t i = 0; i < o->n; i++)
		announce(o->w, o, &o->list[i]);
	return 0;
}

/* ---- answers --------------------------------------------------------------------------------- */

static json_t *arm_json(const struct order *o, const struct order_item *b)
{
	const struct flow_arm *a = &b->arm;
	json_t *doc = json_pack("{s:{s:s, s:s, s:I}, s:s, s:s, s:I}", "disk", "wwn", a->disk_wwn,
				"serial", a->disk_serial, "size_bytes", (json_int_t)a->disk_bytes,
				"wipe_consent", a->wipe_consent, "who", a->who, "expires",
				(json_int_t)(a->expires_us / 1000000));
	if (a->image_digest[0])
		(void)json_object_set_new(doc, "image",
					  json_pack("{s:s, s:s, s:s}", "digest", a->image_digest,
						    "line", a->line, "version", a->version));
	if (o->w->dry_run)
		(void)json_object_set_new(doc, "dry_run", json_true());
	else
		(void)json_object_set_new(doc, "arm_id", json_string(a->id));
	return doc;
}

static json_t *arm_list_json(const struct order *o)
{
	json_t *list = json_array();
	for (size_t i = 0; i < o->n; i++) {
		json_t *doc = arm_json(o, &o->list[i]);
		(void)json_object_set_new(doc, "host_id", json_string(o->list[i].host.id));
		(void)json_array_append_new(list, doc);
	}
	return json_pack("{s:o}", "arms", list);
}

static json_t *words_json(const char *words)
{
	json_t *list = json_array();
	struct sv rest = sv_of(words);
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		(void)json_array_append_new(list, json_stringn(one.p, one.n));
	}
	return list;
}

static json_t *arms_json(const struct order *o)
{
	return o->is_list ? arm_list_json(o) : arm_json(o, &o->list[0]);
}

static json_t *rehearsal_json(const struct order *o)
{
	json_t *doc = arms_json(o);
	(void)json_object_set_new(doc, "plan_hash", json_string(o->hash));
	(void)json_object_set_new(doc, "second_person", words_json(o->why));
	return doc;
}

/* ---- waiting for a second person ------------------------------------------------------------- */

static int keep(struct order *o, struct err *err)
{
	struct write *w = o->w;
	const struct http_identity *id = http_identity(w->request);
	char expires[TIME_TEXT_BYTES];
	AUTO(json) json_t *doc = record_encode(order_ask_fields, o->ask);
	autofree char *body = json_text(doc);
	autofree struct flow_order_host *hosts = xcalloc(o->n, sizeof(*hosts));
	struct flow_order row = {.host_num = o->n == 1 ? o->list[0].host.num : 0,
				 .body = body,
				 .token_num = id->token_id,
				 .expires_us = app_now_us(w->app) + ORDER_TTL_S * 1000000};
	TRY(order_needs_name(id->owner, err));
	for (size_t i = 0; i < o->n; i++)
		hosts[i] = (struct flow_order_host){o->list[i].host.num,
						    o->list[i].host.short_code};
	uuid_v4(row.id);
	(void)str_copy(row.work, sizeof(row.work), o->work->name);
	(void)str_copy(row.plan_hash, sizeof(row.plan_hash), o->hash);
	(void)str_copy(row.why, sizeof(row.why), o->why);
	(void)str_copy(row.reason, sizeof(row.reason), o->ask->reason);
	(void)str_copy(row.who, sizeof(row.who), w->who);
	(void)str_copy(row.owner, sizeof(row.owner), id->owner);
	TRY(flow_order_add(w->app->db, &row, hosts, o->n, app_now_us(w->app), err));
	time_rfc3339(row.expires_us, expires);
	w->status = 202;
	w->doc = json_pack("{s:{s:s, s:s, s:o, s:s, s:s}}", "order", "id", row.id, "state",
			   FLOW_ORDER_PENDING, "second_person", words_json(o->why), "plan_hash",
			   o->hash, "expires", expires);
	log_ev(LOG_NOTICE, "order.pending", KV("order", (const char *)row.id), KV("who", w->who),
	       KV("owner", (const char *)row.owner), KV("why", (const char *)o->why));
	return 0;
}

static int place(struct order *o, const struct order_manner *m, struct err *err)
{
	struct write *w = o->w;
	TRY(rehearse(o, err));
	TRY(check_rehearsed(o, m, err));
	if (w->dry_run) {
		w->doc = rehearsal_json(o);
		return 0;
	}
	if (o->why[0])
		return keep(o, err);
	TRY(do_it(o, err));
	w->status = 201;
	w->doc = arms_json(o);
	return 0;
}

int order_place(struct write *w, const struct order_ask *ask, const struct order_manner *m,
		struct err *err)
{
	autofree struct order *o = NULL;
	TRY(order_new(w, ask, m->is_list, w->who, &o, err));
	w->host_num = o->n == 1 ? o->list[0].host.num : 0;
	return place(o, m, err);
}

static int carry_out(struct write *w, const struct flow_order *row, const struct order_ask *ask,
		     struct err *err)
{
	autofree struct order *o = NULL;
	TRY(order_new(w, ask, ask->hosts.n > 1, row->who, &o, err));
	w->host_num = row->host_num;
	TRY(rehearse(o, err));
	TRY(check_plan(o, row->plan_hash, err));
	if (!w->dry_run)
		TRY(do_it(o, err));
	w->doc = arm_list_json(o);
	return 0;
}

int order_carry_out(struct write *w, const struct flow_order *row, struct err *err)
{
	struct order_ask ask = {0};
	AUTO(json) json_t *doc = json_loads(row->body, 0, NULL);
	int rc = doc ? record_decode(order_ask_fields, doc, &ask, err)
		     : err_set(err, ERR_JSON, "the stored order '%s' is damaged", row->id);
	if (rc >= 0)
		rc = carry_out(w, row, &ask, err);
	record_done(order_ask_fields, &ask);
	return rc;
}
