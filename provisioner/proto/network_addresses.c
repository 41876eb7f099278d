/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a link's addresses, gateways, routes and DNS servers; see network_addresses.h.
 */
#include "network_addresses.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

/* RFC 1123: labels of letters, digits and hyphens between them, 63 bytes each. */
bool network_domain_is_valid(const char *domain)
{
	size_t n = 0; /* bytes of this label */

	for (const char *p = domain; *p; p++) {
		bool plain = isalnum((unsigned char)*p), dot = *p == '.';

		if (!plain && !dot && *p != '-')
			return false;
		if ((dot || *p == '-') && n == 0)
			return false;
		if (dot && p[-1] == '-')
			return false;
		n = dot ? 0 : n + 1;
		if (n > 63)
			return false;
	}
	return n > 0 && domain[strlen(domain) - 1] != '-';
}

/* ---- addresses ------------------------------------------------------------------------------- */

static bool parse_host(const char *text, struct network_address *ret)
{
	*ret = (struct network_address){.v6 = network_is_v6(text)};
	ret->bits = ret->prefix = ret->v6 ? 128 : 32;
	return inet_pton(ret->v6 ? AF_INET6 : AF_INET, text, ret->bytes) == 1;
}

/* "address/prefix" */
bool network_address_parse(const char *text, struct network_address *ret)
{
	char host[NETWORK_ADDRESS_BYTES];
	const char *slash = strchr(text, '/');
	uint64_t prefix;

	if (!slash || !isdigit((unsigned char)slash[1]) || (slash[1] == '0' && slash[2]) ||
	    !parse_u64(slash + 1, &prefix))
		return false;
	(void)network_split(text, host);
	if (!parse_host(host, ret) || prefix > ret->bits)
		return false;
	ret->prefix = (unsigned)prefix;
	return true;
}

static bool bit(const struct network_address *a, unsigned i)
{
	return a->bytes[i / 8] & (0x80 >> i % 8);
}

/* Are all bits from i on of this value? */
static bool rest_is(const struct network_address *a, unsigned i, bool value)
{
	while (i < a->bits && bit(a, i) == value)
		i++;
	return i == a->bits;
}

static bool is_in(const struct network_address *host, const struct network_address *net)
{
	for (unsigned i = 0; i < net->prefix; i++)
		if (bit(host, i) != bit(net, i))
			return false;
	return host->v6 == net->v6;
}

bool network_address_is_same(const struct network_address *a, const struct network_address *b)
{
	return a->v6 == b->v6 && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static bool is_mapped(const struct network_address *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return a->v6 && !memcmp(a->bytes, mapped, sizeof(mapped));
}

static bool is_group(const struct network_address *a)
{
	return a->v6 ? a->bytes[0] == 0xff : a->bytes[0] >= 224;
}

/* One that a host may have: not a group's, not the loopback, not that of no host. */
static bool is_unicast(const struct network_address *a)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (a->v6)
		return !is_group(a) && !is_mapped(a) && !rest_is(a, 0, false) &&
		       memcmp(a->bytes, loopback, sizeof(loopback)) != 0;
	return a->bytes[0] && a->bytes[0] != 127 && !is_group(a);
}

static bool is_link_local(const struct network_address *a)
{
	return a->v6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

/* All zeros is the network (for IPv6: its routers), all ones the broadcast of IPv4. */
static bool is_of_one_host(const struct network_address *a)
{
	bool small = a->prefix + 2 > a->bits; /* links with two ends, and lone addresses */

	return is_unicast(a) && (small || !(rest_is(a, a->prefix, false) ||
					    (!a->v6 && rest_is(a, a->prefix, true))));
}

static int check_address(const struct network_link *l, size_t i, struct err *err)
{
	struct network_address own, other;
	const char *text = l->addresses[i];

	if (!network_address_parse(text, &own) || !own.prefix)
		return err_set(err, ERR_NETWORK,
			       "link '%s': '%s' is not an address with its prefix, such as "
			       "10.0.0.5/24",
			       l->name, text);
	if (!is_of_one_host(&own))
		return err_set(err, ERR_NETWORK, "link '%s': '%s' is not an address of one host",
			       l->name, text);
	for (size_t j = 0; j < i; j++)
		if (network_address_parse(l->addresses[j], &other) &&
		    network_address_is_same(&own, &other))
			return err_set(err, ERR_NETWORK, "link '%s' has the address '%s' twice",
				       l->name, text);
	return 0;
}

/* Through which of the link's own networks does it lead? A link whose address stands alone (/32, /128)
 * reaches the next hop directly. */
static int check_next(const struct network_link *l, const char *what, const char *text,
		      struct err *err)
{
	struct network_address next, own;
	bool alone = false;

	if (!parse_host(text, &next) || !is_unicast(&next))
		return err_set(err, ERR_NETWORK, "link '%s': %s '%s' is not an address of one host",
			       l->name, what, text);
	for (size_t i = 0; i < l->n_addresses; i++) {
		if (!network_address_parse(l->addresses[i], &own))
			continue;
		if (network_address_is_same(&own, &next))
			return err_set(err, ERR_NETWORK, "link '%s': %s '%s' is the host itself",
				       l->name, what, text);
		alone = alone || (own.v6 == next.v6 && own.prefix == own.bits);
		if (is_in(&next, &own) || (is_link_local(&next) && own.v6))
			return 0;
	}
	return alone ? 0
		     : err_set(err, ERR_NETWORK,
			       "link '%s': %s '%s' lies outside of the link's networks", l->name,
			       what, text);
}

bool network_is_on_link(const struct network_link *l, const char *via)
{
	struct network_address next, own;

	if (!parse_host(via, &next) || is_link_local(&next))
		return false;
	for (size_t i = 0; i < l->n_addresses; i++)
		if (network_address_parse(l->addresses[i], &own) && is_in(&next, &own))
			return false;
	return true;
}

/* A route as the kernel tells one from another: destination and metric. */
struct destination {
	struct network_address to;
	int64_t metric;
};

static bool parse_destination(const char *to, const char *via, int64_t metric,
			      struct destination *ret)
{
	bool all = str_eq(to, "default");

	*ret = (struct destination){.metric = metric};
	if (all)
		ret->to = (struct network_address){.v6 = network_is_v6(via),
						   .bits = network_is_v6(via) ? 128 : 32};
	return all || network_address_parse(to, &ret->to);
}

static bool is_same_destination(const struct destination *a, const struct destination *b)
{
	return a->metric == b->metric && a->to.prefix == b->to.prefix &&
	       network_address_is_same(&a->to, &b->to);
}

/* The kernel has a route of metric 0 to each of the link's networks itself. */
static bool is_own_network(const struct network_link *l, const struct destination *d)
{
	struct network_address own;

	for (size_t i = 0; i < l->n_addresses; i++)
		if (network_address_parse(l->addresses[i], &own) && own.prefix == d->to.prefix &&
		    own.prefix < own.bits && is_in(&own, &d->to))
			return true;
	return false;
}

static int check_route(const struct network_link *l, const struct network_route *route,
		       struct err *err)
{
	struct destination d;

	TRY(check_next(l, "the route's next hop", route->via, err));
	if (!parse_destination(route->to, route->via, route->metric, &d) ||
	    !rest_is(&d.to, d.to.prefix, false) || is_group(&d.to))
		return err_set(err, ERR_NETWORK,
			       "link '%s': '%s' is not a network, such as 10.8.0.0/16", l->name,
			       route->to);
	if (d.to.v6 != network_is_v6(route->via))
		return err_set(err, ERR_NETWORK,
			       "link '%s': the route to '%s' has a next hop of the other family",
			       l->name, route->to);
	if (!route->metric && is_own_network(l, &d))
		return err_set(err, ERR_NETWORK,
			       "link '%s': '%s' is the link's own network: a route to it needs a "
			       "metric",
			       l->name, route->to);
	return 0;
}

static int check_dns(const struct network_link *l, struct err *err)
{
	struct network_address a;

	for (size_t i = 0; i < l->n_dns; i++)
		if (!parse_host(l->dns[i], &a) || rest_is(&a, 0, false) || is_group(&a))
			return err_set(err, ERR_NETWORK,
				       "link '%s': '%s' is not a DNS server's address", l->name,
				       l->dns[i]);
	for (size_t i = 0; i < l->n_search; i++)
		if (!network_domain_is_valid(l->search[i]))
			return err_set(err, ERR_NETWORK,
				       "link '%s': item %zu of 'search' is not a domain", l->name,
				       i + 1);
	if ((l->n_dns || l->n_search) && !l->dhcp && !l->n_addresses)
		return err_set(err, ERR_NETWORK,
			       "link '%s' has 'dns' or 'search' and neither addresses nor dhcp: "
			       "give them to the link that has the addresses",
			       l->name);
	return 0;
}

int network_addresses_check(const struct network_link *l, struct err *err)
{
	for (size_t i = 0; i < l->n_addresses; i++)
		TRY(check_address(l, i, err));
	for (size_t i = 0; i < l->n_gateways; i++)
		TRY(check_next(l, "the gateway", l->gateways[i], err));
	for (size_t i = 0; i < l->n_routes; i++)
		TRY(check_route(l, &l->routes[i], err));
	return check_dns(l, err);
}

/* ---- of one host ----------------------------------------------------------------------------- */

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

/* The route number i of a link: its gateways first. false: it has fewer. */
static bool route_of(const struct network_link *l, size_t i, struct destination *ret)
{
	if (i < l->n_gateways)
		return parse_destination("default", l->gateways[i], 0, ret);
	i -= l->n_gateways;
	return i < l->n_routes &&
	       parse_destination(l->routes[i].to, l->routes[i].via, l->routes[i].metric, ret);
}

static bool has_earlier(const struct network *n, size_t link, size_t route,
			const struct destination *d)
{
	struct destination other;

	for (size_t i = 0; i <= link; i++)
		for (size_t j = 0; (i < link || j < route) && route_of(&n->links[i], j, &other);
		     j++)
			if (is_same_destination(&other, d))
				return true;
	return false;
}

static int check_routes(const struct network *n, struct err *err)
{
	struct destination d;

	for (size_t i = 0; i < n->n_links; i++) {
		const struct network_link *l = &n->links[i];

		for (size_t j = 0; route_of(l, j, &d); j++)
			if (has_earlier(n, i, j, &d))
				return err_set(err, ERR_NETWORK,
					       "link '%s': a route to '%s' with this metric is "
					       "there twice",
					       l->name,
					       j < l->n_gateways ? "default"
								 : l->routes[j - l->n_gateways].to);
	}
	return 0;
}

bool network_has_family(const struct network_link *l, bool v6)
{
	for (size_t i = 0; i < l->n_addresses; i++)
		if (network_is_v6(l->addresses[i]) == v6)
			return true;
	return l->dhcp;
}

const struct network_link *network_dns_link(const struct network *n, const struct network_link *l,
					    const char *dns)
{
	bool v6 = network_is_v6(dns);

	if (network_has_family(l, v6))
		return l;
	for (size_t i = 0; i < n->n_links; i++)
		if (network_has_family(&n->links[i], v6))
			return &n->links[i];
	return NULL;
}

static int check_servers(const struct network *n, struct err *err)
{
	for (size_t i = 0; i < n->n_links; i++)
		for (size_t j = 0; j < n->links[i].n_dns; j++)
			if (!network_dns_link(n, &n->links[i], n->links[i].dns[j]))
				return err_set(err, ERR_NETWORK,
					       "link '%s': the host has no address of the family "
					       "of DNS server '%s'",
					       n->links[i].name, n->links[i].dns[j]);
	return 0;
}

int network_addresses_check_all(const struct network *n, struct err *err)
{
	TRY(check_gateways(n, err));
	TRY(check_routes(n, err));
	return check_servers(n, err);
}
