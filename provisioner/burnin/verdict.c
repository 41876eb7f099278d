/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding the records of a run; see verdict.h. The table of parts comes from testRunStart, so that a
 * diagnosis alone, without the repair order that follows it, still names slot and serial.
 */
#include <burnin/verdict.h>

#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/record.h>
#include <burnin/rules.h>

#define STEPS_MAX 256

#define LINES_MAX 3 /* last ones of the kernel */

struct verdict {
	json_t *hardware; /* hardwareInfos of testRunStart, a reference */
	int64_t next_sequence;
	unsigned n_records, n_passed, n_unjudged;
	bool ended, passed, failed;
	char broken[257]; /* why the stream cannot count; "" */
	VEC(struct run_step) steps;
	VEC(struct run_order) orders;
	char tier[17];
	char lines[LINES_MAX][97]; /* newest last */
	int64_t temperature_c;     /* 0: not known */
	/* The failing diagnosis that waits for its repair order. */
	size_t waiting;
	bool waits;
	char waiting_step[65];
	/* It joined an order that names no part of the table: its repair order may name another part,
	 * such as a second fan. The message, and the length of the order's detail without it. */
	bool joined;
	char joined_message[257];
	size_t joined_at;
};

const char *run_result_str(enum run_result result)
{
	static const char *const names[] = {"PASS", "FAIL", "INCOMPLETE"};

	return names[result];
}

struct verdict *verdict_new(void)
{
	return xcalloc(1, sizeof(struct verdict));
}

void verdict_free(struct verdict *v)
{
	if (!v)
		return;
	json_decref(v->hardware);
	for (size_t i = 0; i < v->orders.n; i++)
		json_decref(v->orders.items[i].suspects);
	VEC_DONE(&v->orders);
	VEC_DONE(&v->steps);
	free(v);
}

void verdict_refuse(struct verdict *v, const char *why)
{
	if (!*v->broken)
		(void)text_fit(v->broken, sizeof(v->broken), why);
}

static const char *text_at(json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

#define FIT(dst, src) (void)text_fit(dst, sizeof(dst), src)

/* ---- parts ----------------------------------------------------------------------------------- */

static json_t *part_of(const struct verdict *v, const char *id)
{
	json_t *row;
	size_t i;

	json_array_foreach (v->hardware, i, row)
		if (*id && str_eq(text_at(row, "hardwareInfoId"), id))
			return row;
	return NULL;
}

/* An order from the diagnosis and the table of parts alone. */
static void fill_from_part(struct run_order *o, json_t *part)
{
	enum burnin_symptom symptom = burnin_symptom_of(o->code);
	struct component c = {0};
	struct burnin_finding finding = {.symptom = symptom, .component = part ? &c : NULL};
	struct burnin_order order;

	FIT(c.name, text_at(part, "name"));
	FIT(c.location, text_at(part, "location"));
	FIT(c.serial, text_at(part, "serialNumber"));
	FIT(c.part_number, text_at(part, "manufacturerPartNumber"));
	FIT(o->part, text_at(part, "partType"));
	FIT(o->slot, c.location);
	FIT(o->serial, c.serial);
	FIT(o->part_number, c.part_number);
	FIT(o->certainty, certainty_str(part ? CERTAINTY_CERTAIN : CERTAINTY_UNKNOWN));
	FIT(o->action, "See the records of the run.");
	if (symptom == SYMPTOM_NONE)
		return;
	c.kind = burnin_rule_of(symptom)->kind;
	burnin_order_of(&finding, &order);
	FIT(o->action, order.action);
}

static struct run_order *find_order(struct verdict *v, const char *code, const char *hardware)
{
	for (size_t i = 0; i < v->orders.n; i++) {
		struct run_order *o = &v->orders.items[i];

		/* One order a part; without a part, one a kind of fault. */
		if (str_eq(o->hardware, hardware) && (*hardware || str_eq(o->code, code)))
			return o;
	}
	return NULL;
}

static void add_detail(struct run_order *o, const char *message)
{
	size_t n = strlen(o->detail);

	if (strstr(o->detail, message))
		return;
	text_print(o->detail + n, sizeof(o->detail) - n, "%s%s", n ? "; " : "", message);
}

static int on_failure(struct verdict *v, const char *step, json_t *diagnosis)
{
	const char *hardware = text_at(diagnosis, "hardwareInfoId");
	const char *code = text_at(diagnosis, "verdict");
	struct run_order *o = find_order(v, code, hardware);

	v->waits = v->joined = false;
	if (o) {
		v->joined = v->waits = !*hardware;
		v->waiting = (size_t)(o - v->orders.items);
		FIT(v->waiting_step, step);
		FIT(v->joined_message, text_at(diagnosis, "message"));
		v->joined_at = strlen(o->detail);
		add_detail(o, text_at(diagnosis, "message"));
		return (int)v->waiting;
	}
	if (v->orders.n >= RUN_ORDERS_MAX)
		return -1;
	struct run_order fresh = {0};
	FIT(fresh.code, code);
	FIT(fresh.hardware, hardware);
	add_detail(&fresh, text_at(diagnosis, "message"));
	fill_from_part(&fresh, part_of(v, hardware));
	v->waiting = v->orders.n;
	v->waits = true;
	FIT(v->waiting_step, step);
	VEC_PUSH(&v->orders, fresh);
	return (int)v->waiting;
}

static bool is_for(const struct run_order *o, json_t *content)
{
	return str_eq(o->part, text_at(content, "part")) &&
	       str_eq(o->slot, text_at(content, "slot")) &&
	       str_eq(o->serial, text_at(content, "serial"));
}

/* The diagnosis before it has joined an order that is for another part: give it its own. false: no more
 * orders are held. */
static bool part_from(struct verdict *v, json_t *content)
{
	struct run_order fresh = {0}, *first = &v->orders.items[v->waiting];

	v->joined = false;
	first->detail[v->joined_at] = '\0';
	FIT(fresh.code, first->code);
	for (v->waiting = 0; v->waiting < v->orders.n; v->waiting++) {
		struct run_order *o = &v->orders.items[v->waiting];

		if (!*o->hardware && str_eq(o->code, fresh.code) && is_for(o, content)) {
			add_detail(o, v->joined_message);
			return true;
		}
	}
	if (v->orders.n >= RUN_ORDERS_MAX)
		return false;
	add_detail(&fresh, v->joined_message);
	fill_from_part(&fresh, NULL);
	VEC_PUSH(&v->orders, fresh);
	return true;
}

/* The order that the agent wrote after its diagnosis knows more: suspects, swap test. */
static int on_order(struct verdict *v, const char *step, json_t *content)
{
	if (!v->waits || !str_eq(v->waiting_step, step))
		return -1;
	v->waits = false;
	if (v->joined && !is_for(&v->orders.items[v->waiting], content) && !part_from(v, content))
		return -1;
	struct run_order *o = &v->orders.items[v->waiting];
	FIT(o->part, text_at(content, "part"));
	FIT(o->slot, text_at(content, "slot"));
	FIT(o->serial, text_at(content, "serial"));
	if (*text_at(content, "part_number"))
		FIT(o->part_number, text_at(content, "part_number"));
	if (*text_at(content, "action"))
		FIT(o->action, text_at(content, "action"));
	if (*text_at(content, "certainty"))
		FIT(o->certainty, text_at(content, "certainty"));
	if (json_is_array(json_object_get(content, "suspects"))) {
		json_decref(o->suspects);
		o->suspects = json_incref(json_object_get(content, "suspects"));
	}
	return (int)v->waiting;
}

/* ---- records --------------------------------------------------------------------------------- */

static struct run_step *find_step(struct verdict *v, const char *id)
{
	for (size_t i = 0; i < v->steps.n; i++)
		if (str_eq(v->steps.items[i].id, id))
			return &v->steps.items[i];
	return NULL;
}

static void on_step_start(struct verdict *v, const char *id)
{
	struct run_step fresh = {0};
	struct run_step *known = find_step(v, id);

	if (known) {
		known->ended = known->judged = false;
		return;
	}
	if (v->steps.n >= STEPS_MAX) {
		verdict_refuse(v, "the run has more steps than there are tests");
		return;
	}
	FIT(fresh.id, id);
	VEC_PUSH(&v->steps, fresh);
}

static int on_diagnosis(struct verdict *v, const char *step, json_t *diagnosis)
{
	const char *type = text_at(diagnosis, "type");

	if (str_eq(type, "FAIL"))
		return on_failure(v, step, diagnosis);
	v->n_passed += str_eq(type, "PASS");
	v->n_unjudged += str_eq(type, "UNKNOWN");
	return -1;
}

/* Lines that the agent forwards while it lives start with this word; see agent/burn/evidence.c. */
#define KERNEL_WORD "kernel: "

static void note_scene(struct verdict *v, json_t *artifact)
{
	json_t *m = json_object_get(artifact, "measurement");
	const char *text = text_at(json_object_get(artifact, "log"), "message");

	if (str_eq(text_at(m, "name"), "temperature-max"))
		v->temperature_c = (int64_t)json_number_value(json_object_get(m, "value"));
	if (!str_starts(text, KERNEL_WORD))
		return;
	memmove(v->lines[0], v->lines[1], sizeof(v->lines) - sizeof(v->lines[0]));
	FIT(v->lines[LINES_MAX - 1], text + strlen(KERNEL_WORD));
}

static int on_step(struct verdict *v, json_t *artifact)
{
	const char *id = text_at(artifact, "testStepId");
	json_t *diagnosis = json_object_get(artifact, "diagnosis");
	json_t *extension = json_object_get(artifact, "extension");
	struct run_step *step = find_step(v, id);

	if (json_object_get(artifact, "testStepStart"))
		on_step_start(v, id);
	json_t *end = json_object_get(artifact, "testStepEnd");

	if (end && step) {
		step->ended = true;
		step->judged = str_eq(text_at(end, "status"), "COMPLETE");
	}
	note_scene(v, artifact);
	if (diagnosis)
		return on_diagnosis(v, id, diagnosis);
	if (extension && str_eq(text_at(extension, "name"), "repair-order"))
		return on_order(v, id, json_object_get(extension, "content"));
	return -1;
}

/* Ids of parts hold from one start to the next: after a reboot disks may have other names. */
static void on_start(struct verdict *v, json_t *start)
{
	json_t *hardware = json_object_get(json_object_get(start, "dutInfo"), "hardwareInfos");

	json_decref(v->hardware);
	v->hardware = json_incref(hardware);
	for (size_t i = 0; i < v->orders.n; i++)
		FIT(v->orders.items[i].hardware, "before");
	FIT(v->tier, text_at(json_object_get(start, "parameters"), "tier"));
	v->waits = false;
}

static void on_run(struct verdict *v, json_t *artifact)
{
	json_t *start = json_object_get(artifact, "testRunStart");
	json_t *end = json_object_get(artifact, "testRunEnd");

	if (start)
		on_start(v, start);
	if (!end)
		return;
	v->ended = true;
	v->passed = str_eq(text_at(end, "result"), "PASS");
	v->failed |= str_eq(text_at(end, "result"), "FAIL");
}

int verdict_add(struct verdict *v, json_t *record)
{
	struct err err = ERR_INIT;

	v->n_records++;
	if (ocp_check_record(record, &err) < 0) {
		verdict_refuse(v, err.msg);
		return -1;
	}
	int64_t sequence = json_integer_value(json_object_get(record, "sequenceNumber"));
	/* Some emitters count from 1: the first artifact of a stream shows where it starts. */
	if (v->n_records == 1 && json_object_get(record, "schemaVersion"))
		v->next_sequence = sequence;
	if (sequence < v->next_sequence)
		return -1; /* sent again */
	if (sequence > v->next_sequence)
		verdict_refuse(v, "records are missing: their numbers have a gap");
	if (json_object_get(record, "schemaVersion"))
		v->ended = v->passed = false; /* the run goes on */
	if (v->ended)
		verdict_refuse(v, "records came after the end of the run");
	v->next_sequence = sequence + 1;
	if (json_object_get(record, "testRunArtifact"))
		on_run(v, json_object_get(record, "testRunArtifact"));
	json_t *step = json_object_get(record, "testStepArtifact");
	return step ? on_step(v, step) : -1;
}

/* ---- the result ------------------------------------------------------------------------------ */

static const char *open_step(const struct verdict *v)
{
	for (size_t i = 0; i < v->steps.n; i++)
		if (!v->steps.items[i].ended)
			return v->steps.items[i].id;
	return NULL;
}

static enum run_result judge(const struct verdict *v, char why[static 257])
{
	const char *step = open_step(v);

	if (*v->broken) {
		text_print(why, 257, "%.256s", v->broken);
	} else if (!v->ended) {
		text_print(why, 257, "the run broke off%s%.64s", step ? " in " : "",
			   step ? step : "");
	} else if (v->orders.n || v->failed) {
		text_print(why, 257, "%.256s",
			   v->orders.n ? v->orders.items[0].detail : "a test failed");
		return RUN_FAIL;
	} else if (!v->passed) {
		text_print(why, 257, "a test that is needed could not judge");
	} else if (step) {
		text_print(why, 257, "the run ended, but its test %.64s did not", step);
	} else if (!v->n_passed) {
		text_print(why, 257, "no test judged anything");
	} else {
		return RUN_PASS;
	}
	return RUN_INCOMPLETE;
}

static void describe_scene(const struct verdict *v, char *ret, size_t ret_bytes)
{
	const char *step = open_step(v);
	struct str text;

	str_init(&text, 4096);
	if (step)
		str_addf(&text, "in the test %.64s", step);
	if (v->temperature_c > 0)
		str_addf(&text, "%sat %lld C", text.n_bytes ? ", " : "",
			 (long long)v->temperature_c);
	for (size_t i = 0; i < LINES_MAX; i++)
		if (*v->lines[i])
			str_addf(&text, "%s%s",
				 text.n_bytes ? "; kernel: " : "kernel: ", v->lines[i]);
	(void)text_fit(ret, ret_bytes, text.p);
	str_done(&text);
}

bool run_step_judged(const struct run_verdict *v, const char *id)
{
	for (size_t i = 0; i < v->steps.n; i++)
		if (str_eq(v->steps.items[i].id, id))
			return v->steps.items[i].judged;
	return false;
}

void verdict_read(const struct verdict *v, struct run_verdict *ret)
{
	*ret = (struct run_verdict){.ended = v->ended,
				    .n_records = v->n_records,
				    .n_passed = v->n_passed,
				    .n_unjudged = v->n_unjudged};
	ret->result = judge(v, ret->why);
	ret->intact = !*v->broken;
	ret->next_sequence = v->next_sequence;
	FIT(ret->tier, v->tier);
	for (size_t i = 0; i < v->steps.n; i++)
		VEC_PUSH(&ret->steps, v->steps.items[i]);
	describe_scene(v, ret->scene, sizeof(ret->scene));
	for (size_t i = 0; i < v->orders.n; i++) {
		VEC_PUSH(&ret->orders, v->orders.items[i]);
		json_incref(v->orders.items[i].suspects);
	}
}

void run_verdict_done(struct run_verdict *v)
{
	for (size_t i = 0; i < v->orders.n; i++)
		json_decref(v->orders.items[i].suspects);
	VEC_DONE(&v->orders);
	VEC_DONE(&v->steps);
}

static json_t *order_json(const struct run_order *o)
{
	json_t *out = json_object();

	const struct {
		const char *key, *value;
	} texts[] = {
		{"code", o->code},     {"detail", o->detail},       {"part", o->part},
		{"slot", o->slot},     {"serial", o->serial},       {"part_number", o->part_number},
		{"action", o->action}, {"certainty", o->certainty},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_object_set_new(out, texts[i].key, json_string_of(texts[i].value));
	if (o->suspects)
		json_object_set(out, "suspects", o->suspects);
	return out;
}

json_t *run_verdict_json(const struct run_verdict *v)
{
	json_t *orders = json_array();

	for (size_t i = 0; i < v->orders.n; i++)
		json_array_append_new(orders, order_json(&v->orders.items[i]));
	return json_pack("{s:s, s:o, s:b, s:i, s:i, s:i, s:o}", "result", run_result_str(v->result),
			 "why", json_string_of(v->why), "ended", v->ended, "records",
			 (int)v->n_records, "passed", (int)v->n_passed, "unjudged",
			 (int)v->n_unjudged, "orders", orders);
}
