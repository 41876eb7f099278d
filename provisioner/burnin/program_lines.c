/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON lines of test programs; see program_lines.h.
 */
#include <burnin/program_lines.h>

#include <string.h>
#include <base/json.h>
#include <base/str.h>

#define FINDINGS_MAX 256

struct reading {
	const struct program_reader *r;
	struct program_outcome *out;
	bool measured[CATALOGUE_LIST_MAX];
	char broken[257]; /* the first line that is not of the contract */
	char last[257];   /* what the program said last */
};

static void break_off(struct reading *s, const char *why)
{
	if (!*s->broken)
		(void)text_fit(s->broken, sizeof(s->broken), why);
}

/* The name of a part as the kernel, the chassis or the vendor has it. */
static const struct component *part_of(const struct reading *s, const char *name)
{
	const component_list *list = s->r->components;

	for (size_t i = 0; *name && i < list->n; i++) {
		const struct component *c = &list->items[i];
		const char *const names[] = {c->key, c->location, c->serial, c->id, c->pci};

		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			if (str_eq(names[k], name))
				return c;
	}
	return NULL;
}

static void find(struct reading *s, const struct burnin_finding *f)
{
	if (s->out->n_failed < FINDINGS_MAX && s->r->found)
		s->r->found(s->r->arg, f);
	if (burnin_rule_of(f->symptom)->fails)
		s->out->n_failed++;
	if (!*s->out->message)
		(void)text_fit(s->out->message, sizeof(s->out->message), f->message);
}

/* ---- members --------------------------------------------------------------------------------- */

static void on_log(struct reading *s, struct json_reader *r)
{
	const char *text = json_need_str(r, "log", 0, PROGRAM_LINE_MAX_BYTES);

	if (!text)
		return;
	(void)text_fit(s->last, sizeof(s->last), text);
	if (s->r->logged)
		s->r->logged(s->r->arg, s->last);
}

static void on_diagnosis(struct reading *s, struct json_reader *parent)
{
	json_t *obj = json_need_obj(parent, "diagnosis");

	if (!obj)
		return;
	struct json_reader r = json_reader_sub(parent, obj, "diagnosis");
	const char *type = json_need_str(&r, "type", 1, 16);
	const char *verdict = json_opt_str(&r, "verdict", 64, "");
	const char *message = json_opt_str(&r, "message", 1024, "");
	const char *part = json_opt_str(&r, "part", 128, "");
	bool pass = str_eq(type, "PASS"), fail = str_eq(type, "FAIL");

	parent->status = json_reader_end(&r);
	if (parent->status < 0)
		return;
	enum burnin_symptom symptom = burnin_symptom_of(verdict);
	const struct component *c = part_of(s, part);
	if (!pass && !fail && !str_eq(type, "UNKNOWN")) {
		json_reader_fail(parent, "diagnosis", ERR_INVALID, "use PASS, FAIL or UNKNOWN");
	} else if (pass) {
		s->out->n_passed++;
		if (s->r->passed)
			s->r->passed(s->r->arg, c, *verdict ? verdict : "test-pass", message);
	} else if (fail) {
		struct burnin_finding f = {.symptom = symptom ? symptom : s->r->test->symptom,
					   .component = c};

		text_print(f.message, sizeof(f.message), "%s%s%.64s%s%.180s",
			   *verdict ? verdict : s->r->test->id, *part ? " of " : "", part,
			   *message ? ": " : "", message);
		find(s, &f);
	}
}

static void judge_bound(struct reading *s, const struct program_measurement *m)
{
	struct burnin_finding f = {.symptom = s->r->test->symptom, .component = m->component};
	const struct catalogue_bound *b = m->bound;

	if (b->has_least && m->value < b->least)
		text_print(f.message, sizeof(f.message),
			   "%.64s is %g %.16s, at least %g is expected", m->name, m->value, m->unit,
			   b->least);
	else if (b->has_most && m->value > b->most)
		text_print(f.message, sizeof(f.message),
			   "%.64s is %g %.16s, at most %g is expected", m->name, m->value, m->unit,
			   b->most);
	if (*f.message)
		find(s, &f);
}

static void take_measurement(struct reading *s, struct program_measurement *m)
{
	const struct catalogue_test *t = s->r->test;

	for (size_t i = 0; i < t->n_bounds && !m->bound; i++) {
		/* 900 Mbit/s is not 900 B/s: another unit is another measurement. */
		if (!str_eq(t->bounds[i].name, m->name) || !str_eq(t->bounds[i].unit, m->unit))
			continue;
		m->bound = &t->bounds[i];
		s->measured[i] = true;
	}
	if (s->r->measured)
		s->r->measured(s->r->arg, m);
	if (m->bound)
		judge_bound(s, m);
}

static void on_measurement(struct reading *s, struct json_reader *parent)
{
	json_t *obj = json_need_obj(parent, "measurement");

	if (!obj)
		return;
	struct json_reader r = json_reader_sub(parent, obj, "measurement");
	json_t *value = json_object_get(obj, "value");
	struct program_measurement m = {.name = json_need_str(&r, "name", 1, 64),
					.unit = json_opt_str(&r, "unit", 32, ""),
					.value = json_number_value(value)};
	const char *part = json_opt_str(&r, "part", 128, "");

	r.seen[r.n_seen++] = "value";
	if (r.status >= 0 && !json_is_number(value))
		json_reader_fail(&r, "value", ERR_INVALID, "a value is a number");
	parent->status = json_reader_end(&r);
	if (parent->status < 0)
		return;
	m.component = part_of(s, part);
	take_measurement(s, &m);
}

static const struct {
	const char *name;
	void (*read)(struct reading *s, struct json_reader *r);
} members[] = {
	{"log", on_log},
	{"diagnosis", on_diagnosis},
	{"measurement", on_measurement},
};

static void read_line(struct reading *s, struct sv line)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	unsigned n = 0;

	if (json_load_strict(line.p, line.n, PROGRAM_LINE_MAX_BYTES, &doc, &err) < 0 ||
	    !json_is_object(doc)) {
		break_off(s, "it printed a line that is not a JSON object");
		return;
	}
	struct json_reader r = json_reader_root(doc, &err);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (!json_object_get(doc, members[i].name))
			continue;
		members[i].read(s, &r);
		n++;
	}
	if (json_reader_end(&r) < 0)
		break_off(s, err.msg);
	else if (n != 1)
		break_off(s, "a line holds one of log, measurement and diagnosis");
}

/* ---- the outcome ----------------------------------------------------------------------------- */

static const struct catalogue_bound *unmeasured(const struct reading *s)
{
	for (size_t i = 0; i < s->r->test->n_bounds; i++)
		if (!s->measured[i])
			return &s->r->test->bounds[i];
	return NULL;
}

/* Status 1 without a line that names the fault is a fault all the same. */
static void find_by_status(struct reading *s)
{
	struct burnin_finding f = {.symptom = s->r->test->symptom};

	text_print(f.message, sizeof(f.message), "%s: %.200s", s->r->test->id,
		   *s->last ? s->last : "its program found a fault and named none");
	find(s, &f);
}

static void no_verdict(struct program_outcome *out, const char *why)
{
	out->verdict = TOOL_NOT_RUN;
	(void)text_fit(out->message, sizeof(out->message), why);
}

static void conclude(struct reading *s, struct tool_end end)
{
	const struct catalogue_bound *missing = unmeasured(s);
	struct program_outcome *out = s->out;
	char why[257];

	out->verdict = TOOL_FOUND_FAULT;
	if (!end.signal && end.status == PROGRAM_FAULT && !out->n_failed)
		find_by_status(s);
	if (out->n_failed)
		return;
	if (end.signal) {
		text_print(why, sizeof(why), "signal %d ended its program", end.signal);
		no_verdict(out, why);
	} else if (*s->broken) {
		no_verdict(out, s->broken);
	} else if (end.status == PROGRAM_SKIPPED) {
		out->skipped = true;
		no_verdict(out, *s->last ? s->last : "its program gave no reason");
	} else if (end.status != PROGRAM_JUDGED) {
		text_print(why, sizeof(why), "its program ended with status %d: %.180s", end.status,
			   *s->last ? s->last : "it printed no log line");
		no_verdict(out, why);
	} else if (missing) {
		text_print(why, sizeof(why), "its program did not measure '%.64s' in '%.32s'",
			   missing->name, missing->unit);
		no_verdict(out, why);
	} else if (!out->n_passed) {
		no_verdict(out, "its program judged nothing");
	} else {
		out->verdict = TOOL_PASSED;
	}
}

void program_lines_read(const struct program_reader *r, struct tool_end end, const char *text,
			size_t n_bytes, struct program_outcome *ret)
{
	struct reading s = {.r = r, .out = ret};
	struct sv rest = {text, n_bytes};
	size_t n_lines = 0;

	*ret = (struct program_outcome){0};
	while (rest.n) {
		struct sv line = sv_trim(sv_split(&rest, '\n'));

		if (!line.n)
			continue;
		if (n_lines++ == PROGRAM_LINES_MAX) {
			break_off(&s, "it printed too many lines");
			break;
		}
		read_line(&s, line);
	}
	conclude(&s, end);
}
