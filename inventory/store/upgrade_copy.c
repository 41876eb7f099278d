/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of a SQLite store from before an upgrade: one for all migrations that it brings, removed
 * when the store has worked for a month since. Other files beside the store are left alone. Input: a
 * path of ours.
 */
#include "driver.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/str.h>

#define MARK   ".before-"
#define DAY_US (86400 * 1000000LL)

int upgrade_copy_make(struct db *db, const char *store_path, int number, struct err *err)
{
	autofree char *to = xasprintf("%s" MARK "%04d", store_path, number);

	(void)unlink(to); /* of an earlier, interrupted try */
	return db->driver->backup(db, to, err);
}

/* "STORE.before-0010", and nothing that a person may have called much the same. */
static bool is_copy_of(const char *name, const char *store_name)
{
	size_t n = strlen(store_name);

	if (strncmp(name, store_name, n) != 0 || !str_starts(name + n, MARK))
		return false;
	const char *digits = name + n + strlen(MARK);
	return digits[0] && digits[strspn(digits, "0123456789")] == '\0';
}

void upgrade_copies_expire(const char *store_path, int64_t now_us)
{
	const char *slash = strrchr(store_path, '/');
	const char *name = slash ? slash + 1 : store_path;
	autofree char *dir = slash ? xstrndup(store_path, (size_t)(slash - store_path + 1))
				   : xstrdup(".");
	DIR *list = opendir(dir);
	const struct dirent *entry;

	while (list && (entry = readdir(list))) {
		struct stat st;
		if (!is_copy_of(entry->d_name, name) ||
		    fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (now_us - st.st_mtime * 1000000LL > UPGRADE_COPY_DAYS * DAY_US)
			(void)unlinkat(dirfd(list), entry->d_name, 0);
	}
	if (list)
		(void)closedir(list);
}
