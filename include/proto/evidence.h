/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host shows about itself at first contact. All of it is evidence and none of it is
 * identity: firmware lies, boards are swapped, serials say "To Be Filled By O.E.M.". The server
 * scores it.
 */
#ifndef PROTO_EVIDENCE_H
#define PROTO_EVIDENCE_H

#include <proto/record.h>

#define EVIDENCE_MAX_MACS  64  /* eight cards of eight ports */
#define EVIDENCE_MAX_DISKS 256 /* the densest storage chassis have about a hundred */

struct evidence_disk {
	char wwn[129];
	char serial[129];
};

struct evidence {
	char smbios_uuid[37]; /* lower case, in the order that dmidecode prints (SMBIOS 2.6 and
				 later) */
	char system_serial[129];
	char board_serial[129];
	char chassis_serial[129];
	char manufacturer[129];
	char product[129];
	text64_list macs; /* permanent addresses, lower case, "52:54:00:.." */
	VEC(struct evidence_disk) disks;
	char tpm_ek_sha256[65];
};

extern const struct field evidence_fields[];

static inline void evidence_done(struct evidence *e)
{
	record_done(evidence_fields, e);
}

#endif
