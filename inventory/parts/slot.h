/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stored slot is worth. Stores written before slots came from enclosures and PCI paths hold
 * names of the kernel ("sda", "eth0") as slots; the kernel gives them anew at each boot, so they
 * name no place. Private to the room. Pure.
 */
#ifndef INVENTORY_SLOT_H
#define INVENTORY_SLOT_H

#include <stdbool.h>

/* Is this slot of a drive or a card a name that the kernel gives in the order of probing? "sda",
 * "/dev/nvme0n1", "eth0", "enp1s0f0". trust: none. */
bool slot_is_kernel_name(const char *type, const char *slot);
/* The slot, or "" if it is a kernel name. owns: a view of `slot`. trust: none. */
const char *slot_known(const char *type, const char *slot);
/* Is `full` the slot of a memory module by bank and device locator ("NODE 1 DIMM 0"), and `locator`
 * its device locator alone ("DIMM 0")? trust: none. */
bool slot_has_locator(const char *type, const char *full, const char *locator);

#endif
