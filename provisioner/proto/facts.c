/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the facts document. Names are Redfish's (ComputerSystem, Processor, Memory, Drive,
 * NetworkInterface); what Redfish has no word for is lower case.
 */
#include <proto/facts.h>

#include <proto/session.h>

#define S(T, key, m)        F_STR(struct T, key, m, 0)
#define N(T, key, m)        F_INT(struct T, key, m, 0, 0, PROTO_MAX_INT)
#define T_(T, key, m)       F_TRI(struct T, key, m, 0)
#define O_(T, key, m, sub)  F_OBJ(struct T, key, m, FIELD_ALWAYS, sub)
#define L_(T, key, m, n, f) F_LIST(struct T, key, m, 0, n, f)

static const struct field system_fields[] = {
	S(facts_system, "Manufacturer", manufacturer),
	S(facts_system, "Model", model),
	S(facts_system, "SKU", sku),
	S(facts_system, "SerialNumber", serial),
	S(facts_system, "UUID", uuid),
	S(facts_system, "AssetTag", asset_tag),
	S(facts_system, "BiosVersion", bios_version),
	S(facts_system, "BiosDate", bios_date),
	F_END,
};

static const struct field board_fields[] = {
	S(facts_board, "Manufacturer", manufacturer),
	S(facts_board, "Model", model),
	S(facts_board, "SerialNumber", serial),
	F_END,
};

static const struct field chassis_fields[] = {
	S(facts_chassis, "SerialNumber", serial),
	S(facts_chassis, "AssetTag", asset_tag),
	F_END,
};

static const struct field boot_fields[] = {
	S(facts_boot, "firmware", firmware),
	T_(facts_boot, "secure_boot", secure_boot),
	S(facts_boot, "arch", arch),
	F_END,
};

static const struct field cpu_fields[] = {
	S(facts_cpu, "Socket", socket),
	S(facts_cpu, "Manufacturer", manufacturer),
	S(facts_cpu, "Model", model),
	N(facts_cpu, "TotalCores", total_cores),
	N(facts_cpu, "TotalThreads", total_threads),
	N(facts_cpu, "MaxSpeedMHz", max_speed_mhz),
	S(facts_cpu, "SerialNumber", serial),
	F_END,
};

static const struct field dimm_fields[] = {
	S(facts_dimm, "DeviceLocator", device_locator),
	S(facts_dimm, "BankLocator", bank_locator),
	S(facts_dimm, "Slot", slot),
	F_INT(struct facts_dimm, "CapacityMiB", capacity_mib, FIELD_ALWAYS, 0, PROTO_MAX_INT),
	S(facts_dimm, "Manufacturer", manufacturer),
	S(facts_dimm, "PartNumber", part_number),
	S(facts_dimm, "SerialNumber", serial),
	S(facts_dimm, "MemoryDeviceType", type),
	N(facts_dimm, "OperatingSpeedMhz", speed_mhz),
	F_END,
};

static const struct field memory_fields[] = {
	N(facts_memory, "TotalMiB", total_mib),
	L_(facts_memory, "modules", modules, FACTS_MAX_DIMMS, dimm_fields),
	L_(facts_memory, "persistent", persistent, FACTS_MAX_DIMMS, dimm_fields),
	F_END,
};

static const struct field drive_fields[] = {
	S(facts_drive, "Name", name),
	S(facts_drive, "WWN", wwn),
	S(facts_drive, "SerialNumber", serial),
	S(facts_drive, "Model", model),
	S(facts_drive, "Manufacturer", manufacturer),
	S(facts_drive, "Revision", revision),
	N(facts_drive, "CapacityBytes", capacity_bytes),
	N(facts_drive, "BlockSizeBytes", block_size_bytes),
	S(facts_drive, "Protocol", protocol),
	S(facts_drive, "MediaType", media_type),
	T_(facts_drive, "Removable", removable),
	T_(facts_drive, "WriteProtected", write_protected),
	S(facts_drive, "Zones", zones),
	F_STRINGS(struct facts_drive, "signatures", signatures, 0, FACTS_MAX_SIGNATURES),
	S(facts_drive, "Slot", slot),
	S(facts_drive, "Volume", volume),
	S(facts_drive, "Controller", controller),
	S(facts_drive, "Device", device),
	S(facts_drive, "Access", access),
	F_END,
};

const struct field facts_lldp_fields[] = {
	S(facts_lldp, "ChassisId", chassis_id),
	S(facts_lldp, "PortId", port_id),
	S(facts_lldp, "SysName", sys_name),
	S(facts_lldp, "PortDescription", port_description),
	F_INT(struct facts_lldp, "VlanId", vlan_id, 0, 0, 4095),
	F_END,
};

static const struct field nic_fields[] = {
	S(facts_nic, "Name", name),
	S(facts_nic, "MACAddress", mac),
	S(facts_nic, "PermanentMACAddress", permanent_mac),
	S(facts_nic, "Driver", driver),
	N(facts_nic, "SpeedMbps", speed_mbps),
	T_(facts_nic, "LinkUp", link_up),
	S(facts_nic, "PciAddress", pci_address),
	S(facts_nic, "Firmware", firmware),
	F_OBJ(struct facts_nic, "lldp", lldp, 0, facts_lldp_fields),
	F_END,
};

static const struct field pci_fields[] = {
	S(facts_pci, "Address", address),
	S(facts_pci, "VendorId", vendor_id),
	S(facts_pci, "DeviceId", device_id),
	S(facts_pci, "Class", class_code),
	S(facts_pci, "Driver", driver),
	S(facts_pci, "LinkSpeed", link_speed),
	N(facts_pci, "LinkWidth", link_width),
	S(facts_pci, "MaxLinkSpeed", max_link_speed),
	N(facts_pci, "MaxLinkWidth", max_link_width),
	S(facts_pci, "FirmwareMissing", firmware_missing),
	F_END,
};

static const struct field tpm_fields[] = {
	T_(facts_tpm, "present", present),
	S(facts_tpm, "version", version),
	F_END,
};

static const struct field bmc_fields[] = {
	T_(facts_bmc, "present", present),          S(facts_bmc, "MACAddress", mac),
	S(facts_bmc, "IPv4Address", ipv4),          S(facts_bmc, "FirmwareVersion", firmware),
	S(facts_bmc, "Manufacturer", manufacturer), F_END,
};

const struct field facts_fields[] = {
	O_(facts, "system", system, system_fields),
	O_(facts, "board", board, board_fields),
	O_(facts, "chassis", chassis, chassis_fields),
	O_(facts, "boot", boot, boot_fields),
	L_(facts, "processors", processors, FACTS_MAX_CPUS, cpu_fields),
	O_(facts, "memory", memory, memory_fields),
	L_(facts, "drives", drives, FACTS_MAX_DRIVES, drive_fields),
	L_(facts, "raid_drives", raid_drives, FACTS_MAX_DRIVES, drive_fields),
	L_(facts, "nics", nics, FACTS_MAX_NICS, nic_fields),
	L_(facts, "pci", pci, FACTS_MAX_PCI, pci_fields),
	O_(facts, "tpm", tpm, tpm_fields),
	F_OBJ(struct facts, "bmc", bmc, 0, bmc_fields),
	F_END,
};
