/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bridge and addresses by the kernel's ioctls (netdevice(7), if_bridge): five calls do not need a
 * netlink library or the ip program. Refuses to work in a namespace that already has other links.
 */
#include "net.h"

#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

static struct ifreq request(const char *name)
{
	struct ifreq r = {0};

	(void)str_copy(r.ifr_name, sizeof(r.ifr_name), name);
	return r;
}

static int link_up(int fd, const char *name, struct err *err)
{
	struct ifreq r = request(name);

	if (ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		return err_sys(err, ERR_LAB_CAGE, "no interface '%s'", name);
	r.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot bring up '%s'", name);
	return 0;
}

static int address_set(int fd, unsigned long what, const char *name, const char *address,
		       struct err *err)
{
	struct ifreq r = request(name);
	struct sockaddr_in sin = {.sin_family = AF_INET};

	BUG_ON(inet_pton(AF_INET, address, &sin.sin_addr) != 1);
	memcpy(&r.ifr_addr, &sin, sizeof(sin));
	if (ioctl(fd, what, &r) < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot give '%s' to '%s'", address, name);
	return 0;
}

/* Only for the router's advertisements (site.h): a kernel without IPv6 does without them. */
static void address_v6_set(const char *name)
{
	autoclose int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct in6_ifreq r = {.ifr6_prefixlen = 64, .ifr6_ifindex = (int)if_nametoindex(name)};

	BUG_ON(inet_pton(AF_INET6, LAB_ADDRESS_V6, &r.ifr6_addr) != 1);
	if (fd >= 0)
		(void)ioctl(fd, SIOCSIFADDR, &r);
}

/* lo and whatever tunnels the kernel makes by itself are down in a new namespace. */
static int refuse_foreign_links(int fd, struct err *err)
{
	struct if_nameindex *links = if_nameindex();
	int rc = 0;

	for (size_t i = 0; links && links[i].if_index && !rc; i++) {
		struct ifreq r = request(links[i].if_name);

		if (ioctl(fd, SIOCGIFFLAGS, &r) == 0 && (r.ifr_flags & IFF_UP))
			rc = err_set(err, ERR_LAB_CAGE,
				     "interface '%s' is up: not a fresh namespace",
				     links[i].if_name);
	}
	if_freenameindex(links);
	return rc;
}

int net_up(struct err *err)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(err, ERR_LAB_CAGE, "no socket");
	TRY(refuse_foreign_links(fd, err));
	TRY(link_up(fd, "lo", err));
	if (ioctl(fd, SIOCBRADDBR, LAB_BRIDGE) < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot make bridge '%s'", LAB_BRIDGE);
	TRY(address_set(fd, SIOCSIFADDR, LAB_BRIDGE, LAB_ADDRESS, err));
	TRY(address_set(fd, SIOCSIFNETMASK, LAB_BRIDGE, LAB_NETMASK, err));
	TRY(link_up(fd, LAB_BRIDGE, err));
	address_v6_set(LAB_BRIDGE);
	return 0;
}

/* ---- further wires --------------------------------------------------------------------------- */

void net_bridge_name(const struct lab_wire *w, const char *appliance,
		     char ret[static NET_NAME_BYTES])
{
	if (!*w->bridge && !w->vlan)
		text_print(ret, NET_NAME_BYTES, "%s", appliance);
	else if (!w->vlan)
		text_print(ret, NET_NAME_BYTES, "w%s", w->bridge);
	else /* access ports of a VLAN are a wire of their own */
		text_print(ret, NET_NAME_BYTES, "w%sv%u", w->bridge, w->vlan);
}

void net_port_name(const char *port, size_t nic_index, char ret[static NET_NAME_BYTES])
{
	if (nic_index)
		text_print(ret, NET_NAME_BYTES, "%.11sn%zu", port, nic_index);
	else
		text_print(ret, NET_NAME_BYTES, "%s", port);
}

static int wire_make(int fd, const struct lab_wire *w, struct err *err)
{
	char name[NET_NAME_BYTES];

	net_bridge_name(w, LAB_BRIDGE, name);
	if (if_nametoindex(name))
		return 0;
	if (ioctl(fd, SIOCBRADDBR, name) < 0)
		return err_sys(err, ERR_LAB_CAGE, "cannot make bridge '%s'", name);
	return link_up(fd, name, err);
}

int net_wires(const struct scenario *s, struct err *err)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(err, ERR_LAB_CAGE, "no socket");
	for (size_t i = 0; i < s->n_hosts; i++)
		for (size_t k = 0; k < s->hosts[i].n_nics; k++)
			TRY(wire_make(fd, &s->hosts[i].nics[k].wire, err));
	return 0;
}
