/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child, a socket pair, lines of JSON; see worker.h. The child dies with the agent, its tools with
 * the child. The agent trusts its child's lines only as far as their form: a line longer than facts
 * may be counts as the child's death, and an unknown message does not count as its last one.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <base/child.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>

#define MAX_LINE_BYTES    (LIMIT_FACTS_BYTES + LIMIT_FACTS_BYTES / 2)
#define PROGRESS_EVERY_MS 250
#define ORPHAN_TRIES      50 /* of 10 ms */

/* ---- the child's side ------------------------------------------------------------------------ */

static void send_message(struct report *r, json_t *message)
{
	autofree char *text = json_text(message);
	autofree char *line = xasprintf("%s\n", text);

	json_decref(message);
	/* A failure means that the agent is gone, and then this process is going, too. */
	IGNORE_RESULT(file_write_all(r->fd, line, strlen(line), NULL));
}

bool report_must_stop(const struct report *r)
{
	return atomic_load(&r->lease->stop);
}

void report_event(struct report *r, enum event_kind kind, json_t *data)
{
	send_message(r, json_pack("{s:s, s:s, s:o}", "m", "event", "kind", event_kind_str(kind),
				  "data", data));
}

void report_log(struct report *r, const char *level, const char *format, ...)
{
	struct event_log log = {0};
	char text[sizeof(log.text)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	text_clean(log.text, sizeof(log.text), text, sizeof(text));
	(void)str_copy(log.level, sizeof(log.level), level);
	report_event(r, EVENT_LOG, record_encode(event_log_fields, &log));
}

void report_progress(struct report *r, const struct event_progress *p)
{
	int64_t now_ms = time_boot_ms();

	if (now_ms - r->last_progress_ms < PROGRESS_EVERY_MS && p->done && p->done != p->total)
		return;
	r->last_progress_ms = now_ms;
	send_message(r, json_pack("{s:s, s:o}", "m", "progress", "data",
				  record_encode(event_progress_fields, p)));
}

void report_done(struct report *r, const char *result)
{
	send_message(r, json_pack("{s:s, s:s}", "m", "done", "result", result));
}

void report_failed(struct report *r, const struct err *err, const struct repair_order *fault)
{
	static const struct repair_order none;
	json_t *message = json_pack("{s:s, s:i, s:o}", "m", "failed", "code", err->code, "fault",
				    record_encode(repair_order_fields, fault ? fault : &none));

	char detail[sizeof(err->msg)];
	text_clean(detail, sizeof(detail), err->msg, sizeof(err->msg));
	json_object_set_new(message, "detail", json_string_of(detail));
	send_message(r, message);
}

void report_answer(struct report *r, const char *envelope)
{
	send_message(r,
		     json_pack("{s:s, s:o}", "m", "answer", "envelope", json_string_of(envelope)));
}

/* ---- the agent's side ------------------------------------------------------------------------ */

struct start {
	int fds[2];
	const struct lease *lease;
	worker_main *run;
	void *arg;
};

static void run_child(void *arg)
{
	const struct start *s = arg;
	struct report out = {.fd = s->fds[1], .lease = s->lease};

	(void)close(s->fds[0]);
	s->run(s->arg, &out);
}

int worker_start(struct worker *w, const struct lease *lease, worker_main *run, void *arg,
		 struct err *err)
{
	struct start s = {.lease = lease, .run = run, .arg = arg};

	BUG_ON(child_is_running(&w->child));
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* for end_orphans() */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s.fds) < 0)
		return err_sys(err, ERR_SYS, "cannot make a socket pair");
	*w = WORKER_NONE;
	int status = child_fork(run_child, &s, &w->child, err);
	(void)close(s.fds[1]);
	if (status < 0) {
		(void)close(s.fds[0]);
		return err_wrap(err, "cannot start a worker");
	}
	w->fd = s.fds[0];
	str_init(&w->line, MAX_LINE_BYTES);
	(void)fcntl(w->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

bool worker_is_running(const struct worker *w)
{
	return child_is_running(&w->child);
}

static void last_word(struct worker *w, json_t *message, const char *m)
{
	struct worker_message *last = &w->last_word;
	const char *text = json_string_value(json_object_get(message, "result"));

	/* Words that nobody knows end nothing: a child that says no more after them has failed. */
	if (!str_eq(m, "done") && !str_eq(m, "answer") && !str_eq(m, "failed"))
		return;
	w->had_last_word = true;
	if (str_eq(m, "done"))
		(void)str_copy(last->result, sizeof(last->result), text ? text : "ok");
	if (str_eq(m, "answer"))
		last->envelope = xstrdup(json_string_value(json_object_get(message, "envelope")));
	if (!str_eq(m, "failed"))
		return;
	int code = (int)json_integer_value(json_object_get(message, "code"));
	text = json_string_value(json_object_get(message, "detail"));
	(void)err_set(&last->err, code > 0 && code < _ERR_MAX ? (enum err_code)code : ERR_SYS, "%s",
		      text ? text : "");
	IGNORE_RESULT(record_decode(repair_order_fields, json_object_get(message, "fault"),
				    &last->fault, NULL));
}

static void take_message(struct worker *w, json_t *message, struct worker_message *ret)
{
	const char *m = json_string_value(json_object_get(message, "m"));
	json_t *data = json_object_get(message, "data");

	if (str_eq(m, "event") &&
	    event_kind_parse(json_string_value(json_object_get(message, "kind")), &ret->kind)) {
		ret->said = WORKER_EVENT;
		ret->data = json_incref(data);
	} else if (str_eq(m, "progress") &&
		   record_decode(event_progress_fields, data, &ret->progress, NULL) == 0) {
		ret->said = WORKER_PROGRESS;
	} else {
		last_word(w, message, m);
	}
}

/* Take one whole line out of the buffer. */
static bool take_line(struct worker *w, struct worker_message *ret)
{
	char *newline = memchr(w->line.p, '\n', w->line.n_bytes);

	if (!newline)
		return false;
	size_t n = (size_t)(newline - w->line.p);
	autojson json_t *message = json_loadb(w->line.p, n, 0, NULL);
	memmove(w->line.p, newline + 1, w->line.n_bytes - n);
	w->line.n_bytes -= n + 1;
	if (message)
		take_message(w, message, ret);
	return true;
}

/* How many children there are; each was told to end. */
static int kill_children(void)
{
	char line[4096];
	int n = 0;

	file_read_line("/proc/thread-self/children", line, sizeof(line));
	struct sv rest = sv_of(line);
	while (rest.n) {
		struct sv word = sv_split(&rest, ' ');
		autofree char *text = xstrndup(word.p, word.n);
		int64_t pid;

		if (!parse_i64(text, &pid) || pid <= 1)
			continue;
		(void)kill((pid_t)-pid, SIGKILL);
		(void)kill((pid_t)pid, SIGKILL);
		(void)waitpid((pid_t)pid, NULL, WNOHANG);
		n++;
	}
	return n;
}

/* A worker is our only child, so whatever else we have is a tool of its that outlived it, and may
 * be writing to the disk (mke2fs, resize2fs): a lease that ended holds for tools, too. Tools have
 * sessions of their own, and a killed worker cannot end them. One that hangs in the kernel writes
 * nothing new, and is not waited for. */
static void end_orphans(void)
{
	for (int i = 0; i < ORPHAN_TRIES && kill_children(); i++)
		(void)usleep(10000);
}

static void end_worker(struct worker *w, int wait_status, struct worker_message *ret)
{
	end_orphans();
	*ret = w->last_word;
	ret->said = WORKER_ENDED;
	if (!w->had_last_word && WIFSIGNALED(wait_status))
		(void)err_set(&ret->err, ERR_AGENT_WORKER, "killed by signal %d (%s)",
			      WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
	else if (!w->had_last_word)
		(void)err_set(&ret->err, ERR_AGENT_WORKER, "ended with status %d and no result",
			      WEXITSTATUS(wait_status));
	(void)close(w->fd);
	str_done(&w->line);
	*w = WORKER_NONE;
}

void worker_read(struct worker *w, struct worker_message *ret)
{
	char buffer[16384];

	*ret = (struct worker_message){0};
	for (;;) {
		while (take_line(w, ret))
			if (ret->said != WORKER_NOTHING)
				return;
		ssize_t n = read(w->fd, buffer, sizeof(buffer));
		if (n > 0) {
			str_addn(&w->line, buffer, (size_t)n);
			if (str_ok(&w->line))
				continue;
			child_signal(&w->child, SIGKILL);
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		end_worker(w, child_reap(&w->child), ret);
		return;
	}
}

void worker_stop(struct worker *w, int grace_ms)
{
	int64_t deadline_ms = time_boot_ms() + grace_ms;
	struct worker_message ignored;

	while (worker_is_running(w)) {
		struct pollfd p = {.fd = w->fd, .events = POLLIN};

		if (time_boot_ms() >= deadline_ms)
			child_signal(&w->child, SIGKILL);
		if (poll(&p, 1, 100) <= 0)
			continue;
		worker_read(w, &ignored);
		json_decref(ignored.data);
		free(ignored.envelope);
	}
}
