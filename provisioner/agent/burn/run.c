/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tests a run has: the plan names them, the catalogue that is built in or a definition inside
 * the plan says what they are. Anything that does not fit ends the step before the first test.
 */
#include "burn.h"

#include <string.h>
#include <base/clock.h>
#include <base/str.h>

static int take_definition(struct burn_planned *p, const char *id, const char *definition,
			   struct err *err)
{
	struct err why = ERR_INIT;

	p->owns = true;
	if (catalogue_parse(definition, strlen(definition), &p->own, &why) < 0)
		return err_set(err, ERR_BURNIN_CATALOGUE, "the plan's test '%s': %s", id, why.msg);
	if (!str_eq(p->own.id, id) || str_eq(p->own.judge, "agent"))
		return err_set(err, ERR_BURNIN_CATALOGUE,
			       "the plan's test '%s' has the definition of another", id);
	p->test = &p->own;
	return 0;
}

static int take_test(struct burn_planned *p, const struct plan_burn_in *plan, size_t i,
		     struct err *err)
{
	const char *id = plan->tests[i].id;

	p->seconds = plan->tests[i].seconds;
	p->done = plan->tests[i].done;
	p->test = catalogue_find(catalogue_builtin(), id);
	if (plan->tests[i].definition)
		TRY(take_definition(p, id, plan->tests[i].definition, err));
	if (p->test && !p->test->enabled)
		return err_set(err, ERR_BURNIN_TEST, "the test '%s' is not enabled", id);
	if (!p->test || (str_eq(p->test->judge, "agent") && !burn_test_run(id, NULL, NULL)))
		return err_set(err, ERR_BURNIN_TEST, "this agent has no test '%s'", id);
	if ((p->owns || plan->tests[i].sha256[0]) &&
	    !str_eq(plan->tests[i].sha256, p->test->sha256))
		return err_set(err, ERR_BURNIN_CATALOGUE,
			       "the test '%s' is another than the plan's: digest %.12s, not %.12s",
			       id, p->test->sha256, plan->tests[i].sha256);
	return 0;
}

int burn_take_plan(struct burn *b, struct err *err)
{
	if (b->plan->n_tests == 0)
		return err_set(err, ERR_BURNIN_TEST, "the plan names no tests");
	for (size_t i = 0; i < b->plan->n_tests; i++) {
		b->n_tests = i + 1;
		TRY(take_test(&b->tests[i], b->plan, i, err));
		b->total_s += b->tests[i].seconds;
	}
	return 0;
}

void burn_tests_done(struct burn *b)
{
	for (size_t i = 0; i < b->n_tests; i++)
		if (b->tests[i].owns)
			catalogue_test_done(&b->tests[i].own);
	b->n_tests = 0;
}

json_t *burn_tests_json(const struct burn *b)
{
	json_t *out = json_array();

	for (size_t i = 0; i < b->n_tests; i++) {
		const struct burn_planned *p = &b->tests[i];

		json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:I}", "id", p->test->id,
						     "version", p->test->version, "sha256",
						     p->test->sha256, "seconds",
						     (json_int_t)p->seconds));
	}
	return out;
}

/* The counters that a test's load may move, and whether this host has them. */
static void note_coverage(struct burn *b, const struct catalogue_test *t)
{
	json_t *coverage = json_object();

	for (int k = 0; k < _COUNTER_KIND_MAX; k++) {
		const char *name = counter_kind_str((enum counter_kind)k);

		for (size_t i = 0; t->counters[i]; i++)
			if (str_eq(t->counters[i], name))
				json_object_set_new(
					coverage, name,
					json_string(b->before.covered[k] ? "covered" : "none"));
	}
	if (json_object_size(coverage))
		ocp_extend(&b->stream, t->id, "coverage", coverage);
	else
		json_decref(coverage);
}

static bool moves_machine_checks(const struct catalogue_test *t)
{
	for (size_t i = 0; t->counters[i]; i++)
		if (str_eq(t->counters[i], counter_kind_str(COUNTER_MCE_CORRECTED)))
			return true;
	return false;
}

static enum burn_end do_test(struct burn *b, const struct catalogue_test *t)
{
	enum burn_end end = BURN_ERROR;
	char why[129];

	if (burn_unmet(b, t, why)) {
		ocp_log(&b->stream, t->id, "WARNING", why);
		report_log(b->out, "warning", "%s is skipped: %s", t->id, why);
		return BURN_SKIPPED;
	}
	if (!str_eq(t->judge, "agent"))
		return burn_test_program(b, t);
	(void)burn_test_run(t->id, b, &end);
	return end;
}

enum burn_end burn_run_test(struct burn *b, const struct burn_planned *p)
{
	static const enum ocp_status statuses[] = {
		[BURN_JUDGED] = OCP_COMPLETE,
		[BURN_SKIPPED] = OCP_SKIP,
		[BURN_ERROR] = OCP_ERROR,
		[BURN_STOPPED] = OCP_ERROR,
	};
	const struct catalogue_test *t = p->test;

	b->test = t->name;
	b->test_s = p->seconds;
	b->test_started_ms = time_boot_ms();
	b->step = t->id;
	ocp_step_start(&b->stream, t->id, t->name);
	burn_tell_former_boot(b, t->id);
	enum burn_end end = do_test(b, t);
	if (end == BURN_JUDGED && moves_machine_checks(t) && !burn_wait_for_poll(b))
		end = BURN_STOPPED;
	burn_judge_evidence(b, t->id);
	burn_judge_drives(b, t->id);
	note_coverage(b, t);
	ocp_step_end(&b->stream, t->id, statuses[end]);
	b->step = NULL;
	if (end != BURN_JUDGED && (t->needed || (end == BURN_ERROR && t->verified)))
		burn_add_missing(b, t->id);
	return end;
}

enum burn_end_of_run burn_end_run(struct burn *b)
{
	if (b->n_failures) {
		ocp_end(&b->stream, OCP_COMPLETE, OCP_RESULT_FAIL);
		return BURN_RUN_FAIL;
	}
	if (*b->missing) {
		ocp_end(&b->stream, OCP_ERROR, OCP_RESULT_NOT_APPLICABLE);
		return BURN_RUN_INCOMPLETE;
	}
	ocp_end(&b->stream, OCP_COMPLETE, OCP_RESULT_PASS);
	return BURN_RUN_PASS;
}
