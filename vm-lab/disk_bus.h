/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks on buses that libvirt's own XML cannot name, or not with what a scenario asks for (sector
 * size, faults): written as arguments of QEMU, each disk behind an adapter of its own.
 */
#ifndef LAB_DISK_BUS_H
#define LAB_DISK_BUS_H

#include "scenario.h"
#include "xml.h"

#define DISK_DRIVE        "labdrive%u" /* the monitor's name of what is behind a disk that is not plain */
#define DISK_SLOW_BYTES_S (4 * 1024 * 1024)

/* Is it an ordinary virtio disk, which libvirt's XML describes? */
bool disk_bus_is_plain(const struct lab_disk *d);
/* Add <qemu:arg> elements for a disk that is not plain. index: of the host's disks, for names;
 * boot_order: 0 for a disk that firmware does not start. */
void disk_bus_write(struct xml *x, const struct lab_disk *d, const char *path, unsigned index,
		    unsigned boot_order);

#endif
