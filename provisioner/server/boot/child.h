/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Supervised programs (nginx, dnsmasq): started, watched through a pidfd, started again with a
 * growing pause after they die, stopped with us. They are told by the kernel to end when we are
 * killed; what survives even that (dnsmasq, which changes its user) is found by its pid file at the
 * next start.
 */
#ifndef SERVER_CHILD_H
#define SERVER_CHILD_H

#include <stdint.h>
#include <base/err.h>

struct sd_event;
struct child;

struct child_options {
	const char *name;
	const char *const *argv; /* copied; argv[0] is an absolute path */
	const char *pid_file;    /* of a copy that survived us; may be NULL */
	const char *config_path; /* must appear in that copy's command line */
	int stderr_fd;           /* -1: ours. Borrowed */
};

/* Start and keep running. errors: ERR_PROCESS_MISSING, ERR_SYS */
MUST_CHECK int child_start(struct sd_event *event, const struct child_options *o,
			   struct child **ret, struct err *err);
/* Ask it to end, wait up to 3 s, kill it. NULL is well. blocks. */
void child_stop(struct child *c);

/* The other side of --exec-child: ask the kernel for SIGTERM at our parent's death, become argv.
 * Returns only when that failed. */
int child_exec(int64_t expected_parent, char **argv);

#endif
