/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work beside an event loop; see object_process.h.
 */
#include "object_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

enum { RESULT_FD = 3, WORK_FD, FIRST_CLOSED };

/* The parent's sockets and databases are not ours. */
static int keep_only(int result_fd, int fd)
{
	int result = fcntl(result_fd, F_DUPFD, FIRST_CLOSED);
	int work = fd < 0 ? -1 : fcntl(fd, F_DUPFD, FIRST_CLOSED);

	if (dup2(result, RESULT_FD) < 0 || (fd >= 0 && dup2(work, WORK_FD) < 0))
		_exit(1);
	(void)close_range(fd < 0 ? WORK_FD : FIRST_CLOSED, ~0U, 0);
	return fd < 0 ? -1 : WORK_FD;
}

static _Noreturn void run(void (*work)(void *arg, int fd, void *ret_result), void *arg, int fd,
			  int result_fd, size_t n_bytes, pid_t parent)
{
	autofree void *result = xcalloc(1, n_bytes);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	work(arg, keep_only(result_fd, fd), result);
	_exit(file_write_all(RESULT_FD, result, n_bytes, NULL) ? 1 : 0);
}

static void close_all(struct object_process *p)
{
	if (p->pidfd >= 0)
		(void)close(p->pidfd);
	if (p->result_fd >= 0)
		(void)close(p->result_fd);
	p->pidfd = p->result_fd = -1;
}

static void reap(struct object_process *p)
{
	while (p->pid > 0 && waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
}

int object_process_start(struct object_process *p,
			 void (*work)(void *arg, int fd, void *ret_result), void *arg, int fd,
			 size_t n_bytes, struct err *err)
{
	pid_t parent = getpid();
	int fds[2];

	*p = (struct object_process){.pidfd = -1, .result_fd = -1};
	if (pipe2(fds, O_CLOEXEC))
		return err_sys(err, ERR_SYS, "cannot make a pipe");
	p->pid = fork();
	if (!p->pid)
		run(work, arg, fd, fds[1], n_bytes, parent);
	(void)close(fds[1]);
	p->result_fd = fds[0];
	if (p->pid > 0)
		p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pidfd >= 0)
		return 0;
	(void)err_sys(err, ERR_SYS, "cannot start a process");
	object_process_cancel(p);
	return -ERR_SYS;
}

int object_process_finish(struct object_process *p, void *ret_result, size_t n_bytes,
			  struct err *err)
{
	ssize_t n = read(p->result_fd, ret_result, n_bytes);

	reap(p);
	close_all(p);
	return n == (ssize_t)n_bytes ? 0 : err_set(err, ERR_SYS, "the process died before its end");
}

void object_process_cancel(struct object_process *p)
{
	if (p->pid > 0)
		(void)kill(p->pid, SIGKILL);
	reap(p);
	close_all(p);
}
