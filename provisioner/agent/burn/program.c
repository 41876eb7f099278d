/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test of the catalogue that is a program: start it as burnin/CATALOGUE.md promises, and hand what
 * it printed to its reader. Input: a definition whose digest is in the signed plan, and output that
 * may be anything.
 */
#include "burn.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>
#include <burnin/judge.h>
#include <burnin/program_lines.h>

#define OUTPUT_MAX_BYTES MIB
#define GRACE_MS         180000 /* to start and to end; the deadline's margin is above it */
#define ENVIRONMENT_MAX  16

struct running {
	struct burn *burn;
	const struct catalogue_test *test;
};

bool burn_has_tool(const char *name)
{
	static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					      "/usr/bin",        "/sbin",          "/bin"};

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		autofree char *path = xasprintf("%s/%s", folders[i], name);

		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static bool has_device(const char *name)
{
	autofree char *path = xasprintf("/dev/%s", name);

	return access(path, F_OK) == 0;
}

bool burn_unmet(const struct burn *b, const struct catalogue_test *test, char ret_why[static 129])
{
	struct utsname machine;

	(void)uname(&machine);
	return catalogue_unmet(test,
			       &(struct catalogue_host){.arch = machine.machine,
							.components = &b->components,
							.available_mib = burn_available_mib(),
							.has_tool = burn_has_tool,
							.has_device = has_device},
			       ret_why);
}

/* ---- what it printed ------------------------------------------------------------------------- */

/* A test that nobody has verified shows what it finds and decides nothing. */
static void found(void *arg, const struct burnin_finding *f)
{
	const struct running *r = arg;

	if (r->test->verified)
		burn_found(r->burn, r->test->id, f);
	else
		burn_unjudged(r->burn, r->test->id, f->component, f->message);
}

static void passed(void *arg, const struct component *c, const char *verdict, const char *message)
{
	const struct running *r = arg;

	if (r->test->verified)
		burn_passed(r->burn, r->test->id, c, verdict, message);
}

static void measured(void *arg, const struct program_measurement *m)
{
	const struct running *r = arg;
	const struct catalogue_bound *b = m->bound;
	struct ocp_validator v = {0};

	if (b && b->has_least)
		v = (struct ocp_validator){"GREATER_THAN_OR_EQUAL", b->least};
	else if (b)
		v = (struct ocp_validator){"LESS_THAN_OR_EQUAL", b->most};
	ocp_measure(&r->burn->stream, r->test->id,
		    &(struct ocp_measurement){.component = m->component,
					      .name = m->name,
					      .value = m->value,
					      .unit = m->unit,
					      .validator = v});
}

static void logged(void *arg, const char *text)
{
	const struct running *r = arg;

	ocp_log(&r->burn->stream, r->test->id, "INFO", text);
}

static enum burn_end judge_lines(struct running *r, const struct process_result *result)
{
	const struct program_reader reader = {
		.test = r->test,
		.components = &r->burn->components,
		.found = found,
		.passed = passed,
		.measured = measured,
		.logged = logged,
		.arg = r,
	};
	struct program_outcome o;

	program_lines_read(&reader, (struct tool_end){result->exit_code, result->signal},
			   result->out, result->out_bytes, &o);
	if (o.verdict == TOOL_PASSED && result->truncated)
		return burn_no_verdict(r->burn, r->test->id, "it printed more than 1 MiB");
	if (o.skipped)
		ocp_log(&r->burn->stream, r->test->id, "WARNING", o.message);
	else if (o.verdict == TOOL_NOT_RUN)
		return burn_no_verdict(r->burn, r->test->id, o.message);
	return o.skipped || !r->test->verified ? BURN_SKIPPED : BURN_JUDGED;
}

/* The document that burnin_judge() makes, as a finding of this run. */
static void find_as_judged(struct running *r, json_t *row)
{
	struct burnin_finding f = {
		.symptom = burnin_symptom_of(json_string_value(json_object_get(row, "verdict")))};
	struct component named = {.place = DIMM_NOWHERE};

	if (f.symptom == SYMPTOM_NONE)
		f.symptom = r->test->symptom;
	(void)text_fit(f.message, sizeof(f.message),
		       json_string_value(json_object_get(row, "message")));
	(void)text_fit(named.location, sizeof(named.location),
		       json_string_value(json_object_get(row, "slot")));
	burn_name_part(r->burn, &named, &f);
	found(r, &f);
}

static enum burn_end judge_output(struct running *r, const struct process_result *result)
{
	const struct tool_end end = {result->exit_code, result->signal};
	autofree char *text = xasprintf("%s\n%s", result->errors, result->out);
	autojson json_t *doc = NULL;
	json_t *row;
	size_t i;

	if (burnin_judge(r->test->judge, &end, text, strlen(text), &doc, NULL) < 0)
		return burn_no_verdict(r->burn, r->test->id, "its output has no reader");
	json_array_foreach (json_object_get(doc, "findings"), i, row)
		find_as_judged(r, row);
	const char *verdict = json_string_value(json_object_get(doc, "verdict"));
	const char *message = json_string_value(json_object_get(doc, "message"));
	if (str_eq(verdict, "not-judged") && !r->test->needed && !result->signal &&
	    !result->truncated) {
		ocp_log(&r->burn->stream, r->test->id, "WARNING", message);
		return BURN_SKIPPED;
	}
	if (str_eq(verdict, "not-judged") || (str_eq(verdict, "passed") && result->truncated))
		return burn_no_verdict(r->burn, r->test->id, message);
	if (str_eq(verdict, "passed"))
		passed(r, NULL, "test-pass", message);
	return r->test->verified ? BURN_JUDGED : BURN_SKIPPED;
}

/* ---- running it ------------------------------------------------------------------------------ */

struct environment {
	char *lines[ENVIRONMENT_MAX];
	size_t n;
};

static void put(struct environment *e, const char *name, char *value)
{
	BUG_ON(e->n + 1 >= ENVIRONMENT_MAX);
	e->lines[e->n++] = xasprintf("%s=%s", name, value);
	free(value);
}

/* "sda sdb": the kernel's names. */
static char *parts_of(const struct burn *b, enum component_kind kind)
{
	struct str out;

	str_init(&out, 65536);
	for (size_t i = 0; i < b->components.n; i++)
		if (b->components.items[i].kind == kind)
			str_addf(&out, "%s%s", out.n_bytes ? " " : "", b->components.items[i].key);
	char *text = str_take(&out);
	return text ? text : xstrdup("");
}

static void fill_environment(const struct burn *b, const struct catalogue_test *t,
			     const struct catalogue_values *v, struct environment *e)
{
	put(e, "PATH", xstrdup("/usr/sbin:/usr/bin:/sbin:/bin"));
	put(e, "LC_ALL", xstrdup("C.UTF-8"));
	put(e, "SLIPWAY_TEST", xstrdup(t->id));
	put(e, "SLIPWAY_TIER", xstrdup(v->tier));
	put(e, "SLIPWAY_SECONDS", xasprintf("%lld", (long long)v->seconds));
	put(e, "SLIPWAY_SEED", xasprintf("%lld", (long long)v->seed));
	put(e, "SLIPWAY_MEMORY_MIB", xasprintf("%lld", (long long)v->memory_mib));
	put(e, "SLIPWAY_CPUS", xasprintf("%lld", (long long)v->cpus));
	put(e, "SLIPWAY_DISKS", parts_of(b, COMPONENT_DISK));
	put(e, "SLIPWAY_NICS", parts_of(b, COMPONENT_NIC));
}

static bool keep_going(void *arg)
{
	return burn_tick(arg);
}

static int run(struct burn *b, const struct catalogue_test *t, struct process_result *ret,
	       struct err *err)
{
	const struct catalogue_values v = {
		.seconds = b->test_s,
		.seed = (int64_t)(b->plan->seed & INT64_MAX),
		.memory_mib = burn_memory_to_test(burn_available_mib()),
		.cpus = sysconf(_SC_NPROCESSORS_ONLN),
		.tier = b->plan->tier,
	};
	char *argv[CATALOGUE_ARGS_MAX + 2] = {xstrdup(t->tool)};
	struct environment env = {0};
	size_t n = 1;

	for (; t->args[n - 1]; n++)
		argv[n] = catalogue_fill(t->args[n - 1], &v);
	fill_environment(b, t, &v, &env);
	int rc = process_run(
		&(struct process_options){.argv = (const char *const *)argv,
					  .env = (const char *const *)env.lines,
					  .max_output_bytes = OUTPUT_MAX_BYTES,
					  .timeout_ms = b->test_s * 1000 +
							(b->grace_ms ? b->grace_ms : GRACE_MS),
					  .keep_going = keep_going,
					  .arg = b},
		ret, err);
	for (size_t i = 0; i < n; i++)
		free(argv[i]);
	for (size_t i = 0; i < env.n; i++)
		free(env.lines[i]);
	return rc;
}

enum burn_end burn_no_verdict(struct burn *b, const char *step, const char *why)
{
	ocp_error(&b->stream, step, "no-verdict", why);
	report_log(b->out, "error", "%s: no verdict: %s", step, why);
	return BURN_ERROR;
}

enum burn_end burn_test_program(struct burn *b, const struct catalogue_test *test)
{
	struct running r = {.burn = b, .test = test};
	struct process_result result = {0};
	struct err err = ERR_INIT;

	if (run(b, test, &result, &err) < 0)
		return err.code == ERR_CANCELLED ? BURN_STOPPED
						 : burn_no_verdict(b, test->id, err.msg);
	enum burn_end end = str_eq(test->judge, "lines") ? judge_lines(&r, &result)
							 : judge_output(&r, &result);
	process_result_done(&result);
	return end;
}
