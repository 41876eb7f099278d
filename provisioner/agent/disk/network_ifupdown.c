/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network as /etc/network/interfaces: ifupdown of Debian, ifupdown-ng and BusyBox of Alpine. They
 * know cards by name alone, so a rule of udev names each port as the profile does.
 */
#include "network_writers.h"

#include <inttypes.h>

#include <base/json.h>

#include "new_root.h"

#define INTERFACES "/etc/network/interfaces"
#define RULES      "/etc/udev/rules.d/70-slipway-network.rules"

/* Debian's systemd brings networkd along: ifupdown counts unless networkd was switched on. */
static bool is_there(int root_fd)
{
	static const char *const networkd[] = {
		"/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
		"/etc/systemd/system/dbus-org.freedesktop.network1.service"};

	for (size_t i = 0; i < ARRAY_LEN(networkd); i++)
		if (new_root_exists(root_fd, networkd[i]))
			return false;
	return new_root_exists(root_fd, "/usr/sbin/ifup") || new_root_exists(root_fd, "/sbin/ifup");
}

/* By ip(8) and the kernel's files: the words of ifupdown for these need packages that an image may
 * lack, and Debian's makes a VLAN only of a name such as eth0.10. */
static void add_bond(const struct network_link *l, struct str *out)
{
	const char *mode = network_mode_str(l->mode);

	str_addf(out, "\tpre-up test -e /sys/class/net/%s || ip link add %s type bond\n", l->name,
		 l->name);
	str_addf(out,
		 "\tpre-up grep -q '^%s ' /sys/class/net/%s/bonding/mode || "
		 "echo %s >/sys/class/net/%s/bonding/mode\n"
		 "\tpre-up echo 100 >/sys/class/net/%s/bonding/miimon\n",
		 mode, l->name, mode, l->name, l->name);
}

static void add_members(const struct network_link *l, struct str *out)
{
	for (size_t i = 0; i < l->n_members; i++) {
		if (l->kind == NETWORK_BOND) /* a bond takes what is down */
			str_addf(out, "\tpre-up ip link set dev %s down\n", l->members[i]);
		str_addf(out, "\tpre-up ip link set dev %s master %s\n", l->members[i], l->name);
		str_addf(out, "\tpre-up ip link set dev %s up\n", l->members[i]);
	}
}

static void add_layers(const struct network_link *l, struct str *out)
{
	if (l->kind == NETWORK_BOND)
		add_bond(l, out);
	if (l->kind == NETWORK_BRIDGE)
		str_addf(out, "\tpre-up test -e /sys/class/net/%s || ip link add %s type bridge\n",
			 l->name, l->name);
	if (l->kind == NETWORK_VLAN)
		str_addf(out,
			 "\tpre-up test -e /sys/class/net/%s || ip link add link %s name %s type "
			 "vlan id %" PRId64 "\n",
			 l->name, l->under, l->name, l->vlan_id);
	add_members(l, out);
	if (l->mtu)
		str_addf(out, "\tpre-up ip link set dev %s mtu %" PRId64 "\n", l->name, l->mtu);
	if (!l->n_addresses && !l->dhcp)
		str_addf(out, "\tup ip link set dev %s up\n", l->name);
}

static void add_route(const struct network_link *l, const struct network_route *r, struct str *out)
{
	str_addf(out, "\tup ip %sroute add %s via %s dev %s", network_is_v6(r->via) ? "-6 " : "",
		 r->to, r->via, l->name);
	if (network_is_on_link(l, r->via))
		str_add(out, " onlink");
	if (r->metric)
		str_addf(out, " metric %" PRId64, r->metric);
	str_addc(out, '\n');
}

static void add_gateway(const struct network_link *l, const char *via, struct str *out)
{
	struct network_route r = {.to = "default"};

	(void)str_copy(r.via, sizeof(r.via), via);
	if (network_is_on_link(l, via))
		add_route(l, &r, out);
	else
		str_addf(out, "\tgateway %s\n", via);
}

static void add_routes(const struct network_link *l, bool v6, struct str *out)
{
	for (size_t i = 0; i < l->n_gateways; i++)
		if (network_is_v6(l->gateways[i]) == v6)
			add_gateway(l, l->gateways[i], out);
	for (size_t i = 0; i < l->n_routes; i++)
		if (network_is_v6(l->routes[i].via) == v6)
			add_route(l, &l->routes[i], out);
}

static void add_names(const struct network_link *l, struct str *out)
{
	for (size_t i = 0; i < l->n_dns; i++)
		str_addf(out, "%s%s", i ? " " : "\tdns-nameservers ", l->dns[i]);
	if (l->n_dns)
		str_addc(out, '\n');
	for (size_t i = 0; i < l->n_search; i++)
		str_addf(out, "%s%s", i ? " " : "\tdns-search ", l->search[i]);
	if (l->n_search)
		str_addc(out, '\n');
}

static void add_addresses(const struct network_link *l, bool v6, bool *layers, struct str *out)
{
	bool routes = true;

	for (size_t i = 0; i < l->n_addresses; i++) {
		if (network_is_v6(l->addresses[i]) != v6)
			continue;
		str_addf(out, "iface %s inet%s static\n\taddress %s\n", l->name, v6 ? "6" : "",
			 l->addresses[i]);
		if (!*layers) {
			add_layers(l, out);
			add_names(l, out);
		}
		if (routes)
			add_routes(l, v6, out);
		*layers = true;
		routes = false;
	}
}

static void add_link(const struct network_link *l, struct str *out)
{
	bool layers = false;

	str_addf(out, "\nauto %s\n", l->name);
	if (l->dhcp || !l->n_addresses) {
		str_addf(out, "iface %s inet %s\n", l->name, l->dhcp ? "dhcp" : "manual");
		add_layers(l, out);
		layers = true;
	}
	add_addresses(l, false, &layers, out);
	add_addresses(l, true, &layers, out);
}

static int write_rules(int root_fd, const struct network *n, struct err *err)
{
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	str_add(&text, "# Written when this host was imaged.\n");
	for (size_t i = 0; i < n->n_links; i++)
		if (n->links[i].kind == NETWORK_PORT)
			str_addf(&text,
				 "SUBSYSTEM==\"net\", ACTION==\"add\", ATTR{type}==\"1\", "
				 "ATTR{address}==\"%s\", ENV{DEVTYPE}==\"\", NAME=\"%s\"\n",
				 n->links[i].mac, n->links[i].name);
	return network_write_file(root_fd, RULES, &text, 0644, err);
}

static bool is_written(const struct network *n, const bool *written, const char *name)
{
	const struct network_link *l = network_find(n, name);

	return !l || written[l - n->links];
}

static bool can_be_written(const struct network *n, const bool *written, size_t i)
{
	const struct network_link *l = &n->links[i];
	bool yes = !written[i] && (l->kind != NETWORK_VLAN || is_written(n, written, l->under));

	for (size_t j = 0; j < l->n_members; j++)
		yes = yes && is_written(n, written, l->members[j]);
	return yes;
}

/* ifup goes from the top to the bottom: what lies under others comes first. */
static void add_links(const struct network *n, struct str *out)
{
	bool written[NETWORK_LINKS_MAX] = {false};

	for (size_t round = 0; round < n->n_links; round++)
		for (size_t i = 0; i < n->n_links; i++)
			if (can_be_written(n, written, i)) {
				add_link(&n->links[i], out);
				written[i] = true;
			}
}

static int write_all(int root_fd, const struct network *n, struct err *err)
{
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	str_add(&text, "# Written when this host was imaged.\nauto lo\niface lo inet loopback\n");
	add_links(n, &text);
	TRY(write_rules(root_fd, n, err));
	return network_write_file(root_fd, INTERFACES, &text, 0644, err);
}

static const char *const resolvers[] = {"/sbin/resolvconf", "/usr/sbin/resolvconf",
					"/usr/lib/systemd/systemd-resolved",
					"/lib/systemd/systemd-resolved", NULL};

const struct network_writer network_ifupdown = {
	.name = "ifupdown",
	.is_there = is_there,
	.write = write_all,
	.resolvers = resolvers,
	.fallback = "rm -f /etc/network/interfaces.d/50-cloud-init*\n"
		    "{\n"
		    "printf 'auto lo\\niface lo inet loopback\\n'\n"
		    "for card in $cards; do\n"
		    "	printf '\\nauto %s\\niface %s inet dhcp\\n' \"$card\" \"$card\"\n"
		    "done\n"
		    "} >" INTERFACES "\n"
		    "if command -v systemctl >/dev/null; then\n"
		    "	systemctl restart networking\n"
		    "else\n"
		    "	rc-service networking restart\n"
		    "fi\n",
};
