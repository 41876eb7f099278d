/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's own boot entries (UEFI's NVRAM) after an installation: one of ours for the new system, written
 * and read back, those of earlier installations removed, the order as the operator wants it. Through
 * efibootmgr. A host whose variables cannot be changed still boots by the removable path.
 */
#ifndef AGENT_NVRAM_H
#define AGENT_NVRAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <base/err.h>

#define NVRAM_MAX_ENTRIES 256
#define NVRAM_LABEL       "Slipway: " /* our entries begin with it */

struct nvram_entry {
	unsigned number; /* 0x0003 of "Boot0003" */
	bool active;
	char label[129], path[257]; /* path: as efibootmgr prints it, "" without */
};

struct nvram {
	int current; /* the entry that this boot came from; -1: not told */
	size_t n, n_order;
	struct nvram_entry entries[NVRAM_MAX_ENTRIES];
	unsigned order[NVRAM_MAX_ENTRIES];
};

/* What `efibootmgr -v` prints. trust: none (vendors choose the labels). False if it is not such a list. */
bool nvram_parse(const char *text, struct nvram *ret);

enum nvram_first {
	NVRAM_NETWORK_FIRST, /* what this boot came from, then ours, then the rest */
	NVRAM_DISK_FIRST,    /* ours, then the rest */
};

struct nvram_request {
	const char *tool; /* "efibootmgr" */
	const char *disk; /* "/dev/sda" */
	unsigned partition;
	const char *part_uuid; /* of the EFI system partition, by which the entry is recognised */
	const char *name;      /* of the system, behind NVRAM_LABEL */
	const char *loader;    /* "\\EFI\\BOOT\\BOOTX64.EFI" */
	enum nvram_first first;
};

/* Do it. blocks: seconds. owns: *ret, for the receipt: the entry's number, the order, how many stale ones
 * were removed. errors: ERR_AGENT_NVRAM: nothing that matters to the installation is lost */
MUST_CHECK int nvram_write(const struct nvram_request *r, json_t **ret, struct err *err);

/* Can variables be changed here? "" or why not. */
const char *nvram_obstacle(const char *root);

#endif
