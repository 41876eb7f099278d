/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose network card is this: the host's own, the management controller's end of a link to the
 * host, or one that moves about (a dongle, a virtual function)? Only addresses of the host's own
 * cards are evidence of which machine it is.
 */
#ifndef AGENT_NIC_OWNER_H
#define AGENT_NIC_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#include "nics.h"
#include "smbios.h"

/* The controller's end of a link to the host, mostly a USB network card, which every machine of a
 * model shows with one address. Judged by bus and driver; a USB card without a driver is taken for
 * one. */
bool nic_is_management(const char *root, const char *name);

/* Is it made by another card: a virtual function, a sub-function, or the switch's end of one? It is
 * not a part, and its address is made up. */
bool nic_is_made(const char *root, const char *name);

/* Take out of the list what SMBIOS describes as the host's link to its management controller. */
void nics_drop_host_interfaces(const char *root, nic_list *list,
			       const struct smbios_host_interface *interfaces, size_t n);

/* Does its permanent address prove which machine this is? A card on the board or in a slot, with an
 * Ethernet address that the hardware has: not USB, nothing made up at boot. */
bool nic_is_proof(const char *root, const struct facts_nic *nic);

#endif
