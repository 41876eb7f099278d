/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of PCIe slots; see pci_slot.h. HW: tables give the address of the device in the slot or of
 * the port above it, so every bridge on the way up is looked up, the innermost first.
 */
#include "pci_slot.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "drive_path.h"
#include "drive_slot.h"
#include "sysfs.h"

static bool smbios_name(const struct smbios *smbios, const char *address, struct facts_drive *f)
{
	for (size_t i = 0; i < smbios->slots.n; i++) {
		const struct smbios_slot *s = &smbios->slots.items[i];

		if (*s->designation && str_eq(s->pci_address, address))
			return str_copy(f->slot, sizeof(f->slot), s->designation);
	}
	return false;
}

/* sys/bus/pci/slots/104/address: "0000:18:00", without a function. */
static bool kernel_name(const char *root, const char *address, struct facts_drive *f)
{
	autonames struct sysfs_names slots = sysfs_list(root, "sys/bus/pci/slots");
	char device[16];

	for (size_t i = 0; i < slots.n; i++) {
		if (!sysfs_text(root, device, sizeof(device), "sys/bus/pci/slots/%s/address",
				slots.names[i]) ||
		    !str_starts(address, device) || address[strlen(device)] != '.')
			continue;
		text_print(f->slot, sizeof(f->slot), "PCIe slot %.40s", slots.names[i]);
		return true;
	}
	return false;
}

/* The address of the disk's controller and those of the bridges above it, from the inside out. */
static void name_slot(const char *root, const struct smbios *smbios, struct drive *d)
{
	char path[512], address[16], *slash;
	bool done = false;

	if (!sysfs_resolve(root, path, sizeof(path), "sys/bus/pci/devices/%s", d->pci_address))
		(void)str_copy(path, sizeof(path), d->sys_path);
	for (; !done && drive_path_pci(path, address, sizeof(address)); *slash = '\0') {
		done = smbios_name(smbios, address, &d->facts);
		slash = strrchr(path, '/');
	}
	if (!done)
		(void)kernel_name(root, d->pci_address, &d->facts);
}

void pci_slots_name(const char *root, const struct smbios *smbios, drive_list *drives)
{
	for (size_t i = 0; i < drives->n; i++) {
		struct drive *d = &drives->items[i];

		if (d->transport == TRANSPORT_NVME && d->pci_address[0] &&
		    str_eq(d->facts.slot, d->place))
			name_slot(root, smbios, d);
	}
	drive_slots_separate(drives);
}
