/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which card of this machine each port of a profile's network is, and whether it is cabled as the
 * profile says; see network_put.h. Names of switches come from the wire and were cleaned (lldp.c).
 */
#include "network_put.h"

#include <string.h>
#include <strings.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/facts.h>

static const char *mac_of(const struct facts_nic *nic)
{
	return nic->permanent_mac[0] ? nic->permanent_mac : nic->mac;
}

/* Switches call a port by its number, its name or its description. */
static bool sees_switch(const struct network_link *l, const struct facts_nic *nic)
{
	return str_eq(l->switch_name, nic->lldp.sys_name) &&
	       (!l->switch_port[0] || str_eq(l->switch_port, nic->lldp.port_id) ||
		str_eq(l->switch_port, nic->lldp.port_description));
}

static bool is_known_by_switch(const struct network_link *l)
{
	return !l->mac[0] && !l->slot[0] && !l->port[0];
}

/* lspci leaves out the domain where there is one only. */
static bool is_slot(const char *slot, const char *address)
{
	return !strcasecmp(slot, address) ||
	       (str_starts(address, "0000:") && !strcasecmp(slot, address + strlen("0000:")));
}

static bool is_port(const struct network_link *l, const struct facts_nic *nic)
{
	if (is_known_by_switch(l))
		return sees_switch(l, nic);
	if (l->mac[0])
		return !strcasecmp(l->mac, mac_of(nic));
	if (l->slot[0])
		return is_slot(l->slot, nic->pci_address);
	return str_eq(l->port, nic->name);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void print_switch(char *ret, size_t ret_bytes, const char *name, const char *port)
{
	if (!name[0])
		(void)str_copy(ret, ret_bytes, "no switch that says its name");
	else
		snprintf(ret, ret_bytes, "port '%.60s' of switch '%.60s'", port[0] ? port : "any",
			 name);
}

static void list_nics(const struct network_link *l, const struct facts_nic *nics, size_t n_nics,
		      struct str *out)
{
	for (size_t i = 0; i < n_nics; i++) {
		char seen[160];

		print_switch(seen, sizeof(seen), nics[i].lldp.sys_name, nics[i].lldp.port_id);
		str_addf(out, "%s%s (%s)", i ? ", " : "", nics[i].name,
			 is_known_by_switch(l)                  ? seen
			 : l->slot[0] && nics[i].pci_address[0] ? nics[i].pci_address
								: mac_of(&nics[i]));
	}
	if (!n_nics)
		str_add(out, "no network card");
}

static int no_port(const struct network_link *l, const struct facts_nic *nics, size_t n_nics,
		   struct err *err)
{
	autostr struct str there = {0};
	char wanted[160];

	str_init(&there, 16384);
	list_nics(l, nics, n_nics, &there);
	print_switch(wanted, sizeof(wanted), l->switch_name, l->switch_port);
	return err_set(err, ERR_AGENT_NETWORK_PORT, "link '%s' is for %s; this host has %s",
		       l->name,
		       l->mac[0]    ? l->mac
		       : l->slot[0] ? l->slot
		       : l->port[0] ? l->port
				    : wanted,
		       there.p);
}

/* ---- one port -------------------------------------------------------------------------------- */

static int check_cable(const struct network_link *l, const struct facts_nic *nic, struct err *err)
{
	char wanted[160], seen[160];

	if (nic->link_up == TRI_NO)
		return err_set(err, ERR_AGENT_NETWORK_PORT,
			       "link '%s' is for %s (%s), which has no link: look at its cable",
			       l->name, nic->name, mac_of(nic));
	if (!l->switch_name[0] || sees_switch(l, nic))
		return 0;
	print_switch(wanted, sizeof(wanted), l->switch_name, l->switch_port);
	print_switch(seen, sizeof(seen), nic->lldp.sys_name, nic->lldp.port_id);
	return err_set(err, ERR_AGENT_NETWORK_PORT,
		       "link '%s' is for %s, which sees %s and should see %s", l->name, nic->name,
		       seen, wanted);
}

static int find_port(const struct network_link *l, const struct facts_nic *nics, size_t n_nics,
		     const struct facts_nic **ret, struct err *err)
{
	*ret = NULL;
	for (size_t i = 0; i < n_nics; i++) {
		if (!mac_of(&nics[i])[0] || !is_port(l, &nics[i]))
			continue;
		if (*ret)
			return err_set(
				err, ERR_AGENT_NETWORK_PORT,
				"link '%s' is for a card that sees switch '%.60s', and %s and "
				"%s do: name the switch_port, too",
				l->name, l->switch_name, (*ret)->name, nics[i].name);
		*ret = &nics[i];
	}
	return *ret ? check_cable(l, *ret, err) : no_port(l, nics, n_nics, err);
}

int network_find_ports(struct network *n, const struct facts_nic *nics, size_t n_nics,
		       struct err *err)
{
	for (size_t i = 0; i < n->n_links; i++) {
		struct network_link *l = &n->links[i];
		const struct facts_nic *nic;

		if (l->kind != NETWORK_PORT)
			continue;
		TRY(find_port(l, nics, n_nics, &nic, err));
		(void)str_copy(l->mac, sizeof(l->mac), mac_of(nic));
		for (size_t k = 0; k < i; k++)
			if (n->links[k].kind == NETWORK_PORT &&
			    !strcasecmp(n->links[k].mac, l->mac))
				return err_set(err, ERR_AGENT_NETWORK_PORT,
					       "links '%s' and '%s' are the same card (%s)",
					       n->links[k].name, l->name, l->mac);
	}
	return 0;
}

bool network_names_switches(const struct network *n)
{
	for (size_t i = 0; i < n->n_links; i++)
		if (n->links[i].switch_name[0])
			return true;
	return false;
}
