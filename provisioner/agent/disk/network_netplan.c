/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network as netplan's YAML, which is also version 2 of cloud-init's network-config. Texts were
 * checked to be names and addresses; they stand in quotes all the same, so that none is a number.
 */
#include "network_writers.h"

#include <inttypes.h>

#include <base/json.h>

#include "new_root.h"

#define FILE_PATH "/etc/netplan/90-slipway.yaml"

static bool is_there(int root_fd)
{
	return new_root_exists(root_fd, "/usr/sbin/netplan") ||
	       new_root_exists(root_fd, "/usr/bin/netplan");
}

/* "  KEY: ["a", "b"]" */
static void add_list(const char *indent, const char *key, const char *rows, size_t row_bytes,
		     size_t n, struct str *out)
{
	if (!n)
		return;
	str_addf(out, "%s%s: [", indent, key);
	for (size_t i = 0; i < n; i++)
		str_addf(out, "%s\"%s\"", i ? ", " : "", rows + i * row_bytes);
	str_add(out, "]\n");
}

static void add_route(const char *indent, const struct network_link *l,
		      const struct network_route *r, struct str *out)
{
	str_addf(out, "%s  - to: \"%s\"\n%s    via: \"%s\"\n", indent, network_destination(r),
		 indent, r->via);
	if (network_is_on_link(l, r->via))
		str_addf(out, "%s    on-link: true\n", indent);
	if (r->metric)
		str_addf(out, "%s    metric: %" PRId64 "\n", indent, r->metric);
}

static void add_routes(const char *indent, const struct network_link *l, struct str *out)
{
	if (l->n_gateways || l->n_routes)
		str_addf(out, "%sroutes:\n", indent);
	for (size_t i = 0; i < l->n_gateways; i++) {
		struct network_route r = {.to = "default"};

		(void)str_copy(r.via, sizeof(r.via), l->gateways[i]);
		add_route(indent, l, &r, out);
	}
	for (size_t i = 0; i < l->n_routes; i++)
		add_route(indent, l, &l->routes[i], out);
}

static void add_addresses(const char *indent, const struct network_link *l, struct str *out)
{
	autofree char *deep = xasprintf("%s  ", indent);

	str_addf(out, "%sdhcp4: %s\n%sdhcp6: %s\n", indent, l->dhcp ? "true" : "false", indent,
		 l->dhcp ? "true" : "false");
	if (l->mtu)
		str_addf(out, "%smtu: %" PRId64 "\n", indent, l->mtu);
	add_list(indent, "addresses", l->addresses[0], sizeof(l->addresses[0]), l->n_addresses,
		 out);
	add_routes(indent, l, out);
	if (l->n_dns || l->n_search)
		str_addf(out, "%snameservers:\n", indent);
	add_list(deep, "addresses", l->dns[0], sizeof(l->dns[0]), l->n_dns, out);
	add_list(deep, "search", l->search[0], sizeof(l->search[0]), l->n_search, out);
}

static void add_link(const char *indent, const struct network_link *l, struct str *out)
{
	autofree char *inner = xasprintf("%s  ", indent);

	str_addf(out, "%s\"%s\":\n", indent, l->name); /* "no" and "on" are booleans without */
	if (l->kind == NETWORK_PORT)
		str_addf(out, "%smatch:\n%s  macaddress: \"%s\"\n%sset-name: \"%s\"\n", inner,
			 inner, l->mac, inner, l->name);
	add_list(inner, "interfaces", l->members[0], sizeof(l->members[0]), l->n_members, out);
	if (l->kind == NETWORK_BOND)
		str_addf(out, "%sparameters:\n%s  mode: \"%s\"\n%s  mii-monitor-interval: 100\n",
			 inner, inner, network_mode_str(l->mode), inner);
	if (l->kind == NETWORK_VLAN)
		str_addf(out, "%sid: %" PRId64 "\n%slink: \"%s\"\n", inner, l->vlan_id, inner,
			 l->under);
	add_addresses(inner, l, out);
}

void network_yaml(const struct network *n, const char *indent, struct str *out)
{
	static const char *const sections[_NETWORK_KIND_MAX] = {"ethernets", "bonds", "vlans",
								"bridges"};
	autofree char *inner = xasprintf("%s  ", indent);

	str_addf(out, "%sversion: 2\n", indent);
	for (int kind = 0; kind < _NETWORK_KIND_MAX; kind++) {
		bool first = true;

		for (size_t i = 0; i < n->n_links; i++) {
			if ((int)n->links[i].kind != kind)
				continue;
			if (first)
				str_addf(out, "%s%s:\n", indent, sections[kind]);
			first = false;
			add_link(inner, &n->links[i], out);
		}
	}
}

static int write_all(int root_fd, const struct network *n, struct err *err)
{
	autostr struct str text = {0};

	/* netplan joins all files: what the image's own say of all cards would hold for these, too */
	TRY(new_root_remove_files(root_fd, "/etc/netplan", ".yaml", err));
	str_init(&text, NETWORK_TEXT_BYTES);
	str_add(&text, "# Written when this host was imaged.\nnetwork:\n");
	network_yaml(n, "  ", &text);
	return network_write_file(root_fd, FILE_PATH, &text, 0600, err);
}

const struct network_writer network_netplan = {
	.name = "netplan",
	.is_there = is_there,
	.write = write_all,
	.resolvers = network_resolved,
	.fallback = "rm -f /etc/netplan/*.yaml\n"
		    "umask 077\n"
		    "{\n"
		    "printf 'network:\\n  version: 2\\n  ethernets:\\n'\n"
		    "for card in $all; do\n"
		    "	printf '    \"%s\": {dhcp4: true, dhcp6: true}\\n' \"$card\"\n"
		    "done\n"
		    "} >" FILE_PATH "\n"
		    "netplan apply\n",
};
