/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleeping and waking through /sys/power and the clock's alarm; see thaw.h. An alarm that does not
 * read back is none, and a machine without one would sleep until somebody presses its button.
 */
#include "thaw.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#define ALARM   "sys/class/rtc/rtc0/wakealarm"
#define STATES  "sys/power/state"
#define DEPTHS  "sys/power/mem_sleep"
#define SLEEP_S "+15" /* drives spin down and up; an alarm that is too near is missed */

static int put(const char *root, const char *file, const char *word, struct err *err)
{
	autofree char *path = xasprintf("%s/%s", root, file);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, word, strlen(word)) != (ssize_t)strlen(word))
		return err_sys(err, ERR_SYS, "cannot write '%s' to /%s", word, file);
	return 0;
}

/* Is the word in the list? The one that is set stands in brackets: "s2idle [deep]". */
static bool lists(const char *root, const char *file, const char *word)
{
	char text[128];

	sysfs_text(root, text, sizeof(text), "%s", file);
	struct sv rest = sv_of(text);
	while (rest.n) {
		struct sv one = sv_split(&rest, ' ');

		if (one.n > 2 && one.p[0] == '[') {
			one.p++;
			one.n -= 2;
		}
		if (sv_eq_str(one, word))
			return true;
	}
	return false;
}

bool thaw_is_possible(const char *root)
{
	return lists(root, STATES, "mem") && lists(root, DEPTHS, "deep") &&
	       sysfs_exists(root, ALARM);
}

static int set_alarm(const char *root, struct err *err)
{
	/* one that is set already must be taken off before another is taken */
	TRY(put(root, ALARM, "0", err));
	TRY(put(root, ALARM, SLEEP_S, err));
	if (sysfs_int(root, 0, ALARM) <= 0)
		return err_set(err, ERR_UNSUPPORTED, "the clock of this machine takes no alarm");
	return 0;
}

int thaw_drives(const char *root, struct err *err)
{
	if (!thaw_is_possible(root))
		return err_set(err, ERR_UNSUPPORTED,
			       "this machine has no sleep that switches its drives off");
	TRY(put(root, DEPTHS, "deep", err));
	TRY(set_alarm(root, err));
	int rc = put(root, STATES, "mem", err);
	if (rc < 0) /* awake: the alarm must not wake a machine that is switched off later */
		IGNORE_RESULT(put(root, ALARM, "0", NULL));
	return rc;
}
