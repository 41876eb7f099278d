/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards from sysfs and ethtool's ioctl; see nics.h. Link speed is what the kernel says now;
 * "link up" of a card that is administratively down is not known, hence nics_set_up().
 */
#include "nics.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/hw_id.h>
#include <base/str.h>

#include "drive_path.h"
#include "nic_owner.h"
#include "sysfs.h"

static bool ethtool(int fd, const char *name, void *command)
{
	struct ifreq request = {0};

	if (!str_copy(request.ifr_name, sizeof(request.ifr_name), name))
		return false;
	request.ifr_data = command;
	return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

static void read_permanent_mac(int fd, struct facts_nic *nic)
{
	/* The kernel's struct ends in a flexible array: the union gives it room for one address. */
	union {
		struct ethtool_perm_addr head;
		unsigned char room[sizeof(struct ethtool_perm_addr) + 32];
	} command = {.head = {.cmd = ETHTOOL_GPERMADDR, .size = 32}};
	const unsigned char *a = command.room + sizeof(struct ethtool_perm_addr);
	static const unsigned char zeros[MAC_BYTES];

	if (ethtool(fd, nic->name, &command) && command.head.size == MAC_BYTES &&
	    memcmp(a, zeros, MAC_BYTES) != 0)
		hw_mac_print(a, nic->permanent_mac);
}

static void read_driver(int fd, struct facts_nic *nic)
{
	struct ethtool_drvinfo command = {.cmd = ETHTOOL_GDRVINFO};

	if (ethtool(fd, nic->name, &command))
		text_clean(nic->firmware, sizeof(nic->firmware), command.fw_version,
			   sizeof(command.fw_version));
	if (str_eq(nic->firmware, "N/A"))
		nic->firmware[0] = '\0';
}

/* virtio and SR-IOV cards sit a level below their PCI device: take the last address in the path. */
static void read_pci_address(const char *root, struct facts_nic *nic)
{
	char path[512];

	if (sysfs_resolve(root, path, sizeof(path), "sys/class/net/%s/device", nic->name))
		(void)drive_path_pci(path, nic->pci_address, sizeof(nic->pci_address));
}

static void read_nic(const char *root, const char *name, int fd, struct facts_nic *nic)
{
	char mac[128];

	(void)str_copy(nic->name, sizeof(nic->name), name);
	/* An InfiniBand address has 20 bytes: a part of it would be another one's, too. */
	sysfs_text(root, mac, sizeof(mac), "sys/class/net/%s/address", name);
	if (!hw_mac_parse(sv_of(mac), MAC_COLON, nic->mac))
		(void)str_copy(nic->mac, sizeof(nic->mac), mac);
	/* A bond gives all its cards one address and keeps their own here. */
	if (sysfs_text(root, mac, sizeof(mac), "sys/class/net/%s/bonding_slave/perm_hwaddr", name))
		(void)hw_mac_parse(sv_of(mac), MAC_COLON, nic->permanent_mac);
	sysfs_link_name(root, nic->driver, sizeof(nic->driver), "sys/class/net/%s/device/driver",
			name);
	int64_t carrier = sysfs_int(root, -1, "sys/class/net/%s/carrier", name);
	nic->link_up = carrier == 1 ? TRI_YES : carrier == 0 ? TRI_NO : TRI_UNKNOWN;
	int64_t speed = sysfs_int(root, -1, "sys/class/net/%s/speed", name);
	nic->speed_mbps = nic->link_up == TRI_YES && speed > 0 && speed < 10000000 ? speed : 0;
	read_pci_address(root, nic);
	if (fd >= 0) {
		read_permanent_mac(fd, nic);
		read_driver(fd, nic);
	}
	if (!nic->permanent_mac[0])
		(void)str_copy(nic->permanent_mac, sizeof(nic->permanent_mac), nic->mac);
}

/* A card of the machine: has a device, speaks Ethernet (1) or InfiniBand (32), and is neither the
 * management controller's nor made by software on another card. */
static bool is_card(const char *root, const char *name)
{
	int64_t type = sysfs_int(root, 0, "sys/class/net/%s/type", name);

	return (type == 1 || type == 32) && sysfs_exists(root, "sys/class/net/%s/device", name) &&
	       !nic_is_management(root, name) && !nic_is_made(root, name);
}

void nics_read(const char *root, nic_list *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, "sys/class/net");
	autoclose int fd = *root ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; i < names.n && ret->n < FACTS_MAX_NICS; i++) {
		struct facts_nic nic = {0};

		if (!is_card(root, names.names[i]))
			continue;
		read_nic(root, names.names[i], fd, &nic);
		VEC_PUSH(ret, nic);
	}
}

static bool set_up(int fd, const char *name)
{
	struct ifreq request = {0};

	if (!str_copy(request.ifr_name, sizeof(request.ifr_name), name) ||
	    ioctl(fd, SIOCGIFFLAGS, &request) < 0 || (request.ifr_flags & IFF_UP))
		return false;
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

void nics_set_up(int wait_ms)
{
	autonames struct sysfs_names names = sysfs_list("", "sys/class/net");
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int64_t deadline_ms = time_boot_ms() + wait_ms;
	bool changed = false, waiting = true;

	if (fd < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		changed |= is_card("", names.names[i]) && set_up(fd, names.names[i]);
	while (changed && waiting && time_boot_ms() < deadline_ms) {
		waiting = false;
		for (size_t i = 0; i < names.n; i++)
			waiting |= is_card("", names.names[i]) &&
				   sysfs_int("", 0, "sys/class/net/%s/carrier", names.names[i]) !=
					   1;
		(void)usleep(100000);
	}
}
