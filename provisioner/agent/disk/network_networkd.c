/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network as systemd-networkd's files: systemd.network(5), systemd.netdev(5). They sort before
 * those of an image, so its own rules for all cards do not reach these.
 */
#include "network_writers.h"

#include <inttypes.h>

#include <base/json.h>

#include "new_root.h"

#define FOLDER "/etc/systemd/network/10-slipway-"
#define WANTS  "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"

static bool is_there(int root_fd)
{
	return new_root_exists(root_fd, "/usr/lib/systemd/systemd-networkd") ||
	       new_root_exists(root_fd, "/lib/systemd/systemd-networkd");
}

static void add_mtu(const struct network_link *l, const char *section, struct str *out)
{
	if (l->mtu)
		str_addf(out, "%sMTUBytes=%" PRId64 "\n", section, l->mtu);
}

static void add_neighbours(const struct network *n, const struct network_link *l, struct str *out)
{
	const struct network_link *master = network_master(n, l->name);

	if (master)
		str_addf(out, "%s=%s\nLinkLocalAddressing=no\n",
			 master->kind == NETWORK_BOND ? "Bond" : "Bridge", master->name);
	for (size_t i = 0; i < n->n_links; i++)
		if (n->links[i].kind == NETWORK_VLAN && str_eq(n->links[i].under, l->name))
			str_addf(out, "VLAN=%s\n", n->links[i].name);
}

static void add_route(const struct network_link *l, const struct network_route *r, struct str *out)
{
	str_addf(out, "\n[Route]\nDestination=%s\nGateway=%s\n", network_destination(r), r->via);
	if (network_is_on_link(l, r->via))
		str_add(out, "GatewayOnLink=yes\n");
	if (r->metric)
		str_addf(out, "Metric=%" PRId64 "\n", r->metric);
}

static void add_routes(const struct network_link *l, struct str *out)
{
	for (size_t i = 0; i < l->n_gateways; i++) {
		struct network_route r = {.to = "default"};

		(void)str_copy(r.via, sizeof(r.via), l->gateways[i]);
		if (network_is_on_link(l, r.via))
			add_route(l, &r, out);
	}
	for (size_t i = 0; i < l->n_routes; i++)
		add_route(l, &l->routes[i], out);
}

static void add_network(const struct network *n, const struct network_link *l, struct str *out)
{
	str_addf(out, "\n[Network]\nDHCP=%s\n", l->dhcp ? "yes" : "no");
	add_neighbours(n, l, out);
	for (size_t i = 0; i < l->n_addresses; i++)
		str_addf(out, "Address=%s\n", l->addresses[i]);
	for (size_t i = 0; i < l->n_gateways; i++)
		if (!network_is_on_link(l, l->gateways[i]))
			str_addf(out, "Gateway=%s\n", l->gateways[i]);
	for (size_t i = 0; i < l->n_dns; i++)
		str_addf(out, "DNS=%s\n", l->dns[i]);
	for (size_t i = 0; i < l->n_search; i++)
		str_addf(out, "Domains=%s\n", l->search[i]);
	add_routes(l, out);
}

static int write_network(int root_fd, const struct network *n, const struct network_link *l,
			 struct err *err)
{
	autofree char *path = xasprintf(FOLDER "%s.network", l->name);
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	if (l->kind == NETWORK_PORT)
		str_addf(&text, "[Match]\nPermanentMACAddress=%s\n", l->mac);
	else
		str_addf(&text, "[Match]\nName=%s\n", l->name);
	add_mtu(l, "\n[Link]\n", &text);
	add_network(n, l, &text);
	return network_write_file(root_fd, path, &text, 0644, err);
}

static int write_netdev(int root_fd, const struct network_link *l, struct err *err)
{
	autofree char *path = xasprintf(FOLDER "%s.netdev", l->name);
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	str_addf(&text, "[NetDev]\nName=%s\nKind=%s\n", l->name, network_kind_str(l->kind));
	add_mtu(l, "", &text);
	if (l->kind == NETWORK_BOND)
		str_addf(&text, "\n[Bond]\nMode=%s\nMIIMonitorSec=100ms\n",
			 network_mode_str(l->mode));
	if (l->kind == NETWORK_VLAN)
		str_addf(&text, "\n[VLAN]\nId=%" PRId64 "\n", l->vlan_id);
	return network_write_file(root_fd, path, &text, 0644, err);
}

static int write_all(int root_fd, const struct network *n, struct err *err)
{
	for (size_t i = 0; i < n->n_links; i++) {
		if (n->links[i].kind != NETWORK_PORT)
			TRY(write_netdev(root_fd, &n->links[i], err));
		TRY(write_network(root_fd, n, &n->links[i], err));
	}
	/* an image for another program may bring networkd without starting it */
	return new_root_symlink(root_fd, "/lib/systemd/system/systemd-networkd.service", WANTS,
				err);
}

const struct network_writer network_networkd = {
	.name = "systemd-networkd",
	.is_there = is_there,
	.write = write_all,
	.resolvers = network_resolved,
	.fallback = "rm -f " FOLDER "* /etc/systemd/network/10-cloud-init-*\n"
		    "printf '[Match]\\nName=%s\\n\\n[Network]\\nDHCP=yes\\n' \"${all# }\" >" FOLDER
		    "fallback.network\n"
		    "systemctl restart systemd-networkd\n",
};
