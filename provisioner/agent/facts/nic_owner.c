/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners of network cards from the device tree; see nic_owner.h. Redfish calls the link to the
 * management controller "host interface" (DSP0270): mostly a USB card of class CDC or RNDIS.
 */
#include "nic_owner.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/hw_id.h>
#include <base/str.h>

#include "drive_path.h"
#include "sysfs.h"

enum { TYPE_ETHERNET = 1 };
enum { ASSIGNED_PERMANENT = 0 }; /* addr_assign_type; others: random, stolen, set by somebody */

/* Beginnings of the names of USB network classes' drivers; those of vendors' own chips (r8152,
 * ax88179) are dongles. */
static const char *const class_drivers[] = {"cdc_", "huawei_cdc_ncm", "rndis_", "zaurus"};

/* HW: on a BlueField card that is a computer itself, the card's FIFO to its host is a network card with one
 * address for all cards of the model. */
static const char *const link_parents[] = {"MLNXBF"};

/* Drivers of cards on PCIe whose other end is the management controller. */
static const char *const bmc_drivers[] = {"host_veth_drv"};

static bool device_path(const char *root, const char *name, char *ret, size_t ret_bytes)
{
	return sysfs_resolve(root, ret, ret_bytes, "sys/class/net/%s/device", name) ||
	       sysfs_resolve(root, ret, ret_bytes, "sys/class/net/%s", name);
}

static bool is_usb(const char *root, const char *name)
{
	char path[512];

	return device_path(root, name, path, sizeof(path)) && drive_path_has(path, "usb", NULL);
}

static bool is_link_of_card(const char *root, const char *name)
{
	char path[512];

	for (size_t i = 0; i < ARRAY_LEN(link_parents); i++)
		if (device_path(root, name, path, sizeof(path)) &&
		    drive_path_has(path, link_parents[i], NULL))
			return true;
	return false;
}

bool nic_is_management(const char *root, const char *name)
{
	bool usb = is_usb(root, name);
	char driver[64];

	if (is_link_of_card(root, name))
		return true;
	if (!sysfs_link_name(root, driver, sizeof(driver), "sys/class/net/%s/device/driver", name))
		return usb;
	for (size_t i = 0; usb && i < ARRAY_LEN(class_drivers); i++)
		if (str_starts(driver, class_drivers[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(bmc_drivers); i++)
		if (str_eq(driver, bmc_drivers[i]))
			return true;
	return false;
}

/* ---- cards that a card makes ----------------------------------------------------------------- */

/* HW: mlx5's sub-functions hang on the auxiliary bus, below the PCI device of their card. */
static bool is_sub_function(const char *root, const char *name)
{
	char path[512];

	return device_path(root, name, path, sizeof(path)) && strstr(path, ".sf.");
}

/* "pf0vf3", "pf0sf88", "c1pf0vf2": the switch's end of a function, on the card that has it; "c1pf0": that of
 * another host's port. "p0" is the card's own port, "pf0" the host's end on a card that is a computer itself. */
static bool is_representor(const char *root, const char *name)
{
	char port[64];
	unsigned controller, physical, number;
	char kind;
	int n = 0;

	if (!sysfs_text(root, port, sizeof(port), "sys/class/net/%s/phys_port_name", name))
		return false;
	bool other_host = sscanf(port, "c%upf%u", &controller, &physical) == 2;
	if (sscanf(port, "c%u%n", &controller, &n) != 1)
		n = 0;
	return other_host || (sscanf(port + n, "pf%u%cf%u", &physical, &kind, &number) == 3 &&
			      (kind == 'v' || kind == 's'));
}

bool nic_is_made(const char *root, const char *name)
{
	return sysfs_exists(root, "sys/class/net/%s/device/physfn", name) ||
	       is_sub_function(root, name) || is_representor(root, name);
}

/* ---- SMBIOS type 42 -------------------------------------------------------------------------- */

/* idVendor and idProduct stand in the folder of the USB device, above that of the interface. */
static bool usb_ids(const char *root, const char *name, unsigned *vendor, unsigned *product)
{
	char path[512], text[2][16], *slash;

	if (!is_usb(root, name) || !device_path(root, name, path, sizeof(path)))
		return false;
	while ((slash = strrchr(path, '/')) && slash > path) {
		if (sysfs_text(root, text[0], sizeof(text[0]), "%s/idVendor", path) &&
		    sysfs_text(root, text[1], sizeof(text[1]), "%s/idProduct", path))
			return sscanf(text[0], "%4x", vendor) == 1 &&
			       sscanf(text[1], "%4x", product) == 1;
		*slash = '\0';
	}
	return false;
}

static bool is_interface(const char *root, const struct facts_nic *nic,
			 const struct smbios_host_interface *i)
{
	unsigned vendor = 0, product = 0;

	if (*i->mac && (str_eq(i->mac, nic->mac) || str_eq(i->mac, nic->permanent_mac)))
		return true;
	if (*i->pci_address)
		return str_eq(i->pci_address, nic->pci_address);
	return i->usb && usb_ids(root, nic->name, &vendor, &product) && vendor == i->vendor &&
	       product == i->product;
}

void nics_drop_host_interfaces(const char *root, nic_list *list,
			       const struct smbios_host_interface *interfaces, size_t n)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		bool drop = false;

		for (size_t k = 0; k < n; k++)
			drop |= is_interface(root, &list->items[i], &interfaces[k]);
		if (!drop)
			list->items[n_kept++] = list->items[i];
	}
	list->n = n_kept;
}

/* ---- proof ----------------------------------------------------------------------------------- */

bool nic_is_proof(const char *root, const struct facts_nic *nic)
{
	int64_t assigned = sysfs_int(root, ASSIGNED_PERMANENT, "sys/class/net/%s/addr_assign_type",
				     nic->name);
	uint8_t mac[MAC_BYTES];

	if (!hw_mac_bytes(sv_of(nic->permanent_mac), MAC_COLON, mac) || !hw_mac_is_station(mac))
		return false;
	if (sysfs_int(root, 0, "sys/class/net/%s/type", nic->name) != TYPE_ETHERNET)
		return false; /* InfiniBand: the address begins alike on every port */
	if (is_usb(root, nic->name) || str_eq(nic->driver, "thunderbolt-net"))
		return false;
	/* The permanent address holds whatever was set over it; without, only the kernel's word that
	 * this one is. */
	return assigned == ASSIGNED_PERMANENT || !str_eq(nic->permanent_mac, nic->mac) ||
	       sysfs_exists(root, "sys/class/net/%s/bonding_slave/perm_hwaddr", nic->name);
}
