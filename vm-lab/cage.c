/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces and signals. See cage.h for the picture. clone() instead of unshare() so that the
 * program itself stays outside and can make one cage after another. No input from elsewhere.
 */
#include "cage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include "cage_rootless.h"

#define STOP_GRACE_MS 20000

static volatile sig_atomic_t stop_signals;
static volatile sig_atomic_t worker_pid;

static void on_stop(int number)
{
	(void)number;
	stop_signals++;
}

/* In the cage's init: hand the wish to end on to the worker. */
static void on_stop_init(int number)
{
	(void)number;
	if (worker_pid > 0)
		(void)kill((pid_t)worker_pid, SIGTERM);
}

static void catch_stop(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

bool cage_stopping(void)
{
	return stop_signals > 0;
}

struct mount_row {
	const char *type, *to;
	unsigned long flags;
	const char *options;
};
/* /proc for the new process namespace; /run so that no daemon in here can meet one outside. */
static const struct mount_row mounts[] = {
	{"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	{"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755"},
};

static int cage_furnish(struct err *err)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot make mounts private");
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct mount_row *m = &mounts[i];

		if (mount(m->type, m->to, m->type, m->flags, m->options) < 0)
			return err_sys(err, ERR_LAB_CAGE, "cannot mount '%s'", m->to);
	}
	return file_make_dirs("/run/lab", 0755, err);
}

int cage_bind(const char *from, const char *to, struct err *err)
{
	int rc = file_make_dirs(to, 0755, err);

	if (rc < 0)
		return rc;
	if (mount(from, to, NULL, MS_BIND, NULL) < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot bind '%s'", from);
	return 0;
}

/* Reap whatever is left to us until the worker ends; its end is ours, and ours is everyone's. */
static int init_reap(void)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno != EINTR)
			return CAGE_EXIT_LOST;
		if (pid == worker_pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : CAGE_EXIT_LOST;
	}
}

/* In the user namespace of an ordinary user: nothing can be done before it has users. */
static void await_users(int go)
{
	char byte;

	while (go >= 0 && read(go, &byte, 1) < 0 && errno == EINTR)
		;
	if (go >= 0 && (geteuid() != 0 || setgroups(0, NULL) < 0)) {
		(void)fprintf(stderr, "slipway-lab: the user namespace has no users\n");
		_exit(CAGE_EXIT_LOST);
	}
}

static _Noreturn void init_main(int (*fn)(void *), void *arg)
{
	struct err err = ERR_INIT;
	pid_t pid;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsid(); /* Ctrl-C goes to the program outside, which tells us */
	catch_stop(on_stop_init);
	if (cage_furnish(&err) < 0) {
		(void)fprintf(stderr, "slipway-lab: %s\n", err.msg);
		_exit(CAGE_EXIT_LOST);
	}
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		catch_stop(on_stop);
		stop_signals = 0;
		exit(fn(arg));
	}
	worker_pid = pid;
	_exit(pid < 0 ? CAGE_EXIT_LOST : init_reap());
}

/* Wait for the init; pass wishes to end on, and insist in the end. */
static int cage_wait(pid_t init)
{
	int told = 0, status;
	int64_t deadline_ms = 0;

	while (waitpid(init, &status, WNOHANG) == 0) {
		if (stop_signals > told) {
			told = stop_signals;
			if (!deadline_ms)
				deadline_ms = time_boot_ms() + STOP_GRACE_MS;
			(void)kill(init, told > 1 ? SIGKILL : SIGTERM);
		}
		if (deadline_ms && time_boot_ms() > deadline_ms)
			(void)kill(init, SIGKILL);
		(void)poll(NULL, 0, 50);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : CAGE_EXIT_LOST;
}

static pid_t clone_init(bool rootless)
{
	unsigned long flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
			      CLONE_NEWUTS | SIGCHLD;

	(void)fflush(NULL);
	return (pid_t)syscall(SYS_clone, rootless ? flags | CLONE_NEWUSER : flags, 0, 0, 0, 0);
}

/* The end of the pipe tells the init that its users are there, or that there will be none. */
static int start_init(int (*fn)(void *arg), void *arg, bool rootless, pid_t *ret, struct err *err)
{
	int go[2] = {-1, -1};
	int rc;

	if (rootless && pipe2(go, O_CLOEXEC) < 0)
		return err_sys(err, ERR_LAB_CAGE, "no pipe");
	autoclose int wait_end = go[0];
	autoclose int told_end = go[1];
	*ret = clone_init(rootless);
	if (*ret < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot make namespaces");
	if (*ret == 0) {
		if (told_end >= 0)
			(void)close(told_end);
		await_users(wait_end);
		init_main(fn, arg);
	}
	rc = rootless ? cage_rootless_map(*ret, err) : 0;
	if (rc < 0) {
		(void)kill(*ret, SIGKILL);
		(void)waitpid(*ret, NULL, 0);
	}
	return rc;
}

int cage_run(int (*fn)(void *arg), void *arg, int *ret_exit, struct err *err)
{
	bool rootless = geteuid() != 0;
	pid_t init = 0;

	if (rootless)
		TRY(cage_rootless_check(err));
	catch_stop(on_stop);
	TRY(start_init(fn, arg, rootless, &init, err));
	*ret_exit = cage_wait(init);
	return 0;
}
