/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who each part of the appliance runs as, where slipwayd was started by root: the daemon, nginx,
 * and dnsmasq with the DHCP prober are three users, so that none of them reads what only another
 * needs. `slipway.sysusers` makes them.
 */
#ifndef SERVER_BOOT_SERVICE_USER_H
#define SERVER_BOOT_SERVICE_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <base/err.h>
#include "boot_config.h"

/* What a process needs to know of its appliance. All borrowed. */
struct boot_place {
	const struct boot_config *config;
	const char *state_dir, *run_dir;
	const char *user; /* of the daemon; "root": it stays root */
	bool own_units;   /* nginx and the others are started by units of their own */
};

enum service_role { SERVICE_DAEMON, SERVICE_WEB, SERVICE_DHCP };

struct service_user {
	uid_t uid;
	gid_t gid;
};

/* By name, of the users that exist. Without one of them the daemon is root, which halves.c refuses,
 * and the others are user and group 65534; where a folder above their files is closed to others, they stay root, too.
 * A process that is not root is told its own user, unless the units have users of their own. */
struct service_user service_user_of(const struct boot_place *place, enum service_role role);
/* Is a folder that the role needs closed to others? *ret: the first one, else "". */
bool service_user_closed(const struct boot_place *place, enum service_role role, char *ret,
			 size_t ret_bytes);

/* The folder NAME of the program in the run folder, which is the user's own. In a unit of its own
 * it is the unit's RUNTIME_DIRECTORY. The caller frees *ret. errors: ERR_SYS, ERR_IO */
MUST_CHECK int service_run_dir(const struct boot_place *place, const char *name,
			       const struct service_user *user, char **ret, struct err *err);
/* The same for what is kept on a disk (STATE_DIRECTORY). */
MUST_CHECK int service_state_dir(const struct boot_place *place, const char *name,
				 const struct service_user *user, char **ret, struct err *err);

#endif
