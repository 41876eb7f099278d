/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a network: names, addresses and what lies on what. Every text ends up in files with
 * a syntax of their own, so each is checked for what it must be, not for what it must not have.
 */
#include "network_rules.h"

#include <arpa/inet.h>
#include <ctype.h>
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
	       !str_eq(name, "lo") && !str_eq(name, "all") && !str_eq(name, "default");
}

/* Of one card: not a group's, and not zero. */
bool network_mac_is_valid(const char *mac)
{
	static const uint8_t zero[MAC_BYTES];
	uint8_t bytes[MAC_BYTES];

	return hw_mac_bytes(sv_of(mac), MAC_COLON, bytes) && !(bytes[0] & 1) &&
	       memcmp(bytes, zero, sizeof(zero)) != 0;
}

static bool domain_is_valid(const char *domain)
{
	for (const char *p = domain; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			return false;
	return *domain && *domain != '-' && *domain != '.';
}

/* ---- addresses ------------------------------------------------------------------------------- */

struct address {
	uint8_t bytes[16]; /* IPv4 in the first four */
	bool v6;
	unsigned bits, prefix;
};

static bool parse_host(const char *text, struct address *ret)
{
	*ret = (struct address){.v6 = network_is_v6(text)};
	ret->bits = ret->prefix = ret->v6 ? 128 : 32;
	return inet_pton(ret->v6 ? AF_INET6 : AF_INET, text, ret->bytes) == 1;
}

/* "address/prefix" */
static bool parse_net(const char *text, struct address *ret)
{
	char host[NETWORK_ADDRESS_BYTES];
	const char *slash = strchr(text, '/');
	uint64_t prefix;

	if (!slash || !isdigit((unsigned char)slash[1]) || !parse_u64(slash + 1, &prefix))
		return false;
	(void)network_split(text, host);
	if (!parse_host(host, ret) || prefix > ret->bits)
		return false;
	ret->prefix = (unsigned)prefix;
	return true;
}

static bool bit(const struct address *a, unsigned i)
{
	return a->bytes[i / 8] & (0x80 >> i % 8);
}

/* Are all bits from i on of this value? */
static bool rest_is(const struct address *a, unsigned i, bool value)
{
	while (i < a->bits && bit(a, i) == value)
		i++;
	return i == a->bits;
}

static bool is_in(const struct address *host, const struct address *net)
{
	for (unsigned i = 0; i < net->prefix; i++)
		if (bit(host, i) != bit(net, i))
			return false;
	return host->v6 == net->v6;
}

static bool is_same(const struct address *a, const struct address *b)
{
	return a->v6 == b->v6 && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* One that a host may have: not a group's, not the loopback, not that of no host. */
static bool is_unicast(const struct address *a)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (a->v6)
		return a->bytes[0] != 0xff && !rest_is(a, 0, false) &&
		       memcmp(a->bytes, loopback, sizeof(loopback)) != 0;
	return a->bytes[0] && a->bytes[0] != 127 && a->bytes[0] < 224;
}

static bool is_link_local(const struct address *a)
{
	return a->v6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

static int check_address(const struct network_link *l, const char *text, struct address *ret,
			 struct err *err)
{
	if (!parse_net(text, ret) || !ret->prefix)
		return err_set(err, ERR_NETWORK,
			       "link '%s': '%s' is not an address with its prefix, such as "
			       "10.0.0.5/24",
			       l->name, text);
	if (!is_unicast(ret) ||
	    (!ret->v6 && ret->prefix < 31 &&
	     (rest_is(ret, ret->prefix, false) || rest_is(ret, ret->prefix, true))))
		return err_set(err, ERR_NETWORK, "link '%s': '%s' is not an address of one host",
			       l->name, text);
	if (ret->v6 && l->mtu && l->mtu < V6_LEAST_MTU)
		return err_set(err, ERR_NETWORK, "link '%s': IPv6 needs an mtu of %d or more",
			       l->name, V6_LEAST_MTU);
	return 0;
}

/* Through which of the link's own networks does it lead? */
static int check_next(const struct network_link *l, const char *what, const char *text,
		      struct err *err)
{
	struct address next, own;

	if (!parse_host(text, &next) || !is_unicast(&next))
		return err_set(err, ERR_NETWORK, "link '%s': %s '%s' is not an address of one host",
			       l->name, what, text);
	for (size_t i = 0; i < l->n_addresses; i++) {
		if (!parse_net(l->addresses[i], &own))
			continue;
		if (is_same(&own, &next))
			return err_set(err, ERR_NETWORK, "link '%s': %s '%s' is the host itself",
				       l->name, what, text);
		if (is_in(&next, &own) || (is_link_local(&next) && own.v6))
			return 0;
	}
	return err_set(err, ERR_NETWORK, "link '%s': %s '%s' lies outside of the link's networks",
		       l->name, what, text);
}

static int check_route(const struct network_link *l, const struct network_route *route,
		       struct err *err)
{
	struct address to;

	TRY(check_next(l, "the route's next hop", route->via, err));
	if (str_eq(route->to, "default"))
		return 0;
	if (!parse_net(route->to, &to) || !rest_is(&to, to.prefix, false))
		return err_set(err, ERR_NETWORK,
			       "link '%s': '%s' is not a network, such as 10.8.0.0/16", l->name,
			       route->to);
	return to.v6 == network_is_v6(route->via)
		       ? 0
		       : err_set(err, ERR_NETWORK,
				 "link '%s': the route to '%s' has a next hop of the other family",
				 l->name, route->to);
}

static int check_addresses(const struct network_link *l, struct err *err)
{
	struct address a;

	for (size_t i = 0; i < l->n_addresses; i++)
		TRY(check_address(l, l->addresses[i], &a, err));
	for (size_t i = 0; i < l->n_gateways; i++)
		TRY(check_next(l, "the gateway", l->gateways[i], err));
	for (size_t i = 0; i < l->n_routes; i++)
		TRY(check_route(l, &l->routes[i], err));
	for (size_t i = 0; i < l->n_dns; i++)
		if (!parse_host(l->dns[i], &a) || rest_is(&a, 0, false))
			return err_set(err, ERR_NETWORK,
				       "link '%s': '%s' is not a DNS server's "
				       "address",
				       l->name, l->dns[i]);
	for (size_t i = 0; i < l->n_search; i++)
		if (!domain_is_valid(l->search[i]))
			return err_set(err, ERR_NETWORK,
				       "link '%s': item %zu of 'search' is not a "
				       "domain",
				       l->name, i + 1);
	return 0;
}

/* ---- links ----------------------------------------------------------------------------------- */

static bool has_network(const struct network_link *l)
{
	return l->dhcp || l->n_addresses || l->n_gateways || l->n_routes;
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
	if (l->mtu && under->mtu && l->mtu > under->mtu)
		return err_set(err, ERR_NETWORK, "VLAN '%s' has a larger mtu than '%s' under it",
			       l->name, l->under);
	return 0;
}

static bool is_one_card(const struct network_link *a, const struct network_link *b)
{
	return a->kind == NETWORK_PORT && b->kind == NETWORK_PORT &&
	       ((a->mac[0] && str_eq(a->mac, b->mac)) || (a->slot[0] && str_eq(a->slot, b->slot)) ||
		(a->port[0] && str_eq(a->port, b->port)));
}

static int check_pair(const struct network_link *a, const struct network_link *b, struct err *err)
{
	struct address x, y;

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
			if (parse_net(a->addresses[i], &x) && parse_net(b->addresses[j], &y) &&
			    is_same(&x, &y))
				return err_set(err, ERR_NETWORK,
					       "links '%s' and '%s' have one address: '%s'",
					       a->name, b->name, a->addresses[i]);
	return 0;
}

static int check_gateways(const struct network *n, struct err *err)
{
	const struct network_link *seen[2] = {NULL, NULL};

	for (size_t i = 0; i < n->n_links; i++)
		for (size_t j = 0; j < n->links[i].n_gateways; j++) {
			bool v6 = network_is_v6(n->links[i].gateways[j]);

			if (seen[v6])
				return err_set(err, ERR_NETWORK,
					       "links '%s' and '%s' both have a gateway for %s",
					       seen[v6]->name, n->links[i].name,
					       v6 ? "IPv6" : "IPv4");
			seen[v6] = &n->links[i];
		}
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

		TRY(check_addresses(l, err));
		TRY(check_members(n, l, err));
		if (l->kind == NETWORK_VLAN)
			TRY(check_vlan(n, l, err));
	}
	return check_gateways(n, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int seen_push(struct network_seen *seen, const struct address *a, const char *host,
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
	struct address a;

	TRY(seen_push(seen, NULL, host, name, i, err));
	for (size_t j = 0; j < n->n_links; j++)
		for (size_t k = 0; k < n->links[j].n_addresses; k++)
			if (parse_net(n->links[j].addresses[k], &a))
				TRY(seen_push(seen, &a, a.v6 ? "v6" : "v4",
					      n->links[j].addresses[k], i, err));
	return 0;
}

void network_seen_free(struct network_seen *seen)
{
	free(seen->items);
	free(seen);
}
