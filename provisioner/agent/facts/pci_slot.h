/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is printed beside a PCIe slot: names from SMBIOS (slots, devices on the board) and from the
 * kernel's slot drivers, for NVMe disks that would otherwise be called by their PCI address.
 */
#ifndef AGENT_PCI_SLOT_H
#define AGENT_PCI_SLOT_H

#include "drives.h"
#include "smbios.h"

/* Name the slots of NVMe disks that have no bay of an enclosure. Several disks in one slot (a card
 * that carries four) get their addresses behind it. */
void pci_slots_name(const char *root, const struct smbios *smbios, drive_list *drives);

#endif
