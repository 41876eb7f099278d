/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping other programs alive, each with a death signal of SIGTERM. Input: exit codes, a pid file of
 * ours.
 */
#include "supervised.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/child.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/log.h>
#include <base/str.h>
#include "program.h"

#define ARGV_MAX       16
#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 10000
#define SETTLED_US                                                                                 \
	(30 * 1000000LL) /* alive this long: the next death starts from the short pause */
#define STOP_MS 3000

struct supervised {
	char *name;
	char *argv[ARGV_MAX + 1];
	int stdin_fd;
	void (*on_refused)(void *arg, const char *name);
	void *arg;
	sd_event *event;
	sd_event_source *watch, *timer;
	struct child child;
	int64_t backoff_ms;
	int64_t started_us;
};

static int spawn(struct supervised *c, struct err *err);

/* Of a process that is not our child. */
static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct supervised *c = arg;
	struct err err = ERR_INIT;

	(void)s;
	(void)usec;
	if (spawn(c, &err) < 0)
		log_err(LOG_ERR, "child.start", &err, KV("name", (const char *)c->name));
	return 0;
}

static void plan_restart(struct supervised *c)
{
	if (clock_boot_us(&clock_system) - c->started_us > SETTLED_US)
		c->backoff_ms = BACKOFF_MIN_MS;
	(void)sd_event_source_set_time_relative(c->timer, (uint64_t)c->backoff_ms * 1000);
	(void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
	c->backoff_ms = c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff_ms * 2;
}

static int on_exit_of(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct supervised *c = arg;
	struct err err = ERR_INIT;

	(void)s;
	(void)fd;
	(void)events;
	c->watch = sd_event_source_disable_unref(c->watch);
	/* nginx's workers outlive a killed master and keep its ports: the group goes as a whole */
	child_signal_group(&c->child, SIGKILL);
	int status = child_reap(&c->child);
	(void)err_set(&err, ERR_CHILD, "%s ended with %s %d", c->name,
		      WIFEXITED(status) ? "code" : "signal",
		      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	log_err(LOG_WARNING, "child.ended", &err, KV("name", (const char *)c->name),
		KV("again_ms", c->backoff_ms));
	if (c->on_refused && WIFEXITED(status) && WEXITSTATUS(status) == PROGRAM_REFUSED)
		c->on_refused(c->arg, c->name);
	else
		plan_restart(c);
	return 0;
}

static int spawn(struct supervised *c, struct err *err)
{
	struct child_program program = {
		.argv = (const char *const *)c->argv,
		.stdin_fd = c->stdin_fd,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.new_session = true,
		.death_signal = SIGTERM,
	};

	c->started_us = clock_boot_us(&clock_system);
	int rc = child_spawn(&program, &c->child, err);
	if (rc < 0) {
		plan_restart(c);
		return rc;
	}
	if (sd_event_add_io(c->event, &c->watch, c->child.pidfd, EPOLLIN, on_exit_of, c) < 0)
		return err_set(err, ERR_SYS, "cannot watch %s", c->name);
	(void)sd_event_source_set_description(c->watch, c->name);
	log_ev(LOG_INFO, "child.started", KV("name", (const char *)c->name),
	       KV("pid", c->child.pid));
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

static const char *program_of(const struct supervised_options *o)
{
	return o->program ? o->program : o->argv[0];
}

static void stop_survivor(const struct supervised_options *o)
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
	stop_orphans(pid, program_of(o));
}

/* ---- start and stop -------------------------------------------------------------------------- */

int supervised_start(struct sd_event *event, const struct supervised_options *o,
		     struct supervised **ret, struct err *err)
{
	size_t n = 0;
	struct supervised *c = xcalloc(1, sizeof(*c));

	c->name = xstrdup(o->name);
	c->event = event;
	c->stdin_fd = o->stdin_fd;
	c->on_refused = o->on_refused;
	c->arg = o->arg;
	c->backoff_ms = BACKOFF_MIN_MS;
	c->child = CHILD_NONE;
	for (size_t i = 0; o->argv[i]; i++) {
		BUG_ON(i >= ARGV_MAX);
		c->argv[n++] = xstrdup(o->argv[i]);
	}
	stop_survivor(o);
	int rc = 0;
	if (access(program_of(o), X_OK) < 0)
		rc = err_set(err, ERR_PROCESS_MISSING, "'%s' is not installed", program_of(o));
	else if (sd_event_add_time_relative(event, &c->timer, CLOCK_BOOTTIME, 0, 0, on_timer, c) <
			 0 ||
		 sd_event_source_set_enabled(c->timer, SD_EVENT_OFF) < 0)
		rc = err_set(err, ERR_SYS, "cannot add a timer for %s", o->name);
	if (rc >= 0)
		rc = spawn(c, err);
	if (rc < 0) {
		supervised_stop(c);
		return rc;
	}
	*ret = c;
	return 0;
}

pid_t supervised_pid(const struct supervised *c)
{
	return c->child.pid;
}

void supervised_stop(struct supervised *c)
{
	if (!c)
		return;
	sd_event_source_disable_unref(c->watch);
	sd_event_source_disable_unref(c->timer);
	child_signal(&c->child, SIGTERM);
	(void)child_wait(&c->child, STOP_MS);
	child_kill_group(&c->child);
	for (size_t i = 0; c->argv[i]; i++)
		free(c->argv[i]);
	free(c->name);
	free(c);
}
