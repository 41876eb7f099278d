/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware files that a driver asked for and that the ramdisk does not have, from the kernel's log: a card
 * without its file stays dead or runs with half its abilities.
 */
#ifndef AGENT_MISSING_FIRMWARE_H
#define AGENT_MISSING_FIRMWARE_H

#include <stddef.h>
#include <base/vec.h>

#define MISSING_FIRMWARE_MAX 64

struct missing_firmware {
	char pci_address[16]; /* of the card, "" if the log names none */
	char file[129];       /* "bnx2x/bnx2x-e2-7.13.21.0.fw" */
};
typedef VEC(struct missing_firmware) missing_firmware_list;

/* Adds each file of each card once. in: text: lines of the log; trust: none. owns: VEC_DONE(). */
void missing_firmware_parse(const char *text, missing_firmware_list *ret);
/* From the kernel; below a root: from the file dev/kmsg. */
void missing_firmware_read(const char *root, missing_firmware_list *ret);
/* The first file that the card lacks, or "". */
const char *missing_firmware_of(const missing_firmware_list *list, const char *pci_address);

#endif
