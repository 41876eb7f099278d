/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing the network program of a system; see network_put.h. Which card is which: network_ports.c.
 */
#include "network_put.h"

#include <string.h>

#include <base/json.h>

#include "first_boot_files.h"
#include "network_writers.h"
#include "new_root.h"

#define SEED_NETWORK "/var/lib/cloud/seed/nocloud/network-config"

/* netplan before the programs that it writes for; networkd last, for systemd brings it along. */
static const struct network_writer *const writers[] = {&network_netplan, &network_manager,
						       &network_ifupdown, &network_networkd};

const struct network_writer *network_writer_of(int root_fd)
{
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		if (writers[i]->is_there(root_fd))
			return writers[i];
	return NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void add_links(const struct network *n, struct str *out)
{
	/* what lies on others first */
	for (size_t i = n->n_links; i > 0; i--)
		if (n->links[i - 1].kind != NETWORK_PORT)
			str_addf(out, "ip link delete %s 2>/dev/null || :\n", n->links[i - 1].name);
}

/* cloud-init would bring back what did not work. Cards are what is left of Ethernet when links of
 * other types (DEVTYPE) are not counted. Those with a cable are enough where there are any: DHCP
 * waits for the others. */
static const char find_cards[] =
	"rm -f " SEED_NETWORK "\n"
	"if [ -d /etc/cloud ]; then\n"
	"	mkdir -p /etc/cloud/cloud.cfg.d\n"
	"	echo 'network: {config: disabled}' >/etc/cloud/cloud.cfg.d/99-slipway-fallback.cfg\n"
	"fi\n"
	"all=\n"
	"for card in /sys/class/net/*; do\n"
	"	[ \"$(cat \"$card/type\")\" = 1 ] || continue\n"
	"	grep -q ^DEVTYPE= \"$card/uevent\" && continue\n"
	"	all=\"$all ${card##*/}\"\n"
	"	ip address flush dev \"${card##*/}\"\n"
	"	ip link set dev \"${card##*/}\" up\n"
	"done\n"
	"sleep 3\n"
	"cards=\n"
	"for card in $all; do\n"
	"	[ \"$(cat \"/sys/class/net/$card/carrier\" 2>/dev/null)\" = 1 ] && cards=\"$cards $card\"\n"
	"done\n"
	"cards=${cards:-$all}\n";

static int put_fallback(int root_fd, const struct network_writer *w, const struct network *n,
			struct err *err)
{
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	str_add(&text,
		"#!/bin/sh\n"
		"# Run once when the provisioning server was not reached: DHCP on every card.\n"
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
		"# NetworkManager would make a link again as soon as it is gone.\n"
		"command -v systemctl >/dev/null && systemctl stop NetworkManager 2>/dev/null\n");
	add_links(n, &text);
	str_add(&text, find_cards);
	str_add(&text, w->fallback);
	return network_write_file(root_fd, FIRST_BOOT_FALLBACK, &text, 0755, err);
}

static int put_seed(int root_fd, const struct network *n, struct err *err)
{
	autostr struct str text = {0};

	if (!new_root_exists(root_fd, "/usr/bin/cloud-init"))
		return 0;
	str_init(&text, NETWORK_TEXT_BYTES);
	network_yaml(n, "", &text);
	return network_write_file(root_fd, SEED_NETWORK, &text, 0600, err);
}

static bool has_one_of(int root_fd, const char *const *paths)
{
	while (*paths && !new_root_exists(root_fd, *paths))
		paths++;
	return *paths;
}

/* One line for all domains: the C library takes the last. */
static int put_resolver(int root_fd, const struct network_writer *w, const struct network *n,
			struct err *err)
{
	autostr struct str text = {0};
	size_t n_domains = 0;

	if (has_one_of(root_fd, w->resolvers))
		return 0;
	str_init(&text, NETWORK_TEXT_BYTES);
	for (size_t i = 0; i < n->n_links; i++)
		for (size_t j = 0; j < n->links[i].n_search; j++)
			str_addf(&text, "%s%s", n_domains++ ? " " : "search ",
				 n->links[i].search[j]);
	if (n_domains)
		str_addc(&text, '\n');
	for (size_t i = 0; i < n->n_links; i++)
		for (size_t j = 0; j < n->links[i].n_dns; j++)
			str_addf(&text, "nameserver %s\n", n->links[i].dns[j]);
	return text.n_bytes ? network_write_file(root_fd, "/etc/resolv.conf", &text, 0644, err) : 0;
}

int network_put(int root_fd, const struct network *n, struct err *err)
{
	const struct network_writer *w = network_writer_of(root_fd);

	if (!w)
		return err_set(err, ERR_AGENT_PERSONALISE,
			       "the image has none of netplan, NetworkManager, ifupdown and "
			       "systemd-networkd, and its profile sets a network");
	if (w->write(root_fd, n, err) < 0)
		return err_wrap(err, "%s", w->name);
	TRY(put_resolver(root_fd, w, n, err));
	TRY(put_seed(root_fd, n, err));
	return put_fallback(root_fd, w, n, err);
}
