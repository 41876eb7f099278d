/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Burn-in runs on the server; see burn_run.h. Input: records from agents, whose machine may be
 * broken or hostile; what they mean is decided by burnin/verdict.
 */
#include "burn_run.h"

#include <stdlib.h>
#include <string.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/record.h>
#include <burnin/rules.h>
#include <inventory/facts.h>
#include <inventory/host.h>

#define RECORDS_MAX 1000000 /* a run of 72 h has about 20,000 */

/* ---- faults ---------------------------------------------------------------------------------- */

static int open_fault(struct flow *flow, int64_t host_num, const char *run_id,
		      const struct run_order *o, struct err *err)
{
	char id[37];
	struct host h;
	const struct fault_draft d = {
		.host_num = host_num,
		.code = o->code,
		.part_type = o->part,
		.part_number = o->part_number,
		.part_serial = o->serial,
		.slot = o->slot,
		.action = o->action,
		.detail = o->detail,
		.turn = "technician",
		.run_id = run_id,
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
	int rc = run_each_record(flow->db, run_id, 0, RECORDS_MAX, fold_one, v, err);

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

/* ---- what a run has proven ------------------------------------------------------------------- */

/* A rule that starts with another word ("Reseat") may be satisfied by the same part. */
static bool needs_another_part(const struct fault_row *f)
{
	enum burnin_symptom symptom = burnin_symptom_of(f->code);

	return f->serial[0] && symptom != SYMPTOM_NONE &&
	       str_starts(burnin_rule_of(symptom)->action, "Replace");
}

static const char *const serial_keys[] = {"SerialNumber", "WWN", "PermanentMACAddress",
					  "MACAddress"};
static const char *const firmware_keys[] = {"Revision", "FirmwareVersion", "BiosVersion"};
static const char *const part_lists[] = {"processors", "drives", "nics"};

typedef void visit_part(void *arg, const json_t *part);

static void each_part(const json_t *facts, visit_part *visit, void *arg)
{
	json_t *memory = json_object_get(facts, "memory"), *part;
	size_t i;

	visit(arg, json_object_get(facts, "system"));
	json_array_foreach (json_object_get(memory, "modules"), i, part)
		visit(arg, part);
	for (size_t k = 0; k < ARRAY_LEN(part_lists); k++)
		json_array_foreach (json_object_get(facts, part_lists[k]), i, part)
			visit(arg, part);
}

struct search {
	const char *serial;
	bool found;
};

static void look_for(void *arg, const json_t *part)
{
	struct search *s = arg;

	for (size_t i = 0; i < ARRAY_LEN(serial_keys); i++)
		s->found |= str_eq(text_at(part, serial_keys[i]), s->serial);
}

/* NULL and 0 when there are none. */
static int load_facts(struct flow *flow, int64_t host_num, json_t **ret, struct err *err)
{
	int rc = facts_load(flow->db, host_num, 0, ret, err);

	if (rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	*ret = NULL;
	return 0;
}

int burn_run_prove(struct flow *flow, int64_t host_num, const char *run_id, struct fault_row *ret,
		   struct err *err)
{
	autojson json_t *facts = NULL;
	fault_list open = {0};
	int rc = load_facts(flow, host_num, &facts, err), n_left = 0;

	if (rc >= 0)
		rc = fault_list_open(flow->db, host_num, &open, err);
	for (size_t i = 0; i < open.n && rc >= 0; i++) {
		const struct fault_row *f = &open.items[i];
		struct search s = {.serial = f->serial};
		autofree char *note = xasprintf("run %s passed", run_id);

		if (!f->of_run)
			continue;
		each_part(facts, look_for, &s);
		if (needs_another_part(f) && (s.found || !facts)) {
			if (n_left++ == 0)
				*ret = *f;
			continue;
		}
		rc = fault_close(flow->db, f->id, note, "agent", flow_now_us(flow), err);
	}
	VEC_DONE(&open);
	return rc < 0 ? rc : n_left > 0;
}

/* ---- the set of parts ------------------------------------------------------------------------ */

static void add_part(void *arg, const json_t *part)
{
	json_t *lines = arg;
	struct str line;

	str_init(&line, 4096);
	for (size_t i = 0; i < ARRAY_LEN(serial_keys); i++)
		str_addf(&line, "%s\t", text_at(part, serial_keys[i]));
	for (size_t i = 0; i < ARRAY_LEN(firmware_keys); i++)
		str_addf(&line, "%s\t", text_at(part, firmware_keys[i]));
	json_array_append_new(lines, json_string_of(line.p));
	str_done(&line);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int burn_run_parts(struct flow *flow, int64_t host_num, char ret[static BURN_PARTS_BYTES],
		   struct err *err)
{
	autojson json_t *facts = NULL, *lines = json_array();
	char hex[SHA256_HEX_BYTES];
	struct str all;

	ret[0] = '\0';
	TRY(load_facts(flow, host_num, &facts, err));
	if (!facts)
		return 0;
	each_part(facts, add_part, lines);
	size_t n = json_array_size(lines);
	autofree const char **sorted = xcalloc(n + 1, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = json_string_value(json_array_get(lines, i));
	/* Names of disks and cards change their order between boots. */
	qsort(sorted, n, sizeof(*sorted), by_text);
	str_init(&all, 64 * MIB);
	for (size_t i = 0; i < n; i++)
		str_addf(&all, "%s\n", sorted[i]);
	sha256_hex_of(all.p, all.n_bytes, hex);
	str_done(&all);
	text_print(ret, BURN_PARTS_BYTES, "parts %s", hex);
	return 0;
}
