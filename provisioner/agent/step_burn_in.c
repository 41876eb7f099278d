/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The burn-in step: list the parts, snapshot the counters, run the tests of the tier one after the
 * other, end the OCP stream with a verdict. PASS needs every needed test to have judged; a test
 * that could not judge ends the run as ERROR, never as PASS.
 */
#include "steps.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <burnin/catalogue.h>

#include <agent/burn/burn.h>
#include <agent/disk/devices_ready.h>
#include <agent/facts/machine_facts.h>

/* The functions of the catalogue's tests. */
static const struct burn_test {
	const char *id;
	enum burn_end (*run)(struct burn *b, const char *step);
} tests[] = {
	{"smart", burn_test_smart},           {"cpu-verify", burn_test_cpu},
	{"memory-pattern", burn_test_memory}, {"disk-read", burn_test_disk_read},
	{"pcie-links", burn_test_links},      {"smart-after", burn_test_smart},
	{"counters", burn_test_counters},     {BURN_SELF_TEST, burn_test_self_test},
};

bool burn_test_run(const char *id, struct burn *b, enum burn_end *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
		if (!str_eq(tests[i].id, id))
			continue;
		if (b)
			*ret = tests[i].run(b, id);
		return true;
	}
	return false;
}

/* ---- what the tests share -------------------------------------------------------------------- */

bool burn_tick(struct burn *b)
{
	int64_t in_test_s = (time_boot_ms() - b->test_started_ms) / 1000;
	struct event_progress p = {.stage = "burn_in", .unit = "s", .total = b->total_s};

	if (in_test_s > b->test_s)
		in_test_s = b->test_s;
	p.done = b->done_s + in_test_s;
	p.eta_s = b->total_s - p.done;
	(void)text_fit(p.message, sizeof(p.message), b->test);
	report_progress(b->out, &p);
	burn_follow(b);
	return !report_must_stop(b->out);
}

static json_t *suspects_json(const struct suspects *s)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(
			out, json_pack("{s:s, s:o, s:o, s:o}", "id", s->parts[i]->id, "slot",
				       json_string_of(*s->parts[i]->location ? s->parts[i]->location
									     : s->parts[i]->key),
				       "serial", json_string_of(s->parts[i]->serial), "part_number",
				       json_string_of(s->parts[i]->part_number)));
	return out;
}

/* With code and message of the diagnosis, so that this record alone makes a fault. */
static json_t *order_json(const struct burnin_finding *f, const struct burnin_order *o)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "code",
			 burnin_rule_of(f->symptom)->verdict, "message", json_string_of(f->message),
			 "part", json_string_of(o->part), "slot", json_string_of(o->slot), "serial",
			 json_string_of(o->serial), "part_number", json_string_of(o->part_number),
			 "action", json_string_of(o->action), "certainty",
			 certainty_str(o->certainty), "suspects", suspects_json(&f->suspects));
}

void burn_found(struct burn *b, const char *step, const struct burnin_finding *finding)
{
	const struct burnin_rule *rule = burnin_rule_of(finding->symptom);
	struct burnin_order order;

	burnin_order_of(finding, &order);
	ocp_diagnose(&b->stream, step, finding->component, rule->fails ? OCP_FAIL : OCP_UNKNOWN,
		     rule->verdict, finding->message);
	ocp_extend(&b->stream, step, rule->fails ? "repair-order" : "advice",
		   order_json(finding, &order));
	report_log(b->out, rule->fails ? "error" : "warning", "%s: %s. %s", rule->verdict,
		   finding->message, order.action);
	b->n_failures += rule->fails;
}

void burn_passed(struct burn *b, const char *step, const struct component *c, const char *verdict,
		 const char *message)
{
	ocp_diagnose(&b->stream, step, c, OCP_PASS, verdict, message);
}

void burn_unjudged(struct burn *b, const char *step, const struct component *c, const char *why)
{
	autofree char *message = xasprintf("coverage none: %s", why);

	ocp_diagnose(&b->stream, step, c, OCP_UNKNOWN, "not-judged", message);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void emit(void *arg, json_t *record)
{
	struct burn *b = arg;

	report_event(b->out, EVENT_BURNIN, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return time_wall_us();
}

static void begin(struct burn *b, const char *host_id)
{
	struct facts facts;
	drive_list all = {0};

	machine_facts("", &facts);
	burn_list_components("", &facts, &b->components);
	facts_done(&facts);
	drives_read("", &all);
	for (size_t i = 0; i < all.n; i++)
		if (all.items[i].local)
			VEC_PUSH(&b->drives, all.items[i]);
	VEC_DONE(&all);
	b->poll_before_s = burn_poll_faster("");
	b->log_fd = burn_log_open("");
	burn_read_counters("", &b->components, &b->before);
	b->stream = (struct ocp_stream){
		.emit = emit, .wall_us = wall_us, .arg = b, .sequence = b->plan->next_sequence};
	ocp_begin(&b->stream,
		  &(struct ocp_run){
			  .name = "slipway-burn-in",
			  .version = SLIPWAY_VERSION,
			  .command_line = "slipway-agent",
			  .parameters = json_pack("{s:s, s:s, s:I, s:o}", "run_id", b->plan->run_id,
						  "tier", b->plan->tier, "seed",
						  (json_int_t)b->plan->seed, "tests",
						  burn_tests_json(b)),
			  .dut_id = host_id,
			  .dut_name = host_id,
			  .components = &b->components,
		  });
	if (b->plan->next_sequence)
		ocp_log(&b->stream, NULL, "WARNING",
			"the run was interrupted and goes on; tests that have their verdict are not "
			"repeated");
}

/* A run that goes on does not repeat what has its verdict. */
static enum burn_end run_tests(struct burn *b)
{
	enum burn_end end = BURN_JUDGED;

	burn_self_tests_start(b);
	for (size_t i = 0; i < b->n_tests && end != BURN_STOPPED; i++) {
		if (!b->tests[i].done)
			end = burn_run_test(b, &b->tests[i]);
		b->done_s += b->tests[i].seconds;
	}
	return end;
}

static void finish(struct burn *b)
{
	struct err err = ERR_INIT;

	switch (burn_end_run(b)) {
	case BURN_RUN_PASS:
		report_done(b->out, "PASS");
		break;
	case BURN_RUN_FAIL:
		report_done(b->out, "FAIL");
		break;
	case BURN_RUN_INCOMPLETE:
		(void)err_set(&err, ERR_BURNIN_INCOMPLETE, "no verdict from: %s", b->missing);
		report_failed(b->out, &err, NULL);
		break;
	}
}

void step_burn_in(void *step_context, struct report *out)
{
	const struct step_context *context = step_context;
	struct burn b = {.out = out, .plan = &context->plan->burn_in, .test = "", .log_fd = -1};
	struct err err = ERR_INIT;

	if (burn_take_plan(&b, &err) < 0) {
		report_failed(out, &err, NULL);
		burn_tests_done(&b);
		return;
	}
	devices_wait(out); /* a disk that comes later would count as not there */
	begin(&b, context->plan->host_id);
	if (run_tests(&b) == BURN_STOPPED) {
		ocp_end(&b.stream, OCP_ERROR, OCP_RESULT_NOT_APPLICABLE);
		(void)err_set(&err, ERR_AGENT_STOPPED, "burn-in was stopped");
		report_failed(out, &err, NULL);
	} else {
		finish(&b);
	}
	burn_poll_as_before("", b.poll_before_s);
	if (b.log_fd >= 0)
		close(b.log_fd);
	counters_done(&b.before);
	drives_done(&b.drives);
	VEC_DONE(&b.components);
	burn_tests_done(&b);
}
