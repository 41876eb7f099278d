/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interfaces that are served beside the first; see boot_config.h. Input: the operator's file, the kernel's
 * list of addresses.
 */
#include "boot_config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

/* ---- the file -------------------------------------------------------------------------------- */

static bool is_name(struct sv name)
{
	if (name.n == 0 || name.n >= IFNAMSIZ)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && !strchr("._:-+@", name.p[i]))
			return false;
	return true;
}

static int find_or_add(struct boot_config *b, struct sv name, struct boot_net **ret,
		       struct err *err)
{
	if (!is_name(name))
		return err_set(err, ERR_CONFIG, "'%.*s' cannot be the name of an interface",
			       (int)(name.n < 40 ? name.n : 40), name.p);
	for (size_t i = 0; i < b->n_nets; i++)
		if (sv_eq_str(name, b->nets[i].interface)) {
			*ret = &b->nets[i];
			return 0;
		}
	if (b->n_nets == BOOT_NETS_MAX)
		return err_set(err, ERR_CONFIG, "more than %d interfaces", BOOT_NETS_MAX);
	*ret = &b->nets[b->n_nets++];
	memset(*ret, 0, sizeof(**ret));
	memcpy((*ret)->interface, name.p, name.n);
	return 0;
}

static const struct net_key {
	const char *name;
	size_t offset;
} keys[] = {
#define AT(m) offsetof(struct boot_net, m)
	{"address", AT(address)}, {"range_start", AT(range_start)}, {"range_end", AT(range_end)},
	{"netmask", AT(netmask)}, {"router", AT(router)},           {"dns", AT(dns)},
#undef AT
};

static int set_mode(struct boot_net *net, const char *value, struct err *err)
{
	if (!str_eq(value, "full") && !str_eq(value, "proxy") && !str_eq(value, "off"))
		return err_set(err, ERR_CONFIG,
			       "[dhcp %s] mode must be one of full|proxy|off, not '%s'",
			       net->interface, value);
	return str_copy(net->mode, sizeof(net->mode), value) ? 0 : -ERR_CONFIG;
}

int boot_net_set(struct boot_config *b, const char *interface, const char *key, const char *value,
		 struct err *err)
{
	struct boot_net *net;
	struct in_addr a;

	TRY(find_or_add(b, sv_of(interface), &net, err));
	if (str_eq(key, "mode"))
		return set_mode(net, value, err);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!str_eq(keys[i].name, key))
			continue;
		if (value[0] && inet_pton(AF_INET, value, &a) != 1)
			return err_set(err, ERR_CONFIG, "[dhcp %s] %s is not an IPv4 address: '%s'",
				       interface, key, value);
		(void)str_copy((char *)net + keys[i].offset, INET_ADDRSTRLEN, value);
		return 0;
	}
	return err_set(err, ERR_CONFIG, "there is no key '%s' in section [dhcp %s]", key,
		       interface);
}

int boot_nets_split(struct boot_config *b, struct err *err)
{
	autofree char *all = xstrdup(b->interface);
	struct sv rest = sv_trim(sv_of(all)), first = sv_split(&rest, ' ');
	struct boot_net *net;

	if (rest.n == 0)
		return 0;
	if (!is_name(first) || sv_eq_str(first, "auto"))
		return err_set(err, ERR_CONFIG,
			       "[server] interface takes auto, or names with one blank between");
	b->interface[first.n] = '\0';
	memcpy(b->interface, first.p, first.n);
	while (rest.n > 0) {
		struct sv name = sv_trim(sv_split(&rest, ' '));

		if (name.n == 0)
			continue;
		TRY(find_or_add(b, name, &net, err));
		if (net->listed || str_eq(net->interface, b->interface))
			return err_set(err, ERR_CONFIG, "[server] interface names '%s' twice",
				       net->interface);
		net->listed = true;
	}
	return 0;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void put_ipv4(char ret[static 16], uint32_t host_order)
{
	struct in_addr a = {htonl(host_order)};

	BUG_ON(!inet_ntop(AF_INET, &a, ret, INET_ADDRSTRLEN));
}

static uint32_t ipv4_of(const struct sockaddr *sa)
{
	return ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr);
}

static bool is_of(const struct ifaddrs *i, const struct boot_net *net)
{
	char text[INET_ADDRSTRLEN];

	if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP) ||
	    !str_eq(i->ifa_name, net->interface))
		return false;
	put_ipv4(text, ipv4_of(i->ifa_addr));
	return !net->address[0] || str_eq(net->address, text);
}

/* What is not said: the addresses of the interface; the upper half of its network to give out. */
static void take(struct boot_net *net, const struct ifaddrs *i)
{
	uint32_t address = ipv4_of(i->ifa_addr), mask = ipv4_of(i->ifa_netmask);
	uint32_t n_hosts = ~mask;

	put_ipv4(net->address, address);
	put_ipv4(net->network, address & mask);
	if (!net->netmask[0])
		put_ipv4(net->netmask, mask);
	if (!net->range_start[0] && n_hosts >= 15)
		put_ipv4(net->range_start, (address & mask) + n_hosts / 2 + 1);
	if (!net->range_end[0] && n_hosts >= 15)
		put_ipv4(net->range_end, (address & mask) + n_hosts - 1);
}

static int resolve_one(struct boot_net *net, const struct ifaddrs *list, struct err *err)
{
	const struct ifaddrs *found = NULL;
	unsigned n = 0;

	for (const struct ifaddrs *i = list; i; i = i->ifa_next)
		if (is_of(i, net)) {
			found = i;
			n++;
		}
	if (n == 0)
		return err_set(err, ERR_INTERFACE,
			       "interface '%s' is not up with an IPv4 address%s%s", net->interface,
			       net->address[0] ? ", or does not have " : "", net->address);
	if (n > 1)
		return err_set(err, ERR_INTERFACE,
			       "interface '%s' has %u addresses: name one as [dhcp %s] address",
			       net->interface, n, net->interface);
	take(net, found);
	return 0;
}

static uint32_t number_of(const char *text)
{
	struct in_addr a = {0};

	(void)inet_pton(AF_INET, text, &a);
	return ntohl(a.s_addr);
}

/* Two interfaces in one network: which of them a host's packets come to is chance. */
static int check_overlap(const struct boot_config *b, size_t n, struct err *err)
{
	const struct boot_net *net = &b->nets[n];

	for (size_t i = 0; i <= n; i++) {
		const char *network = i ? b->nets[i - 1].network : b->network;
		const char *netmask = i ? b->nets[i - 1].netmask : b->netmask;
		uint32_t wider = number_of(netmask) & number_of(net->netmask);

		if ((number_of(network) & wider) == (number_of(net->network) & wider))
			return err_set(err, ERR_CONFIG,
				       "interfaces '%s' and '%s' are in networks that overlap",
				       i ? b->nets[i - 1].interface : b->interface, net->interface);
	}
	return 0;
}

/* [dhcp NAME] of the first interface: what it says goes before what [dhcp] says. */
static bool take_first(struct boot_config *b, const struct boot_net *net)
{
	const struct {
		char **at;
		const char *said;
	} texts[] = {
		{&b->dhcp_mode, net->mode},      {&b->range_start, net->range_start},
		{&b->range_end, net->range_end}, {&b->netmask, net->netmask},
		{&b->router, net->router},       {&b->dns, net->dns},
		{&b->address, net->address},
	};

	if (!str_eq(net->interface, b->interface))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].said[0]) {
			free(*texts[i].at);
			*texts[i].at = xstrdup(texts[i].said);
		}
	return true;
}

/* What [dhcp] says counts for each interface that does not say otherwise. */
static void inherit(const struct boot_config *b, struct boot_net *net)
{
	if (!net->mode[0])
		(void)str_copy(net->mode, sizeof(net->mode), b->dhcp_mode);
	if (!net->dns[0])
		(void)str_copy(net->dns, sizeof(net->dns), b->dns);
}

int boot_nets_first(struct boot_config *b, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_nets; i++)
		if (b->nets[i].listed)
			inherit(b, &b->nets[i]);
	for (size_t i = 0; i < b->n_nets; i++) {
		struct boot_net net = b->nets[i];

		if (take_first(b, &net))
			continue;
		if (!net.listed)
			return err_set(err, ERR_CONFIG,
				       "[dhcp %s]: [server] interface does not name '%s'",
				       net.interface, net.interface);
		b->nets[n++] = net;
	}
	b->n_nets = n;
	return 0;
}

int boot_nets_resolve(struct boot_config *b, const struct ifaddrs *list, struct err *err)
{
	for (size_t i = 0; i < b->n_nets; i++) {
		TRY(resolve_one(&b->nets[i], list, err));
		TRY(check_overlap(b, i, err));
	}
	return 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool boot_has_mode(const struct boot_config *b, const char *mode)
{
	if (str_eq(b->dhcp_mode, mode))
		return true;
	for (size_t i = 0; i < b->n_nets; i++)
		if (str_eq(b->nets[i].mode, mode))
			return true;
	return false;
}

bool boot_has_dhcp(const struct boot_config *b)
{
	return boot_has_mode(b, "full") || boot_has_mode(b, "proxy");
}

bool boot_has_tftp(const struct boot_config *b)
{
	return str_eq(b->tftp, "on") || boot_has_dhcp(b);
}
