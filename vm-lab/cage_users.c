/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See cage_users.h. Input: the machine's lists of users and groups.
 */
#include "cage_users.h"

#include <pwd.h>
#include <sys/mount.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>

/* As in provisioner/server/install/slipway.sysusers; the numbers are above those of packages. */
static const char users[] = "slipway:x:64190:64190::/nonexistent:/usr/sbin/nologin\n"
			    "slipway-www:x:64191:64191::/nonexistent:/usr/sbin/nologin\n"
			    "slipway-dhcp:x:64192:64192::/nonexistent:/usr/sbin/nologin\n";
static const char groups[] = "slipway:x:64190:\n"
			     "slipway-www:x:64191:slipway\n"
			     "slipway-dhcp:x:64192:slipway\n";

static int lengthen(const char *path, const char *beside, const char *rows, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(file_read(path, LIMIT_CONFIG_BYTES, &text, &n_bytes, err));
	autofree char *longer = xasprintf("%s%s", text, rows);
	TRY(file_write_atomic(beside, longer, strlen(longer), 0644, err));
	if (mount(beside, path, NULL, MS_BIND, NULL) < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot bind '%s'", path);
	return 0;
}

int cage_users(struct err *err)
{
	if (getpwnam("slipway"))
		return 0;
	TRY(lengthen("/etc/passwd", "/run/lab/passwd", users, err));
	return lengthen("/etc/group", "/run/lab/group", groups, err);
}
