/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into slipwayd by loop_never_waits.sh: what may wait for others does, for 300 ms: a lock, a
 * name, the end of a process, and the fsync of a file of more than a MiB.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

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

	is_daemon = n > 0 && !memmem(line, (size_t)n, "--reader", 8) &&
		    !memmem(line, (size_t)n, "--supervisor", 12);
	(void)close(fd);
	(void)pthread_atfork(0, 0, in_child);
}

static void wait_long(void)
{
	if (is_daemon)
		(void)poll(0, 0, 300); /* what others do meanwhile is the question */
}

static void wait_if_large(int fd)
{
	struct stat st;

	if (is_daemon && fstat(fd, &st) == 0 && st.st_size > 1 << 20)
		wait_long();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int flock(int fd, int how)
{
	if (!(how & LOCK_NB))
		wait_long();
	return NEXT(flock)(fd, how);
}

int fsync(int fd)
{
	wait_if_large(fd);
	return NEXT(fsync)(fd);
}

int syncfs(int fd)
{
	wait_long();
	return NEXT(syncfs)(fd);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **ret)
{
	if (node)
		wait_long();
	return NEXT(getaddrinfo)(node, service, hints, ret);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	if (!(options & WNOHANG))
		wait_long();
	return NEXT(waitpid)(pid, status, options);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	if (!(options & WNOHANG))
		wait_long();
	return NEXT(waitid)(type, id, info, options);
}
