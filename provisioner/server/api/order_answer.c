/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to orders; see order_answer.h. Input: orders of authenticated people and programs.
 */
#include "order_answer.h"

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <server/flow/profile_change.h>

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
	if (o->outcome == ORDER_REHEARSED)
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

json_t *order_answer_words(const char *words)
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
	return o->caller->is_list ? arm_list_json(o) : arm_json(o, &o->list[0]);
}

static json_t *rehearsal_json(const struct order *o)
{
	json_t *doc = order_makes_arms(o) ? arms_json(o) : json_pack("{s:b}", "dry_run", 1);

	(void)json_object_set_new(doc, "plan_hash", json_string(o->hash));
	(void)json_object_set_new(doc, "second_person", order_answer_words(o->why));
	return doc;
}

json_t *order_answer_waiting(const struct flow_order *row)
{
	char expires[TIME_TEXT_BYTES];

	time_rfc3339(row->expires_us, expires);
	return json_pack("{s:{s:s, s:s, s:o, s:s, s:s}}", "order", "id", row->id, "state",
			 FLOW_ORDER_PENDING, "second_person", order_answer_words(row->why),
			 "plan_hash", row->plan_hash, "expires", expires);
}

static json_t *waiting_json(const struct order *o)
{
	return order_answer_waiting(&o->kept);
}

static const struct {
	int status;
	json_t *(*doc)(const struct order *o);
} answers[] = {
	[ORDER_REHEARSED] = {200, rehearsal_json},
	[ORDER_DONE] = {201, arms_json},
	[ORDER_WAITS] = {202, waiting_json},
};

int order_answer_place(struct write *w, const struct order_ask *ask, const struct order_manner *m,
		       struct err *err)
{
	const struct http_identity *id = http_identity(w->request);
	const struct order_caller caller = {.who = w->who,
					    .owner = id->owner,
					    .token_num = id->token_id,
					    .agreed = "",
					    .plan_hash = m->plan_hash,
					    .is_list = m->is_list,
					    .rehearse = w->dry_run};
	AUTO(order) struct order *o = NULL;
	int rc = order_place(w->flow, ask, &caller, &o, err);

	w->host_num = o->n == 1 ? o->list[0].host.num : 0;
	TRY(rc);
	if (o->outcome == ORDER_DONE && !order_makes_arms(o))
		return api_answer_host(w, o->list[0].result_num, err);
	w->status = answers[o->outcome].status;
	w->doc = answers[o->outcome].doc(o);
	return 0;
}

static int carry_out(struct write *w, const struct flow_order *row, const struct order_ask *ask,
		     struct err *err)
{
	const struct order_caller caller = {.who = row->who,
					    .owner = row->owner,
					    .token_num = row->token_num,
					    .agreed = http_identity(w->request)->owner,
					    .plan_hash = row->plan_hash,
					    .is_list = ask->hosts.n > 1,
					    .rehearse = w->dry_run};
	AUTO(order) struct order *o = NULL;

	w->host_num = row->host_num;
	TRY(order_carry_out(w->flow, ask, &caller, &o, err));
	if (order_makes_arms(o))
		w->doc = arm_list_json(o);
	else if (!w->dry_run)
		return api_answer_host(w, o->list[0].result_num, err);
	return 0;
}

static void wake_all(struct write *w)
{
	notices_all_hosts(w->flow);
}

static int carry_out_profile(struct write *w, const struct flow_order *row, struct err *err)
{
	w->after = wake_all;
	return profile_change_carry_out(w->flow, row, http_identity(w->request)->owner, w->dry_run,
					err);
}

int order_answer_carry_out(struct write *w, const struct flow_order *row, struct err *err)
{
	struct order_ask ask = {0};

	if (str_eq(row->work, PROFILE_ORDER_WORK))
		return carry_out_profile(w, row, err);
	int rc = order_ask_of(row, &ask, err);
	if (rc >= 0)
		rc = carry_out(w, row, &ask, err);
	record_done(order_ask_fields, &ask);
	return rc;
}
