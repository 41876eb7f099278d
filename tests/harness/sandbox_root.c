/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount namespace with everything read-only; see sandbox_root.h.
 */
#include "sandbox_root.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static _Noreturn void give_up(const char *what)
{
	printf("Bail out! sandbox_root: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		give_up(path);
	(void)close(fd);
}

/* As root of a user namespace, with nothing but our own user. False: the kernel grants none. */
static bool enter_as_user(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	write_line("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "%u %u 1\n", (unsigned)uid, (unsigned)uid);
	write_line("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "%u %u 1\n", (unsigned)gid, (unsigned)gid);
	write_line("/proc/self/gid_map", map);
	return true;
}

#ifdef SLIPWAY_COVERAGE
/* Counters are written below the working directory. */
static void keep_writable(void)
{
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
	char cwd[4096];

	if (!getcwd(cwd, sizeof(cwd)) || mount(cwd, cwd, NULL, MS_BIND, NULL) < 0 ||
	    mount_setattr(AT_FDCWD, cwd, 0, &writable, sizeof(writable)) < 0 || chdir(cwd) < 0)
		give_up("the working directory");
}
#else
static void keep_writable(void)
{
}
#endif

static void check(void)
{
	static const char *const probes[] = {"/sandbox-root-probe", "/etc/sandbox-root-probe",
					     "/usr/sandbox-root-probe"};

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		int fd = open(probes[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0)
			continue;
		(void)unlink(probes[i]);
		errno = EEXIST;
		give_up("the machine's root can still be written to");
	}
}

void sandbox_root(void)
{
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};

	if (geteuid() != 0 && !enter_as_user())
		return;
	if (geteuid() == 0 && unshare(CLONE_NEWNS) < 0)
		give_up("unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		give_up("private mounts");
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &read_only, sizeof(read_only)) < 0)
		give_up("read-only mounts");
	if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0)
		give_up("a /tmp of our own");
	keep_writable();
	check();
}
