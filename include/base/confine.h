/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving up, in a process that reads what strangers send: first the user, then every system call
 * that is not on a list. Both are for good. The order matters: confine_to_calls() is the last
 * thing that a process does before its work, since most of what sets it up is not on the list.
 *
 * For programs of the appliance; it needs libseccomp, and is a library of its own (base_confine).
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stddef.h>
#include <base/err.h>

/* Become nobody (where the process is root; another user stays what it is), without a way back
 * through a set-uid program and without new processes, and die when the parent does. errors:
 * ERR_SYS, also when the parent is gone already. */
int confine_to_nobody(struct err *err);

/* Allow these system calls (SCMP_SYS(...) of <seccomp.h>) and no other: one more kills the process
 * with SIGSYS. errors: ERR_SYS */
MUST_CHECK int confine_to_calls(const int *allowed, size_t n, struct err *err);

#endif
