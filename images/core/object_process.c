/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work beside an event loop; see object_process.h.
 */
#include "object_process.h"

#include <fcntl.h>
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

struct start {
	void (*work)(void *arg, int fd, void *ret_result);
	void *arg;
	int fd, result_fd;
	size_t n_bytes;
};

static void run(void *arg)
{
	const struct start *s = arg;
	autofree void *result = xcalloc(1, s->n_bytes);

	s->work(s->arg, keep_only(s->result_fd, s->fd), result);
	_exit(file_write_all(RESULT_FD, result, s->n_bytes, NULL) ? 1 : 0);
}

int object_process_start(struct object_process *p,
			 void (*work)(void *arg, int fd, void *ret_result), void *arg, int fd,
			 size_t n_bytes, struct err *err)
{
	int fds[2];

	*p = (struct object_process){.child = CHILD_NONE, .result_fd = -1};
	if (pipe2(fds, O_CLOEXEC))
		return err_sys(err, ERR_SYS, "cannot make a pipe");
	struct start start = {work, arg, fd, fds[1], n_bytes};
	int status = child_fork(run, &start, &p->child, err);
	(void)close(fds[1]);
	if (status < 0)
		(void)close(fds[0]);
	else
		p->result_fd = fds[0];
	return status;
}

int object_process_finish(struct object_process *p, void *ret_result, size_t n_bytes,
			  struct err *err)
{
	ssize_t n = read(p->result_fd, ret_result, n_bytes);

	(void)child_reap(&p->child);
	cleanup_close(&p->result_fd);
	p->result_fd = -1;
	return n == (ssize_t)n_bytes ? 0 : err_set(err, ERR_SYS, "the process died before its end");
}

void object_process_cancel(struct object_process *p)
{
	child_kill_soon(&p->child);
	cleanup_close(&p->result_fd);
	p->result_fd = -1;
}
