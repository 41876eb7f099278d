/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Supervised programs (nginx, dnsmasq): started, watched through a pidfd, started again with a
 * growing pause after they die, stopped with us. The kernel tells them to end when we are
 * killed; what survives even that (dnsmasq, which changes its user) is found by its pid file at the
 * next start.
 */
#ifndef SERVER_BOOT_SUPERVISED_H
#define SERVER_BOOT_SUPERVISED_H

#include <stdint.h>
#include <sys/types.h>
#include <base/err.h>

struct sd_event;
struct supervised;

struct supervised_options {
	const char *name;
	const char *const *argv; /* copied; argv[0] is an absolute path */
	const char *program;     /* what argv[0] turns into; NULL: it stays argv[0] */
	const char *pid_file;    /* of a copy that survived us; may be NULL */
	const char *config_path; /* must appear in that copy's command line */
	int stdin_fd;            /* -1: /dev/null. Borrowed */
	/* it ended with PROGRAM_REFUSED (program.h): it is not started again. May be NULL */
	void (*on_refused)(void *arg, const char *name);
	void *arg;
};

/* Start and keep running. errors: ERR_PROCESS_MISSING, ERR_SYS */
MUST_CHECK int supervised_start(struct sd_event *event, const struct supervised_options *o,
				struct supervised **ret, struct err *err);
/* Its process, which leads a session of its own; 0: it does not run now. */
pid_t supervised_pid(const struct supervised *c);
/* Ask it to end, wait up to 3 s, kill it. NULL is well. blocks. */
void supervised_stop(struct supervised *c);

#endif
