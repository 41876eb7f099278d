/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cage of an ordinary user: a user namespace in which that user is root, and the numbers that /etc/subuid and
 * /etc/subgid lend to them are everybody else. libvirt and slipwayd change users, so one number is not enough.
 */
#ifndef LAB_CAGE_ROOTLESS_H
#define LAB_CAGE_ROOTLESS_H

#include <stdbool.h>
#include <sys/types.h>
#include <base/err.h>

#define CAGE_USERS 65536 /* nobody is 65534 */

/* Whether this machine lets this user make a cage; the error names what forbids it.
 * errors: ERR_LAB_ROOT. */
MUST_CHECK int cage_rootless_check(struct err *err);
/* Give the new namespace of a process its users. errors: ERR_LAB_CAGE, those of newuidmap(1). */
MUST_CHECK int cage_rootless_map(pid_t process, struct err *err);
/* Inside, at the end: what daemons left in a folder belongs to the user again. */
void cage_rootless_own(const char *folder);

/* From the text of /etc/subuid: where the first range of CAGE_USERS or more for this user begins; a row names them or
 * their number. Pure. */
bool cage_rootless_range(const char *text, const char *name, unsigned number,
			 unsigned long *ret_start);

#endif
