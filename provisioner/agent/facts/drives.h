/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The block devices of this host with what identifies them: WWN, serial, size, transport. Reads
 * sysfs only (no device is opened), so it is fast and cannot wake or change a disk.
 *
 * Trust: disks say what they like; every text is cleaned. Names (sda) change between boots and are
 * for people only: choose by identity (disk_choice.h).
 */
#ifndef AGENT_DRIVES_H
#define AGENT_DRIVES_H

#include <stdbool.h>
#include <base/vec.h>
#include <proto/facts.h>
#include <proto/transport.h>

struct drive {
	struct facts_drive facts;
	enum transport_id transport;
	bool local;         /* on a transport that may be written: proto/transport.h */
	char dev_path[80];  /* "/dev/sda" */
	char sys_path[512]; /* "/sys/devices/..." of the block device, without root */
	char pci_address[32];
	char place[65]; /* controller and port, the same after each boot; "" if not known */
};
typedef VEC(struct drive) drive_list;

/* Whole disks, each once however many paths lead to it: no partitions, loops, RAM disks, optical drives, device mapper, md. Drives without a
 * medium (size 0) are kept out. owns: drives_done(). */
void drives_read(const char *root, drive_list *ret);
/* Append the local disks of this host that the kernel gives no size: dead ones, and those with
 * sectors of 520 or 528 bytes. They are facts, not places to write: capacity_bytes is 0. */
void drives_add_unreadable(const char *root, drive_list *list);
void drives_done(drive_list *list);

/* One disk by its kernel name; false if it is gone or no whole disk. */
bool drive_read_one(const char *root, const char *name, struct drive *ret);

#endif
