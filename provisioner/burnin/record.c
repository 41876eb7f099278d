/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCP Test & Validation records; see record.h. Field names and enums are those of the JSON schemas
 * in ocp-diag-core (2.0), which refuse unknown members: repair orders and coverage travel as
 * `extension`.
 */
#include <burnin/record.h>

#include <base/cleanup.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

const char *ocp_status_str(enum ocp_status status)
{
	static const char *const names[] = {"COMPLETE", "ERROR", "SKIP"};

	return names[status];
}

const char *ocp_verdict_str(enum ocp_verdict verdict)
{
	static const char *const names[] = {"PASS", "FAIL", "UNKNOWN"};

	return names[verdict];
}

const char *ocp_result_str(enum ocp_result result)
{
	static const char *const names[] = {"PASS", "FAIL", "NOT_APPLICABLE"};

	return names[result];
}

/* Text of tools and hardware may be no UTF-8; the record must be. */
static json_t *text(const char *s)
{
	json_t *out = json_string(s);
	struct str clean;

	if (out)
		return out;
	str_init(&clean, 8192);
	str_add_printable(&clean, s);
	out = json_string(clean.p);
	str_done(&clean);
	return out;
}

static void set_text(json_t *obj, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(obj, key, text(value));
}

static void emit(struct ocp_stream *s, const char *artifact, json_t *content)
{
	char timestamp[TIME_TEXT_BYTES];

	time_rfc3339(s->wall_us(s->arg), timestamp);
	s->emit(s->arg, json_pack("{s:o, s:I, s:s}", artifact, content, "sequenceNumber",
				  (json_int_t)s->sequence++, "timestamp", timestamp));
}

static void emit_run(struct ocp_stream *s, const char *what, json_t *content)
{
	emit(s, "testRunArtifact", json_pack("{s:o}", what, content));
}

static void emit_step(struct ocp_stream *s, const char *step, const char *what, json_t *content)
{
	emit(s, "testStepArtifact", json_pack("{s:s, s:o}", "testStepId", step, what, content));
}

static json_t *hardware(const component_list *components)
{
	json_t *out = json_array();

	for (size_t i = 0; i < components->n; i++) {
		const struct component *c = &components->items[i];
		json_t *row = json_pack("{s:s}", "hardwareInfoId", c->id);

		json_object_set_new(row, "name", text(*c->name ? c->name : c->key));
		set_text(row, "location", c->location);
		set_text(row, "serialNumber", c->serial);
		set_text(row, "manufacturer", c->manufacturer);
		set_text(row, "manufacturerPartNumber", c->part_number);
		set_text(row, "partType", component_kind_str(c->kind));
		set_text(row, "revision", c->revision);
		json_array_append_new(out, row);
	}
	return out;
}

void ocp_begin(struct ocp_stream *s, const struct ocp_run *run)
{
	json_t *parameters = run->parameters ? run->parameters : json_object();
	json_t *dut = json_pack("{s:s, s:o}", "dutInfoId", run->dut_id, "hardwareInfos",
				hardware(run->components));

	set_text(dut, "name", run->dut_name);
	emit(s, "schemaVersion", json_pack("{s:i, s:i}", "major", 2, "minor", 0));
	emit_run(s, "testRunStart",
		 json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", run->name, "version", run->version,
			   "commandLine", run->command_line, "parameters", parameters, "dutInfo",
			   dut));
}

void ocp_end(struct ocp_stream *s, enum ocp_status status, enum ocp_result result)
{
	BUG_ON((status == OCP_COMPLETE) == (result == OCP_RESULT_NOT_APPLICABLE));
	emit_run(s, "testRunEnd",
		 json_pack("{s:s, s:s}", "status", ocp_status_str(status), "result",
			   ocp_result_str(result)));
}

void ocp_step_start(struct ocp_stream *s, const char *step, const char *name)
{
	emit_step(s, step, "testStepStart", json_pack("{s:s}", "name", name));
}

void ocp_step_end(struct ocp_stream *s, const char *step, enum ocp_status status)
{
	emit_step(s, step, "testStepEnd", json_pack("{s:s}", "status", ocp_status_str(status)));
}

static json_t *number(double v)
{
	return v >= -9e15 && v <= 9e15 && v == (double)(json_int_t)v ? json_integer((json_int_t)v)
								     : json_real(v);
}

void ocp_measure(struct ocp_stream *s, const char *step, const struct ocp_measurement *m)
{
	json_t *doc = json_pack("{s:s, s:o}", "name", m->name, "value", number(m->value));

	set_text(doc, "unit", m->unit);
	if (m->validator.type)
		json_object_set_new(doc, "validators",
				    json_pack("[{s:s, s:o}]", "type", m->validator.type, "value",
					      number(m->validator.limit)));
	if (m->component)
		set_text(doc, "hardwareInfoId", m->component->id);
	emit_step(s, step, "measurement", doc);
}

void ocp_diagnose(struct ocp_stream *s, const char *step, const struct component *component,
		  enum ocp_verdict verdict, const char *verdict_name, const char *message)
{
	json_t *d = json_pack("{s:s, s:s}", "verdict", verdict_name, "type",
			      ocp_verdict_str(verdict));

	set_text(d, "message", message);
	if (component)
		set_text(d, "hardwareInfoId", component->id);
	emit_step(s, step, "diagnosis", d);
}

void ocp_log(struct ocp_stream *s, const char *step, const char *severity, const char *message)
{
	json_t *log = json_pack("{s:s, s:o}", "severity", severity, "message", text(message));

	if (step)
		emit_step(s, step, "log", log);
	else
		emit_run(s, "log", log);
}

void ocp_error(struct ocp_stream *s, const char *step, const char *symptom, const char *message)
{
	json_t *error = json_pack("{s:s}", "symptom", symptom);

	set_text(error, "message", message);
	if (step)
		emit_step(s, step, "error", error);
	else
		emit_run(s, "error", error);
}

void ocp_extend(struct ocp_stream *s, const char *step, const char *name, json_t *content)
{
	emit_step(s, step, "extension", json_pack("{s:s, s:o}", "name", name, "content", content));
}

/* ---- receiving ------------------------------------------------------------------------------- */

static const char *const run_members[] = {"testRunStart", "testRunEnd", "log", "error"};
static const char *const step_members[] = {"testStepStart",
					   "testStepEnd",
					   "measurement",
					   "measurementSeriesStart",
					   "measurementSeriesElement",
					   "measurementSeriesEnd",
					   "diagnosis",
					   "error",
					   "file",
					   "log",
					   "extension"};

static bool is_one_of(const char *text, const char *const *names, size_t n)
{
	for (size_t i = 0; text && i < n; i++)
		if (str_eq(names[i], text))
			return true;
	return false;
}

static const char *text_at(json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

/* COMPLETE goes with PASS or FAIL, the others with NOT_APPLICABLE. */
static bool is_good_end(json_t *end)
{
	static const char *const judged[] = {"PASS", "FAIL"}, *const others[] = {"ERROR", "SKIP"};
	const char *status = text_at(end, "status"), *result = text_at(end, "result");

	if (str_eq(status, "COMPLETE"))
		return is_one_of(result, judged, ARRAY_LEN(judged));
	return is_one_of(status, others, ARRAY_LEN(others)) && str_eq(result, "NOT_APPLICABLE");
}

static bool is_good_step_end(json_t *end)
{
	static const char *const statuses[] = {"COMPLETE", "ERROR", "SKIP"};

	return is_one_of(text_at(end, "status"), statuses, ARRAY_LEN(statuses));
}

static bool is_good_diagnosis(json_t *diagnosis)
{
	static const char *const types[] = {"PASS", "FAIL", "UNKNOWN"};
	const char *verdict = text_at(diagnosis, "verdict");

	return verdict && *verdict &&
	       is_one_of(text_at(diagnosis, "type"), types, ARRAY_LEN(types));
}

/* What a verdict is made of must be whole; the rest is evidence for people. */
static const struct {
	const char *name;
	bool (*is_good)(json_t *member);
} checks[] = {
	{"testRunEnd", is_good_end},
	{"testStepEnd", is_good_step_end},
	{"diagnosis", is_good_diagnosis},
};

static void check_member(struct json_reader *r, json_t *obj)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		json_t *member = json_object_get(obj, checks[i].name);

		if (member && r->status >= 0 && !checks[i].is_good(member))
			json_reader_fail(r, checks[i].name, ERR_INVALID,
					 "its words are not those of OCP's schema");
	}
}

static int one_member(struct json_reader *parent, json_t *obj, const char *key,
		      const char *const *names, size_t n, bool step)
{
	struct json_reader r = json_reader_sub(parent, obj, key);
	unsigned found = 0;

	if (step)
		(void)json_need_str(&r, "testStepId", 1, 64);
	for (size_t i = 0; i < n && r.status >= 0; i++)
		found += json_opt_obj(&r, names[i]) != NULL;
	if (r.status >= 0 && found != 1)
		json_reader_fail(&r, "", ERR_INVALID, "needs one known member, has %u", found);
	check_member(&r, obj);
	return json_reader_end(&r);
}

int ocp_check_record(json_t *record, struct err *err)
{
	struct json_reader r = json_reader_root(record, err);
	int64_t wall_us;

	(void)json_need_int(&r, "sequenceNumber", 0, INT64_MAX);
	const char *when = json_need_str(&r, "timestamp", 1, TIME_TEXT_BYTES);
	json_t *schema = json_opt_obj(&r, "schemaVersion");
	json_t *run = json_opt_obj(&r, "testRunArtifact");
	json_t *step = json_opt_obj(&r, "testStepArtifact");
	TRY(json_reader_end(&r));
	if (!time_parse_rfc3339(when, &wall_us))
		return err_set(err, ERR_INVALID, "'%s' is not an RFC 3339 time", when);
	if ((schema != NULL) + (run != NULL) + (step != NULL) != 1)
		return err_set(err, ERR_INVALID, "a record needs exactly one artifact");
	if (run)
		return one_member(&r, run, "testRunArtifact", run_members, ARRAY_LEN(run_members),
				  false);
	if (step)
		return one_member(&r, step, "testStepArtifact", step_members,
				  ARRAY_LEN(step_members), true);
	struct json_reader version = json_reader_sub(&r, schema, "schemaVersion");
	(void)json_need_int(&version, "major", 2, 2);
	(void)json_need_int(&version, "minor", 0, 100);
	return json_reader_end(&version);
}
