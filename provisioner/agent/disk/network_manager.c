/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network as keyfiles of NetworkManager: nm-settings-keyfile(5). A VLAN names its parent by the
 * UUID of a connection, because a port's name in the system is not known.
 */
#include "network_writers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <base/digest.h>
#include <base/json.h>

#include "new_root.h"

#define FOLDER "/etc/NetworkManager/system-connections"
#define MINE   FOLDER "/slipway-"

static bool is_there(int root_fd)
{
	return new_root_exists(root_fd, "/usr/sbin/NetworkManager") ||
	       new_root_exists(root_fd, "/usr/bin/NetworkManager");
}

/* The same for the same name: other files refer to it. */
static void add_uuid(const char *key, const char *name, struct str *out)
{
	autofree char *seed = xasprintf("slipway network %s", name);
	char hex[SHA256_HEX_BYTES];

	sha256_hex_of(seed, strlen(seed), hex);
	str_addf(out, "%s=%.8s-%.4s-4%.3s-8%.3s-%.12s\n", key, hex, hex + 8, hex + 13, hex + 17,
		 hex + 20);
}

static void add_connection(const struct network *n, const struct network_link *l, struct str *out)
{
	static const char *const types[_NETWORK_KIND_MAX] = {"ethernet", "bond", "vlan", "bridge"};
	const struct network_link *master = network_master(n, l->name);

	str_addf(out, "[connection]\nid=slipway-%s\n", l->name);
	add_uuid("uuid", l->name, out);
	str_addf(out, "type=%s\nautoconnect-priority=100\n", types[l->kind]);
	if (l->kind != NETWORK_PORT)
		str_addf(out, "interface-name=%s\n", l->name);
	if (l->n_members)
		str_add(out, "autoconnect-slaves=1\n");
	if (!master)
		return;
	add_uuid("master", master->name, out);
	str_addf(out, "slave-type=%s\n", network_kind_str(master->kind));
}

static void add_device(const struct network_link *l, struct str *out)
{
	if (l->kind == NETWORK_PORT || l->mtu)
		str_add(out, "\n[ethernet]\n");
	if (l->kind == NETWORK_PORT)
		str_addf(out, "mac-address=%s\n", l->mac);
	if (l->mtu)
		str_addf(out, "mtu=%" PRId64 "\n", l->mtu);
	if (l->kind == NETWORK_BOND)
		str_addf(out, "\n[bond]\nmode=%s\nmiimon=100\n", network_mode_str(l->mode));
	if (l->kind != NETWORK_VLAN)
		return;
	str_addf(out, "\n[vlan]\nid=%" PRId64 "\n", l->vlan_id);
	add_uuid("parent", l->under, out);
}

/* A family's servers stand with a link that has the family: NetworkManager refuses others. */
static void add_servers(const struct network *n, const struct network_link *l, bool v6,
			struct str *out)
{
	bool any = false;

	for (size_t i = 0; i < n->n_links; i++)
		for (size_t j = 0; j < n->links[i].n_dns; j++) {
			const char *dns = n->links[i].dns[j];

			if (network_is_v6(dns) != v6 || network_dns_link(n, &n->links[i], dns) != l)
				continue;
			str_addf(out, "%s%s;", any ? "" : "dns=", dns);
			any = true;
		}
	if (any)
		str_addc(out, '\n');
}

static void add_search(const struct network_link *l, struct str *out)
{
	for (size_t i = 0; i < l->n_search; i++)
		str_addf(out, "%s%s;", i ? "" : "dns-search=", l->search[i]);
	if (l->n_search)
		str_addc(out, '\n');
}

static void add_routes(const struct network_link *l, bool v6, struct str *out)
{
	int i_route = 0;

	for (size_t i = 0; i < l->n_routes; i++) {
		const struct network_route *r = &l->routes[i];

		if (network_is_v6(r->via) != v6)
			continue;
		str_addf(out, "route%d=%s,%s", ++i_route, network_destination(r), r->via);
		if (r->metric)
			str_addf(out, ",%" PRId64, r->metric);
		str_addc(out, '\n');
		if (network_is_on_link(l, r->via))
			str_addf(out, "route%d_options=onlink=true\n", i_route);
	}
}

static void add_family(const struct network *n, const struct network_link *l, bool v6,
		       struct str *out)
{
	autostr struct str addresses = {0};
	int n_addresses = 0;

	str_init(&addresses, 4096);
	for (size_t i = 0; i < l->n_addresses; i++)
		if (network_is_v6(l->addresses[i]) == v6)
			str_addf(&addresses, "address%d=%s\n", ++n_addresses, l->addresses[i]);
	if (network_master(n, l->name))
		return;
	str_addf(out, "\n[ipv%c]\nmethod=%s\n%s", v6 ? '6' : '4',
		 l->dhcp       ? "auto"
		 : n_addresses ? "manual"
		 : v6          ? "link-local"
			       : "disabled",
		 addresses.p);
	for (size_t i = 0; i < l->n_gateways; i++)
		if (network_is_v6(l->gateways[i]) == v6)
			str_addf(out, "gateway=%s\n", l->gateways[i]);
	add_routes(l, v6, out);
	add_servers(n, l, v6, out);
	if (network_has_family(l, v6))
		add_search(l, out);
}

static int write_one(int root_fd, const struct network *n, const struct network_link *l,
		     struct err *err)
{
	autofree char *path = xasprintf(MINE "%s.nmconnection", l->name);
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	add_connection(n, l, &text);
	add_device(l, &text);
	add_family(n, l, false, &text);
	add_family(n, l, true, &text);
	return network_write_file(root_fd, path, &text, 0600, err);
}

static int write_all(int root_fd, const struct network *n, struct err *err)
{
	for (size_t i = 0; i < n->n_links; i++)
		TRY(write_one(root_fd, n, &n->links[i], err));
	return 0;
}

static const char *const itself[] = {"/usr/sbin/NetworkManager", "/usr/bin/NetworkManager", NULL};

const struct network_writer network_manager = {
	.name = "NetworkManager",
	.is_there = is_there,
	.write = write_all,
	.resolvers = itself,
	.fallback =
		"rm -f " MINE "* " FOLDER "/cloud-init-*\n"
		"umask 077\n"
		"printf '[connection]\\nid=slipway-fallback\\ntype=ethernet\\nmulti-connect=3\\n\\n"
		"[ipv4]\\nmethod=auto\\n\\n[ipv6]\\nmethod=auto\\n' >" MINE
		"fallback.nmconnection\n"
		"systemctl restart NetworkManager\n",
};
