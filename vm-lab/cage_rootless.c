/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See cage_rootless.h. Input: the machine's own settings and lists.
 */
#define _XOPEN_SOURCE 700
#include "cage_rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#define TUN           "/dev/net/tun"
#define MAP_LIMIT_MS  10000
#define OPEN_AT_ONCE  16
#define SETTING_BYTES 32

/* A kernel's setting that forbids it, if it is there and has this value. */
static const struct setting {
	const char *path, *forbids, *what;
} settings[] = {
	{"/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0"},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0",
	 "kernel.unprivileged_userns_clone is 0"},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	 "kernel.apparmor_restrict_unprivileged_userns is 1"},
};

/* The two lists, and who may act by them. */
static const struct list {
	const char *path, *program;
} lists[] = {{"/etc/subuid", "newuidmap"}, {"/etc/subgid", "newgidmap"}};

static bool range_parse(struct sv row, const char *name, unsigned number, unsigned long *ret_start)
{
	struct sv who = sv_split(&row, ':');
	struct sv start = sv_split(&row, ':');
	autofree char *start_text = xstrndup(start.p, start.n);
	autofree char *count_text = xstrndup(row.p, row.n);
	autofree char *number_text = xasprintf("%u", number);
	uint64_t first, count;

	if (!sv_eq_str(who, name) && !sv_eq_str(who, number_text))
		return false;
	if (!parse_u64(start_text, &first) || !parse_u64(count_text, &count) ||
	    count < CAGE_USERS || first > UINT32_MAX - CAGE_USERS)
		return false;
	*ret_start = (unsigned long)first;
	return true;
}

bool cage_rootless_range(const char *text, const char *name, unsigned number,
			 unsigned long *ret_start)
{
	struct sv rest = sv_of(text);

	while (rest.n > 0)
		if (range_parse(sv_split(&rest, '\n'), name, number, ret_start))
			return true;
	return false;
}

static bool range_find(const struct list *l, unsigned long *ret_start)
{
	const struct passwd *user = getpwuid(getuid());
	autofree char *text = NULL;
	size_t n_bytes;

	return user && file_read(l->path, LIMIT_CONFIG_BYTES, &text, &n_bytes, NULL) >= 0 &&
	       cage_rootless_range(text, user->pw_name, getuid(), ret_start);
}

static int list_check(const struct list *l, struct err *err)
{
	const char *const argv[] = {l->program, NULL};
	struct process_options options = {.argv = argv, .timeout_ms = MAP_LIMIT_MS};
	struct process_result result = {0};
	unsigned long start;
	int rc;

	if (!range_find(l, &start))
		return err_set(err, ERR_LAB_ROOT, "not root, and %s lends user %u no %d numbers",
			       l->path, (unsigned)getuid(), CAGE_USERS);
	rc = process_run(&options, &result, err); /* says how it is used */
	process_result_done(&result);
	return rc == -ERR_PROCESS_MISSING
		       ? err_set(err, ERR_LAB_ROOT, "not root, and %s (package uidmap) is missing",
				 l->program)
		       : 0;
}

int cage_rootless_check(struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		char value[SETTING_BYTES];

		file_read_line(settings[i].path, value, sizeof(value));
		if (str_eq(value, settings[i].forbids))
			return err_set(err, ERR_LAB_ROOT, "not root, and %s", settings[i].what);
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		TRY(list_check(&lists[i], err));
	autoclose int fd = open(TUN, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, ERR_LAB_ROOT, "not root, and user %u may not open '" TUN "'",
			       (unsigned)getuid());
	return 0;
}

static int list_map(const struct list *l, pid_t process, unsigned own, struct err *err)
{
	autofree char *pid = xasprintf("%d", (int)process);
	autofree char *self = xasprintf("%u", own);
	unsigned long start;

	if (!range_find(l, &start))
		return err_set(err, ERR_LAB_CAGE, "%s has changed", l->path);
	autofree char *first = xasprintf("%lu", start);
	autofree char *count = xasprintf("%d", CAGE_USERS);
	const char *const argv[] = {l->program, pid, "0", self, "1", "1", first, count, NULL};
	return process_check(argv, MAP_LIMIT_MS, err);
}

int cage_rootless_map(pid_t process, struct err *err)
{
	TRY(list_map(&lists[0], process, getuid(), err));
	return list_map(&lists[1], process, getgid(), err);
}

static int own(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)kind;
	(void)where;
	if (st->st_uid != 0 || st->st_gid != 0)
		(void)!lchown(path, 0, 0);
	return 0;
}

void cage_rootless_own(const char *folder)
{
	(void)nftw(folder, own, OPEN_AT_ONCE, FTW_PHYS | FTW_DEPTH);
}
