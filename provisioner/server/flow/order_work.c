/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The works of orders; see order_work.h. Input: orders of authenticated people and programs, rows
 * of our own store.
 */
#include "order_work.h"

#include <base/str.h>
#include <inventory/identity.h>
#include "arm.h"
#include "binding.h"
#include "disk_choice.h"
#include "engine.h"
#include "host_advice.h"
#include "host_use.h"
#include "host_view.h"

/* ---- identity -------------------------------------------------------------------------------- */

static bool is_written(const struct host *h)
{
	return str_eq(h->state, lifecycle_state_str(STATE_IMAGING)) ||
	       str_eq(h->state, lifecycle_state_str(STATE_ERASING));
}

/* The row that goes takes its state along: the machine would have a stranger's row afterwards,
 * which netboots and may be imaged. */
static int merge(struct order *o, struct order_item *b, struct err *err)
{
	bool in_use = false;

	TRY(host_in_use(o->flow, &b->host, &in_use, err));
	if (in_use)
		return err_set(err, ERR_GUARD_IN_SERVICE,
			       "host %s is in service: merge the other one into it",
			       b->host.short_code);
	if (is_written(&b->host))
		return err_set(err, ERR_CONFLICT, "host %s is %s: merge the other one into it",
			       b->host.short_code, b->host.state);
	b->result_num = b->into.num;
	return identity_merge(o->flow->db, b->host.num, b->into.num, b->q.who, flow_now_us(o->flow),
			      err);
}

/* What is split off has a row of its own afterwards, which netboots and may be imaged. */
static int split(struct order *o, struct order_item *b, struct err *err)
{
	const char *values[SPLIT_VALUES_MAX];
	size_t i, n = 0;
	json_t *j;
	struct identity_cut cut = {.host_num = b->host.num,
				   .values = values,
				   .birth = {.state = lifecycle_state_str(STATE_DISCOVERED),
					     .detail = "split from another host",
					     .turn = "operator",
					     .actor = b->q.who,
					     .weak = true},
				   .now_us = flow_now_us(o->flow)};

	if (is_written(&b->host))
		return err_set(err, ERR_CONFLICT, "host %s is %s: split it afterwards",
			       b->host.short_code, b->host.state);
	if (json_array_size(o->ask->values) > SPLIT_VALUES_MAX)
		return err_set(err, ERR_TOO_BIG, "'values' holds at most %d texts",
			       SPLIT_VALUES_MAX);
	json_array_foreach (o->ask->values, i, j) {
		values[n] = json_string_value(j);
		if (!values[n++])
			return err_set(err, ERR_FIELD_TYPE, "'values' holds texts");
	}
	cut.n_values = n;
	return identity_split(o->flow->db, &cut, &b->result_num, err);
}

/* ---- the works ------------------------------------------------------------------------------- */

static const struct order_work works[] = {
	{"image", HOST_EVENT_ARM, arm_make, NULL, false},
	{"erase", HOST_EVENT_ERASE, arm_make_erase, NULL, false},
	{"release", HOST_EVENT_RELEASE, NULL, NULL, false},
	{"retire", HOST_EVENT_RETIRE, NULL, NULL, false},
	{"split", _HOST_EVENT_MAX, NULL, split, false},
	{"merge", _HOST_EVENT_MAX, NULL, merge, true},
};

const struct order_work *order_work_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(works); i++)
		if (str_eq(works[i].name, name))
			return &works[i];
	return NULL;
}

/* The one whose use decides. */
static struct host *named(const struct order *o, struct order_item *b)
{
	return o->work->into ? &b->into : &b->host;
}

int order_work_read(const struct order *o, struct order_item *b, const struct arm_host_ask *ask,
		    struct err *err)
{
	const char *key = o->work->arm ? "reimage_in_service" : "in_service";

	b->result_num = b->host.num;
	b->code = ask->code;
	TRY(host_view_check(o->flow, &b->host, &(struct host_view_seen){ask->view, ask->code},
			    err));
	if (o->work->into)
		TRY(host_find_any(o->flow->db, o->ask->into, &b->into, err));
	TRY(host_override_of(ask->reimage_in_service, key, named(o, b), &b->guards, err));
	bool several = ask->disks.n > 0 && !ask->disk.serial[0] && !ask->disk.wwn[0];
	return o->work->arm && !several ? arm_disk_name(&ask->disk, &b->q.disk, err) : 0;
}

/* It may have been named after we came to know it. */
static int check_protected(struct flow *flow, const struct host *h, struct err *err)
{
	struct flow_host f;

	TRY(flow_host_get(flow->db, h->num, &f, err));
	const struct protected_subject s = {
		.uuid = h->uuid, .macs = f.macs, .serials = {h->serial}};
	return protected_check(&flow->protected, &s, err);
}

static int look_at_disks(struct order *o, struct order_item *b, struct err *err)
{
	autojson json_t *drives = NULL;

	TRY(check_protected(o->flow, &b->host, err));
	TRY(flow_drives_get(o->flow->db, b->host.num, &drives, err));
	b->shared_storage = disk_any_shared(drives);
	return 0;
}

/* Read again in this transaction: the rehearsal, and what waited, looked earlier. */
static int look_at(struct order *o, struct order_item *b, struct err *err)
{
	struct host *use = named(o, b);

	TRY(host_get(o->flow->db, b->host.num, &b->host, err));
	if (o->work->into)
		TRY(host_get(o->flow->db, b->into.num, &b->into, err));
	if (o->work->arm)
		TRY(look_at_disks(o, b, err));
	if (o->work->arm || o->work->identity)
		TRY(host_view(o->flow, &b->host, b->code, b->view, err));
	TRY(host_in_use(o->flow, use, &b->in_use, err));
	return host_in_service_refusal(use, b->in_use, b->guards, err);
}

/* For the host as the engine left it: one that is tested first keeps its arm until then. */
static int make_arm(struct order *o, struct order_item *b, struct err *err)
{
	struct host now;

	TRY(host_get(o->flow->db, b->host.num, &now, err));
	TRY(o->work->arm(o->flow, &now, &b->q, &b->arm, err));
	return host_advice_settle(o->flow, now.num, err);
}

/* The engine before the arm, so that an impossible state is refused before an arm exists. */
int order_work_do(struct order *o, struct order_item *b, struct err *err)
{
	const struct order_work *w = o->work;
	struct engine_event e = {.event = w->event,
				 .actor = b->q.who,
				 .detail = b->q.reason[0] ? b->q.reason : NULL,
				 .extra_guards = b->guards};

	TRY(look_at(o, b, err));
	if (w->arm == arm_make && b->q.skip_burnin && b->q.skip_burnin[0])
		e.extra_guards |= GUARD_UNTESTED;
	if (w->event != _HOST_EVENT_MAX)
		TRY(engine_command(o->flow, b->host.num, &e, err));
	if (w->arm)
		TRY(binding_by_person(o->flow, b->host.num, b->code, BINDING_LATER, err));
	if (w->identity)
		TRY(w->identity(o, b, err));
	return w->arm ? make_arm(o, b, err) : 0;
}
