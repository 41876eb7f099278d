/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMBIOS tables to facts: system, board, chassis, firmware, processors, memory devices, slots,
 * links to the management controller. Follows DMTF DSP0134 3.6. Pure: bytes in, structs out. The
 * bytes come from firmware and are hostile; every structure is bounded, every string cleaned, the
 * walk always ends.
 */
#ifndef AGENT_SMBIOS_H
#define AGENT_SMBIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include <base/vec.h>
#include <proto/facts.h>

#define SMBIOS_MAX_TABLE_BYTES (1024 * 1024) /* the largest seen has about 40 KiB */
#define SMBIOS_MAX_ENTRY_BYTES 64

struct smbios_slot {
	char designation[65];
	char pci_address[16]; /* "0000:3b:00.0", or "" */
};

/* A memory array (type 16) and a device of one (type 17), before memory_devices.h judges them. */
struct smbios_array {
	uint16_t handle;
	uint8_t use; /* DSP0134 7.17.2: 3 is system memory */
};

struct smbios_memory_device {
	struct facts_dimm dimm;   /* capacity_mib: all of it */
	uint16_t handle, array;   /* its own, and its array's */
	uint8_t type, technology; /* DSP0134 7.18.2 and 7.18.6; technology 0: an older table */
	uint16_t detail;          /* bits of 7.18.3 */
	int64_t volatile_mib, persistent_mib; /* -1: not known */
};

/* Physical addresses of a device (type 20) or of a whole array (type 19). */
struct smbios_mapping {
	uint16_t handle; /* of the device or array */
	bool array;
	uint64_t first, last; /* bytes */
};

/* The management controller's end of a link to the host (type 42), as the host sees it. */
struct smbios_host_interface {
	bool usb; /* else a PCI device */
	uint16_t vendor, product;
	char mac[18];         /* of the host's end; "" if the table has none */
	char pci_address[16]; /* "" if the table has none */
};

struct smbios {
	struct facts_system system;
	struct facts_board board;
	struct facts_chassis chassis;
	VEC(struct facts_cpu) processors;  /* populated sockets */
	bool disabled[FACTS_MAX_CPUS];     /* of processors: switched off by a person or by POST */
	VEC(struct facts_dimm) modules;    /* every slot for memory, also the empty ones */
	VEC(struct facts_dimm) persistent; /* what keeps its contents */
	VEC(struct smbios_slot) slots;     /* PCI slots (type 9) and devices on the board (41) */
	VEC(struct smbios_host_interface) host_interfaces;
	VEC(struct smbios_array) arrays;
	VEC(struct smbios_memory_device) memory_devices;
	VEC(struct smbios_mapping) mappings;
};

/* Version (major << 8 | minor) of an entry point; ERR_INVALID if it is none. */
MUST_CHECK int smbios_entry_version(const void *p, size_t n_bytes, unsigned *ret_version,
				    struct err *err);

/* trust: none of the table. owns: smbios_done(). errors: ERR_TOO_BIG. A table that breaks off in
 * the middle gives what stood before. */
MUST_CHECK int smbios_parse(const void *p, size_t n_bytes, unsigned version, struct smbios *ret,
			    struct err *err);
void smbios_done(struct smbios *s);

/* Both from /sys/firmware/dmi/tables below root ("" for the machine's own). Absent tables (ARM
 * boards with a device tree) give an empty struct and 0. */
MUST_CHECK int smbios_read(const char *root, struct smbios *ret, struct err *err);

#endif
