/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iPXE scripts as text: the bootstrap that DHCP points iPXE at, and the answer to a boot query.
 * Nothing from a host is written into a script but its MAC address, the UUID of its EFI system
 * partition and the BIOS's number of its disk, each after a strict check.
 */
#ifndef PXE_SCRIPT_H
#define PXE_SCRIPT_H

#include <pxe/boot.h>
#include <base/str.h>

#define SCRIPT_MAX_BYTES (16 * 1024)

struct boot_script_options {
	const char *plain_url;  /* "http://10.0.0.1" */
	const char *server_url; /* "https://10.0.0.1" */
	const char *pin;        /* "sha256//BASE64" */
	const char *boot_id;
	const char *kernel_args; /* further arguments of the operator's, or NULL */
	const char *console;     /* serial, "ttyS1,115200n8"; NULL, "": the architecture's first */
	bool firmware_cpio;      /* there is a firmware.cpio for this architecture */
	const char *esp_uuid; /* of the partition this host's loader is on; NULL, "": not known */
	unsigned
		bios_drive; /* of the disk this host was imaged on; not from 0x80 to 0xff: not known */
};

/* The fixed script that DHCP names: asks for the real one and retries while the server is away,
 * then boots the local disk. */
void boot_bootstrap_write(struct str *out, const char *plain_url);
/* The answer to a query. */
void boot_script_write(struct str *out, const struct boot_query *q,
		       const struct boot_answer *answer, const struct boot_script_options *o);

#endif
