/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces and signals. See cage.h for the picture. clone() instead of unshare() so that the
 * program itself stays outside and can make one cage after another. No input from elsewhere.
 */
#include "cage.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/file.h>

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

int cage_run(int (*fn)(void *arg), void *arg, int *ret_exit, struct err *err)
{
	unsigned long flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
			      CLONE_NEWUTS | SIGCHLD;
	pid_t init;

	if (geteuid() != 0)
		return err_set(err, ERR_LAB_ROOT, "not root");
	catch_stop(on_stop);
	(void)fflush(NULL);
	init = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
	if (init < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot make namespaces");
	if (init == 0)
		init_main(fn, arg);
	*ret_exit = cage_wait(init);
	return 0;
}
