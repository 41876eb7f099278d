/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drives behind RAID cards, which the kernel does not show as disks: found by the card's driver
 * and read through smartctl. They are facts and are judged by SMART; nothing is ever written to them.
 * A drive that is also a disk of its own is left out here.
 *
 * How to add a card: a row in raid_drives.c, and its word in smart_identity.c.
 */
#ifndef AGENT_RAID_DRIVES_H
#define AGENT_RAID_DRIVES_H

#include "drives.h"

typedef VEC(struct facts_drive) raid_drive_list;

struct raid_reader {
	/* What smartctl prints with these arguments; NULL: it could not be run, or time is up. The
	 * caller frees. */
	char *(*run)(void *arg, const char *const *argv);
	void *arg;
};

/* visible: the disks that the kernel shows. blocks: for each drive as long as it takes to answer.
 * owns: VEC_DONE(). */
void raid_drives_read(const char *root, const drive_list *visible, const struct raid_reader *reader,
		      raid_drive_list *ret);
/* The same of this machine, by its own smartctl; two minutes at most. */
void raid_drives_of_machine(const drive_list *visible, raid_drive_list *ret);

/* Does a volume hang on the card of one of these drives? */
bool raid_drives_are_behind(const struct facts_drive *drives, size_t n, const struct drive *volume);

#endif
