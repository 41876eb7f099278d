/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The burn-in step: list the parts, snapshot the counters, run the tests of the tier one after the
 * other, end the OCP stream with a verdict. PASS needs every needed test to have judged; a test
 * that could not judge ends the run as ERROR, never as PASS.
 */
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <burnin/catalogue.h>
#include <burnin/run_digest.h>
#include <proto/receipt.h>

#include <agent/burn/burn.h>
#include <agent/burn/partner.h>
#include <agent/disk/devices_ready.h>
#include <agent/facts/machine_facts.h>
#include <agent/server_link.h>

/* Where records go: to the server, and into the digest that is signed at the end. */
struct sink {
	struct report *out;
	struct run_digest digest;
};

static void emit(void *arg, json_t *record)
{
	struct sink *s = arg;

	run_digest_add(&s->digest, record);
	report_event(s->out, EVENT_BURNIN, record);
}

/* A connection of its own: the agent's belongs to the agent. */
static int ask_partners(void *arg, const char *mac, struct partners_reply *ret, struct err *err)
{
	const struct step_context *c = arg;
	struct link link = *c->link;

	TRY(server_link_open(&link, c->options, c->identity, err));
	int rc = link_partners(&link, mac, ret, err);
	link_close(&link);
	return rc;
}

/* Other hosts under test may load this one's network while its run lasts. */
static void serve_partners(struct burn *b, struct child *ret)
{
	struct err err = ERR_INIT;
	char ticket[65];
	uint16_t port;

	partner_ticket(b->plan->run_id, ticket);
	if (partner_take_start(PARTNER_PORT, ticket, ret, &port, &err) < 0)
		report_log(b->out, "warning", "%s", err.msg);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return time_wall_us();
}

static void begin(struct burn *b, struct sink *sink, const char *host_id)
{
	struct facts facts;
	drive_list all = {0};

	machine_facts("", &facts);
	burn_list_components("", &facts, &b->components);
	for (size_t i = 0; i < facts.raid_drives.n; i++)
		VEC_PUSH(&b->raid_drives, facts.raid_drives.items[i]);
	facts_done(&facts);
	drives_read("", &all);
	b->drives_known = true;
	for (size_t i = 0; i < all.n; i++)
		if (all.items[i].local)
			VEC_PUSH(&b->drives, all.items[i]);
	VEC_DONE(&all);
	burn_read_clock("", &b->clock);
	b->poll_before_s = burn_poll_faster("");
	b->log_fd = burn_log_open("");
	burn_read_counters("", &b->components, &b->before);
	b->n_events = burn_events_now();
	b->stream = (struct ocp_stream){
		.emit = emit, .wall_us = wall_us, .arg = sink, .sequence = b->plan->next_sequence};
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
	if (b->plan->next_sequence) {
		(void)former_boot_read("", &b->former);
		ocp_log(&b->stream, NULL, "WARNING",
			"the run was interrupted and goes on; tests that have their verdict are not "
			"repeated");
	}
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

/* A run without a signature is a run all the same. */
static void sign(const struct step_context *context, const struct burn *b, struct sink *sink)
{
	const struct plan *plan = context->plan;
	struct receipt receipt = {.type = RECEIPT_TYPE, .work = RUN_DIGEST_WORK};
	struct err err = ERR_INIT;
	json_t *envelope = NULL;

	(void)str_copy(receipt.host_id, sizeof(receipt.host_id), plan->host_id);
	(void)str_copy(receipt.session_id, sizeof(receipt.session_id), plan->session_id);
	(void)str_copy(receipt.plan_id, sizeof(receipt.plan_id), plan->plan_id);
	(void)str_copy(receipt.arm_id, sizeof(receipt.arm_id), b->plan->run_id);
	receipt.report = run_digest_report(&sink->digest, b->plan->run_id);
	if (receipt_seal(context->identity->key_path, &receipt, &envelope, &err) < 0)
		report_log(sink->out, "warning", "the records could not be signed: %s", err.msg);
	else
		report_event(sink->out, EVENT_RECEIPT, envelope);
	receipt_done(&receipt);
}

/* The server decides by what it was told of this host's parts. */
static void tell_parts(const struct burn *b)
{
	struct facts facts;

	if (!b->parts_changed)
		return;
	machine_facts("", &facts);
	report_event(b->out, EVENT_FACTS, record_encode(facts_fields, &facts));
	facts_done(&facts);
}

static void finish(struct burn *b, const struct step_context *context, struct sink *sink)
{
	struct err err = ERR_INIT;
	enum burn_end_of_run end = burn_end_run(b);

	sign(context, b, sink);
	tell_parts(b);
	switch (end) {
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
	struct sink sink = {.out = out};
	struct burn b = {.out = out,
			 .plan = &context->plan->burn_in,
			 .server = context->options->server,
			 .server_us_at_boot = context->link->wall_us_at_boot,
			 .test = "",
			 .log_fd = -1,
			 .n_events = -1};
	struct child taker = CHILD_NONE;
	struct err err = ERR_INIT;

	b.partners = ask_partners;
	b.partners_arg = step_context;
	if (burn_take_plan(&b, &err) < 0) {
		report_failed(out, &err, NULL);
		burn_tests_done(&b);
		return;
	}
	devices_wait(out); /* a disk that comes later would count as not there */
	run_digest_init(&sink.digest);
	begin(&b, &sink, context->plan->host_id);
	serve_partners(&b, &taker);
	if (run_tests(&b) == BURN_STOPPED) {
		ocp_end(&b.stream, OCP_ERROR, OCP_RESULT_NOT_APPLICABLE);
		(void)err_set(&err, ERR_AGENT_STOPPED, "burn-in was stopped");
		report_failed(out, &err, NULL);
	} else {
		finish(&b, context, &sink);
	}
	partner_take_stop(&taker);
	run_digest_done(&sink.digest);
	burn_poll_as_before("", b.poll_before_s);
	if (b.log_fd >= 0)
		close(b.log_fd);
	counters_done(&b.before);
	drives_done(&b.drives);
	VEC_DONE(&b.components);
	burn_tests_done(&b);
	free(b.fru);
}
