/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a network: names, addresses and what lies on what. Every text ends up in files with
 * a syntax of their own, so each is checked for what it must be, not for what it must not have.
 */
#include "network_addresses.h"
#include "network_rules.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>

#define V6_LEAST_MTU 1280

/* ---- words ----------------------------------------------------------------------------------- */

bool network_word_is_valid(const char *word)
{
	for (const char *p = word; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".:_-", *p))
			return false;
	return true;
}

bool network_text_is_valid(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return true;
}

bool network_name_is_valid(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
		    !strchr("._-", *p))
			return false;
	return islower((unsigned char)*name) && strlen(name) < NETWORK_NAME_BYTES &&
	       !str_eq(name, "lo") && !str_eq(name, "all") && !str_eq(name, "default") &&
	       !str_eq(name, "bonding_masters"); /* a file of the kernel's among the links */
}

/* Of one card: not a group's, and not zero. */
bool network_mac_is_valid(const char *mac)
{
	static const uint8_t zero[MAC_BYTES];
	uint8_t bytes[MAC_BYTES];

	return hw_mac_bytes(sv_of(mac), MAC_COLON, bytes) && !(bytes[0] & 1) &&
	       memcmp(bytes, zero, sizeof(zero)) != 0;
}

/* ---- links ----------------------------------------------------------------------------------- */

static bool has_network(const struct network_link *l)
{
	return l->dhcp || l->n_addresses || l->n_gateways || l->n_routes || l->n_dns || l->n_search;
}

/* Of "bond0.10" or "vlan10", which ifupdown reads as VLAN 10 whatever else is written; else 0. */
static uint64_t id_in_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *digits = dot ? dot + 1 : str_starts(name, "vlan") ? name + 4 : "";
	uint64_t id = 0;

	return parse_u64(digits, &id) ? id : 0;
}

static bool is_own_name(const struct network_link *l, uint64_t id)
{
	const char *dot = strrchr(l->name, '.');
	size_t n = dot ? (size_t)(dot - l->name) : 0;

	return l->kind == NETWORK_VLAN && id == (uint64_t)l->vlan_id &&
	       (!dot || (strlen(l->under) == n && !strncmp(l->under, l->name, n)));
}

static int check_name(const struct network_link *l, struct err *err)
{
	uint64_t id = id_in_name(l->name);

	if (!id || is_own_name(l, id))
		return 0;
	return err_set(err, ERR_NETWORK,
		       "the name '%s' stands for VLAN %" PRIu64 " of another link: rename it",
		       l->name, id);
}

static int check_member(const struct network *n, const struct network_link *l, const char *name,
			struct err *err)
{
	const struct network_link *member = network_find(n, name);

	if (!member)
		return err_set(err, ERR_NETWORK, "link '%s' names '%s', which is not there",
			       l->name, name);
	if (member->kind == NETWORK_BRIDGE ||
	    (l->kind == NETWORK_BOND && member->kind != NETWORK_PORT))
		return err_set(err, ERR_NETWORK, "a %s cannot have the %s '%s'",
			       network_kind_str(l->kind), network_kind_str(member->kind), name);
	if (network_master(n, name) != l)
		return err_set(err, ERR_NETWORK, "link '%s' belongs to '%s' and to '%s'", name,
			       network_master(n, name)->name, l->name);
	if (has_network(member))
		return err_set(err, ERR_NETWORK,
			       "link '%s' belongs to '%s', which has the addresses: it cannot have "
			       "its own",
			       name, l->name);
	return 0;
}

static int check_members(const struct network *n, const struct network_link *l, struct err *err)
{
	if (l->kind == NETWORK_BOND && !l->n_members)
		return err_set(err, ERR_NETWORK, "bond '%s' has no links", l->name);
	for (size_t i = 0; i < l->n_members; i++) {
		TRY(check_member(n, l, l->members[i], err));
		for (size_t j = 0; j < i; j++)
			if (str_eq(l->members[i], l->members[j]))
				return err_set(err, ERR_NETWORK, "link '%s' names '%s' twice",
					       l->name, l->members[i]);
	}
	return 0;
}

/* A VLAN on a bridge that has this very VLAN would go round. */
static int check_vlan(const struct network *n, const struct network_link *l, struct err *err)
{
	const struct network_link *under = network_find(n, l->under);

	if (!under || under->kind == NETWORK_VLAN)
		return err_set(err, ERR_NETWORK,
			       "VLAN '%s' lies on '%s', which is not a port, bond or bridge",
			       l->name, l->under);
	if (under->kind == NETWORK_BRIDGE && network_master(n, l->name))
		return err_set(err, ERR_NETWORK, "VLAN '%s' lies on a bridge and belongs to one",
			       l->name);
	if (under->kind == NETWORK_PORT && network_master(n, under->name) &&
	    network_master(n, under->name)->kind == NETWORK_BOND)
		return err_set(err, ERR_NETWORK, "VLAN '%s' lies on '%s', a member of bond '%s'",
			       l->name, l->under, network_master(n, under->name)->name);
	return 0;
}

/* ---- sizes of frames ------------------------------------------------------------------------- */

static int check_mtu_of(const struct network *n, const struct network_link *l,
			const struct network_link *below, struct err *err)
{
	bool equal = l->kind == NETWORK_BOND; /* a bond gives its links its own */
	int64_t mtu = network_mtu(n, l), other = network_mtu(n, below);

	if (equal ? below->mtu && below->mtu != mtu : mtu > other)
		return err_set(err, ERR_NETWORK,
			       "%s '%s' has mtu %" PRId64 " and '%s' under it %" PRId64
			       ": set 'mtu' of '%s', too",
			       network_kind_str(l->kind), l->name, mtu, below->name, other,
			       below->name);
	return 0;
}

static int check_mtu(const struct network *n, const struct network_link *l, struct err *err)
{
	bool v6 = false;

	if (l->kind == NETWORK_VLAN)
		TRY(check_mtu_of(n, l, network_find(n, l->under), err));
	for (size_t i = 0; i < l->n_members; i++)
		TRY(check_mtu_of(n, l, network_find(n, l->members[i]), err));
	for (size_t i = 0; i < l->n_addresses; i++)
		v6 = v6 || network_is_v6(l->addresses[i]);
	if (v6 && network_mtu(n, l) < V6_LEAST_MTU)
		return err_set(err, ERR_NETWORK, "link '%s': IPv6 needs an mtu of %d or more",
			       l->name, V6_LEAST_MTU);
	return 0;
}

/* ---- pairs of links -------------------------------------------------------------------------- */

static bool is_one_card(const struct network_link *a, const struct network_link *b)
{
	return a->kind == NETWORK_PORT && b->kind == NETWORK_PORT &&
	       ((a->mac[0] && str_eq(a->mac, b->mac)) || (a->slot[0] && str_eq(a->slot, b->slot)) ||
		(a->port[0] && str_eq(a->port, b->port)) ||
		(a->switch_port[0] && str_eq(a->switch_name, b->switch_name) &&
		 str_eq(a->switch_port, b->switch_port)));
}

static int check_pair(const struct network_link *a, const struct network_link *b, struct err *err)
{
	struct network_address x, y;

	if (str_eq(a->name, b->name))
		return err_set(err, ERR_NETWORK, "two links are named '%s'", a->name);
	if (is_one_card(a, b))
		return err_set(err, ERR_NETWORK, "links '%s' and '%s' are the same port", a->name,
			       b->name);
	if (a->kind == NETWORK_VLAN && b->kind == NETWORK_VLAN && a->vlan_id == b->vlan_id &&
	    str_eq(a->under, b->under))
		return err_set(err, ERR_NETWORK, "links '%s' and '%s' are the same VLAN", a->name,
			       b->name);
	for (size_t i = 0; i < a->n_addresses; i++)
		for (size_t j = 0; j < b->n_addresses; j++)
			if (network_address_parse(a->addresses[i], &x) &&
			    network_address_parse(b->addresses[j], &y) &&
			    network_address_is_same(&x, &y))
				return err_set(err, ERR_NETWORK,
					       "links '%s' and '%s' have one address: '%s'",
					       a->name, b->name, a->addresses[i]);
	return 0;
}

int network_rules_check(const struct network *n, struct err *err)
{
	if (!n->n_links)
		return err_set(err, ERR_NETWORK, "'links' is empty");
	for (size_t i = 0; i < n->n_links; i++)
		for (size_t j = 0; j < i; j++)
			TRY(check_pair(&n->links[j], &n->links[i], err));
	for (size_t i = 0; i < n->n_links; i++) {
		const struct network_link *l = &n->links[i];

		TRY(check_name(l, err));
		TRY(network_addresses_check(l, err));
		TRY(check_members(n, l, err));
		if (l->kind == NETWORK_VLAN)
			TRY(check_vlan(n, l, err));
	}
	for (size_t i = 0; i < n->n_links; i++)
		TRY(check_mtu(n, &n->links[i], err));
	return network_addresses_check_all(n, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int seen_push(struct network_seen *seen, const struct network_address *a, const char *host,
		     const char *text, size_t row, struct err *err)
{
	struct network_seen_one one = {.row = row};

	if (a)
		memcpy(one.bytes, a->bytes, sizeof(one.bytes));
	(void)str_copy(one.host, sizeof(one.host), host);
	for (size_t i = 0; i < seen->n; i++)
		if (str_eq(seen->items[i].host, one.host) &&
		    !memcmp(seen->items[i].bytes, one.bytes, sizeof(one.bytes)))
			return err_set(err, ERR_NETWORK,
				       "rows %zu and %zu of 'hosts' both have %s '%s'",
				       seen->items[i].row + 1, row + 1,
				       a ? "the address" : "the host", text);
	if (seen->n == seen->cap) {
		seen->cap = seen->cap ? 2 * seen->cap : 64;
		seen->items = xrealloc(seen->items, seen->cap * sizeof(*seen->items));
	}
	seen->items[seen->n++] = one;
	return 0;
}

int network_seen_add(struct network_seen *seen, const struct network *n, const json_t *row,
		     size_t i, struct err *err)
{
	const char *serial = json_string_value(json_object_get(row, "serial"));
	const char *mac = json_string_value(json_object_get(row, "mac"));
	const char *name = serial && *serial ? serial : mac;
	autofree char *host = xasprintf("%c%s", name == serial ? 's' : 'm', name ? name : "");

	for (char *c = host; name == mac && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	struct network_address a;

	TRY(seen_push(seen, NULL, host, name, i, err));
	for (size_t j = 0; j < n->n_links; j++)
		for (size_t k = 0; k < n->links[j].n_addresses; k++)
			if (network_address_parse(n->links[j].addresses[k], &a))
				TRY(seen_push(seen, &a, a.v6 ? "v6" : "v4",
					      n->links[j].addresses[k], i, err));
	return 0;
}

void network_seen_free(struct network_seen *seen)
{
	free(seen->items);
	free(seen);
}
