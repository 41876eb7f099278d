/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number by which a BIOS knows a disk (0x80 is its first hard disk), so that a host whose disks stand in
 * another order is started from the right one. From what the BIOS told the kernel at boot, by its Enhanced
 * Disk Drive services (T13 1572D; Linux: Documentation/ABI/testing/sysfs-firmware-edd).
 */
#ifndef AGENT_BIOS_DRIVE_H
#define AGENT_BIOS_DRIVE_H

#include <stdint.h>

#include <agent/facts/drives.h>

#define BIOS_DRIVE_UNKNOWN 0U
#define BIOS_DRIVE_FIRST   0x80U

/* in: signature: the disk's four bytes at 440 as they were at boot, little endian; 0: it had none. A number is
 * given only when nothing else fits: BIOS and kernel name disks by size, controller and signature alone. */
unsigned bios_drive_of(const char *root, const struct drive *disk, uint32_t signature);

/* Those four bytes; 0 when they cannot be read. fd: of the whole disk, with or without O_DIRECT. */
uint32_t bios_drive_signature(int fd);

#endif
