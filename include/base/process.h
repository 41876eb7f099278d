/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs, run to their end: an absolute path or a PATH search over the system's own
 * folders, a fixed argument vector, a cleared environment, no shell. process_run() feeds standard
 * input, collects capped output and kills on timeout. Programs that go on beside us: base/child.h.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/child.h>
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

#endif
