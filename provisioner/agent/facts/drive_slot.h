/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the machine a disk is: the bay that an enclosure names, the port of its controller, the
 * place of its PCIe device. Never made of what the kernel counts anew at each boot (sda, host3,
 * ata7, nvme2): a disk that did not move has the same slot after any number of boots.
 */
#ifndef AGENT_DRIVE_SLOT_H
#define AGENT_DRIVE_SLOT_H

#include <base/vec.h>

#include "drives.h"

/* Fill d->facts.slot and d->place; both stay "" if nothing is known that lasts. d's other members
 * are known already. */
void drive_slot_read(const char *root, struct drive *d);

/* The same for two disks (two enclosures with a "Slot 04"): both get their place behind it. */
void drive_slots_separate(drive_list *list);

#endif
