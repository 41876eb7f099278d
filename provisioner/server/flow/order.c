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
#include "arm_limits.h"
#include "host_advice.h"
#include "order_rules.h"
#include "order_work.h"

#define IN_SERVICE_PERCENT 10 /* of the hosts in service that one order may write to */

/* ---- reading --------------------------------------------------------------------------------- */

static int fill_item(struct order *o, struct order_item *b, const struct arm_host_ask *h,
		     struct err *err)
{
	TRY(host_find_any(o->flow->db, h->id, &b->host, err));
	b->q = (struct arm_request){.image = o->ask->image,
				    .reason = o->ask->reason,
				    .ttl_s = o->ask->ttl_s,
				    .who = o->caller->who,
				    .owner = o->caller->owner,
				    .agreed = o->caller->agreed,
				    .wipe_consent = h->wipe_consent,
				    .new_disk = h->new_disk,
				    .skip_burnin = h->skip_burnin,
				    .disks = &h->disks,
				    .methods = h->methods};
	return order_work_read(o, b, h, err);
}

static int check_twice(const struct order *o, size_t i, struct err *err)
{
	for (size_t k = 0; k < i; k++)
		if (o->list[k].host.num == o->list[i].host.num)
			return err_set(err, ERR_GUARD_SELECTOR, "host %s is named twice",
				       o->list[i].host.short_code);
	return 0;
}

static int fill(struct order *o, struct err *err)
{
	for (size_t i = 0; i < o->n; i++) {
		int rc = fill_item(o, &o->list[i], &o->ask->hosts.items[i], err);
		if (rc >= 0)
			rc = check_twice(o, i, err);
		if (rc < 0 && o->caller->is_list) {
			autofree char *pointer = xasprintf("/hosts/%zu%s", i, err->pointer);
			return err_at(err, pointer);
		}
		TRY(rc);
	}
	return 0;
}

static int order_new(struct flow *flow, const struct order_ask *ask,
		     const struct order_caller *caller, struct order **ret, struct err *err)
{
	struct order *o = xcalloc(1, sizeof(*o) + ask->hosts.n * sizeof(o->list[0]));

	*ret = o;
	o->flow = flow;
	o->ask = ask;
	o->caller = caller;
	o->n = ask->hosts.n;
	o->work = order_work_find(ask->work);
	if (!o->work || o->n == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "the order names no hosts");
	return fill(o, err);
}

bool order_makes_arms(const struct order *o)
{
	return o->work && o->work->arm;
}

void order_free(struct order *o)
{
	free(o);
}

/* ---- doing ----------------------------------------------------------------------------------- */

static int do_each(struct order *o, struct err *err)
{
	for (size_t i = 0; i < o->n; i++)
		if (order_work_do(o, &o->list[i], err) < 0)
			return o->caller->is_list
				       ? err_wrap(err, "host %s", o->list[i].host.short_code)
				       : -err->code;
	return 0;
}

static void hash_erase(const struct order_item *b, struct str *s)
{
	if (b->arm.methods[0])
		str_addf(s, "methods %s\n", b->arm.methods);
	if (!b->q.disks || !b->q.disks->n)
		return;
	for (size_t i = 0; i < b->q.disks->n; i++)
		str_addf(s, "disk %s\n", b->q.disks->items[i].s);
	str_addf(s, "more %lld %lld\n", (long long)b->arm.n_more, (long long)b->arm.more_bytes);
}

/* All that an arm binds but its id and its time, how the host is before, and what a split or a
 * merge moves. */
static void hash_plan(struct order *o)
{
	autostr struct str s;
	autofree char *values = json_text(o->ask->values);
	size_t n_disks = 0;

	for (size_t i = 0; i < o->n; i++)
		n_disks += o->list[i].q.disks ? o->list[i].q.disks->n : 0;
	str_init(&s, 2048 * (o->n + 1) + 80 * n_disks + strlen(values));
	for (size_t i = 0; i < o->n; i++) {
		const struct order_item *b = &o->list[i];
		str_addf(&s, "%s\n%s\n%s\n%d%d\n%s\n%s\n%s\n%lld\n%s\n%s\n%s\n%s\n\n",
			 o->work->name, b->host.id, b->host.state, b->in_use, b->shared_storage,
			 b->arm.image_digest, b->arm.disk_wwn, b->arm.disk_serial,
			 (long long)b->arm.disk_bytes, b->arm.wipe_consent, b->arm.profile_digest,
			 b->into.id, b->into.state);
		str_addf(&s, "%s\n%s\n", b->q.skip_burnin ? b->q.skip_burnin : "", b->view);
		hash_erase(b, &s);
		if (b->code[0])
			str_addf(&s, "code %s\n", b->code);
	}
	str_add(&s, values);
	sha256_hex_of(s.p, s.n_bytes, o->hash);
}

/* After the rehearsal, which read the states inside this transaction. */
static int check_in_service(const struct order *o, struct err *err)
{
	int64_t touched = 0, serving = 0;

	for (size_t i = 0; i < o->n; i++)
		touched += str_eq(o->list[i].host.state, lifecycle_state_str(STATE_IN_SERVICE));
	if (touched == 0 || !o->caller->is_list || !o->work->arm)
		return 0;
	TRY(host_count_in(o->flow->db, lifecycle_state_str(STATE_IN_SERVICE), &serving, err));
	if (touched * 100 <= serving * IN_SERVICE_PERCENT)
		return 0;
	return err_set(err, ERR_GUARD_CAP, "%lld of %lld hosts in service, at most %d %% at once",
		       (long long)touched, (long long)serving, IN_SERVICE_PERCENT);
}

/* Counted after the rehearsal is undone: its arms are not there any more. */
static int ask_rules(struct order *o, struct err *err)
{
	const struct flow_order_policy *policy = &o->flow->orders;
	struct order_reach reach = {.n_hosts = o->n, .alone_max = policy->alone_max};
	autofree int64_t *nums = xcalloc(o->n, sizeof(*nums));

	if (!policy->second_person)
		return 0;
	for (size_t i = 0; i < o->n; i++) {
		nums[i] = o->list[i].host.num;
		reach.in_use = reach.in_use || o->list[i].in_use;
		reach.shared_storage = reach.shared_storage || o->list[i].shared_storage;
	}
	if (o->work->arm)
		TRY(arm_limits_person(o->flow, o->caller->owner, nums, o->n, &reach.n_within_hour,
				      err));
	order_second_person(&reach, o->why);
	return 0;
}

/* Everything that an order goes through, and then undone: what it would be, or why it is refused.
 */
static int rehearse(struct order *o, struct err *err)
{
	TRY(db_begin(o->flow->db, err));
	int rc = do_each(o, err);
	db_rollback(o->flow->db);
	TRY(rc);
	TRY(check_in_service(o, err));
	hash_plan(o);
	return ask_rules(o, err);
}

static int check_plan(const struct order *o, const char *expected, struct err *err)
{
	if (str_eq(o->hash, expected))
		return 0;
	(void)err_set(err, ERR_GUARD_PLAN, "what would be done now is not what was rehearsed");
	return err_at(err, "/plan_hash");
}

static int check_rehearsed(const struct order *o, struct err *err)
{
	const struct order_caller *c = o->caller;

	if (c->plan_hash[0])
		return check_plan(o, c->plan_hash, err);
	if (!c->is_list || c->rehearse)
		return 0;
	(void)err_set(err, ERR_GUARD_PLAN_MISSING, "it was not rehearsed");
	return err_at(err, "/plan_hash");
}

static void announce(const struct order *o, const struct order_item *b)
{
	notices_host_changed(o->flow, b->host.num);
	if (b->result_num != b->host.num)
		notices_host_changed(o->flow, b->result_num);
	log_ev(LOG_NOTICE, o->work->arm ? "host.armed" : "host.ordered",
	       KV("host", (const char *)b->host.id), KV("who", b->q.who), KV("work", o->work->name),
	       KV("image", (const char *)b->arm.image_digest),
	       KV("disk", (const char *)b->arm.disk_serial));
}

static int do_it(struct order *o, struct err *err)
{
	TRY(do_each(o, err));
	for (size_t i = 0; i < o->n; i++)
		announce(o, &o->list[i]);
	o->outcome = ORDER_DONE;
	return 0;
}

/* ---- waiting for a second person ------------------------------------------------------------- */

static void fill_kept(struct order *o, struct flow_order *row)
{
	uuid_v4(row->id);
	row->host_num = o->n == 1 ? o->list[0].host.num : 0;
	row->token_num = o->caller->token_num;
	row->expires_us = flow_now_us(o->flow) + ORDER_TTL_S * 1000000;
	(void)str_copy(row->work, sizeof(row->work), o->work->name);
	(void)str_copy(row->plan_hash, sizeof(row->plan_hash), o->hash);
	(void)str_copy(row->why, sizeof(row->why), o->why);
	(void)str_copy(row->reason, sizeof(row->reason), o->ask->reason);
	(void)str_copy(row->who, sizeof(row->who), o->caller->who);
	(void)str_copy(row->owner, sizeof(row->owner), o->caller->owner);
}

static int settle_each(struct flow *flow, const int64_t *nums, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		TRY(host_advice_settle(flow, nums[i], err));
	return 0;
}

int order_settle(struct flow *flow, const char *id, struct err *err)
{
	const struct flow_order_hosts_of one = {.id = id};
	autofree int64_t *nums = xcalloc(ARM_ORDER_MAX, sizeof(*nums));
	size_t n = 0;

	TRY(flow_order_hosts(flow->db, &one, nums, ARM_ORDER_MAX, &n, err));
	return settle_each(flow, nums, n, err);
}

int order_expire(struct flow *flow, struct err *err)
{
	const struct flow_order_hosts_of expired = {"", flow_now_us(flow)};
	autofree int64_t *nums = xcalloc(ARM_ORDER_MAX, sizeof(*nums));
	size_t n = 0;

	TRY(flow_order_hosts(flow->db, &expired, nums, ARM_ORDER_MAX, &n, err));
	TRY(flow_orders_expire(flow->db, expired.expired_us, err));
	return settle_each(flow, nums, n, err);
}

static int keep(struct order *o, struct err *err)
{
	struct flow_order *row = &o->kept;
	autojson json_t *doc = record_encode(order_ask_fields, o->ask);
	autofree char *body = json_text(doc);
	autofree struct flow_order_host *hosts = xcalloc(o->n, sizeof(*hosts));

	TRY(order_needs_name(o->caller->owner, err));
	for (size_t i = 0; i < o->n; i++)
		hosts[i] = (struct flow_order_host){o->list[i].host.num,
						    o->list[i].host.short_code};
	fill_kept(o, row);
	row->body = body;
	int rc = flow_order_add(o->flow->db, row, hosts, o->n, flow_now_us(o->flow), err);
	row->body = NULL;
	TRY(rc);
	TRY(order_settle(o->flow, row->id, err));
	o->outcome = ORDER_WAITS;
	log_ev(LOG_NOTICE, "order.pending", KV("order", (const char *)row->id),
	       KV("who", o->caller->who), KV("owner", (const char *)row->owner),
	       KV("why", (const char *)o->why));
	return 0;
}

int order_place(struct flow *flow, const struct order_ask *ask, const struct order_caller *caller,
		struct order **ret, struct err *err)
{
	struct order *o = NULL;
	int rc = order_new(flow, ask, caller, &o, err);

	*ret = o;
	TRY(rc);
	TRY(rehearse(o, err));
	TRY(check_rehearsed(o, err));
	if (caller->rehearse)
		return 0;
	return o->why[0] ? keep(o, err) : do_it(o, err);
}

int order_carry_out(struct flow *flow, const struct order_ask *ask,
		    const struct order_caller *caller, struct order **ret, struct err *err)
{
	struct order *o = NULL;
	int rc = order_new(flow, ask, caller, &o, err);

	*ret = o;
	TRY(rc);
	TRY(rehearse(o, err));
	TRY(check_plan(o, caller->plan_hash, err));
	return caller->rehearse ? 0 : do_it(o, err);
}

int order_ask_of(const struct flow_order *row, struct order_ask *ret, struct err *err)
{
	autojson json_t *doc = json_loads(row->body, 0, NULL);

	return doc ? record_decode(order_ask_fields, doc, ret, err)
		   : err_set(err, ERR_JSON, "the stored order '%s' is damaged", row->id);
}
