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
#include <sys/stat.h>
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
static int work_tree = -1;
static char work_path[4096];

/* Counters are written below the working directory, by its full path: it is put back there when /tmp
 * was covered. */
static void keep_working_directory(void)
{
	if (!getcwd(work_path, sizeof(work_path)))
		give_up("the working directory");
	work_tree = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (work_tree < 0)
		give_up("a copy of the working directory");
}

static void put_working_directory_back(void)
{
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};

	for (char *slash = strchr(work_path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(work_path, 0755);
		*slash = '/';
	}
	(void)mkdir(work_path, 0755);
	if (move_mount(work_tree, "", AT_FDCWD, work_path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    mount_setattr(AT_FDCWD, work_path, 0, &writable, sizeof(writable)) < 0 ||
	    chdir(work_path) < 0)
		give_up("the working directory");
}
#else
static void keep_working_directory(void)
{
}

static void put_working_directory_back(void)
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
	keep_working_directory();
	if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0)
		give_up("a /tmp of our own");
	put_working_directory_back();
	check();
}
