/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running other programs without a shell: pipes read together through poll(), a deadline after
 * which the whole process group is killed. See base/process.h.
 */
#include <base/process.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/child.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define DEFAULT_TIMEOUT_MS 600000
#define ASK_EVERY_MS       200

/* One side of a running child: what it reads or writes through a pipe of ours. */
struct stream {
	int fd;
	struct str text;
};

struct run {
	const struct process_options *o;
	struct stream in, out, errors;
	size_t sent_bytes;
	struct child child;
	int64_t deadline_ms;
	bool truncated;
};

static void close_stream(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* The parent's ends are above 2 and close on exec. */
static int make_pipe(int *ret_parent, int *ret_child, bool parent_writes, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, ERR_SYS, "cannot make a pipe");
	*ret_parent = fds[parent_writes ? 1 : 0];
	*ret_child = fds[parent_writes ? 0 : 1];
	if (fcntl(*ret_parent, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, ERR_SYS, "cannot set up a pipe");
	return 0;
}

static int start(struct run *r, struct err *err)
{
	autoclose int child_in = -1, child_out = -1, child_errors = -1;
	struct child_program program = {
		.argv = r->o->argv, .env = r->o->env, .stdin_fd = -1, .new_session = true};

	if (r->o->input)
		TRY(make_pipe(&r->in.fd, &child_in, true, err));
	TRY(make_pipe(&r->out.fd, &child_out, false, err));
	TRY(make_pipe(&r->errors.fd, &child_errors, false, err));
	program.stdin_fd = child_in;
	program.stdout_fd = child_out;
	program.stderr_fd = child_errors;
	return child_spawn(&program, &r->child, err);
}

static void read_stream(struct run *r, struct stream *s)
{
	char buffer[16384];
	ssize_t n = read(s->fd, buffer, sizeof(buffer));
	size_t room;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close_stream(s);
		return;
	}
	room = s->text.max_bytes - s->text.n_bytes;
	if ((size_t)n > room) {
		r->truncated = true;
		n = (ssize_t)room;
	}
	str_addn(&s->text, buffer, (size_t)n);
}

static void write_input(struct run *r)
{
	const char *p = r->o->input;
	ssize_t n = write(r->in.fd, p + r->sent_bytes, r->o->input_bytes - r->sent_bytes);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		r->sent_bytes += (size_t)n;
	/* A program may end without reading all of its input (EPIPE): that is its own business. */
	if (n < 0 || r->sent_bytes == r->o->input_bytes)
		close_stream(&r->in);
}

static int check_stop(struct run *r, struct err *err)
{
	if (time_boot_ms() > r->deadline_ms)
		return err_set(err, ERR_TIMEOUT, "program '%s' took longer than it may",
			       r->o->argv[0]);
	if (r->o->keep_going && !r->o->keep_going(r->o->arg))
		return err_set(err, ERR_CANCELLED, "program '%s' was stopped", r->o->argv[0]);
	return 0;
}

/* Feed and read until the child has closed its outputs and ended. */
static int pump(struct run *r, int *ret_wait_status, struct err *err)
{
	for (;;) {
		struct pollfd p[3] = {{.fd = r->in.fd, .events = POLLOUT},
				      {.fd = r->out.fd, .events = POLLIN},
				      {.fd = r->errors.fd, .events = POLLIN}};
		bool open = r->in.fd >= 0 || r->out.fd >= 0 || r->errors.fd >= 0;
		int ended = open ? 0 : child_try_reap(&r->child, ret_wait_status, err);

		if (ended)
			return ended < 0 ? ended : 0;
		TRY(check_stop(r, err));
		if (poll(p, 3, open ? ASK_EVERY_MS : 5) < 0 && errno != EINTR)
			return err_sys(err, ERR_SYS, "cannot poll");
		if (p[0].revents && r->in.fd >= 0)
			write_input(r);
		if (p[1].revents && r->out.fd >= 0)
			read_stream(r, &r->out);
		if (p[2].revents && r->errors.fd >= 0)
			read_stream(r, &r->errors);
		/* A grandchild may hold the pipes open after the program itself has ended. */
		if (!p[0].revents && !p[1].revents && !p[2].revents && open) {
			ended = child_try_reap(&r->child, ret_wait_status, err);
			if (ended)
				return ended < 0 ? ended : 0;
		}
	}
}

static void fill_result(struct run *r, int wait_status, int64_t started_ms,
			struct process_result *ret)
{
	*ret = (struct process_result){
		.exit_code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
						    : 128 + WTERMSIG(wait_status),
		.signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0,
		.out_bytes = r->out.text.n_bytes,
		.errors_bytes = r->errors.text.n_bytes,
		.truncated = r->truncated,
		.took_ms = time_boot_ms() - started_ms,
	};
	ret->out = str_take(&r->out.text);
	ret->errors = str_take(&r->errors.text);
}

int process_run(const struct process_options *options, struct process_result *ret, struct err *err)
{
	int64_t started_ms = time_boot_ms();
	size_t max = options->max_output_bytes ? options->max_output_bytes
					       : LIMIT_TOOL_OUTPUT_BYTES;
	struct run r = {
		.o = options, .in.fd = -1, .out.fd = -1, .errors.fd = -1, .child = CHILD_NONE};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int status, wait_status = 0;

	r.deadline_ms = started_ms +
			(options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS);
	str_init(&r.out.text, max);
	str_init(&r.errors.text, max);
	/* Our writes into a dead program's pipe must fail, not kill us. */
	sigaction(SIGPIPE, &ignore, &before);
	status = start(&r, err);
	if (!status) {
		status = pump(&r, &wait_status, err);
		if (status)
			child_kill_group(&r.child);
	}
	sigaction(SIGPIPE, &before, NULL);
	close_stream(&r.in);
	close_stream(&r.out);
	close_stream(&r.errors);
	if (!status)
		fill_result(&r, wait_status, started_ms, ret);
	str_done(&r.out.text);
	str_done(&r.errors.text);
	return status;
}

void process_result_done(struct process_result *r)
{
	free(r->out);
	free(r->errors);
	*r = (struct process_result){0};
}

static struct sv last_line(const char *text)
{
	struct sv all = sv_trim(sv_of(text));
	const char *newline = all.n ? memrchr(all.p, '\n', all.n) : NULL;

	return newline ? (struct sv){newline + 1, (size_t)(all.p + all.n - newline - 1)} : all;
}

int process_check(const char *const *argv, int64_t timeout_ms, struct err *err)
{
	struct process_options options = {.argv = argv, .timeout_ms = timeout_ms};
	struct process_result result;
	int status = 0;

	TRY(process_run(&options, &result, err));
	if (result.exit_code) {
		struct sv why = last_line(result.errors_bytes ? result.errors : result.out);

		status = err_set(err, ERR_PROCESS, "'%s' ended with %d: %.*s", argv[0],
				 result.exit_code, (int)(why.n > 200 ? 200 : why.n), why.p);
	}
	process_result_done(&result);
	return status;
}
