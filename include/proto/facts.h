/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts document: what is in a host, with Redfish's names. Unknown is left out, never guessed:
 * an empty string, zero or TRI_UNKNOWN here means "not in the document". Memory modules are the
 * exception: CapacityMiB 0 is an empty slot, which is a fact.
 *
 * Placeholders ("To Be Filled By O.E.M.") are kept: the server judges them, fleet-wide.
 */
#ifndef PROTO_FACTS_H
#define PROTO_FACTS_H

#include <proto/record.h>

#define FACTS_MAX_CPUS       64
#define FACTS_MAX_DIMMS      512
#define FACTS_MAX_DRIVES     512
#define FACTS_MAX_NICS       256
#define FACTS_MAX_PCI        4096
#define FACTS_MAX_SIGNATURES 32

struct facts_system {
	char manufacturer[129], model[129], sku[129], serial[129], uuid[37], asset_tag[129];
	char bios_version[129], bios_date[33];
};

struct facts_board {
	char manufacturer[129], model[129], serial[129];
};

struct facts_chassis {
	char serial[129], asset_tag[129];
};

struct facts_boot {
	char firmware[9]; /* bios, uefi */
	enum tri secure_boot;
	char arch[17];
};

struct facts_cpu {
	char socket[65], manufacturer[129], model[129];
	int64_t total_cores, total_threads, max_speed_mhz;
	char serial[129];
};

struct facts_dimm {
	char device_locator[129], bank_locator[129];
	char slot[129];       /* names one module: the locator, with its bank where two share it */
	int64_t capacity_mib; /* 0: the slot is empty */
	char manufacturer[129], part_number[129], serial[129], type[33];
	int64_t speed_mhz;
	uint16_t handle, array; /* in the SMBIOS tables; not sent */
};

struct facts_memory {
	int64_t total_mib; /* of modules: what the processors can use */
	VEC(struct facts_dimm) modules;
	VEC(struct facts_dimm) persistent; /* NVDIMMs and the like: not in the total */
};

struct facts_drive {
	char name[65], wwn[129], serial[129], model[129], manufacturer[129], revision[65];
	int64_t capacity_bytes, block_size_bytes;
	char protocol[17];  /* NVMe, SATA, SAS, virtio, USB, iSCSI, FC, .. */
	char media_type[9]; /* SSD, HDD */
	enum tri removable, write_protected;
	char zones[17]; /* "host-managed": each must be written from its start on; else empty */
	text64_list signatures;
	char slot[65];
	char volume[33]; /* of a RAID card: its level, or "volume"; "": a drive, or not known */
	/* Of a drive behind a RAID card: the card's PCI address, and how smartctl reaches it. */
	char controller[33], device[65], access[33];
};

/* What the switch says at the other end of the cable (IEEE 802.1AB). */
struct facts_lldp {
	char chassis_id[129], port_id[129], sys_name[129], port_description[129];
	int64_t vlan_id; /* of frames without a tag */
	bool is_switch;  /* it says that it bridges or routes; not sent */
};

struct facts_nic {
	char name[33], mac[18], permanent_mac[18], driver[65];
	int64_t speed_mbps;
	enum tri link_up;
	char pci_address[33], firmware[129];
	struct facts_lldp lldp;
};

struct facts_pci {
	char address[33], vendor_id[9], device_id[9], class_code[9], driver[65];
	char link_speed[33], max_link_speed[33];
	int64_t link_width, max_link_width;
	char firmware_missing[129]; /* a file that its driver asked for in vain */
};

/* The management controller, as the host sees it. */
struct facts_bmc {
	enum tri present;
	char mac[18], ipv4[16], firmware[129], manufacturer[129];
};

struct facts_tpm {
	enum tri present;
	char version[17];
};

struct facts {
	struct facts_system system;
	struct facts_board board;
	struct facts_chassis chassis;
	struct facts_boot boot;
	VEC(struct facts_cpu) processors;
	struct facts_memory memory;
	VEC(struct facts_drive) drives;      /* disks that the kernel shows */
	VEC(struct facts_drive) raid_drives; /* behind RAID cards: never a target */
	VEC(struct facts_nic) nics;
	VEC(struct facts_pci) pci;
	struct facts_tpm tpm;
	struct facts_bmc bmc;
};

extern const struct field facts_fields[];
extern const struct field facts_lldp_fields[];

static inline void facts_done(struct facts *f)
{
	record_done(facts_fields, f);
}

#endif
