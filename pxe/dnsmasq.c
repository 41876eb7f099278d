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

static int check(const struct dnsmasq_options *o, struct err *err)
{
	bool proxy = o->mode == DHCP_PROXY;

	const struct {
		const char *what, *text;
		bool optional;
	} words[] = {
		{"[server] interface", o->interface, false},
		{"[server] address", o->address, false},
		{"[dhcp] range_start", o->range_start, proxy},
		{"[dhcp] range_end", o->range_end, proxy},
		{"[dhcp] netmask", o->netmask, proxy},
		{"network", o->network, !proxy},
		{"[dhcp] router", o->router, true},
		{"[dhcp] dns", o->dns, true},
		{"run folder", o->lease_file, false},
		{"run folder", o->pid_file, false},
		{"[boot] files_dir", o->tftp_root, false},
		{"plain URL", o->plain_url, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		int rc = check_word(words[i].what, words[i].text, words[i].optional, err);
		if (rc < 0)
			return rc;
	}
	return 0;
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
	str_addf(out, "interface=%s\nexcept-interface=lo\n", o->interface);
	str_addf(out, "pid-file=%s\n", o->pid_file);
	if (o->user)
		str_addf(out, "user=%s\n", o->user);
	str_addf(out, "enable-tftp=%s\ntftp-root=%s\ntftp-max=512\ntftp-no-fail\n", o->interface,
		 o->tftp_root);
}

static void add_matches(struct str *out, enum dhcp_mode mode)
{
	str_add(out, "\n# who asks: iPXE by its user class or option 175, firmware by option 93\n"
		     "dhcp-userclass=set:ipxe,iPXE\n"
		     "dhcp-match=set:ipxe,175\n");
	for (size_t i = 0; i < n_boot_loaders; i++)
		if (boot_loaders[i].file || mode == DHCP_FULL)
			str_addf(out, "dhcp-match=set:%s,option:client-arch,%u\n",
				 boot_loaders[i].tag, boot_loaders[i].client_arch);
}

/* Opened also where no lease is given; its own place is root's. */
static void add_lease_file(struct str *out, const struct dnsmasq_options *o)
{
	str_addf(out, "dhcp-leasefile=%s\n", o->lease_file);
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

static void add_full_range(struct str *out, const struct dnsmasq_options *o)
{
	/* firmware, iPXE and the installed system name themselves differently: one lease a MAC */
	str_add(out, "\ndhcp-authoritative\ndhcp-ignore-clid\n");
	add_lease_file(out, o);
	str_addf(out, "dhcp-range=%s,%s,%s,%ds\n", o->range_start, o->range_end, o->netmask,
		 lease_s_of(o));
	if (o->router && o->router[0])
		str_addf(out, "dhcp-option=option:router,%s\n", o->router);
	else
		str_add(out, "dhcp-option=option:router\n");
	if (o->dns && o->dns[0])
		str_addf(out, "dhcp-option=option:dns-server,%s\n", o->dns);
}

/* Firmware for which there is no loader gets its lease and a file that does not exist: its name is
 * on the host's own screen, where the technician stands, and the firmware goes on to the next device.
 * Beside another DHCP server nothing is said: somebody else may have a file for it. */
static void add_no_loader(struct str *out, const struct dnsmasq_options *o,
			  const struct boot_loader *l)
{
	if (o->mode == DHCP_PROXY)
		return;
	str_addf(out, "dhcp-boot=tag:!ipxe,tag:%s,%s%sno-loader-for-architecture-%u%s%s\n", l->tag,
		 l->over_http ? o->plain_url : "", l->over_http ? "/boot/files/ipxe/" : "",
		 l->client_arch, l->over_http ? "" : ",,", l->over_http ? "" : o->address);
	if (l->over_http)
		str_addf(out, "dhcp-option-force=tag:!ipxe,tag:%s,60,HTTPClient\n", l->tag);
}

/* iPXE gets the script; firmware gets iPXE, once per tag, never together with iPXE. The script's
 * row names a server, too: iPXE takes an offer of proxy-DHCP only with one, and without asks port
 * 4011 for it, where it does not hear the answer (seen with BIOS iPXE of 2019 and dnsmasq 2.90). */
static void add_boot(struct str *out, const struct dnsmasq_options *o)
{
	str_addf(out, "\ndhcp-boot=tag:ipxe,%s/boot/v1/ipxe,,%s\n", o->plain_url, o->address);
	const char *last = "";
	for (size_t i = 0; i < n_boot_loaders; i++) {
		const struct boot_loader *l = &boot_loaders[i];
		if (str_eq(l->tag, last))
			continue;
		last = l->tag;
		if (!l->file) {
			add_no_loader(out, o, l);
			continue;
		}
		if (!l->over_http) {
			str_addf(out, "dhcp-boot=tag:!ipxe,tag:%s,%s,,%s\n", l->tag, l->file,
				 o->address);
			continue;
		}
		str_addf(out, "dhcp-boot=tag:!ipxe,tag:%s,%s/boot/files/ipxe/%s\n", l->tag,
			 o->plain_url, l->file);
		str_addf(out, "dhcp-option-force=tag:!ipxe,tag:%s,60,HTTPClient\n", l->tag);
	}
}

/* Beside another DHCP server: we answer boot questions only. pxe-service rows carry files for
 * firmware; iPXE, which understands no PXE menus here, is given its script by dhcp-boot, and UEFI
 * HTTP boot its URL, once dnsmasq has been told that HTTPClient asks boot questions, too. */
static void add_proxy(struct str *out, const struct dnsmasq_options *o)
{
	str_addf(out, "\ndhcp-range=%s,proxy%s%s\n", o->network,
		 o->netmask && o->netmask[0] ? "," : "", o->netmask ? o->netmask : "");
	add_lease_file(out, o);
	str_add(out, "dhcp-pxe-vendor=PXEClient,HTTPClient\npxe-prompt=\"Slipway\",0\n");
	for (size_t i = 0; i < n_boot_loaders; i++)
		if (boot_loaders[i].csa && boot_loaders[i].file)
			str_addf(out, "pxe-service=tag:!ipxe,%s,\"Slipway\",%s,%s\n",
				 boot_loaders[i].csa, boot_loaders[i].file, o->address);
	add_boot(out, o);
}

int dnsmasq_config_write(struct str *out, const struct dnsmasq_options *o, struct err *err)
{
	int rc = check(o, err);

	if (rc < 0)
		return rc;
	add_base(out, o);
	add_matches(out, o->mode);
	if (o->mode == DHCP_PROXY) {
		add_proxy(out, o);
	} else {
		add_full_range(out, o);
		TRY(add_relayed(out, o, err));
		add_boot(out, o);
	}
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
