/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent hears from its worker: real children that speak, fail, die without a word, talk
 * nonsense or do not stop when told.
 */
#include <tests/harness/check.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/child.h>
#include <base/str.h>
#include <provisioner/agent/worker.h>

/* Everything that one worker said. */
struct heard {
	unsigned n_events, n_progress;
	char log[2100];
	struct event_progress progress;
	struct worker_message end;
};

static void hear(struct worker *w, struct heard *h)
{
	struct worker_message m;

	*h = (struct heard){0};
	for (;;) {
		struct pollfd p = {.fd = w->fd, .events = POLLIN};

		assert_int_equal(poll(&p, 1, 20000), 1);
		worker_read(w, &m);
		if (m.said == WORKER_EVENT) {
			const char *text = json_string_value(json_object_get(m.data, "text"));

			h->n_events++;
			(void)str_copy(h->log, sizeof(h->log), text ? text : "");
			json_decref(m.data);
		} else if (m.said == WORKER_PROGRESS) {
			h->n_progress++;
			h->progress = m.progress;
		} else if (m.said == WORKER_ENDED) {
			h->end = m;
			return;
		}
	}
}

static void run(worker_main *child, void *arg, struct heard *h)
{
	struct lease *lease = lease_new();
	struct worker w = WORKER_NONE;

	assert_int_equal(worker_start(&w, lease, child, arg, NULL), 0);
	assert_true(worker_is_running(&w));
	hear(&w, h);
	assert_false(worker_is_running(&w));
	assert_int_equal(w.fd, -1);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void ends_well(void *arg, struct report *out)
{
	(void)arg;
	report_done(out, "PASS");
}

static void fails(void *arg, struct report *out)
{
	static const struct repair_order order = {
		.part = "disk", .slot = "3", .serial = "S\"1", .action = "Replace it."};
	struct err err = ERR_INIT;

	(void)arg;
	(void)err_set(&err, ERR_IMAGE_READ_BACK, "chunk 7 differs");
	report_failed(out, &err, &order);
}

static void fails_and_names_nothing(void *arg, struct report *out)
{
	struct err err = {.code = ERR_IO, .msg = "bad \033[2J bytes"};

	(void)arg;
	report_failed(out, &err, NULL);
}

static void answers(void *arg, struct report *out)
{
	(void)arg;
	report_answer(out, "{\"payload\":\"x\\ny\"}");
}

static void answers_no_utf8(void *arg, struct report *out)
{
	(void)arg;
	report_answer(out, "\xff\xfe");
}

static void says_nothing(void *arg, struct report *out)
{
	(void)arg;
	(void)out;
}

static void exits(void *arg, struct report *out)
{
	(void)arg;
	(void)out;
	_exit(7);
}

static void crashes(void *arg, struct report *out)
{
	(void)arg;
	(void)out;
	(void)signal(SIGABRT, SIG_DFL);
	(void)kill(getpid(), SIGKILL);
}

static void writes(void *arg, struct report *out)
{
	const char *text = arg;

	IGNORE_RESULT(file_write_all(out->fd, text, strlen(text), NULL));
}

/* Twice what facts may have, without an end of line. */
static void never_ends_a_line(void *arg, struct report *out)
{
	autofree char *p = malloc(LIMIT_FACTS_BYTES);

	(void)arg;
	memset(p, 'x', LIMIT_FACTS_BYTES);
	for (;;)
		if (file_write_all(out->fd, p, LIMIT_FACTS_BYTES, NULL) < 0)
			_exit(0);
}

static const struct {
	const char *name;
	worker_main *child;
	const char *arg;
	enum err_code code;
	const char *in_message, *result, *envelope, *fault_slot;
} ends[] = {
	{"done", ends_well, NULL, 0, "", "PASS", NULL, ""},
	{"failed with a fault", fails, NULL, ERR_IMAGE_READ_BACK, "chunk 7 differs", "", NULL, "3"},
	{"failed without one", fails_and_names_nothing, NULL, ERR_IO, "bad ", "", NULL, ""},
	{"an answer", answers, NULL, 0, "", "", "{\"payload\":\"x\\ny\"}", ""},
	{"an answer that is not text", answers_no_utf8, NULL, 0, "", "", "??", ""},
	{"no last word", says_nothing, NULL, ERR_AGENT_WORKER, "status 0", "", NULL, ""},
	{"exit", exits, NULL, ERR_AGENT_WORKER, "status 7", "", NULL, ""},
	{"crash", crashes, NULL, ERR_AGENT_WORKER, "signal 9", "", NULL, ""},
	{"no JSON", writes, "garbage\n", ERR_AGENT_WORKER, "no result", "", NULL, ""},
	{"an array", writes, "[1,2]\n", ERR_AGENT_WORKER, "no result", "", NULL, ""},
	{"an unknown word", writes, "{\"m\":\"bye\"}\n", ERR_AGENT_WORKER, "no result", "", NULL,
	 ""},
	{"a progress that is none", writes, "{\"m\":\"progress\",\"data\":7}\n", ERR_AGENT_WORKER,
	 "no result", "", NULL, ""},
	{"half a line", writes, "{\"m\":\"done\",\"result\":\"ok\"}", ERR_AGENT_WORKER, "no result",
	 "", NULL, ""},
	{"two in one write", writes,
	 "{\"m\":\"progress\",\"data\":7}\n{\"m\":\"done\",\"result\":\"ok\"}\n", 0, "", "ok", NULL,
	 ""},
	{"a code that does not exist", writes, "{\"m\":\"failed\",\"code\":99999,\"fault\":{}}\n",
	 ERR_SYS, "", "", NULL, ""},
	{"a code below zero", writes, "{\"m\":\"failed\",\"code\":-5,\"fault\":{}}\n", ERR_SYS, "",
	 "", NULL, ""},
	{"a line without end", never_ends_a_line, NULL, ERR_AGENT_WORKER, "signal 9", "", NULL, ""},
};

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const char *row = ends[i].name;
		struct heard h;

		run(ends[i].child, (void *)(uintptr_t)ends[i].arg, &h);
		CHECK_INT(row, h.end.err.code, ends[i].code);
		CHECK(row, strstr(h.end.err.msg, ends[i].in_message));
		CHECK(row, !strchr(h.end.err.msg, '\033'));
		CHECK_STR(row, h.end.result, ends[i].result);
		CHECK_STR(row, h.end.fault.slot, ends[i].fault_slot);
		if (ends[i].envelope)
			CHECK_STR(row, h.end.envelope, ends[i].envelope);
		else
			CHECK(row, !h.end.envelope);
		free(h.end.envelope);
	}
}

/* ---- on the way ------------------------------------------------------------------------------ */

static void works(void *arg, struct report *out)
{
	struct event_progress p = {.stage = "image", .total = 1000, .unit = "bytes", .eta_s = -1};

	(void)arg;
	report_log(out, "warning", "disk %d says \"%s\"\x07", 3, "x\ny");
	for (p.done = 0; p.done <= p.total; p.done++)
		report_progress(out, &p);
	report_event(out, EVENT_FACTS, json_pack("{s:{}}", "system"));
	report_done(out, "ok");
}

/* A thousand steps in no time are a few messages, but the first and the last get through. */
static void test_reports(void **state)
{
	struct heard h;

	(void)state;
	run(works, NULL, &h);
	assert_int_equal(h.end.err.code, 0);
	assert_int_equal(h.n_events, 2);
	assert_true(h.n_progress >= 2 && h.n_progress < 100);
	assert_int_equal(h.progress.done, 1000);
	assert_int_equal(h.progress.eta_s, -1);
	assert_string_equal(h.progress.stage, "image");
}

static void logs(void *arg, struct report *out)
{
	(void)arg;
	report_log(out, "warning", "disk %d says \"%s\"\x07", 3, "x\ny");
	report_done(out, "ok");
}

static void test_log(void **state)
{
	struct heard h;

	(void)state;
	run(logs, NULL, &h);
	assert_int_equal(h.n_events, 1);
	assert_true(str_starts(h.log, "disk 3 says \"x"));
	assert_null(strpbrk(h.log, "\n\x07"));
}

/* Larger than a socket's buffer: many reads make one message. */
static void tells_much(void *arg, struct report *out)
{
	autofree char *text = malloc(LIMIT_FACTS_BYTES);

	(void)arg;
	memset(text, 'y', LIMIT_FACTS_BYTES - 1);
	text[LIMIT_FACTS_BYTES - 1] = '\0';
	report_event(out, EVENT_FACTS, json_pack("{s:s}", "big", text));
	report_done(out, "ok");
}

static void test_large_event(void **state)
{
	struct heard h;

	(void)state;
	run(tells_much, NULL, &h);
	assert_int_equal(h.n_events, 1);
	assert_string_equal(h.end.result, "ok");
}

/* ---- stopping -------------------------------------------------------------------------------- */

static void heeds(void *arg, struct report *out)
{
	(void)arg;
	while (!report_must_stop(out))
		(void)usleep(10000);
	report_done(out, "stopped");
}

static void does_not_heed(void *arg, struct report *out)
{
	(void)arg;
	(void)out;
	for (;;)
		(void)pause();
}

static void test_stop(void **state)
{
	static const struct {
		const char *name;
		worker_main *child;
		int grace_ms;
		int64_t at_least_ms, at_most_ms;
	} rows[] = {
		{"one that heeds", heeds, 20000, 0, 10000},
		{"one that does not", does_not_heed, 300, 300, 10000},
		{"no grace", does_not_heed, 0, 0, 10000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lease *lease = lease_new();
		struct worker w = WORKER_NONE;
		int64_t began_ms = time_boot_ms();

		CHECK_ERR(rows[i].name, worker_start(&w, lease, rows[i].child, NULL, NULL), 0);
		pid_t pid = w.child.pid;
		lease_renew(lease, began_ms, 30, true, true);
		worker_stop(&w, rows[i].grace_ms);
		int64_t took_ms = time_boot_ms() - began_ms;
		CHECK(rows[i].name, took_ms >= rows[i].at_least_ms && took_ms < rows[i].at_most_ms);
		CHECK(rows[i].name, !worker_is_running(&w));
		CHECK_INT(rows[i].name, kill(pid, 0), -1); /* reaped, not a zombie */
	}
}

/* Starts a tool with a session of its own, says which, and does not stop when told. */
static void leaves_a_tool(void *arg, struct report *out)
{
	const char *const argv[] = {"sh", "-c", "sleep 300 & sleep 300", NULL};
	struct child_program o = {.argv = argv,
				  .stdin_fd = -1,
				  .stdout_fd = -1,
				  .stderr_fd = -1,
				  .new_session = true};
	struct child c;

	(void)arg;
	if (child_spawn(&o, &c, NULL) < 0)
		_exit(1);
	report_log(out, "info", "%d", (int)c.pid);
	for (;;)
		(void)pause();
}

/* A killed worker takes its tools along: none goes on writing to a disk. */
static void test_tools_end_with_their_worker(void **state)
{
	struct lease *lease = lease_new();
	struct worker w = WORKER_NONE;
	struct worker_message m;
	int64_t pid = 0;

	(void)state;
	assert_int_equal(worker_start(&w, lease, leaves_a_tool, NULL, NULL), 0);
	struct pollfd p = {.fd = w.fd, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 20000), 1);
	worker_read(&w, &m);
	assert_int_equal(m.said, WORKER_EVENT);
	assert_true(parse_i64(json_string_value(json_object_get(m.data, "text")), &pid));
	json_decref(m.data);
	assert_int_equal(kill((pid_t)pid, 0), 0);
	worker_stop(&w, 0);
	assert_int_equal(kill((pid_t)pid, 0), -1);
	assert_int_equal(kill((pid_t)-pid, 0), -1); /* nor anybody of its group */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends), cmocka_unit_test(test_reports),
		cmocka_unit_test(test_log),  cmocka_unit_test(test_large_event),
		cmocka_unit_test(test_stop), cmocka_unit_test(test_tools_end_with_their_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
