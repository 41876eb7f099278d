/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The burn-in step: list the parts, snapshot the counters, run the tests of the tier one after the
 * other, end the OCP stream with a verdict. PASS needs every needed test to have judged; a test
 * that could not judge ends the run as ERROR, never as PASS.
 */
#include "steps.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/clock.h>

#include <agent/burn/burn.h>
#include <agent/disk/devices_ready.h>
#include <agent/facts/machine_facts.h>

static const struct burn_tier {
	const char *name;
	int64_t cpu_s, memory_s, disk_s;
} tiers[] = {
	{"quick", 300, 300, 120},
	{"standard", 4 * 3600, 6 * 3600, 4 * 3600},
	{"acceptance", 24 * 3600, 24 * 3600, 24 * 3600},
};

static const struct burn_test {
	const char *id, *name;
	enum burn_end (*run)(struct burn *b, const char *step);
	bool needed;         /* a run without its verdict cannot pass */
	size_t limit_offset; /* how long, in struct burn; 0: seconds do not matter */
} tests[] = {
	{"smart", "disk health", burn_test_smart, false, 0},
	{"cpu-verify", "CPU results under load", burn_test_cpu, true, offsetof(struct burn, cpu_s)},
	{"memory-pattern", "memory patterns", burn_test_memory, true,
	 offsetof(struct burn, memory_s)},
	{"disk-read", "disk read and compare", burn_test_disk_read, true,
	 offsetof(struct burn, disk_s)},
	{"counters", "error counters", burn_test_counters, false, 0},
};

/* ---- what the tests share -------------------------------------------------------------------- */

static int64_t limit_s(const struct burn *b, const struct burn_test *test)
{
	int64_t seconds = 0;

	if (test->limit_offset)
		memcpy(&seconds, (const char *)b + test->limit_offset, sizeof(seconds));
	return seconds;
}

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
	return !report_must_stop(b->out);
}

static json_t *order_json(const struct burnin_order *o)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "part", json_string_of(o->part), "slot",
			 json_string_of(o->slot), "serial", json_string_of(o->serial), "action",
			 json_string_of(o->action));
}

void burn_found(struct burn *b, const char *step, const struct burnin_finding *finding)
{
	const struct burnin_rule *rule = burnin_rule_of(finding->symptom);
	struct burnin_order order;

	burnin_order_of(finding, &order);
	ocp_diagnose(&b->stream, step, finding->component, rule->fails ? OCP_FAIL : OCP_UNKNOWN,
		     rule->verdict, finding->message);
	ocp_extend(&b->stream, step, rule->fails ? "repair-order" : "advice", order_json(&order));
	report_log(b->out, rule->fails ? "error" : "warning", "%s: %s. %s", rule->verdict,
		   finding->message, order.action);
	if (!rule->fails || b->n_failures++ > 0)
		return;
	b->order = order;
	(void)text_fit(b->first_failure, sizeof(b->first_failure), finding->message);
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

static void choose_limits(struct burn *b)
{
	const struct burn_tier *tier = &tiers[0];

	for (size_t i = 0; i < ARRAY_LEN(tiers); i++)
		if (str_eq(tiers[i].name, b->plan->tier))
			tier = &tiers[i];
	b->cpu_s = b->plan->cpu_s ? b->plan->cpu_s : tier->cpu_s;
	b->memory_s = b->plan->memory_s ? b->plan->memory_s : tier->memory_s;
	b->disk_s = b->plan->disk_s ? b->plan->disk_s : tier->disk_s;
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		b->total_s += limit_s(b, &tests[i]);
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
	burn_read_counters("", &b->components, &b->before);
	b->stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = b};
	ocp_begin(&b->stream,
		  &(struct ocp_run){
			  .name = "slipway-burn-in",
			  .version = SLIPWAY_VERSION,
			  .command_line = "slipway-agent",
			  .parameters = json_pack(
				  "{s:s, s:s, s:I, s:I, s:I, s:I}", "run_id", b->plan->run_id,
				  "tier", b->plan->tier, "seed", (json_int_t)b->plan->seed, "cpu_s",
				  (json_int_t)b->cpu_s, "memory_s", (json_int_t)b->memory_s,
				  "disk_s", (json_int_t)b->disk_s),
			  .dut_id = host_id,
			  .dut_name = host_id,
			  .components = &b->components,
		  });
}

static enum burn_end run_test(struct burn *b, const struct burn_test *test)
{
	static const enum ocp_status statuses[] = {
		[BURN_JUDGED] = OCP_COMPLETE,
		[BURN_SKIPPED] = OCP_SKIP,
		[BURN_ERROR] = OCP_ERROR,
		[BURN_STOPPED] = OCP_ERROR,
	};
	size_t n = strlen(b->missing);

	b->test = test->name;
	b->test_s = limit_s(b, test);
	b->test_started_ms = time_boot_ms();
	ocp_step_start(&b->stream, test->id, test->name);
	enum burn_end end = test->run(b, test->id);
	ocp_step_end(&b->stream, test->id, statuses[end]);
	b->done_s += b->test_s;
	if (end != BURN_JUDGED && test->needed)
		snprintf(b->missing + n, sizeof(b->missing) - n, "%s%s", n ? ", " : "", test->id);
	return end;
}

static void finish(struct burn *b)
{
	struct err err = ERR_INIT;

	if (b->n_failures) {
		ocp_end(&b->stream, OCP_COMPLETE, OCP_RESULT_FAIL);
		report_done(b->out, "FAIL");
	} else if (*b->missing) {
		ocp_end(&b->stream, OCP_ERROR, OCP_RESULT_NOT_APPLICABLE);
		(void)err_set(&err, ERR_BURNIN_INCOMPLETE, "no verdict from: %s", b->missing);
		report_failed(b->out, &err, NULL);
	} else {
		ocp_end(&b->stream, OCP_COMPLETE, OCP_RESULT_PASS);
		report_done(b->out, "PASS");
	}
}

void step_burn_in(void *step_context, struct report *out)
{
	const struct step_context *context = step_context;
	struct burn b = {.out = out, .plan = &context->plan->burn_in, .test = ""};
	enum burn_end end = BURN_JUDGED;
	struct err err = ERR_INIT;

	choose_limits(&b);
	devices_wait(out); /* a disk that comes later would count as not there */
	begin(&b, context->plan->host_id);
	for (size_t i = 0; i < ARRAY_LEN(tests) && end != BURN_STOPPED; i++)
		end = run_test(&b, &tests[i]);
	if (end == BURN_STOPPED) {
		ocp_end(&b.stream, OCP_ERROR, OCP_RESULT_NOT_APPLICABLE);
		(void)err_set(&err, ERR_AGENT_STOPPED, "burn-in was stopped");
		report_failed(out, &err, NULL);
	} else {
		finish(&b);
	}
	counters_done(&b.before);
	drives_done(&b.drives);
	VEC_DONE(&b.components);
}
