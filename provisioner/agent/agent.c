/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's loop; see agent.h. Every turn: start a session if there is none, start the worker if
 * none runs, heartbeat and send events when they are due, then poll the worker until the next of
 * these. Calls to the server are short and capped; nothing else blocks.
 *
 * Input: plans from the server (opened by proto/plan.h), words of our own worker.
 */
#include "agent.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>

#include <agent/facts/former_boot.h>
#include "agent_show.h"
#include "server_link.h"
#include "steps.h"

#define NEXT_WAIT_S        30
#define STOP_GRACE_MS      9000 /* one order stops all writing within ten seconds */
#define EVENTS_BATCH_BYTES (LIMIT_JSON_BODY_BYTES / 2)
#define RETRY_REFUSED_MS   30000
#define LEAVE_MAX_MS       120000
#define SAME_PLAN_PAUSE_MS 2000

/* Steps that a worker does; the agent does the others itself. */
static worker_main *const workers[_PLAN_STEP_MAX] = {
	[PLAN_STEP_INSPECT] = step_inspect,
	[PLAN_STEP_BURN_IN] = step_burn_in,
	[PLAN_STEP_IMAGE] = step_image,
	[PLAN_STEP_ERASE] = step_erase,
};

/* ---- events ---------------------------------------------------------------------------------- */

static void queue_event(struct agent *a, enum event_kind kind, json_t *data)
{
	char ts[TIME_TEXT_BYTES];

	time_rfc3339(link_wall_us(&a->link), ts);
	outbox_add(&a->outbox, kind, a->plan.plan_id, ts, data);
}

static void queue_log(struct agent *a, const char *level, const char *text)
{
	struct event_log log = {0};

	(void)str_copy(log.level, sizeof(log.level), level);
	text_clean(log.text, sizeof(log.text), text, strlen(text));
	queue_event(a, EVENT_LOG, record_encode(event_log_fields, &log));
}

static void set_idle(struct agent *a)
{
	a->progress = (struct event_progress){.stage = "idle", .eta_s = -1};
}

static void end_step(struct agent *a)
{
	a->last_seq = a->plan.seq;
	(void)str_copy(a->last_plan_id, sizeof(a->last_plan_id), a->plan.plan_id);
	set_idle(a);
}

static void step_worked(struct agent *a, const char *result)
{
	struct event_step_done done = {.seq = a->plan.seq};

	(void)str_copy(done.result, sizeof(done.result), result);
	queue_event(a, EVENT_STEP_DONE, record_encode(event_step_done_fields, &done));
	log_ev(LOG_INFO, "agent.step.done", KV("step", plan_step_kind_str(a->plan.kind)),
	       KV("result", result));
	end_step(a);
}

static void step_failed(struct agent *a, const struct err *err, const struct repair_order *fault)
{
	struct event_step_failed failed = {.seq = a->plan.seq};

	(void)str_copy(failed.code, sizeof(failed.code), err_name(err->code));
	text_clean(failed.detail, sizeof(failed.detail), err->msg, sizeof(err->msg));
	if (fault)
		failed.fault = *fault;
	queue_event(a, EVENT_STEP_FAILED, record_encode(event_step_failed_fields, &failed));
	log_err(LOG_ERR, "agent.step.failed", err, KV("step", plan_step_kind_str(a->plan.kind)));
	agent_show_error(a, "FAILED", err);
	a->failed = true;
	end_step(a);
}

/* A switch that speaks after the inspection makes the facts more complete. */
static void listen_to_neighbours(struct agent *a)
{
	json_t *facts;

	neighbours_listen(&a->neighbours, time_boot_ms());
	if (a->neighbours.lacp_news)
		agent_show_lacp(a);
	a->neighbours.lacp_news = false;
	if (a->phase == AGENT_NO_SESSION || a->phase == AGENT_LEAVING)
		return;
	facts = neighbours_news(&a->neighbours, time_boot_ms());
	if (facts)
		queue_event(a, EVENT_FACTS, facts);
}

/* What explains a reboot that nobody ordered, where the kernel could write it down. */
static void begin_with_former_boot(struct agent *a)
{
	struct former_boot former;
	char text[sizeof(((struct event_log *)NULL)->text)];

	if (!former_boot_read("", &former))
		return;
	former_boot_describe(&former, text, sizeof(text));
	kernel_feed_begin(&a->kernel_feed, text);
}

/* With a session only: before, nobody takes it, and the kernel keeps it. */
static void feed_kernel_log(struct agent *a)
{
	struct event_log log;

	while (a->phase != AGENT_NO_SESSION && kernel_feed_next(&a->kernel_feed, &log))
		queue_event(a, EVENT_LOG, record_encode(event_log_fields, &log));
}

/* ---- session --------------------------------------------------------------------------------- */

static bool is_session_lost(int code)
{
	int over = err_code_by_name("session.over"),
	    stale = err_code_by_name("session.stale_epoch"), key = err_code_by_name("session.key");

	return code && (code == over || code == stale || code == key);
}

/* Stop what runs, forget the session. What was not acknowledged belonged to it. */
static void lose_session(struct agent *a, const struct err *why)
{
	log_err(LOG_WARNING, "agent.session.lost", why);
	atomic_store(&a->lease->may_write, false);
	atomic_store(&a->lease->stop, true);
	worker_stop(&a->worker, STOP_GRACE_MS);
	plan_done(&a->plan);
	a->plan = (struct plan){0};
	outbox_renumber(&a->outbox);
	a->link.session.session_id[0] = '\0';
	a->last_seq = 0;
	a->phase = AGENT_NO_SESSION;
	backoff_failed(&a->session_backoff, time_boot_ms(), 1000);
}

/* Any failed call to the server. true: the session is gone. */
static bool call_failed(struct agent *a, const struct err *err)
{
	if (is_session_lost(err->code)) {
		lose_session(a, err);
		return true;
	}
	agent_show_server_lost(a, err);
	return false;
}

/* The RTC of a new host says anything; the pinned server's clock is better for logs, certificates
 * and the times of files in the new system. */
static void set_clock(const struct agent *a)
{
	int64_t wall_us = link_wall_us(&a->link), off_us = wall_us - time_wall_us();
	struct timespec ts = {.tv_sec = wall_us / 1000000, .tv_nsec = wall_us % 1000000 * 1000};

	if (off_us > 2000000 || off_us < -2000000)
		(void)clock_settime(CLOCK_REALTIME, &ts);
}

static void start_session(struct agent *a)
{
	struct err err = ERR_INIT;

	if (time_boot_ms() < a->session_backoff.next_boot_ms)
		return;
	if (a->session_backoff.n_failures == 0)
		agent_show(a, "HELLO", "Asking the server what to do.");
	if (server_link_start_session(&a->link, a->options.boot_id, &err) < 0) {
		bool refused = err_class(err.code) == ERR_CLASS_REJECT;

		backoff_failed(&a->session_backoff, time_boot_ms(), refused ? RETRY_REFUSED_MS : 0);
		log_err(LOG_WARNING, "agent.session.refused", &err);
		if (refused)
			agent_show_error(a, "REFUSED", &err);
		else if (err.code == ERR_SESSION_OTHER)
			agent_show_error(a, "WAITING", &err);
		else
			agent_show_server_lost(a, &err);
		return;
	}
	backoff_worked(&a->session_backoff);
	agent_show_server_found(a);
	set_clock(a);
	atomic_store(&a->lease->stop, false);
	atomic_store(&a->lease->may_write, false);
	log_ev(LOG_INFO, "agent.session", KV("session", a->link.session.session_id),
	       KV("host", a->link.session.host_id), KV("short_code", a->link.session.short_code),
	       KV("code", (const char *)a->code), KV("epoch", a->link.session.epoch),
	       KV("state", a->link.session.state));
	a->failed = str_eq(a->link.session.state, "failed");
	a->phase = AGENT_IDLE;
	a->next_heartbeat_ms = 0;
	autofree char *text = xasprintf(
		"Host %s. Approve it only if the server shows the code above.",
		a->link.session.short_code);
	autofree char *page = xasprintf("%s/#/hosts/%s", a->options.server,
					a->link.session.short_code);
	screen_set_host(&a->screen, page, a->link.session.place);
	agent_show(a, a->code, text);
}

static void heartbeat(struct agent *a)
{
	int64_t now_ms = time_boot_ms();
	struct heartbeat_request request = {.epoch = a->link.session.epoch};
	struct heartbeat_reply reply = {0};
	struct err err = ERR_INIT;

	if (now_ms < a->next_heartbeat_ms)
		return;
	a->next_heartbeat_ms = now_ms + a->link.session.heartbeat_s * 1000;
	memcpy(request.stage, a->progress.stage, sizeof(request.stage));
	memcpy(request.unit, a->progress.unit, sizeof(request.unit));
	memcpy(request.message, a->progress.message, sizeof(request.message));
	request.done = a->progress.done;
	request.total = a->progress.total;
	request.eta_s = a->progress.eta_s;
	if (link_heartbeat(&a->link, &request, &reply, &err) < 0) {
		(void)call_failed(a, &err);
		return;
	}
	agent_show_server_found(a);
	lease_renew(a->lease, now_ms, reply.lease_s, reply.may_write, reply.stop);
}

static void send_events(struct agent *a)
{
	struct err err = ERR_INIT;
	int64_t acked = 0;

	while (!outbox_is_empty(&a->outbox) && time_boot_ms() >= a->events_backoff.next_boot_ms) {
		autofree char *body = outbox_batch(&a->outbox, a->link.session.epoch,
						   EVENTS_BATCH_BYTES);
		err_clear(&err);
		if (link_send_events(&a->link, body, &acked, &err) < 0) {
			backoff_failed(&a->events_backoff, time_boot_ms(), 0);
			if (err_class(err.code) == ERR_CLASS_REJECT && !is_session_lost(err.code))
				log_err(LOG_ERR, "agent.events.refused", &err);
			(void)call_failed(a, &err);
			return;
		}
		outbox_acked(&a->outbox, acked);
		backoff_worked(&a->events_backoff);
		agent_show_server_found(a);
		if (time_boot_ms() >= a->next_heartbeat_ms)
			return;
	}
}

/* ---- plans ----------------------------------------------------------------------------------- */

static void ask_next(void *arg, struct report *out)
{
	struct agent *a = arg;
	autofree char *envelope = NULL;
	size_t n_bytes = 0;
	struct err err = ERR_INIT;
	struct link link = a->link;

	if (server_link_open(&link, &a->options, &a->identity, &err) < 0 ||
	    link_next(&link, a->last_seq, NEXT_WAIT_S, &envelope, &n_bytes, &err) < 0)
		report_failed(out, &err, NULL);
	else
		report_answer(out, envelope ? envelope : "");
}

static struct plan_expect expectation(const struct agent *a)
{
	return (struct plan_expect){
		.host_id = a->link.session.host_id,
		.session_id = a->link.session.session_id,
		.agent_key = a->identity.spki_sha256,
		.nonce = a->link.nonce,
		.epoch = a->link.session.epoch,
		.now_unix_s = link_wall_us(&a->link) / 1000000,
	};
}

static void run_step(struct agent *a)
{
	struct plan_expect expect = expectation(a);
	struct step_context context = {
		.plan = &a->plan,
		.options = &a->options,
		.identity = &a->identity,
		.link = &a->link,
		.expect = &expect,
		.neighbours = &a->neighbours,
	};
	struct err err = ERR_INIT;

	a->failed = false;
	agent_show_step(a);
	log_ev(LOG_INFO, "agent.step", KV("step", plan_step_kind_str(a->plan.kind)),
	       KV("plan", a->plan.plan_id), KV("seq", a->plan.seq));
	(void)str_copy(a->progress.stage, sizeof(a->progress.stage),
		       plan_step_kind_str(a->plan.kind));
	a->next_heartbeat_ms = 0;
	if (worker_start(&a->worker, a->lease, workers[a->plan.kind], &context, &err) < 0)
		step_failed(a, &err, NULL);
	else
		a->phase = AGENT_BUSY;
}

static void begin_step(struct agent *a)
{
	struct err err = ERR_INIT;

	if (a->plan.kind == PLAN_STEP_WAIT) {
		agent_show_wait(a);
		a->last_seq = a->plan.seq;
	} else if (a->plan.kind == PLAN_STEP_REBOOT) {
		agent_show_step(a);
		step_worked(a, "ok");
		a->leave_at_ms = time_boot_ms() + a->plan.reboot_delay_s * 1000;
		a->phase = AGENT_LEAVING;
	} else if (workers[a->plan.kind]) {
		run_step(a);
	} else {
		(void)err_set(&err, ERR_UNSUPPORTED, "this agent has no step '%s'",
			      plan_step_kind_str(a->plan.kind));
		step_failed(a, &err, NULL);
	}
}

static void take_plan(struct agent *a, const char *envelope)
{
	struct plan_expect expect = expectation(a);
	struct plan plan = {0};
	struct err err = ERR_INIT;

	if (plan_open(a->plan_key, envelope, strlen(envelope), &plan, &err) < 0 ||
	    plan_check(&plan, &expect, &err) < 0) {
		plan_done(&plan);
		log_err(LOG_ERR, "agent.plan.refused", &err);
		agent_show_error(a, "BAD PLAN", &err);
		queue_log(a, "error", err.msg);
		backoff_failed(&a->next_backoff, time_boot_ms(), 1000);
		return;
	}
	bool again = str_eq(plan.plan_id, a->last_plan_id) && plan.seq <= a->last_seq;
	plan_done(&a->plan);
	a->plan = plan;
	if (again && plan.kind != PLAN_STEP_WAIT) {
		backoff_failed(&a->next_backoff, time_boot_ms(), SAME_PLAN_PAUSE_MS);
		return;
	}
	if (plan.kind == PLAN_STEP_WAIT)
		a->next_backoff.next_boot_ms = time_boot_ms() + SAME_PLAN_PAUSE_MS;
	begin_step(a);
}

/* ---- the worker's words ---------------------------------------------------------------------- */

static void asker_ended(struct agent *a, const struct worker_message *m)
{
	if (m->err.code) {
		backoff_failed(&a->next_backoff, time_boot_ms(), 0);
		(void)call_failed(a, &m->err);
		return;
	}
	backoff_worked(&a->next_backoff);
	agent_show_server_found(a);
	if (m->envelope && *m->envelope)
		take_plan(a, m->envelope);
}

static void step_ended(struct agent *a, const struct worker_message *m)
{
	a->phase = AGENT_IDLE;
	a->next_heartbeat_ms = 0;
	/* A stop is for the step that ran; the next one needs a new plan anyway. */
	atomic_store(&a->lease->stop, false);
	if (m->err.code)
		step_failed(a, &m->err, &m->fault);
	else
		step_worked(a, m->result);
}

static void take_message(struct agent *a, struct worker_message *m)
{
	switch (m->said) {
	case WORKER_NOTHING:
		break;
	case WORKER_EVENT:
		if (m->kind == EVENT_FACTS)
			neighbours_add(&a->neighbours, m->data, time_boot_ms());
		queue_event(a, m->kind, m->data);
		break;
	case WORKER_PROGRESS:
		agent_take_progress(a, &m->progress);
		break;
	case WORKER_ENDED:
		if (a->phase == AGENT_BUSY)
			step_ended(a, m);
		else
			asker_ended(a, m);
		free(m->envelope);
		break;
	}
}

static void poll_worker(struct agent *a, int64_t until_ms)
{
	struct pollfd p = {.fd = worker_is_running(&a->worker) ? a->worker.fd : -1,
			   .events = POLLIN};
	int64_t wait_ms = until_ms - time_boot_ms();
	struct worker_message m;

	if (poll(&p, 1, wait_ms < 0 ? 0 : wait_ms > 1000 ? 1000 : (int)wait_ms) <= 0)
		return;
	do {
		worker_read(&a->worker, &m);
		take_message(a, &m);
	} while (m.said != WORKER_NOTHING && m.said != WORKER_ENDED &&
		 worker_is_running(&a->worker));
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Results must have arrived before the server is asked what comes after them. */
static void start_asker(struct agent *a)
{
	struct err err = ERR_INIT;

	if (!outbox_is_empty(&a->outbox) || time_boot_ms() < a->next_backoff.next_boot_ms)
		return;
	if (worker_start(&a->worker, a->lease, ask_next, a, &err) < 0) {
		log_err(LOG_ERR, "agent.worker", &err);
		backoff_failed(&a->next_backoff, time_boot_ms(), 1000);
	}
}

static bool may_leave(const struct agent *a)
{
	int64_t now_ms = time_boot_ms();

	return a->phase == AGENT_LEAVING && now_ms >= a->leave_at_ms &&
	       (outbox_is_empty(&a->outbox) || now_ms >= a->leave_at_ms + LEAVE_MAX_MS);
}

enum agent_exit agent_run(struct agent *a)
{
	struct err err = ERR_INIT;

	a->phase = AGENT_NO_SESSION;
	a->worker.fd = -1;
	set_idle(a);
	if (neighbours_open(&a->neighbours, &err) < 0)
		log_err(LOG_WARNING, "agent.lldp", &err);
	kernel_feed_open(&a->kernel_feed, "/dev/kmsg");
	begin_with_former_boot(a);
	while (!may_leave(a)) {
		int64_t until_ms = time_boot_ms() + 200;

		listen_to_neighbours(a);
		feed_kernel_log(a);
		if (a->phase == AGENT_NO_SESSION) {
			start_session(a);
		} else {
			heartbeat(a);
			if (a->phase != AGENT_NO_SESSION)
				send_events(a);
		}
		if (a->phase == AGENT_IDLE && !worker_is_running(&a->worker))
			start_asker(a);
		if (a->phase != AGENT_NO_SESSION && outbox_is_empty(&a->outbox))
			until_ms = a->next_heartbeat_ms;
		poll_worker(a, until_ms);
	}
	kernel_feed_close(&a->kernel_feed);
	neighbours_close(&a->neighbours);
	return AGENT_EXIT_REBOOT;
}
