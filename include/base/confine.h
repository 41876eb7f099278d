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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/err.h>

/* Become nobody (where the process is root; another user stays what it is), without capabilities or a
 * way back through a set-uid program and without new processes, and die when the parent does. errors:
 * ERR_SYS, also when the parent is gone already. */
int confine_to_nobody(struct err *err);

/* Who a process becomes. */
struct confine_user {
	uid_t uid;
	gid_t gid;
	gid_t group; /* one more group, whose files it may use; gid itself: none */
};

/* Become a user with these capabilities and no other, and without a way to more of them: the
 * programs that it starts have them too. A process that is not root stays the user that it is. in:
 * capabilities: a set of CONFINE_CAP(CAP_...) of <linux/capability.h>; those that the process does
 * not have are left out. A death signal must be asked for again. errors: ERR_SYS */
#define CONFINE_CAP(c) (UINT64_C(1) << (c))
MUST_CHECK int confine_to_user(const struct confine_user *user, uint64_t capabilities,
			       struct err *err);
/* May this process do what the capability is for? in: CAP_... */
bool confine_has(int capability);

/* Allow these system calls (SCMP_SYS(...) of <seccomp.h>) and no other: one more kills the process
 * with SIGSYS. errors: ERR_SYS */
MUST_CHECK int confine_to_calls(const int *allowed, size_t n, struct err *err);
/* The same by name, for a whole program: one more fails with EPERM, here and in all that it starts.
 * Names that this kernel or architecture lacks are passed over. errors: ERR_SYS */
MUST_CHECK int confine_to_call_names(const char *const *allowed, size_t n, struct err *err);

#endif
