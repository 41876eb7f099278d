/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading slipway.conf with libinih, and asking the machine for what it leaves open. Input: a file
 * of the operator's, the kernel's list of interfaces.
 */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <ini.h>
#include <net/if.h>
#include <stddef.h>
#include <sys/stat.h>
#include <base/cleanup.h>
#include <base/limits.h>
#include <base/str.h>
#include <pxe/relayed.h>
#include <proto/erase_method.h>
#include <server/flow/outbound.h>

#define NET_SECTION "dhcp " /* and an interface */

enum key_type {
	KEY_TEXT,
	KEY_PATH,
	KEY_ARGUMENTS,
	KEY_METHODS,
	KEY_ORIGINS,
	KEY_NETWORKS,
	KEY_INT,
	KEY_CHOICE
};

static const struct key {
	const char *section, *name;
	enum key_type type;
	size_t offset;
	const char *fallback;
	int64_t min, max;
	const char *choices; /* "a|b|c" */
} keys[] = {
#define AT(m) offsetof(struct config, m)
	{"server", "state_dir", KEY_PATH, AT(state_dir), "/var/lib/slipway", 0, 0, NULL},
	{"server", "run_dir", KEY_PATH, AT(run_dir), "/run/slipway", 0, 0, NULL},
	{"server", "burn_in_dir", KEY_PATH, AT(burn_in_dir), "/etc/slipway/burn-in", 0, 0, NULL},
	{"server", "user", KEY_TEXT, AT(user), "slipway", 0, 0, NULL},
	{"server", "interface", KEY_TEXT, AT(boot.interface), "auto", 0, 0, NULL},
	{"server", "address", KEY_TEXT, AT(boot.address), "auto", 0, 0, NULL},
	{"server", "store", KEY_TEXT, AT(store), "sqlite", 0, 0, NULL},
	{"server", "log", KEY_CHOICE, AT(log), "text", 0, 0, "text|json"},
	{"server", "http_port", KEY_INT, AT(boot.http_port), "80", 1, 65535, NULL},
	{"server", "https_port", KEY_INT, AT(boot.https_port), "443", 1, 65535, NULL},
	{"server", "read_budget_ms", KEY_INT, AT(read_budget_ms), "5", 0, 1000, NULL},
	{"api", "cors_origins", KEY_ORIGINS, AT(cors_origins), "", 0, 0, NULL},
	{"api", "rate_per_s", KEY_INT, AT(rate_per_s), "200", 1, 100000, NULL},
	{"api", "rate_burst", KEY_INT, AT(rate_burst), "1000", 10, 1000000, NULL},
	{"boot", "files_dir", KEY_PATH, AT(boot.files_dir), "/usr/lib/slipway/boot", 0, 0, NULL},
	{"boot", "firmware_cpio", KEY_PATH, AT(boot.firmware_cpio), "", 0, 0, NULL},
	{"boot", "tftp", KEY_CHOICE, AT(boot.tftp), "auto", 0, 0, "auto|on"},
	{"boot", "kernel_args", KEY_ARGUMENTS, AT(boot.kernel_args), "", 0, 0, NULL},
	{"dhcp", "mode", KEY_CHOICE, AT(boot.dhcp_mode), "off", 0, 0, "full|proxy|off"},
	{"dhcp", "range_start", KEY_TEXT, AT(boot.range_start), "", 0, 0, NULL},
	{"dhcp", "range_end", KEY_TEXT, AT(boot.range_end), "", 0, 0, NULL},
	{"dhcp", "netmask", KEY_TEXT, AT(boot.netmask), "", 0, 0, NULL},
	{"dhcp", "router", KEY_TEXT, AT(boot.router), "", 0, 0, NULL},
	{"dhcp", "dns", KEY_TEXT, AT(boot.dns), "", 0, 0, NULL},
	{"dhcp", "relayed", KEY_TEXT, AT(boot.relayed), "", 0, 0, NULL},
	{"dhcp", "lease_s", KEY_INT, AT(boot.lease_s), "3600", 120, 30 * 86400, NULL},
	{"programs", "nginx", KEY_PATH, AT(boot.nginx), "/usr/sbin/nginx", 0, 0, NULL},
	{"programs", "dnsmasq", KEY_PATH, AT(boot.dnsmasq), "/usr/sbin/dnsmasq", 0, 0, NULL},
	{"programs", "slipway", KEY_PATH, AT(slipway), "", 0, 0, NULL},
	{"web", "dir", KEY_PATH, AT(boot.web_dir), "", 0, 0, NULL},
	{"erase", "methods", KEY_METHODS, AT(erase_methods), ERASE_POLICY_DEFAULT, 0, 0, NULL},
	{"webhooks", "allow", KEY_NETWORKS, AT(webhook_allow), "", 0, 0, NULL},
	{"retention", "events_days", KEY_INT, AT(retention_days[ARCHIVE_EVENTS]), "0", 0, 36500,
	 NULL},
	{"retention", "history_days", KEY_INT, AT(retention_days[ARCHIVE_HISTORY]), "0", 0, 36500,
	 NULL},
	{"retention", "records_days", KEY_INT, AT(retention_days[ARCHIVE_RECORDS]), "0", 0, 36500,
	 NULL},
	{"orders", "second_person", KEY_CHOICE, AT(second_person), "on", 0, 0, "on|off"},
	{"orders", "protect", KEY_TEXT, AT(protect), "", 0, 0, NULL},
	{"orders", "second_person_above", KEY_INT, AT(second_person_above), "5", 0, 256, NULL},
#undef AT
};

static char **text_at(struct config *c, const struct key *k)
{
	return (char **)((char *)c + k->offset);
}

static int set_int(struct config *c, const struct key *k, const char *value, struct err *err)
{
	int64_t v;

	if (!parse_i64(value, &v) || v < k->min || v > k->max)
		return err_set(err, ERR_CONFIG,
			       "[%s] %s must be a number from %lld to %lld, not '%s'", k->section,
			       k->name, (long long)k->min, (long long)k->max, value);
	*(int64_t *)((char *)c + k->offset) = v;
	return 0;
}

static bool is_choice(const char *choices, const char *value)
{
	struct sv rest = sv_of(choices);

	while (rest.n > 0)
		if (sv_eq_str(sv_split(&rest, '|'), value))
			return true;
	return false;
}

/* As browsers write them: scheme, host, perhaps a port; no path, no patterns. */
static bool is_origin(struct sv text)
{
	struct sv host = sv_starts(text, "https://")  ? (struct sv){text.p + 8, text.n - 8}
			 : sv_starts(text, "http://") ? (struct sv){text.p + 7, text.n - 7}
						      : (struct sv){text.p, 0};

	for (size_t i = 0; i < host.n; i++)
		if (!isalnum((unsigned char)host.p[i]) && !strchr(".-:[]", host.p[i]))
			return false;
	return host.n > 0;
}

static int check_origins(const struct key *k, const char *value, struct err *err)
{
	struct sv rest = sv_of(value);

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		if (!is_origin(one))
			return err_set(err, ERR_CONFIG,
				       "[%s] %s takes origins like https://portal.example:8443, "
				       "separated by one blank, not '%.*s'",
				       k->section, k->name, (int)(one.n < 80 ? one.n : 80), one.p);
	}
	return 0;
}

/* Would iPXE act on this word, or on what follows it, instead of passing it to the kernel? '#' and
 * ';' inside a word, and '$' before anything but '{', are ordinary: memmap=64M$0x10000000. */
static bool is_for_ipxe(struct sv word)
{
	if (sv_eq_str(word, ";") || sv_starts(word, "#"))
		return true;
	for (size_t i = 0; i + 1 < word.n; i++)
		if (!memcmp(word.p + i, "||", 2) || !memcmp(word.p + i, "&&", 2) ||
		    !memcmp(word.p + i, "${", 2))
			return true;
	return false;
}

static int check_arguments(const struct key *k, const char *value, struct err *err)
{
	struct sv rest = sv_of(value);

	for (const char *p = value; *p; p++)
		if (*p < ' ' || *p > '~')
			return err_set(
				err, ERR_CONFIG,
				"[%s] %s takes printable ASCII on one line, found byte 0x%02x",
				k->section, k->name, (unsigned char)*p);
	while (rest.n > 0) {
		struct sv word = sv_split(&rest, ' ');
		if (is_for_ipxe(word))
			return err_set(
				err, ERR_CONFIG,
				"[%s] %s must not hold '||', '&&', '${', a word ';' or a word "
				"that begins with '#', which iPXE acts on: found '%.*s'",
				k->section, k->name, (int)(word.n < 80 ? word.n : 80), word.p);
	}
	return 0;
}

static int check_list(const struct key *k, const char *value, struct err *err)
{
	struct erase_policy policy;
	struct outbound networks;

	if (k->type == KEY_METHODS && erase_policy_parse(value, &policy, err) < 0)
		return err_wrap(err, "[%s] %s", k->section, k->name);
	if (k->type == KEY_NETWORKS && outbound_parse(value, &networks, err) < 0)
		return err_wrap(err, "[%s] %s", k->section, k->name);
	if (k->type == KEY_ARGUMENTS)
		TRY(check_arguments(k, value, err));
	return k->type == KEY_ORIGINS ? check_origins(k, value, err) : 0;
}

static int set_key(struct config *c, const struct key *k, const char *value, struct err *err)
{
	if (k->type == KEY_INT)
		return set_int(c, k, value, err);
	if (k->type == KEY_CHOICE && !is_choice(k->choices, value))
		return err_set(err, ERR_CONFIG, "[%s] %s must be one of %s, not '%s'", k->section,
			       k->name, k->choices, value);
	if (k->type == KEY_PATH && value[0] && value[0] != '/')
		return err_set(err, ERR_CONFIG, "[%s] %s must be an absolute path, not '%s'",
			       k->section, k->name, value);
	TRY(check_list(k, value, err));
	if (strpbrk(value, "\r\n\t\"'\\"))
		return err_set(err, ERR_CONFIG,
			       "[%s] %s has a quote, backslash or control character", k->section,
			       k->name);
	free(*text_at(c, k));
	*text_at(c, k) = xstrdup(value);
	return 0;
}

void config_init(struct config *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct err err = ERR_INIT;
		BUG_ON(set_key(c, &keys[i], keys[i].fallback, &err) < 0);
	}
}

void config_done(struct config *c)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].type != KEY_INT)
			free(*text_at(c, &keys[i]));
	memset(c, 0, sizeof(*c));
}

/* ---- the file -------------------------------------------------------------------------------- */

struct load {
	struct config *config;
	struct err *err;
	bool failed;
};

static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct load *l = user;

	if (l->failed)
		return 0;
	if (str_starts(section, NET_SECTION)) {
		l->failed = boot_net_set(&l->config->boot, section + strlen(NET_SECTION), name,
					 value, l->err) < 0;
		return !l->failed;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!str_eq(keys[i].section, section) || !str_eq(keys[i].name, name))
			continue;
		l->failed = set_key(l->config, &keys[i], value, l->err) < 0;
		return !l->failed;
	}
	(void)err_set(l->err, ERR_CONFIG, "there is no key '%s' in section [%s]", name, section);
	l->failed = true;
	return 0;
}

int config_load(struct config *c, const char *path, struct err *err)
{
	struct load l = {c, err, false};
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, ERR_NOT_FOUND, "cannot read the configuration '%s'", path);
	if ((uint64_t)st.st_size > LIMIT_CONFIG_BYTES)
		return err_set(err, ERR_CONFIG, "'%s' is larger than %llu bytes", path,
			       LIMIT_CONFIG_BYTES);
	int line = ini_parse(path, on_key, &l);
	if (l.failed)
		return err_wrap(err, "%s:%d", path, line);
	if (line > 0)
		return err_set(err, ERR_CONFIG, "%s:%d: neither [section] nor key=value", path,
			       line);
	if (line < 0)
		return err_sys(err, ERR_CONFIG, "cannot read '%s'", path);
	return 0;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool usable(const struct ifaddrs *i, const struct config *c)
{
	if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP) ||
	    (i->ifa_flags & IFF_LOOPBACK))
		return false;
	if (!str_eq(c->boot.interface, "auto") && !str_eq(c->boot.interface, i->ifa_name))
		return false;
	char text[INET_ADDRSTRLEN];
	const struct sockaddr_in *sin = (const struct sockaddr_in *)(const void *)i->ifa_addr;
	inet_ntop(AF_INET, &sin->sin_addr, text, sizeof(text));
	return str_eq(c->boot.address, "auto") || str_eq(c->boot.address, text);
}

static void set_text(char **at, const char *value)
{
	char *copy = xstrdup(value);

	free(*at);
	*at = copy;
}

static void set_ipv4(char **at, uint32_t host_order)
{
	struct in_addr a = {htonl(host_order)};
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &a, text, sizeof(text));
	set_text(at, text);
}

static uint32_t ipv4_of(const struct sockaddr *sa)
{
	return ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr);
}

/* Without a range: the upper half of the network, ours left out by being below or skipped by
 * dnsmasq. */
static void take_interface(struct config *c, const struct ifaddrs *i)
{
	uint32_t address = ipv4_of(i->ifa_addr), mask = ipv4_of(i->ifa_netmask);
	uint32_t network = address & mask, n_hosts = ~mask;

	set_text(&c->boot.interface, i->ifa_name);
	set_ipv4(&c->boot.address, address);
	if (!c->boot.netmask[0])
		set_ipv4(&c->boot.netmask, mask);
	struct in_addr a = {htonl(network)};
	inet_ntop(AF_INET, &a, c->boot.network, sizeof(c->boot.network));
	if (!c->boot.range_start[0] && n_hosts >= 15)
		set_ipv4(&c->boot.range_start, network + n_hosts / 2 + 1);
	if (!c->boot.range_end[0] && n_hosts >= 15)
		set_ipv4(&c->boot.range_end, network + n_hosts - 1);
	c->boot.address_found = true;
}

static int choose(struct config *c, const struct ifaddrs *list, struct err *err)
{
	const struct ifaddrs *found = NULL;
	unsigned n = 0;

	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (!usable(i, c))
			continue;
		n++;
		found = i;
	}
	if (n == 0)
		return err_set(
			err, ERR_INTERFACE,
			"no interface but lo is up with an IPv4 address (interface=%s address=%s)",
			c->boot.interface, c->boot.address);
	if (n > 1)
		return err_set(err, ERR_INTERFACE, "%u addresses could be served: name one", n);
	take_interface(c, found);
	return 0;
}

static int check_ipv4(const char *what, const char *text, struct err *err)
{
	struct in_addr a;

	if (text[0] && inet_pton(AF_INET, text, &a) != 1)
		return err_set(err, ERR_CONFIG, "[dhcp] %s is not an IPv4 address: '%s'", what,
			       text);
	return 0;
}

static bool overlaps(const struct relayed_network *n, const char *network, const char *netmask)
{
	struct in_addr net, mask;

	if (inet_pton(AF_INET, network, &net) != 1 || inet_pton(AF_INET, netmask, &mask) != 1)
		return false;
	uint32_t wider = n->mask & ntohl(mask.s_addr);
	return (n->start & wider) == (ntohl(net.s_addr) & wider);
}

/* The network of ours that this one behind a relay overlaps; NULL: none. */
static const char *own_network(const struct boot_config *b, const struct relayed_network *n)
{
	if (overlaps(n, b->network, b->netmask))
		return b->network;
	for (size_t i = 0; i < b->n_nets; i++)
		if (overlaps(n, b->nets[i].network, b->nets[i].netmask))
			return b->nets[i].network;
	return NULL;
}

/* Networks behind relays; our own are none of them. */
static int check_relayed(const struct boot_config *b, struct err *err)
{
	relayed_list list = {0};
	int rc = relayed_parse(b->relayed, &list, err);

	if (rc == 0 && list.n && !boot_has_mode(b, "full"))
		rc = err_set(err, ERR_CONFIG,
			     "[dhcp] relayed gives out addresses: it needs mode = full");
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const char *own = own_network(b, &list.items[i]);

		if (own)
			rc = err_set(err, ERR_CONFIG,
				     "[dhcp] relayed: network %zu overlaps the server's own, %s",
				     i + 1, own);
	}
	VEC_DONE(&list);
	return rc;
}

int config_resolve(struct config *c, struct err *err)
{
	struct ifaddrs *list;

	TRY(boot_nets_split(&c->boot, err));
	TRY(boot_nets_first(&c->boot, err));
	if (getifaddrs(&list) < 0)
		return err_sys(err, ERR_SYS, "cannot list network interfaces");
	int rc = choose(c, list, err);
	if (rc >= 0)
		rc = boot_nets_resolve(&c->boot, list, err);
	freeifaddrs(list);
	const struct {
		const char *what, *text;
	} addresses[] = {{"range_start", c->boot.range_start},
			 {"range_end", c->boot.range_end},
			 {"netmask", c->boot.netmask},
			 {"router", c->boot.router},
			 {"dns", c->boot.dns}};
	for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(addresses); i++)
		rc = check_ipv4(addresses[i].what, addresses[i].text, err);
	return rc < 0 ? rc : check_relayed(&c->boot, err);
}
