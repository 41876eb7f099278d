/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2fsck and fsck.vfat on an image; see fs_check.h. They open it through /proc, since it has no
 * name, and change nothing (-n) but where folders are indexed.
 */
#include "fs_check.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/process.h>
#include <base/str.h>

#define CHECK_TIMEOUT_MS (30 * 60 * 1000)
#define CHANGED          1 /* of e2fsck's exit codes: all was put right */

/* The first line that is neither a heading nor empty. */
static void first_fault(const char *text, char *ret, size_t ret_bytes)
{
	struct sv rest = sv_of(text);

	(void)str_copy(ret, ret_bytes, "no word of what");
	while (rest.n) {
		struct sv line = sv_trim(sv_split(&rest, '\n'));

		if (!line.n || sv_starts(line, "Pass ") || sv_starts(line, "e2fsck ") ||
		    sv_starts(line, "fsck.fat "))
			continue;
		snprintf(ret, ret_bytes, "%.*s", (int)(line.n < 200 ? line.n : 200), line.p);
		return;
	}
}

static int run(const char *const *argv, const char *const *env, int good, struct err *err)
{
	struct process_options options = {.argv = argv, .env = env, .timeout_ms = CHECK_TIMEOUT_MS};
	struct process_result result;
	char fault[256];
	int status = 0;

	TRY(process_run(&options, &result, err));
	if (result.exit_code && result.exit_code != good) {
		first_fault(result.out[0] ? result.out : result.errors, fault, sizeof(fault));
		status = err_set(err, ERR_IMAGE_UNSOUND, "%s (exit code %d): %s", argv[0],
				 result.exit_code, fault);
	}
	process_result_done(&result);
	return status;
}

static char *path_of(int fd)
{
	return xasprintf("/proc/%d/fd/%d", (int)getpid(), fd);
}

int fs_index_ext4(int fd, int64_t created_s, struct err *err)
{
	autofree char *path = path_of(fd);
	autofree char *now = xasprintf("E2FSCK_TIME=%" PRId64, created_s > 0 ? created_s : 1);
	autofree char *fake = xasprintf("E2FSPROGS_FAKE_TIME=%" PRId64,
					created_s > 0 ? created_s : 1);
	const char *const argv[] = {"e2fsck", "-fyD", path, NULL};
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", now,
				   fake, NULL};

	return run(argv, env, CHANGED, err);
}

int fs_check_ext4(int fd, struct err *err)
{
	autofree char *path = path_of(fd);
	const char *const argv[] = {"e2fsck", "-fn", path, NULL};

	return run(argv, NULL, 0, err);
}

int fs_check_vfat(int fd, struct err *err)
{
	autofree char *path = path_of(fd);
	const char *const argv[] = {"fsck.vfat", "-n", path, NULL};

	return run(argv, NULL, 0, err);
}
