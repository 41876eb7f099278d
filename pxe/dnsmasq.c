/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsmasq: writing its configuration, reading its log. Decisions: no DNS (port=0); no ping before a
 * lease (with it a third of a rack that powers on together gets none); the lease file lies on
 * run_dir because it is rewritten per change; no dhcp-script, no dhcp-ignore-names surprises.
 */
#include <pxe/dnsmasq.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/hw_id.h>
#include <pxe/boot_files.h>
#include <pxe/relayed.h>

/* ---- writing --------------------------------------------------------------------------------- */

static int check_word(const char *what, const char *text, bool optional, struct err *err)
{
	if (!text || !text[0])
		return optional ? 0 : err_set(err, ERR_CONFIG, "%s is empty", what);
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/._:-+@", *p))
			return err_set(err, ERR_CONFIG,
				       "%s has a character that dnsmasq cannot take: '%s'", what,
				       text);
	return 0;
}

static int check_net(const struct dnsmasq_net *n, struct err *err)
{
	bool full = n->mode == DHCP_FULL;

	const struct {
		const char *what, *text;
		bool optional;
	} words[] = {
		{"[server] interface", n->interface, false},
		{"[server] address", n->address, false},
		{"[dhcp] range_start", n->range_start, !full},
		{"[dhcp] range_end", n->range_end, !full},
		{"[dhcp] netmask", n->netmask, !full},
		{"network", n->network, n->mode != DHCP_PROXY},
		{"[dhcp] router", n->router, true},
		{"[dhcp] dns", n->dns, true},
		{"plain URL", n->plain_url, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		TRY(check_word(words[i].what, words[i].text, words[i].optional, err));
	return 0;
}

static const struct dnsmasq_net *net_at(const struct dnsmasq_options *o, size_t i)
{
	return i == 0 ? &o->first : &o->more[i - 1];
}

static int check(const struct dnsmasq_options *o, struct err *err)
{
	TRY(check_word("run folder", o->lease_file, false, err));
	TRY(check_word("run folder", o->pid_file, false, err));
	TRY(check_word("[boot] files_dir", o->tftp_root, false, err));
	for (size_t i = 0; i <= o->n_more; i++)
		TRY(check_net(net_at(o, i), err));
	return 0;
}

static bool has_mode(const struct dnsmasq_options *o, enum dhcp_mode mode)
{
	for (size_t i = 0; i <= o->n_more; i++)
		if (net_at(o, i)->mode == mode)
			return true;
	return false;
}

static bool has_dhcp(const struct dnsmasq_options *o)
{
	return has_mode(o, DHCP_FULL) || has_mode(o, DHCP_PROXY);
}

/* A port on which another server gives the answers hears files being asked for, or nothing. */
static void add_interfaces(struct str *out, const struct dnsmasq_options *o)
{
	for (size_t i = 0; i <= o->n_more; i++)
		str_addf(out, "interface=%s\n", net_at(o, i)->interface);
	str_add(out, "except-interface=lo\n");
	for (size_t i = 0; has_dhcp(o) && i <= o->n_more; i++)
		if (net_at(o, i)->mode == DHCP_OFF)
			str_addf(out, "no-dhcp-interface=%s\n", net_at(o, i)->interface);
}

static void add_tftp(struct str *out, const struct dnsmasq_options *o)
{
	const char *between = "=";

	str_add(out, "enable-tftp");
	for (size_t i = 0; i <= o->n_more; i++) {
		if (net_at(o, i)->mode == DHCP_OFF && !o->tftp_always)
			continue;
		str_addf(out, "%s%s", between, net_at(o, i)->interface);
		between = ",";
	}
	str_addf(out, "\ntftp-root=%s\ntftp-max=512\ntftp-no-fail\n", o->tftp_root);
}

static void add_base(struct str *out, const struct dnsmasq_options *o)
{
	str_add(out, "# Written by slipwayd at each start: change slipway.conf instead.\n"
		     "port=0\n"
		     "keep-in-foreground\n"
		     "log-facility=-\n"
		     "log-dhcp\n"
		     "log-async=100\n"
		     "bind-dynamic\n"
		     "no-ping\n"
		     "dhcp-lease-max=65536\n"
		     "dhcp-ignore-names\n");
	add_interfaces(out, o);
	str_addf(out, "pid-file=%s\n", o->pid_file);
	if (o->user)
		str_addf(out, "user=%s\n", o->user);
	add_tftp(out, o);
}

static void add_matches(struct str *out, bool all)
{
	str_add(out, "\n# who asks: iPXE by its user class or option 175, firmware by option 93\n"
		     "dhcp-userclass=set:ipxe,iPXE\n"
		     "dhcp-match=set:ipxe,175\n");
	for (size_t i = 0; i < n_boot_loaders; i++)
		if (boot_loaders[i].file || all)
			str_addf(out, "dhcp-match=set:%s,option:client-arch,%u\n",
				 boot_loaders[i].tag, boot_loaders[i].client_arch);
}

static int lease_s_of(const struct dnsmasq_options *o)
{
	return o->lease_s > 0 ? o->lease_s : 3600;
}

static void put_address(uint32_t address, char ret[static INET_ADDRSTRLEN])
{
	struct in_addr a = {htonl(address)};

	BUG_ON(!inet_ntop(AF_INET, &a, ret, INET_ADDRSTRLEN));
}

/* Which of the networks a host is in, dnsmasq takes from the relay's address. A network without a
 * router of its own must not get ours, which it cannot reach. */
static int add_relayed(struct str *out, const struct dnsmasq_options *o, struct err *err)
{
	relayed_list list = {0};
	int rc = o->relayed ? relayed_parse(o->relayed, &list, err) : 0;

	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const struct relayed_network *n = &list.items[i];
		char start[INET_ADDRSTRLEN], end[INET_ADDRSTRLEN], mask[INET_ADDRSTRLEN],
			router[INET_ADDRSTRLEN] = "";

		put_address(n->start, start);
		put_address(n->end, end);
		put_address(n->mask, mask);
		if (n->router)
			put_address(n->router, router);
		str_addf(out, "dhcp-range=set:relayed%zu,%s,%s,%s,%ds\n", i, start, end, mask,
			 lease_s_of(o));
		str_addf(out, "dhcp-option=tag:relayed%zu,option:router%s%s\n", i,
			 n->router ? "," : "", router);
	}
	VEC_DONE(&list);
	return rc;
}

/* One interface alone needs no tags; with several, the tag of a network is the range's, so that a host behind
 * a relay is none of them. */
static void add_full_range(struct str *out, const struct dnsmasq_options *o, size_t i)
{
	const struct dnsmasq_net *n = net_at(o, i);
	char set[24] = "", tag[24] = "";

	if (o->n_more) {
		(void)snprintf(set, sizeof(set), "set:net%zu,", i);
		(void)snprintf(tag, sizeof(tag), "tag:net%zu,", i);
	}
	str_addf(out, "dhcp-range=%s%s,%s,%s,%ds\n", set, n->range_start, n->range_end, n->netmask,
		 lease_s_of(o));
	if (n->router && n->router[0])
		str_addf(out, "dhcp-option=%soption:router,%s\n", tag, n->router);
	else
		str_addf(out, "dhcp-option=%soption:router\n", tag);
	if (n->dns && n->dns[0])
		str_addf(out, "dhcp-option=%soption:dns-server,%s\n", tag, n->dns);
}

/* dnsmasq sets a tag for the interface that a packet came by: of the URLs and addresses of this appliance,
 * a host is told those that it can reach. */
static void put_arrival(const struct dnsmasq_options *o, const struct dnsmasq_net *n,
			char ret[static 32])
{
	ret[0] = '\0';
	if (o->n_more)
		(void)snprintf(ret, 32, "tag:%s,", n->interface);
}

/* Firmware for which there is no loader gets its lease and a file that does not exist: its name is
 * on the host's own screen, where the technician stands, and the firmware goes on to the next device.
 * Beside another DHCP server nothing is said: somebody else may have a file for it. */
static void add_no_loader(struct str *out, const struct dnsmasq_net *n, const char *arrival,
			  const struct boot_loader *l)
{
	if (n->mode == DHCP_PROXY)
		return;
	str_addf(out, "dhcp-boot=%stag:!ipxe,tag:%s,%s%sno-loader-for-architecture-%u%s%s\n",
		 arrival, l->tag, l->over_http ? n->plain_url : "",
		 l->over_http ? "/boot/files/ipxe/" : "", l->client_arch, l->over_http ? "" : ",,",
		 l->over_http ? "" : n->address);
	if (l->over_http)
		str_addf(out, "dhcp-option-force=%stag:!ipxe,tag:%s,60,HTTPClient\n", arrival,
			 l->tag);
}

static void add_loader(struct str *out, const struct dnsmasq_net *n, const char *arrival,
		       const struct boot_loader *l)
{
	if (!l->over_http) {
		str_addf(out, "dhcp-boot=%stag:!ipxe,tag:%s,%s,,%s\n", arrival, l->tag, l->file,
			 n->address);
		return;
	}
	str_addf(out, "dhcp-boot=%stag:!ipxe,tag:%s,%s/boot/files/ipxe/%s\n", arrival, l->tag,
		 n->plain_url, l->file);
	str_addf(out, "dhcp-option-force=%stag:!ipxe,tag:%s,60,HTTPClient\n", arrival, l->tag);
}

/* iPXE gets the script; firmware gets iPXE, once per tag, never together with iPXE. The script's
 * row names a server, too: iPXE takes an offer of proxy-DHCP only with one, and without asks port
 * 4011 for it, where it does not hear the answer (seen with BIOS iPXE of 2019 and dnsmasq 2.90). */
static void add_boot(struct str *out, const struct dnsmasq_options *o, const struct dnsmasq_net *n)
{
	char arrival[32];
	const char *last = "";

	put_arrival(o, n, arrival);
	str_addf(out, "\ndhcp-boot=%stag:ipxe,%s/boot/v1/ipxe,,%s\n", arrival, n->plain_url,
		 n->address);
	for (size_t i = 0; i < n_boot_loaders; i++) {
		const struct boot_loader *l = &boot_loaders[i];
		if (str_eq(l->tag, last))
			continue;
		last = l->tag;
		if (l->file)
			add_loader(out, n, arrival, l);
		else
			add_no_loader(out, n, arrival, l);
	}
}

/* Beside another DHCP server: we answer boot questions only. pxe-service rows carry files for
 * firmware; iPXE, which understands no PXE menus here, is given its script by dhcp-boot, and UEFI
 * HTTP boot its URL, once dnsmasq has been told that HTTPClient asks boot questions, too. */
static void add_proxy(struct str *out, const struct dnsmasq_options *o, const struct dnsmasq_net *n)
{
	char arrival[32];

	put_arrival(o, n, arrival);
	str_addf(out, "dhcp-range=%s,proxy%s%s\n", n->network,
		 n->netmask && n->netmask[0] ? "," : "", n->netmask ? n->netmask : "");
	for (size_t i = 0; i < n_boot_loaders; i++)
		if (boot_loaders[i].csa && boot_loaders[i].file)
			str_addf(out, "pxe-service=%stag:!ipxe,%s,\"Slipway\",%s,%s\n", arrival,
				 boot_loaders[i].csa, boot_loaders[i].file, n->address);
}

static void add_how(struct str *out, const struct dnsmasq_options *o)
{
	bool full = has_mode(o, DHCP_FULL);

	/* firmware, iPXE and the installed system name themselves differently: one lease a MAC */
	str_add(out, full ? "\ndhcp-authoritative\ndhcp-ignore-clid\n" : "\n");
	/* opened also where no lease is given; its own place is root's */
	str_addf(out, "dhcp-leasefile=%s\n", o->lease_file);
	if (has_mode(o, DHCP_PROXY))
		str_add(out, "dhcp-pxe-vendor=PXEClient,HTTPClient\npxe-prompt=\"Slipway\",0\n");
}

static int add_dhcp(struct str *out, const struct dnsmasq_options *o, struct err *err)
{
	add_matches(out, has_mode(o, DHCP_FULL));
	add_how(out, o);
	for (size_t i = 0; i <= o->n_more; i++) {
		if (net_at(o, i)->mode == DHCP_FULL)
			add_full_range(out, o, i);
		else if (net_at(o, i)->mode == DHCP_PROXY)
			add_proxy(out, o, net_at(o, i));
	}
	if (has_mode(o, DHCP_FULL))
		TRY(add_relayed(out, o, err));
	for (size_t i = 0; i <= o->n_more; i++)
		if (net_at(o, i)->mode != DHCP_OFF)
			add_boot(out, o, net_at(o, i));
	return 0;
}

int dnsmasq_config_write(struct str *out, const struct dnsmasq_options *o, struct err *err)
{
	TRY(check(o, err));
	add_base(out, o);
	if (has_dhcp(o))
		TRY(add_dhcp(out, o, err));
	return str_ok(out) ? 0 : err_set(err, ERR_TOO_BIG, "dnsmasq's configuration is too long");
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_ipv4(struct sv w)
{
	size_t dots = 0;

	if (w.n < 7 || w.n > 15)
		return false;
	for (size_t i = 0; i < w.n; i++) {
		if (w.p[i] == '.')
			dots++;
		else if (!isdigit((unsigned char)w.p[i]))
			return false;
	}
	return dots == 3;
}

static const char *const messages[] = {"DHCPDISCOVER", "DHCPOFFER",   "DHCPREQUEST", "DHCPACK",
				       "DHCPNAK",      "DHCPDECLINE", "DHCPINFORM",  "PXE"};

static const char *message_in(struct sv w)
{
	struct sv name = sv_split(&w, '(');

	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		if (sv_eq_str(name, messages[i]))
			return messages[i];
	return NULL;
}

/* A number that names an exchange; dnsmasq puts it in front of each of its lines. */
static bool is_exchange(struct sv w)
{
	size_t n = 0;

	while (n < w.n && isdigit((unsigned char)w.p[n]))
		n++;
	return n > 0 && n == w.n && n < sizeof(((struct dnsmasq_line *)0)->exchange);
}

/* What stands behind "dnsmasq-dhcp: 2713" or "dnsmasq-dhcp[12]: 2713", the number in ret_exchange
 * ("" without one). Nothing is looked for further behind: vendor classes, names and files are words
 * of clients, and may read like a line of dnsmasq's. */
static bool dhcp_says(const char *line, struct sv *ret, struct sv *ret_exchange)
{
	struct sv rest = sv_of(line), after, program = sv_split(&rest, ' ');

	if (!sv_starts(program, "dnsmasq-dhcp") || program.p[program.n - 1] != ':')
		return false;
	after = rest;
	*ret_exchange = sv_split(&after, ' ');
	if (is_exchange(*ret_exchange))
		rest = after;
	else
		ret_exchange->n = 0;
	*ret = rest;
	return true;
}

/* "00039" of "PXEClient:Arch:00039:UNDI:003016". */
static bool arch_in(struct sv class, unsigned *ret)
{
	struct sv kind = sv_split(&class, ':'), word = sv_split(&class, ':');
	struct sv number = sv_split(&class, ':');
	unsigned arch = 0;

	if (!(sv_eq_str(kind, "PXEClient") || sv_eq_str(kind, "HTTPClient")) ||
	    !sv_eq_str(word, "Arch") || number.n == 0 || number.n > 5)
		return false;
	for (size_t i = 0; i < number.n; i++) {
		if (!isdigit((unsigned char)number.p[i]))
			return false;
		arch = arch * 10 + (unsigned)(number.p[i] - '0');
	}
	*ret = arch;
	return arch <= 0xffff;
}

bool dnsmasq_client_parse(const char *line, struct dnsmasq_client *ret)
{
	struct sv rest, exchange;

	memset(ret, 0, sizeof(*ret));
	if (!dhcp_says(line, &rest, &exchange) || exchange.n == 0)
		return false;
	memcpy(ret->exchange, exchange.p, exchange.n);
	if (sv_starts(rest, "user class: ")) {
		(void)sv_split(&rest, ':');
		ret->is_ipxe = sv_eq_str(sv_trim(rest), "iPXE");
		return ret->is_ipxe;
	}
	if (!sv_starts(rest, "vendor class: "))
		return false;
	(void)sv_split(&rest, ':');
	return arch_in(sv_trim(rest), &ret->client_arch);
}

/* "dnsmasq-dhcp: 2713 DHCPACK(br0) 10.0.0.5 52:54:00:00:00:01 name": the first MAC and address
 * after the message count; a name that a host chose comes after them. */
bool dnsmasq_line_parse(const char *line, struct dnsmasq_line *ret)
{
	struct sv rest, exchange;

	memset(ret, 0, sizeof(*ret));
	if (!dhcp_says(line, &rest, &exchange))
		return false;
	const char *message = message_in(sv_split(&rest, ' '));
	if (exchange.n > 0)
		memcpy(ret->exchange, exchange.p, exchange.n);
	while (message && rest.n > 0 && !ret->mac[0]) {
		struct sv w = sv_split(&rest, ' ');
		if (is_ipv4(w) && !ret->address[0])
			memcpy(ret->address, w.p, w.n);
		else
			(void)hw_mac_parse(w, MAC_COLON, ret->mac);
	}
	if (!message || !ret->mac[0])
		return false;
	(void)str_copy(ret->what, sizeof(ret->what), message);
	return true;
}
