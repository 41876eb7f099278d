/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork() with a parent-death signal and a pidfd; see base/child.h. posix_spawn() would do for
 * programs but cannot ask for the death signal. Between fork and exec only async-signal-safe
 * functions are called, as our programs have threads. A failed exec comes back through a pipe that
 * closes on exec.
 */
#include <base/child.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/str.h>

#define KERNEL_SIGSET_BYTES 8

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

/* ---- the child, before it is anything -------------------------------------------------------- */

/* The parent may have died before we asked for the signal. */
static int die_with(pid_t parent, int signal)
{
	if (prctl(PR_SET_PDEATHSIG, signal) < 0)
		return errno;
	return getppid() == parent ? 0 : ESRCH;
}

static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void reset_signals(void)
{
	static const unsigned long as_new[4]; /* the kernel's struct sigaction: SIG_DFL, no flags */

	/* past the C library, which keeps two signals to itself and would hand them on ignored */
	for (int s = 1; s < NSIG; s++) /* fails for some, which have no handlers */
		(void)syscall(SYS_rt_sigaction, s, as_new, NULL, KERNEL_SIGSET_BYTES);
	unblock_signals();
}

static int keep(int fd)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? errno : 0;
}

/* The child's standard descriptors. One whose source is itself 0, 1 or 2 (a parent that had closed
 * its own) is moved above them first, so that no dup2 hits a source of a later one. */
static int set_standard_fds(const struct child_program *p)
{
	int from[3] = {p->stdin_fd, p->stdout_fd, p->stderr_fd};

	if (from[0] < 0)
		from[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (from[0] < 0)
		return errno;
	for (int i = 0; i < 3; i++)
		if (from[i] >= 0 && from[i] < 3 &&
		    (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return errno;
	for (int i = 0; i < 3; i++)
		if (from[i] >= 0 && dup2(from[i], i) < 0)
			return errno;
	return 0;
}

/* Libraries open descriptors that stay open across exec (libcurl its connections, for one): a tool
 * would hold on to a connection that we have closed. */
static int set_fds(const struct child_program *p)
{
	int status = set_standard_fds(p);

	if (!status && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		status = errno;
	for (const int *fd = p->keep_fds; !status && fd && *fd >= 0; fd++)
		status = keep(*fd);
	return status;
}

/* execve() wants char *const[] and promises not to write: the cast stands here, once. */
static char *const *unconst(const char *const *list)
{
	union {
		const char *const *in;
		char *const *out;
	} u = {.in = list};

	return u.out;
}

static _Noreturn void become(const struct child_program *p, const char *path, pid_t parent,
			     int report_fd)
{
	int status = die_with(parent, p->death_signal ? p->death_signal : SIGKILL);

	if (report_fd < 3) /* the standard descriptors are about to be replaced */
		report_fd = fcntl(report_fd, F_DUPFD_CLOEXEC, 3);
	if (p->new_session)
		(void)setsid();
	if (!status)
		status = set_fds(p);
	reset_signals();
	if (!status) {
		(void)execve(path, unconst(p->argv), unconst(p->env ? p->env : default_env));
		status = errno;
	}
	_exit(write(report_fd, &status, sizeof(status)) == sizeof(status) ? 127 : 126);
}

/* ---- starting -------------------------------------------------------------------------------- */

/* In the child 0. Signals are held back, so that no handler of the parent's runs in the child. */
static pid_t fork_quietly(void)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid) {
		int saved = errno;

		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
		errno = saved;
	}
	return pid;
}

static int watch(struct child *c, struct err *err)
{
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd >= 0)
		return 0;
	/* its parent ignores SIGCHLD: nobody can ever wait for it */
	if (errno == ESRCH)
		errno = ECHILD;
	(void)err_sys(err, ERR_SYS, "cannot watch a process");
	child_kill(c);
	return -ERR_SYS;
}

/* The errno of the child's exec; 0: it is loaded. */
static int read_report(int fd)
{
	int status = 0;
	ssize_t n;

	while ((n = read(fd, &status, sizeof(status))) < 0 && errno == EINTR)
		;
	return n == sizeof(status) ? status : 0;
}

#define DYING_MAX 32

/* What was killed and not reaped: its number is nobody else's until then. */
static _Thread_local pid_t dying[DYING_MAX];

/* A place in the table; NULL: all wait. */
static pid_t *reap_dying(void)
{
	pid_t *ret = NULL;

	for (size_t i = 0; i < DYING_MAX; i++) {
		if (dying[i] && waitpid(dying[i], NULL, WNOHANG) != 0)
			dying[i] = 0;
		if (!dying[i])
			ret = &dying[i];
	}
	return ret;
}

int child_spawn(const struct child_program *program, struct child *ret, struct err *err)
{
	struct child c = CHILD_NONE;
	pid_t parent = getpid();
	char path[512];
	int fds[2];

	if (!process_find(program->argv[0], path, sizeof(path)))
		return err_set(err, ERR_PROCESS_MISSING, "program '%s' is not installed",
			       program->argv[0]);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, ERR_SYS, "cannot make a pipe");
	(void)reap_dying();
	c.pid = fork_quietly();
	if (c.pid == 0)
		become(program, path, parent, fds[1]);
	int status = c.pid < 0 ? errno : 0;
	(void)close(fds[1]);
	if (!status)
		status = read_report(fds[0]);
	(void)close(fds[0]);
	if (status) {
		(void)child_reap(&c);
		errno = status;
		return err_sys(err, ERR_SYS, "cannot start '%s'", path);
	}
	TRY(watch(&c, err));
	*ret = c;
	return 0;
}

static _Noreturn void run_forked(void (*run)(void *arg), void *arg, pid_t parent)
{
	static const int asked_to_end[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD};

	if (die_with(parent, SIGKILL))
		_exit(1);
	for (size_t i = 0; i < ARRAY_LEN(asked_to_end); i++)
		(void)signal(asked_to_end[i], SIG_DFL);
	unblock_signals();
	run(arg);
	_exit(0);
}

int child_fork(void (*run)(void *arg), void *arg, struct child *ret, struct err *err)
{
	struct child c = CHILD_NONE;
	pid_t parent = getpid();

	(void)reap_dying();
	c.pid = fork_quietly();
	if (c.pid == 0)
		run_forked(run, arg, parent);
	if (c.pid < 0)
		return err_sys(err, ERR_SYS, "cannot start a process");
	TRY(watch(&c, err));
	*ret = c;
	return 0;
}

int child_become(const char *const *argv, struct err *err)
{
	char path[512];

	if (!process_find(argv[0], path, sizeof(path)))
		return err_set(err, ERR_PROCESS_MISSING, "program '%s' is not installed", argv[0]);
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(err, ERR_SYS, "cannot close files");
	reset_signals();
	(void)execve(path, unconst(argv), unconst(default_env));
	return err_sys(err, ERR_SYS, "cannot start '%s'", path);
}

/* ---- ending ---------------------------------------------------------------------------------- */

bool child_is_running(const struct child *c)
{
	return c->pid > 0;
}

void child_signal(const struct child *c, int signal)
{
	if (c->pid > 0 && c->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, c->pidfd, signal, NULL, 0);
	else if (c->pid > 0)
		(void)kill(c->pid, signal);
}

void child_signal_group(const struct child *c, int signal)
{
	if (c->pid > 0)
		(void)kill(-c->pid, signal);
	child_signal(c, signal);
}

bool child_wait(const struct child *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

	return c->pid <= 0 || poll(&p, 1, timeout_ms) > 0;
}

static void forget(struct child *c)
{
	if (c->pid > 0 && c->pidfd >= 0)
		(void)close(c->pidfd);
	*c = CHILD_NONE;
}

int child_try_reap(struct child *c, int *ret_wait_status, struct err *err)
{
	pid_t pid = waitpid(c->pid, ret_wait_status, WNOHANG);

	if (pid < 0 && errno != EINTR)
		return err_sys(err, ERR_SYS, "cannot wait for a process");
	if (pid != c->pid)
		return 0;
	forget(c);
	return 1;
}

int child_reap(struct child *c)
{
	int status = 0;

	while (c->pid > 0 && waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	forget(c);
	return status;
}

void child_kill(struct child *c)
{
	child_signal(c, SIGKILL);
	(void)child_reap(c);
}

void child_kill_group(struct child *c)
{
	child_signal_group(c, SIGKILL);
	(void)child_reap(c);
}

void child_kill_soon(struct child *c)
{
	pid_t *place = reap_dying();

	child_signal(c, SIGKILL);
	if (!place) {
		(void)child_reap(c);
		return;
	}
	*place = c->pid;
	forget(c);
}
