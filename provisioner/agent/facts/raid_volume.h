/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a disk of a RAID card a volume that the card made of drives, or a drive that it passes on? Read
 * from sysfs: what the driver says of the level, and the channel on which it shows volumes.
 */
#ifndef AGENT_RAID_VOLUME_H
#define AGENT_RAID_VOLUME_H

#include "drives.h"

/* Sets facts.volume: the level in the driver's words ("RAID 1(+0)"), "volume" where only that much is
 * known; "" for a drive, and where nothing says which of the two it is. Needs transport and sys_path. */
void raid_volume_read(const char *root, struct drive *d);

/* The name of the driver of a SCSI host whose path in sysfs begins with `path`; "" if not known. */
void raid_driver_of(const char *root, const char *path, char *ret, size_t ret_bytes);

#endif
