/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One way to start a child process, be it a program (child_spawn) or a function of ours
 * (child_fork). Every child
 *  - dies when the thread that started it dies,
 *  - begins without a blocked signal, and a program without an ignored one,
 *  - has a pidfd, which is readable when the child has ended, for poll() or an event loop,
 *  - is reaped exactly once, by child_try_reap(), child_reap(), child_kill() or child_kill_soon(), so that no signal
 *    ever goes to a process that got the same number later.
 *
 * Life: 1. child_spawn() or child_fork(). 2. wait for the pidfd. 3. child_try_reap(), child_reap()
 * or child_kill(), which close it. Programs that run to their end: process_run() in process.h.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/err.h>

struct child {     /* all zero is none, too */
	pid_t pid; /* 0: none, or reaped */
	int pidfd; /* valid while there is a pid */
};
#define CHILD_NONE ((struct child){.pidfd = -1})

struct child_program {
	const char *const *argv; /* NULL-terminated; argv[0] is a path, or a name found in PATH */
	const char *const *env;  /* NULL-terminated NAME=VALUE; NULL: PATH, LC_ALL=C.UTF-8 only */
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null for stdin, inherited for the others */
	const int *keep_fds; /* further descriptors to inherit, -1-terminated; NULL: none */
	bool new_session;    /* a process group of its own, which child_signal_group() reaches */
	int death_signal;    /* when we die; 0: SIGKILL */
};

/* Start a program. It inherits the three standard descriptors, keep_fds and no other. out: *ret.
 * errors: ERR_PROCESS_MISSING, ERR_SYS (no process is left behind). blocks: until the program is
 * loaded */
MUST_CHECK int child_spawn(const struct child_program *program, struct child *ret, struct err *err);

/* Fork; the child runs run(arg) and exits with 0, or as run() says by _exit(). It has all
 * descriptors and the memory of its parent, so it must not return into the parent's event loop.
 * SIGPIPE stays as the parent has it. errors: ERR_SYS */
MUST_CHECK int child_fork(void (*run)(void *arg), void *arg, struct child *ret, struct err *err);

/* Turn this process into the program, which gets descriptors 0, 1 and 2, the environment of a child,
 * and no ignored or blocked signal. Returns only with an error. errors: ERR_PROCESS_MISSING, ERR_SYS */
MUST_CHECK int child_become(const char *const *argv, struct err *err);

bool child_is_running(const struct child *c); /* and not reaped yet */
/* To the child alone, or to its process group as well (new_session). Nothing after the reaping. */
void child_signal(const struct child *c, int signal);
void child_signal_group(const struct child *c, int signal);
/* Wait for the end without reaping. in: timeout_ms 0: only look. true: it has ended. */
bool child_wait(const struct child *c, int timeout_ms);

/* 1: it has ended, *ret_wait_status is as from waitpid(), *c is none. 0: it runs. errors: ERR_SYS
 * (somebody else reaped it: a program that was started with SIGCHLD ignored) */
MUST_CHECK int child_try_reap(struct child *c, int *ret_wait_status, struct err *err);
/* Wait for the end; returns the wait status, 0 for no child. blocks. */
int child_reap(struct child *c);
/* SIGKILL to it, or to its group as well, and reap. No child is well. */
void child_kill(struct child *c);
void child_kill_group(struct child *c);
/* SIGKILL, without waiting for the end: it is reaped when this thread starts or kills the next
 * child, and *c is none at once. For event loops: a killed process may take as long as the machine
 * is busy. */
void child_kill_soon(struct child *c);

/* Absolute path of a program of the system's PATH folders, or false. */
bool process_find(const char *name, char *ret_path, size_t ret_path_bytes);

#endif
