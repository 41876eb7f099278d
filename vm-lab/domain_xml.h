/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns a host of a scenario into libvirt's domain XML (libxml2's writer does the escaping). Pure:
 * no libvirt, no files. Network first in the boot order, then the target disk, as a server in a
 * rack is set up; so a host that is ready netboots again at every power-on and must be told to go
 * home.
 */
#ifndef LAB_DOMAIN_XML_H
#define LAB_DOMAIN_XML_H

#include <base/err.h>

#include "scenario.h"

/* The monitor's name of a card: 0 is the one that netboots. */
#define DOMAIN_NIC "ua-nic%zu"

struct domain_setup {
	const char *accel;                     /* "qemu" (software emulation) or "kvm" */
	const char *bridge;                    /* inside the lab's network namespace */
	char port[28];                         /* of the bridge: the host's end of its cable */
	const char *console_path;              /* serial output is appended here */
	const char *nvram_path;                /* UEFI variables; ignored for bios */
	const char *disk_paths[LAB_MAX_DISKS]; /* raw files, in the host's order */
	char *const *smbios_files;             /* a structure each; before QEMU's own of its type */
	size_t n_smbios_files;
};

/* The caller frees the text (malloc). errors: ERR_LAB_LIBVIRT. */
MUST_CHECK int domain_xml(const struct lab_host *h, const struct domain_setup *setup,
			  char **ret_xml, struct err *err);

#endif
