/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs: posix_spawn with an absolute path or a PATH search over the system's own
 * folders, a fixed argument vector, a cleared environment, no shell.
 *
 *  1. process_run(): run to its end, feed standard input, collect capped output, kill on timeout.
 *  2. process_spawn(): start and keep; the caller reaps the pid (pidfd, sd_event_add_child).
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/err.h>

struct process_options {
	const char *const *argv; /* NULL-terminated; argv[0] is a path, or a name found in PATH */
	const char *const *env;  /* NULL-terminated NAME=VALUE; NULL: PATH, LC_ALL=C.UTF-8 only */
	const void *input;       /* for standard input; NULL: /dev/null */
	size_t input_bytes;
	size_t max_output_bytes; /* each of stdout and stderr; 0: LIMIT_TOOL_OUTPUT_BYTES */
	int64_t timeout_ms;      /* 0: ten minutes; the process group is killed at the deadline */
	bool (*keep_going)(void *arg); /* asked every 200 ms; false kills. May be NULL */
	void *arg;
};

struct process_result {
	int exit_code; /* 0 to 255; 128 + signal if a signal ended it */
	int signal; /* the signal that ended it, 0: it exited. A status of 128 and more is a status */
	char *out; /* NUL-terminated, never NULL after success of process_run */
	size_t out_bytes;
	char *errors;
	size_t errors_bytes;
	bool truncated; /* some output was dropped */
	int64_t took_ms;
};

/* Run to the end. A non-zero exit is NOT an error here: the caller reads ret->exit_code.
 * owns: process_result_done(). errors: ERR_PROCESS_MISSING, ERR_TIMEOUT, ERR_CANCELLED, ERR_SYS.
 * blocks: until the program ends or the timeout. */
MUST_CHECK int process_run(const struct process_options *options, struct process_result *ret,
			   struct err *err);
void process_result_done(struct process_result *r);

/* Run and require exit code 0; the error holds the last line the program printed. */
MUST_CHECK int process_check(const char *const *argv, int64_t timeout_ms, struct err *err);

struct process_spawn_options {
	const char *const *argv;
	const char *const *env;
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null for stdin, inherited for the others */
	const int *keep_fds; /* further descriptors to inherit, -1-terminated; NULL: none */
	bool new_session;
};
/* Start a program and go on. It inherits the three standard descriptors, keep_fds and no other, and
 * no blocked or ignored signal. out: *ret_pid, for the caller to wait for. errors:
 * ERR_PROCESS_MISSING, ERR_SYS */
MUST_CHECK int process_spawn(const struct process_spawn_options *options, pid_t *ret_pid,
			     struct err *err);

/* Absolute path of a program of the system's PATH folders, or false. */
bool process_find(const char *name, char *ret_path, size_t ret_path_bytes);

#endif
