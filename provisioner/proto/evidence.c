/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of the evidence message. No judgement here: identity rules live in the inventory.
 */
#include <proto/evidence.h>

static const struct field disk_fields[] = {
	F_STR(struct evidence_disk, "wwn", wwn, 0),
	F_STR(struct evidence_disk, "serial", serial, 0),
	F_END,
};

const struct field evidence_fields[] = {
	F_STR(struct evidence, "smbios_uuid", smbios_uuid, FIELD_ALWAYS),
	F_STR(struct evidence, "system_serial", system_serial, FIELD_ALWAYS),
	F_STR(struct evidence, "board_serial", board_serial, FIELD_ALWAYS),
	F_STR(struct evidence, "chassis_serial", chassis_serial, FIELD_ALWAYS),
	F_STR(struct evidence, "manufacturer", manufacturer, FIELD_ALWAYS),
	F_STR(struct evidence, "product", product, FIELD_ALWAYS),
	F_STRINGS(struct evidence, "macs", macs, FIELD_NEEDED, EVIDENCE_MAX_MACS),
	F_LIST(struct evidence, "disks", disks, 0, EVIDENCE_MAX_DISKS, disk_fields),
	F_HEX(struct evidence, "tpm_ek_sha256", tpm_ek_sha256, 0),
	F_END,
};
