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

static void add_layers(const struct network_link *l, struct str *out)
{
	if (l->mtu)
		str_addf(out, "\tmtu %" PRId64 "\n", l->mtu);
	if (l->kind == NETWORK_BOND)
		str_addf(out, "\tbond-mode %s\n\tbond-miimon 100\n", network_mode_str(l->mode));
	if (l->kind == NETWORK_VLAN)
		str_addf(out, "\tvlan-raw-device %s\n\tvlan-id %" PRId64 "\n", l->under,
			 l->vlan_id);
	if (l->kind == NETWORK_BRIDGE || l->kind == NETWORK_BOND)
		str_add(out, l->kind == NETWORK_BOND ? "\tbond-slaves" : "\tbridge-ports");
	for (size_t i = 0; i < l->n_members; i++)
		str_addf(out, " %s", l->members[i]);
	if (l->kind == NETWORK_BRIDGE && !l->n_members)
		str_add(out, " none");
	if (l->kind == NETWORK_BRIDGE || l->kind == NETWORK_BOND)
		str_addc(out, '\n');
}

static void add_routes(const struct network_link *l, bool v6, struct str *out)
{
	for (size_t i = 0; i < l->n_gateways; i++)
		if (network_is_v6(l->gateways[i]) == v6)
			str_addf(out, "\tgateway %s\n", l->gateways[i]);
	for (size_t i = 0; i < l->n_routes; i++) {
		const struct network_route *r = &l->routes[i];

		if (network_is_v6(r->via) != v6)
			continue;
		str_addf(out, "\tup ip %sroute add %s via %s dev %s", v6 ? "-6 " : "", r->to,
			 r->via, l->name);
		if (r->metric)
			str_addf(out, " metric %" PRId64, r->metric);
		str_addc(out, '\n');
	}
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

/* Without resolvconf nobody reads the dns- lines. */
static int write_resolver(int root_fd, const struct network *n, struct err *err)
{
	autostr struct str text = {0};

	if (new_root_exists(root_fd, "/sbin/resolvconf") ||
	    new_root_exists(root_fd, "/usr/sbin/resolvconf"))
		return 0;
	str_init(&text, NETWORK_TEXT_BYTES);
	for (size_t i = 0; i < n->n_links; i++) {
		for (size_t j = 0; j < n->links[i].n_search; j++)
			str_addf(&text, "search %s\n", n->links[i].search[j]);
		for (size_t j = 0; j < n->links[i].n_dns; j++)
			str_addf(&text, "nameserver %s\n", n->links[i].dns[j]);
	}
	return text.n_bytes ? network_write_file(root_fd, "/etc/resolv.conf", &text, 0644, err) : 0;
}

static int write_all(int root_fd, const struct network *n, struct err *err)
{
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	str_add(&text, "# Written when this host was imaged.\nauto lo\niface lo inet loopback\n");
	for (size_t i = 0; i < n->n_links; i++)
		add_link(&n->links[i], &text);
	TRY(write_rules(root_fd, n, err));
	TRY(write_resolver(root_fd, n, err));
	return network_write_file(root_fd, INTERFACES, &text, 0644, err);
}

const struct network_writer network_ifupdown = {
	.name = "ifupdown",
	.is_there = is_there,
	.write = write_all,
	.fallback =
		"{\n"
		"printf 'auto lo\\niface lo inet loopback\\n'\n"
		"for card in /sys/class/net/*; do\n"
		"	[ -e \"$card/device\" ] || continue\n"
		"	printf '\\nauto %s\\niface %s inet dhcp\\n' \"${card##*/}\" \"${card##*/}\"\n"
		"done\n"
		"} >" INTERFACES "\n"
		"if command -v systemctl >/dev/null; then\n"
		"	systemctl restart networking\n"
		"else\n"
		"	rc-service networking restart\n"
		"fi\n",
};
