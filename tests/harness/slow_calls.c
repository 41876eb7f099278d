/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into slipwayd by loop_never_waits.sh. What may wait for others does, for 300 ms: a lock, a
 * name, the end of a process that still runs, and the fsync of a file of more than a MiB. With
 * SLOW_COMMIT_MS in the environment each fdatasync() takes so long: a commit on a slow disk.
 *
 * It also measures the loop, whoever runs on it: from the return of one epoll_wait() to the next. Time
 * in which the kernel ran somebody else although we could have run does not count (schedstat), so that
 * a busy machine measures the same. At the end of a span of more than 10 ms a line goes to
 * standard error: "loop.span us=N calls=NAME:MS,...".
 * SLIPWAY_TEST_WAIT_MS says how long they take instead; 0: the loop is measured alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int wait_ms = 300;
static int is_daemon; /* not what it starts: a reader may not even sleep */

static void in_child(void)
{
	is_daemon = 0;
}

static __attribute__((constructor)) void look(void)
{
	char line[4096] = "";
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);

	if (getenv("SLIPWAY_TEST_WAIT_MS"))
		wait_ms = atoi(getenv("SLIPWAY_TEST_WAIT_MS"));
	is_daemon = n > 0 && !memmem(line, (size_t)n, "--reader", 8) &&
		    !memmem(line, (size_t)n, "--supervisor", 12);
	(void)close(fd);
	(void)pthread_atfork(0, 0, in_child);
}

/* ---- the loop -------------------------------------------------------------------------------- */

#define REPORTED_US 10000

static struct span {
	int64_t begin_us, begin_delay_us; /* 0: none */
	char calls[256];
} span;

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* How long this thread could have run and another one did. */
static int64_t delay_us(void)
{
	static int fd = -1;
	char text[80] = "", *end;

	if (fd < 0)
		fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	(void)strtoll(text, &end, 10);
	return strtoll(end, NULL, 10) / 1000;
}

static int is_loop(void)
{
	return is_daemon && gettid() == getpid();
}

static void span_end(void)
{
	char line[400];

	if (!is_loop() || !span.begin_us)
		return;
	int64_t took = now_us() - span.begin_us - (delay_us() - span.begin_delay_us);
	if (took > REPORTED_US) {
		int n = snprintf(line, sizeof(line), "loop.span us=%lld calls=%s\n",
				 (long long)took, span.calls);
		(void)!write(2, line, (size_t)n);
	}
	span.begin_us = 0;
}

static void span_begin(void)
{
	if (!is_loop())
		return;
	span.begin_us = now_us();
	span.begin_delay_us = delay_us();
	span.calls[0] = '\0';
}

static void note(const char *name, int64_t begin_us)
{
	size_t n = strlen(span.calls);
	int64_t took_us = now_us() - begin_us;

	if (is_loop() && took_us > 1000 && n < sizeof(span.calls) - 40)
		(void)snprintf(span.calls + n, sizeof(span.calls) - n, "%s:%lld,", name,
			       (long long)took_us / 1000);
}

/* ---- what waits for others --------------------------------------------------------------------- */

static void wait_long(const char *what)
{
	int64_t begin_us = now_us();

	if (is_daemon && wait_ms)
		(void)poll(0, 0, wait_ms); /* what others do meanwhile is the question */
	note(what, begin_us);
}

static void wait_if_large(int fd)
{
	struct stat st;

	if (is_daemon && fstat(fd, &st) == 0 && st.st_size > 1 << 20)
		wait_long("fsync of a large file");
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define TIMED(type, name, call)                                                                    \
	int64_t begin_ = now_us();                                                                 \
	type r_ = (call);                                                                          \
	note(name, begin_);                                                                        \
	return r_

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	span_end();
	int r = NEXT(epoll_wait)(fd, events, max, timeout);
	span_begin();
	return r;
}

int epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
		 const sigset_t *mask)
{
	span_end();
	int r = NEXT(epoll_pwait2)(fd, events, max, timeout, mask);
	span_begin();
	return r;
}

int fdatasync(int fd)
{
	const char *ms = getenv("SLOW_COMMIT_MS");

	if (is_daemon && ms)
		(void)poll(0, 0, atoi(ms));
	TIMED(int, "fdatasync", NEXT(fdatasync)(fd));
}

int flock(int fd, int how)
{
	if (!(how & LOCK_NB))
		wait_long("flock");
	return NEXT(flock)(fd, how);
}

int fsync(int fd)
{
	wait_if_large(fd);
	TIMED(int, "fsync", NEXT(fsync)(fd));
}

int syncfs(int fd)
{
	wait_long("syncfs");
	return NEXT(syncfs)(fd);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **ret)
{
	if (node && !(hints && hints->ai_flags & AI_NUMERICHOST))
		wait_long("getaddrinfo");
	return NEXT(getaddrinfo)(node, service, hints, ret);
}

/* Its end was seen already: nothing is waited for. */
static int is_over(idtype_t type, id_t id)
{
	siginfo_t info = {0};

	return NEXT(waitid)(type, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	if (!(options & WNOHANG) && !(pid > 0 && is_over(P_PID, (id_t)pid)))
		wait_long("waitpid");
	return NEXT(waitpid)(pid, status, options);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	if (!(options & WNOHANG) && !is_over(type, id))
		wait_long("waitid");
	return NEXT(waitid)(type, id, info, options);
}
