/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing the network program of a system; see network_put.h.
 */
#include "network_put.h"

#include <string.h>
#include <strings.h>

#include <base/json.h>
#include <proto/facts.h>

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

/* ---- ports ----------------------------------------------------------------------------------- */

static const char *mac_of(const struct facts_nic *nic)
{
	return nic->permanent_mac[0] ? nic->permanent_mac : nic->mac;
}

static bool is_port(const struct network_link *l, const struct facts_nic *nic)
{
	if (l->mac[0])
		return !strcasecmp(l->mac, mac_of(nic));
	if (l->slot[0])
		return str_eq(l->slot, nic->pci_address);
	return str_eq(l->port, nic->name);
}

static int no_port(const struct network_link *l, const struct facts_nic *nics, size_t n_nics,
		   struct err *err)
{
	autostr struct str there = {0};

	str_init(&there, 4096);
	for (size_t i = 0; i < n_nics; i++)
		str_addf(&there, "%s%s (%s)", i ? ", " : "", nics[i].name, mac_of(&nics[i]));
	return err_set(err, ERR_AGENT_NETWORK_PORT, "link '%s' is for port '%s'; this host has %s",
		       l->name,
		       l->mac[0]    ? l->mac
		       : l->slot[0] ? l->slot
				    : l->port,
		       n_nics ? there.p : "no network card");
}

int network_find_ports(struct network *n, const struct facts_nic *nics, size_t n_nics,
		       struct err *err)
{
	for (size_t i = 0; i < n->n_links; i++) {
		struct network_link *l = &n->links[i];
		size_t j = 0;

		if (l->kind != NETWORK_PORT)
			continue;
		while (j < n_nics && !is_port(l, &nics[j]))
			j++;
		if (j == n_nics || !mac_of(&nics[j])[0])
			return no_port(l, nics, n_nics, err);
		(void)str_copy(l->mac, sizeof(l->mac), mac_of(&nics[j]));
		for (size_t k = 0; k < i; k++)
			if (n->links[k].kind == NETWORK_PORT &&
			    !strcasecmp(n->links[k].mac, l->mac))
				return err_set(err, ERR_AGENT_NETWORK_PORT,
					       "links '%s' and '%s' are the same card (%s)",
					       n->links[k].name, l->name, l->mac);
	}
	return 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void add_links(const struct network *n, struct str *out)
{
	/* what lies on others first */
	for (size_t i = n->n_links; i > 0; i--)
		if (n->links[i - 1].kind != NETWORK_PORT)
			str_addf(out, "ip link delete %s 2>/dev/null || :\n", n->links[i - 1].name);
}

static int put_fallback(int root_fd, const struct network_writer *w, const struct network *n,
			struct err *err)
{
	autostr struct str text = {0};

	str_init(&text, NETWORK_TEXT_BYTES);
	str_add(&text,
		"#!/bin/sh\n"
		"# Run once when the provisioning server was not reached: DHCP on every card.\n"
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
	add_links(n, &text);
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

int network_put(int root_fd, const struct network *n, struct err *err)
{
	const struct network_writer *w = network_writer_of(root_fd);

	if (!w)
		return err_set(err, ERR_AGENT_PERSONALISE,
			       "the image has none of netplan, NetworkManager, ifupdown and "
			       "systemd-networkd, and its profile sets a network");
	if (w->write(root_fd, n, err) < 0)
		return err_wrap(err, "%s", w->name);
	TRY(put_seed(root_fd, n, err));
	return put_fallback(root_fd, w, n, err);
}
