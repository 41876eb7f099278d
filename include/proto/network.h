/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of an installed host: ports, bonds, VLANs and bridges with their addresses, as a
 * profile describes it and a plan carries it. The server checks it when the profile is written;
 * the agent checks it again and writes it in the words of the image's own network program.
 *
 *   {"links": [
 *      {"name": "left",  "kind": "port", "match": {"mac": "02:00:00:00:00:01"}},
 *      {"name": "right", "kind": "port", "match": {"name": "enp2s0", "switch": "leaf-1",
 *       "switch_port": "Ethernet1/7"}, "mtu": 9000},
 *      {"name": "bond0", "kind": "bond", "mode": "802.3ad", "links": ["left", "right"]},
 *      {"name": "prod",  "kind": "vlan", "link": "bond0", "id": 10, "gateway": "10.0.0.1",
 *       "dns": ["10.0.0.53"], "routes": [{"to": "10.8.0.0/16", "via": "10.0.0.9"}]}],
 *    "hosts": [{"serial": "A1", "links": [{"name": "prod", "addresses": ["10.0.0.5/24"]}]}]}
 *
 * A port is known by its mac, its slot or its name, or by what its switch says of itself (LLDP). Where both
 * are given the cable must lead there: the agent refuses before it writes anything.
 *
 * A row of "hosts" adds to the links that it names; a host without a row is refused.
 */
#ifndef PROTO_NETWORK_H
#define PROTO_NETWORK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

#define NETWORK_MAX_BYTES     65536 /* of the document, compact */
#define NETWORK_LINKS_MAX     32
#define NETWORK_HOSTS_MAX     512
#define NETWORK_LIST_MAX      8    /* members, addresses, routes, servers, domains of one link */
#define NETWORK_NAME_BYTES    16   /* IFNAMSIZ */
#define NETWORK_MTU           1500 /* of Ethernet, where nothing else is set */
#define NETWORK_ADDRESS_BYTES 64   /* "address/prefix" */
#define NETWORK_DOMAIN_BYTES  254
#define NETWORK_SWITCH_BYTES  129 /* as in facts (struct facts_lldp) */

enum network_kind { NETWORK_PORT, NETWORK_BOND, NETWORK_VLAN, NETWORK_BRIDGE, _NETWORK_KIND_MAX };
const char *network_kind_str(enum network_kind kind);

enum network_mode { NETWORK_MODE_802_3AD, NETWORK_MODE_ACTIVE_BACKUP, _NETWORK_MODE_MAX };
const char *network_mode_str(enum network_mode mode);

struct network_route {
	char to[NETWORK_ADDRESS_BYTES], via[NETWORK_ADDRESS_BYTES];
	int64_t metric; /* 0: the system's own */
};

struct network_link {
	enum network_kind kind;
	char name[NETWORK_NAME_BYTES];
	/* ports: how the card is known; at most one of them in a profile. The agent fills mac. */
	char mac[18], slot[33], port[33];
	/* what it sees at the other end of the cable, or ""; without the above it is known by this */
	char switch_name[NETWORK_SWITCH_BYTES], switch_port[NETWORK_SWITCH_BYTES];
	enum network_mode mode;                             /* bonds */
	char under[NETWORK_NAME_BYTES];                     /* VLANs */
	int64_t vlan_id;                                    /* VLANs */
	char members[NETWORK_LIST_MAX][NETWORK_NAME_BYTES]; /* bonds, bridges */
	size_t n_members;
	int64_t mtu; /* 0: the system's own */
	bool dhcp;
	char addresses[NETWORK_LIST_MAX][NETWORK_ADDRESS_BYTES];
	size_t n_addresses;
	char gateways[2][NETWORK_ADDRESS_BYTES]; /* at most one of each family */
	size_t n_gateways;
	struct network_route routes[NETWORK_LIST_MAX];
	size_t n_routes;
	char dns[NETWORK_LIST_MAX][NETWORK_ADDRESS_BYTES];
	size_t n_dns;
	char search[NETWORK_LIST_MAX][NETWORK_DOMAIN_BYTES];
	size_t n_search;
};

struct network {
	struct network_link links[NETWORK_LINKS_MAX];
	size_t n_links;
};

/* One host's network, without "hosts". trust: none. errors: ERR_NETWORK, JSON field errors, each
 * naming the field and the value */
MUST_CHECK int network_parse(json_t *doc, struct network *ret, struct err *err);
/* A profile's: every row on its own, and no address twice. many: more than one host may get it, so
 * that addresses outside of "hosts" are refused. errors: as network_parse() */
MUST_CHECK int network_check(json_t *doc, bool many, struct err *err);
/* What one host gets: its row merged in. macs: separated by blanks. owns: *ret is the caller's.
 * errors: ERR_NETWORK: no row for this host, or a port with a MAC that is none of macs */
MUST_CHECK int network_for_host(json_t *doc, const char *serial, const char *macs, json_t **ret,
				struct err *err);

/* NULL if there is none. */
const struct network_link *network_find(const struct network *n, const char *name);
/* The bond or bridge that a link belongs to; NULL: none. */
const struct network_link *network_master(const struct network *n, const char *name);
/* "10.0.0.5" of "10.0.0.5/24"; its prefix length. */
unsigned network_split(const char *address, char ret[static NETWORK_ADDRESS_BYTES]);
bool network_is_v6(const char *address);
/* Bytes of the largest packet of a link of a network that was checked: its own, else what follows
 * from the links under it. */
int64_t network_mtu(const struct network *n, const struct network_link *l);
/* Is via outside of the link's networks, so that it is reached directly (a /32 with a gateway)? */
bool network_is_on_link(const struct network_link *l, const char *via);
/* Has the link addresses of the family, or DHCP? */
bool network_has_family(const struct network_link *l, bool v6);
/* The link by which a DNS server of l is reached: l itself where it has the family, else the first
 * link that has; NULL: none, in a network that was not checked. */
const struct network_link *network_dns_link(const struct network *n, const struct network_link *l,
					    const char *dns);
/* RFC 1123, without a dot at the end. */
bool network_domain_is_valid(const char *domain);

#endif
