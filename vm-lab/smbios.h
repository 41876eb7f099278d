/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMBIOS structures for QEMU, which takes them a file each: cut out of a dump of a real machine (dmidecode
 * --dump-bin), or made for the memory slots that a scenario names. Pure.
 * trust: a dump comes from anywhere; every offset is checked. Specification: DMTF DSP0134.
 */
#ifndef LAB_SMBIOS_H
#define LAB_SMBIOS_H

#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include "scenario.h"

#define SMBIOS_DUMP_MAX_BYTES (128 * 1024)
#define SMBIOS_MAX_STRUCTURES 512

struct smbios_structure {
	const uint8_t *p; /* inside the dump, or the slots' memory */
	size_t n_bytes;   /* with its strings and their end */
};

struct smbios_structures {
	struct smbios_structure items[SMBIOS_MAX_STRUCTURES];
	size_t n;
	size_t n_processors; /* QEMU wants as many as it has sockets */
};

/* Up to the end-of-table structure, which QEMU makes itself. errors: ERR_LAB_SCENARIO. */
MUST_CHECK int smbios_dump_split(const uint8_t *dump, size_t n_bytes, struct smbios_structures *ret,
				 struct err *err);

#define SMBIOS_SLOTS_BYTES (64 + LAB_MAX_DIMMS * 256)

/* The array of memory (type 16) and a device (type 17) for each slot of the host, in `memory`. */
void smbios_slots(const struct lab_host *h, uint8_t memory[static SMBIOS_SLOTS_BYTES],
		  struct smbios_structures *ret);

#endif
