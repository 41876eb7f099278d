/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Burn-in runs on the server; see burn_run.h. Input: records from agents, whose machine may be
 * broken or hostile; what they mean is decided by burnin/verdict.
 */
#include "burn_run.h"

#include <string.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/record.h>
#include <burnin/repair.h>
#include <inventory/facts.h>
#include <inventory/host.h>

#define CODE_BYTES sizeof(((struct run_order *)NULL)->code)

/* ---- faults ---------------------------------------------------------------------------------- */

/* What a swap test shows, beside the faults that are open already. */
static int swap_verdict(struct flow *flow, int64_t host_num, const struct run_order *o,
			const char **ret, struct err *err)
{
	fault_list open = {0};
	int rc = o->serial[0] && o->slot[0] ? fault_list_open(flow->db, host_num, &open, err) : 0;

	*ret = "";
	for (size_t i = 0; i < open.n && rc >= 0; i++) {
		const struct fault_row *f = &open.items[i];
		bool same_part = str_eq(f->serial, o->serial), same_slot = str_eq(f->slot, o->slot);

		if (!f->run_id[0] || !str_eq(f->part_type, o->part) || !f->serial[0] || !f->slot[0])
			continue;
		if (same_part && !same_slot)
			*ret = "; the fault follows the part";
		else if (same_slot && !same_part)
			*ret = "; the fault stays with the slot";
	}
	VEC_DONE(&open);
	return rc < 0 ? rc : 0;
}

/* "Replace", "Reseat": what is to be done, without why. */
static bool same_verb(const char *a, const char *b)
{
	return sv_eq(sv_split(&(struct sv){a, strlen(a)}, ' '),
		     sv_split(&(struct sv){b, strlen(b)}, ' '));
}

/* A part has one order, whatever else is found about it: further symptoms, if the same is to be done
 * about them, become findings of the order that is open, under its code. */
static int code_of_order(struct flow *flow, int64_t host_num, const struct run_order *o,
			 char ret[static CODE_BYTES], struct err *err)
{
	fault_list open = {0};
	int rc = o->serial[0] ? fault_list_open(flow->db, host_num, &open, err) : 0;

	(void)str_copy(ret, CODE_BYTES, o->code);
	for (size_t i = 0; i < open.n && rc >= 0; i++) {
		const struct fault_row *f = &open.items[i];

		if (f->run_id[0] && str_eq(f->part_type, o->part) && str_eq(f->serial, o->serial) &&
		    str_eq(f->slot, o->slot) && same_verb(f->action, o->action))
			(void)str_copy(ret, CODE_BYTES, f->code);
	}
	VEC_DONE(&open);
	return rc < 0 ? rc : 0;
}

static int open_fault(struct flow *flow, int64_t host_num, const char *run_id,
		      const struct run_order *o, struct err *err)
{
	char id[37], code[CODE_BYTES];
	struct host h;
	const char *swap;

	TRY(swap_verdict(flow, host_num, o, &swap, err));
	TRY(code_of_order(flow, host_num, o, code, err));
	autofree char *detail = xasprintf("%s%s", o->detail, swap);
	const struct fault_draft d = {
		.host_num = host_num,
		.code = code,
		.part_type = o->part,
		.part_number = o->part_number,
		.part_serial = o->serial,
		.slot = o->slot,
		.action = o->action,
		.detail = detail,
		.turn = "technician",
		.run_id = run_id,
		.certainty = o->certainty,
	};

	TRY(host_get(flow->db, host_num, &h, err));
	if (h.open_faults >= FAULTS_OPEN_MAX)
		return 0;
	return fault_open(flow->db, &d, "agent", flow_now_us(flow), id, err);
}

int burn_run_open_faults(struct flow *flow, int64_t host_num, const char *run_id,
			 const struct run_verdict *v, struct err *err)
{
	for (size_t i = 0; i < v->orders.n; i++)
		TRY(open_fault(flow, host_num, run_id, &v->orders.items[i], err));
	return 0;
}

static const char *text_at(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

/* The agent writes code and message of the diagnosis into its repair order, so that one record is
 * enough. One that lacks them waits for the end of the run, where all records are folded. */
static int take_order(struct flow *flow, int64_t host_num, const char *run_id,
		      const json_t *content, struct err *err)
{
	struct run_order o = {0};

	const struct {
		char *to;
		size_t bytes;
		const char *key;
	} texts[] = {
		{o.code, sizeof(o.code), "code"},
		{o.detail, sizeof(o.detail), "message"},
		{o.part, sizeof(o.part), "part"},
		{o.slot, sizeof(o.slot), "slot"},
		{o.serial, sizeof(o.serial), "serial"},
		{o.part_number, sizeof(o.part_number), "part_number"},
		{o.action, sizeof(o.action), "action"},
		{o.certainty, sizeof(o.certainty), "certainty"},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		(void)text_fit(texts[i].to, texts[i].bytes, text_at(content, texts[i].key));
	return o.code[0] ? open_fault(flow, host_num, run_id, &o, err) : 0;
}

int burn_run_take(struct flow *flow, int64_t host_num, const char *run_id, json_t *record,
		  char ret_refused[static 257], struct err *err)
{
	struct err why = ERR_INIT;
	bool good = ocp_check_record(record, &why) >= 0;
	json_t *step = json_object_get(record, "testStepArtifact");
	json_t *extension = json_object_get(step, "extension");

	(void)text_fit(ret_refused, 257, good ? "" : why.msg);
	TRY(run_add_record(flow->db, run_id, record, flow_now_us(flow), err));
	if (!good || !str_eq(text_at(extension, "name"), "repair-order"))
		return 0;
	return take_order(flow, host_num, run_id, json_object_get(extension, "content"), err);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static int fold_one(void *arg, int64_t seq, const char *body, struct err *err)
{
	struct verdict *v = arg;
	autojson json_t *record = NULL;
	struct err why = ERR_INIT;

	(void)seq;
	(void)err;
	if (json_load_strict(body, strlen(body), LIMIT_JSON_BODY_BYTES, &record, &why) < 0)
		verdict_refuse(v, why.msg);
	else
		(void)verdict_add(v, record);
	return 0;
}

int burn_run_fold(struct flow *flow, const char *run_id, struct run_verdict *ret, struct err *err)
{
	AUTO(verdict) struct verdict *v = verdict_new();
	const struct run_records all = {run_id, 0, BURN_RECORDS_MAX};
	int rc = run_each_record(flow->db, &all, fold_one, v, err);

	verdict_read(v, ret);
	return rc;
}

void burn_run_scene(struct flow *flow, const char *run_id, const char *why,
		    char ret[static BURN_SCENE_BYTES])
{
	struct run_verdict v = {0};
	struct err none = ERR_INIT;

	if (*run_id)
		IGNORE_RESULT(burn_run_fold(flow, run_id, &v, &none));
	text_print(ret, BURN_SCENE_BYTES, "%.120s%s%.384s", why, *v.scene ? ": " : "", v.scene);
	run_verdict_done(&v);
}

/* ---- the set of parts ------------------------------------------------------------------------ */

int burn_run_parts(struct flow *flow, int64_t host_num, char ret[static BURN_PARTS_BYTES],
		   struct err *err)
{
	autojson json_t *facts = NULL;
	char hex[SHA256_HEX_BYTES];
	int rc = facts_load(flow->db, host_num, 0, &facts, err);

	ret[0] = '\0';
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	TRY(rc);
	autojson json_t *lines = repair_part_lines(facts);
	autofree char *all = json_text(lines);
	sha256_hex_of(all, strlen(all), hex);
	text_print(ret, BURN_PARTS_BYTES, "parts %s", hex);
	return 0;
}
