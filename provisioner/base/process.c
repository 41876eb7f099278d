/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running other programs without a shell: posix_spawn, pipes read together through poll(), a
 * deadline after which the whole process group is killed. See base/process.h.
 */
#include <base/process.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define DEFAULT_TIMEOUT_MS 600000
#define ASK_EVERY_MS       200

static const char *const path_folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					   "/usr/bin",        "/sbin",          "/bin"};
static const char *const default_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
	NULL};

bool process_find(const char *name, char *ret_path, size_t ret_path_bytes)
{
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 && str_copy(ret_path, ret_path_bytes, name);
	for (size_t i = 0; i < ARRAY_LEN(path_folders); i++) {
		int n = snprintf(ret_path, ret_path_bytes, "%s/%s", path_folders[i], name);

		if (n > 0 && (size_t)n < ret_path_bytes && access(ret_path, X_OK) == 0)
			return true;
	}
	return false;
}

/* posix_spawn wants char *const[] and promises not to write: the cast stands here, once. */
static char *const *unconst(const char *const *list)
{
	union {
		const char *const *in;
		char *const *out;
	} u = {.in = list};

	return u.out;
}

/* The sources of the child's standard descriptors. One that is itself 0, 1 or 2 (a parent that had
 * closed its own) is moved above them first, so that no dup2 hits a source of a later one. */
struct standard_fds {
	int from[3];
	int moved[3];
};

static void standard_fds_done(struct standard_fds *f)
{
	for (int i = 0; i < 3; i++)
		cleanup_close(&f->moved[i]);
}

static int standard_fds_init(struct standard_fds *f, const struct process_spawn_options *o)
{
	*f = (struct standard_fds){{o->stdin_fd, o->stdout_fd, o->stderr_fd}, {-1, -1, -1}};
	for (int i = 0; i < 3; i++) {
		if (f->from[i] < 0 || f->from[i] > 2)
			continue;
		f->moved[i] = fcntl(f->from[i], F_DUPFD_CLOEXEC, 3);
		if (f->moved[i] < 0)
			return errno;
		f->from[i] = f->moved[i];
	}
	return 0;
}

static int spawn_file_actions(const struct process_spawn_options *o, const struct standard_fds *f,
			      posix_spawn_file_actions_t *actions)
{
	int status = 0;

	if (f->from[0] < 0)
		status = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	for (int as = 0; !status && as < 3; as++)
		if (f->from[as] >= 0)
			status = posix_spawn_file_actions_adddup2(actions, f->from[as], as);
	/* dup2 onto itself drops close-on-exec, which is what keeping a descriptor means. */
	for (const int *fd = o->keep_fds; !status && fd && *fd >= 0; fd++)
		status = posix_spawn_file_actions_adddup2(actions, *fd, *fd);
	return status;
}

static int spawn_attributes(const struct process_spawn_options *o, posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	if (o->new_session)
		flags |= POSIX_SPAWN_SETSID;
	return posix_spawnattr_setflags(attributes, flags);
}

/* Libraries open descriptors that stay open across exec (libcurl its connections, for one): a tool
 * would hold on to a connection that we have closed. */
static void keep_descriptors_ours(void)
{
	(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

int process_spawn(const struct process_spawn_options *o, pid_t *ret_pid, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	struct standard_fds standard;
	char path[512];
	int status;

	if (!process_find(o->argv[0], path, sizeof(path)))
		return err_set(err, ERR_PROCESS_MISSING, "program '%s' is not installed",
			       o->argv[0]);
	keep_descriptors_ours();
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	status = standard_fds_init(&standard, o);
	if (!status)
		status = spawn_file_actions(o, &standard, &actions);
	if (!status)
		status = spawn_attributes(o, &attributes);
	if (!status)
		status = posix_spawn(ret_pid, path, &actions, &attributes, unconst(o->argv),
				     unconst(o->env ? o->env : default_env));
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	standard_fds_done(&standard);
	errno = status;
	return status ? err_sys(err, ERR_SYS, "cannot start '%s'", path) : 0;
}

/* One side of a running child: what it reads or writes through a pipe of ours. */
struct stream {
	int fd;
	struct str text;
};

struct run {
	const struct process_options *o;
	struct stream in, out, errors;
	size_t sent_bytes;
	pid_t pid;
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
	struct process_spawn_options spawn = {
		.argv = r->o->argv, .env = r->o->env, .stdin_fd = -1, .new_session = true};

	if (r->o->input)
		TRY(make_pipe(&r->in.fd, &child_in, true, err));
	TRY(make_pipe(&r->out.fd, &child_out, false, err));
	TRY(make_pipe(&r->errors.fd, &child_errors, false, err));
	spawn.stdin_fd = child_in;
	spawn.stdout_fd = child_out;
	spawn.stderr_fd = child_errors;
	return process_spawn(&spawn, &r->pid, err);
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

/* 1 when the child has ended, 0 while it runs. It fails where somebody else reaped the child: a
 * program that was started with SIGCHLD ignored would else wait here for its whole timeout. */
static int try_reap(const struct run *r, int *ret_wait_status, struct err *err)
{
	pid_t pid = waitpid(r->pid, ret_wait_status, WNOHANG);

	if (pid < 0 && errno != EINTR)
		return err_sys(err, ERR_SYS, "cannot wait for '%s'", r->o->argv[0]);
	return pid == r->pid;
}

/* Feed and read until the child has closed its outputs and ended. */
static int pump(struct run *r, int *ret_wait_status, struct err *err)
{
	for (;;) {
		struct pollfd p[3] = {{.fd = r->in.fd, .events = POLLOUT},
				      {.fd = r->out.fd, .events = POLLIN},
				      {.fd = r->errors.fd, .events = POLLIN}};
		bool open = r->in.fd >= 0 || r->out.fd >= 0 || r->errors.fd >= 0;
		int ended = open ? 0 : try_reap(r, ret_wait_status, err);

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
			ended = try_reap(r, ret_wait_status, err);
			if (ended)
				return ended < 0 ? ended : 0;
		}
	}
}

static void kill_group(pid_t pid)
{
	int status;

	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
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
	struct run r = {.o = options, .in.fd = -1, .out.fd = -1, .errors.fd = -1};
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
			kill_group(r.pid);
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
