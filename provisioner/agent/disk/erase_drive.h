/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A drive's own erase commands, through nvme-cli, hdparm and sg3-utils as children: what can it do,
 * and do it. It chooses neither the disk nor the command, and checks nothing afterwards.
 */
#ifndef AGENT_ERASE_DRIVE_H
#define AGENT_ERASE_DRIVE_H

#include <stdbool.h>
#include <agent/facts/drives.h>

#include "erase_choose.h"

/* Ask the drive. A tool that is missing or fails leaves its commands out. blocks: for seconds. */
void erase_drive_ask(const struct drive *drive, struct erase_capabilities *ret);

/* What an erase of this disk does not reach, for the receipt; NULL: nothing is left out. */
const char *erase_drive_not_reached(const struct drive *drive);

struct erase_drive_run {
	const struct drive *drive;
	enum erase_command command; /* not ERASE_COMMAND_OVERWRITE */
	/* Asked a few times a second while the drive works; false ends the waiting. The drive goes on
	 * by itself: what has begun cannot be stopped. */
	bool (*keep_going)(void *arg);
	void (*progress)(void *arg, unsigned percent);
	void *arg;
};
/* The tool's arguments for a command on this disk, ends with NULL. owns: views of `path` and of
 * constants. */
#define ERASE_DRIVE_ARGS_MAX 10
void erase_drive_argv(enum erase_command command, const char *path,
		      const char *ret[static ERASE_DRIVE_ARGS_MAX + 1]);

/* How long the command may take: an hour, and what the slowest drives need for so many bytes. */
int64_t erase_drive_timeout_ms(int64_t disk_bytes);

/* errors: ERR_AGENT_ERASE_FAILED, ERR_PROCESS_MISSING, ERR_TIMEOUT, ERR_CANCELLED. blocks: for
 * hours. */
MUST_CHECK int erase_drive_do(const struct erase_drive_run *run, struct err *err);

#endif
