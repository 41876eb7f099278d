/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping other programs alive. posix_spawn cannot ask for a parent-death signal, so we start
 * ourselves with --exec-child, which asks and then becomes the program. Input: exit codes, a pid
 * file of ours.
 */
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/log.h>
#include <base/process.h>
#include <base/str.h>

#define ARGV_MAX       16
#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 10000
#define SETTLED_US                                                                                 \
	(30 * 1000000LL) /* alive this long: the next death starts from the short pause */
#define STOP_MS 3000

struct child {
	char *name;
	char *argv[ARGV_MAX + 4];
	int stderr_fd;
	sd_event *event;
	sd_event_source *watch, *timer;
	pid_t pid; /* 0: not running */
	int64_t backoff_ms;
	uint64_t started_us;
};

static int spawn(struct child *c, struct err *err);

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int child_exec(int64_t expected_parent, char **argv)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -errno;
	if (getppid() != expected_parent) /* it died before we asked */
		return -ESRCH;
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], argv);
	return -errno;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct child *c = arg;
	struct err err = ERR_INIT;

	(void)s;
	(void)usec;
	if (spawn(c, &err) < 0)
		log_err(LOG_ERR, "child.start", &err, KV("name", (const char *)c->name));
	return 0;
}

static void plan_restart(struct child *c)
{
	if (now_us() - c->started_us > SETTLED_US)
		c->backoff_ms = BACKOFF_MIN_MS;
	(void)sd_event_source_set_time_relative(c->timer, (uint64_t)c->backoff_ms * 1000);
	(void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
	c->backoff_ms = c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff_ms * 2;
}

static int on_exit_of(sd_event_source *s, const siginfo_t *si, void *arg)
{
	struct child *c = arg;

	(void)s;
	struct err err = ERR_INIT;
	(void)err_set(&err, ERR_CHILD, "%s ended with %s %d", c->name,
		      si->si_code == CLD_EXITED ? "code" : "signal", si->si_status);
	/* nginx's workers outlive a killed master and keep its ports: the group goes as a whole */
	(void)kill(-c->pid, SIGKILL);
	log_err(LOG_WARNING, "child.ended", &err, KV("name", (const char *)c->name),
		KV("again_ms", c->backoff_ms));
	c->pid = 0;
	c->watch = sd_event_source_disable_unref(c->watch);
	plan_restart(c);
	return 0;
}

static int spawn(struct child *c, struct err *err)
{
	struct process_spawn_options o = {
		.argv = (const char *const *)c->argv,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = c->stderr_fd,
		.new_session = true,
	};

	c->started_us = now_us();
	int rc = process_spawn(&o, &c->pid, err);
	if (rc < 0) {
		plan_restart(c);
		return rc;
	}
	if (sd_event_add_child(c->event, &c->watch, c->pid, WEXITED, on_exit_of, c) < 0)
		return err_set(err, ERR_SYS, "cannot watch %s", c->name);
	(void)sd_event_source_set_description(c->watch, c->name);
	log_ev(LOG_INFO, "child.started", KV("name", (const char *)c->name), KV("pid", c->pid));
	return 0;
}

/* ---- a copy that outlived us ----------------------------------------------------------------- */

static bool is_ours(pid_t pid, const char *config_path)
{
	autofree char *path = xasprintf("/proc/%d/cmdline", pid);
	autofree char *text = NULL;
	size_t n = 0;
	struct err err = ERR_INIT;

	if (file_read(path, 64 * 1024, &text, &n, &err) < 0)
		return false;
	return memmem(text, n, config_path, strlen(config_path)) != NULL;
}

static void stop_pidfd(int fd, int first_signal)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void)syscall(SYS_pidfd_send_signal, fd, first_signal, NULL, 0);
	if (poll(&p, 1, STOP_MS) <= 0)
		(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	(void)poll(&p, 1, STOP_MS);
}

/* Is this a process of the group, running the program? */
static bool in_group(const char *pid_text, int64_t group, const char *program)
{
	char exe[4096], line[512];
	autofree char *exe_path = xasprintf("/proc/%s/exe", pid_text);
	autofree char *stat_path = xasprintf("/proc/%s/stat", pid_text);
	int64_t pgrp = -1;
	ssize_t n = readlink(exe_path, exe, sizeof(exe) - 1);

	exe[n > 0 ? n : 0] = '\0';
	if (!str_eq(exe, program))
		return false;
	file_read_line(stat_path, line, sizeof(line));
	/* "123 (name) S ppid pgrp ...": the name may hold anything, so count from the last bracket
	 */
	const char *after = strrchr(line, ')');
	struct sv rest = sv_of(after && after[1] ? after + 2 : "");
	char text[24] = "";
	for (int i = 0; i < 3; i++) {
		struct sv w = sv_split(&rest, ' ');
		if (i == 2 && w.n < sizeof(text))
			memcpy(text, w.p, w.n);
	}
	return parse_i64(text, &pgrp) && pgrp == group;
}

/* Members of a group whose leader is gone. */
static void stop_orphans(int64_t group, const char *program)
{
	char real[4096];
	DIR *d = opendir("/proc");
	struct dirent *e;
	int64_t pid;

	if (!realpath(program, real))
		real[0] = '\0';
	while (d && (e = readdir(d)))
		if (parse_i64(e->d_name, &pid) && in_group(e->d_name, group, real))
			(void)kill((pid_t)pid, SIGKILL);
	if (d)
		closedir(d);
}

static void stop_survivor(const struct child_options *o)
{
	char line[32];
	int64_t pid;

	if (!o->pid_file || !o->config_path)
		return;
	file_read_line(o->pid_file, line, sizeof(line));
	if (!parse_i64(line, &pid) || pid <= 1)
		return;
	autoclose int fd = open_pidfd((pid_t)pid);
	if (fd >= 0 && is_ours((pid_t)pid, o->config_path)) {
		log_ev(LOG_NOTICE, "child.survivor", KV("name", o->name), KV("pid", pid));
		stop_pidfd(fd, SIGTERM);
	}
	stop_orphans(pid, o->argv[0]);
}

/* ---- start and stop -------------------------------------------------------------------------- */

int child_start(struct sd_event *event, const struct child_options *o, struct child **ret,
		struct err *err)
{
	size_t n = 0;
	struct child *c = xcalloc(1, sizeof(*c));

	c->name = xstrdup(o->name);
	c->event = event;
	c->stderr_fd = o->stderr_fd;
	c->backoff_ms = BACKOFF_MIN_MS;
	c->argv[n++] = xstrdup("/proc/self/exe");
	c->argv[n++] = xstrdup("--exec-child");
	c->argv[n++] = xasprintf("%d", getpid());
	for (size_t i = 0; o->argv[i]; i++) {
		BUG_ON(i >= ARGV_MAX);
		c->argv[n++] = xstrdup(o->argv[i]);
	}
	stop_survivor(o);
	int rc = 0;
	if (access(o->argv[0], X_OK) < 0)
		rc = err_set(err, ERR_PROCESS_MISSING, "'%s' is not installed", o->argv[0]);
	else if (sd_event_add_time_relative(event, &c->timer, CLOCK_BOOTTIME, 0, 0, on_timer, c) <
			 0 ||
		 sd_event_source_set_enabled(c->timer, SD_EVENT_OFF) < 0)
		rc = err_set(err, ERR_SYS, "cannot add a timer for %s", o->name);
	if (rc >= 0)
		rc = spawn(c, err);
	if (rc < 0) {
		child_stop(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void child_stop(struct child *c)
{
	if (!c)
		return;
	sd_event_source_disable_unref(c->watch);
	sd_event_source_disable_unref(c->timer);
	if (c->pid > 0) {
		autoclose int fd = open_pidfd(c->pid);
		if (fd >= 0)
			stop_pidfd(fd, SIGTERM);
		(void)kill(-c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
	}
	for (size_t i = 0; c->argv[i]; i++)
		free(c->argv[i]);
	free(c->name);
	free(c);
}
