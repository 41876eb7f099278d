/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of a machine; see machine_check.h. Input: the configuration, the kernel's tables.
 */
#include "machine_check.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>
#include <pxe/boot_files.h>

#include <server/boot/port_holder.h>

#define FOUND_MAX_BYTES   2048
#define SPACE_LEAST_BYTES (1024 * (uint64_t)MIB)
#define SPACE_PERCENT     10
#define DAYS_LEFT_LEAST   30
#define DAY_S             86400
#define BUILT_S           1704067200LL /* 2024-01-01: no clock of a real machine is before */

struct report {
	struct config *config;
	json_t *rows;
	const char *name;
	bool is_running; /* a daemon answers on the admin socket */
};

/* mend: NULL when all is well. */
__attribute__((format(printf, 4, 5))) static void add(struct report *r, const char *status,
						      const char *mend, const char *format, ...)
{
	char found[FOUND_MAX_BYTES];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(found, sizeof(found), format, ap);
	va_end(ap);
	json_t *row = json_pack("{s:s, s:s}", "name", r->name, "status", status);
	json_t *text = json_string(found);
	(void)json_object_set_new(row, "found", text ? text : json_string("(not UTF-8)"));
	if (mend)
		(void)json_object_set_new(row, "mend", json_string(mend));
	(void)json_array_append_new(r->rows, row);
}

/* ---- network --------------------------------------------------------------------------------- */

/* "eth0 10.0.0.5, lo 127.0.0.1" */
static void add_interfaces(struct str *out)
{
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		char text[INET_ADDRSTRLEN];
		const struct sockaddr_in *in = (const void *)i->ifa_addr;

		if (!in || in->sin_family != AF_INET ||
		    !inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)))
			continue;
		str_addf(out, "%s%s %s", out->n_bytes ? ", " : "", i->ifa_name, text);
	}
	freeifaddrs(list);
}

static void add_served(struct report *r)
{
	const struct boot_config *b = &r->config->boot;
	autostr struct str text;

	str_init(&text, FOUND_MAX_BYTES);
	str_addf(&text, "%s has %s", b->interface, b->address);
	for (size_t i = 0; i < b->n_nets; i++)
		str_addf(&text, ", %s has %s", b->nets[i].interface, b->nets[i].address);
	add(r, "ok", NULL, "%s", text.p);
}

static void check_interface(struct report *r)
{
	struct err err = ERR_INIT;
	autostr struct str there;

	str_init(&there, FOUND_MAX_BYTES);
	add_interfaces(&there);
	if (config_resolve(r->config, &err) < 0)
		add(r, "error",
		    "name one of the interfaces that exist as [server] interface, and give it an "
		    "address",
		    "%s; there are: %s", err.msg, there.n_bytes ? there.p : "none with an address");
	else
		add_served(r);
}

static bool ipv4(const char *text, uint32_t *ret)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		return false;
	*ret = ntohl(a.s_addr);
	return true;
}

/* interface: "" where there is one alone. */
static void check_net(struct report *r, const struct boot_net *n, const char *interface)
{
	const char *before = interface[0] ? ": " : "";
	uint32_t start, end, network, mask;

	if (!str_eq(n->mode, "full"))
		add(r, "ok", NULL, "%s%sDHCP mode is %s: no addresses are given out", interface,
		    before, n->mode);
	else if (!ipv4(n->range_start, &start) || !ipv4(n->range_end, &end) ||
		 !ipv4(n->network, &network) || !ipv4(n->netmask, &mask))
		add(r, "error", "set [dhcp] range_start, range_end and netmask",
		    "%s%sthe range of addresses is not complete: '%s' to '%s'", interface, before,
		    n->range_start, n->range_end);
	else if (start > end)
		add(r, "error", "exchange [dhcp] range_start and range_end",
		    "%s%srange_start %s is above range_end %s", interface, before, n->range_start,
		    n->range_end);
	else if ((start & mask) != network || (end & mask) != network)
		add(r, "error", "choose a range inside the network of the interface",
		    "%s%sthe range %s to %s is not inside the network %s, netmask %s", interface,
		    before, n->range_start, n->range_end, n->network, n->netmask);
	else
		add(r, "ok", NULL, "%s%s%s to %s, netmask %s", interface, before, n->range_start,
		    n->range_end, n->netmask);
}

static void check_range(struct report *r)
{
	const struct boot_config *b = &r->config->boot;
	struct boot_net first = {.interface = ""};

	(void)str_copy(first.mode, sizeof(first.mode), b->dhcp_mode);
	(void)str_copy(first.range_start, sizeof(first.range_start), b->range_start);
	(void)str_copy(first.range_end, sizeof(first.range_end), b->range_end);
	(void)str_copy(first.network, sizeof(first.network), b->network);
	(void)str_copy(first.netmask, sizeof(first.netmask), b->netmask);
	check_net(r, &first, b->n_nets ? b->interface : "");
	for (size_t i = 0; i < b->n_nets; i++)
		check_net(r, &b->nets[i], b->nets[i].interface);
}

/* ---- ports ----------------------------------------------------------------------------------- */

static void check_port(struct report *r, bool udp, int64_t port, const char *wanted)
{
	autofree char *name = xasprintf("port %lld/%s", (long long)port, udp ? "udp" : "tcp");
	char holder[PORT_HOLDER_BYTES] = "";

	r->name = name;
	if (!port_holder(udp, (uint16_t)port, holder)) {
		if (r->is_running)
			add(r, "error", "restart slipwayd, and read its log",
			    "slipwayd runs, but nothing answers here");
		else
			add(r, "ok", NULL, "free");
	} else if (r->is_running && str_starts(holder, wanted)) {
		add(r, "ok", NULL, "%s, of slipwayd", holder);
	} else if (r->is_running && str_eq(holder, PORT_HOLDER_UNSEEN)) {
		add(r, "unknown", "run this as root on the appliance", "held by %s", holder);
	} else {
		add(r, "error", "stop that program, or give slipwayd another port or address",
		    "held by %s", holder);
	}
}

static void check_ports(struct report *r)
{
	const struct boot_config *b = &r->config->boot;

	if (boot_has_dhcp(b))
		check_port(r, true, 67, "dnsmasq");
	if (boot_has_tftp(b))
		check_port(r, true, 69, "dnsmasq");
	check_port(r, false, b->http_port, "nginx");
	check_port(r, false, b->https_port, "nginx");
}

static void check_programs(struct report *r)
{
	const struct boot_config *b = &r->config->boot;
	const char *const programs[] = {b->nginx, boot_has_tftp(b) ? b->dnsmasq : NULL};

	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		char path[LIMIT_URL_BYTES];

		r->name = i == 0 ? "program nginx" : "program dnsmasq";
		if (programs[i] && !process_find(programs[i], path, sizeof(path)))
			add(r, "error", "install the package, or correct the path in [programs]",
			    "'%s' is not installed", programs[i]);
		else if (programs[i])
			add(r, "ok", NULL, "%s", path);
	}
}

/* ---- files ----------------------------------------------------------------------------------- */

static void check_boot_files(struct report *r)
{
	static const char *const names[_BOOT_ARCH_MAX] = {
		[BOOT_ARCH_X86_64] = "boot files x86_64",
		[BOOT_ARCH_AARCH64] = "boot files aarch64"};

	for (int arch = BOOT_ARCH_X86_64; arch < _BOOT_ARCH_MAX; arch++) {
		r->name = names[arch];
		if (boot_files_ready(r->config->boot.files_dir, (enum boot_arch)arch))
			add(r, "ok", NULL, "kernel and ramdisk");
		else
			add(r, "warning",
			    "install the boot files (make boot), or correct [boot] files_dir",
			    "no kernel or no ramdisk in '%s'; such hosts boot their own disk",
			    r->config->boot.files_dir);
	}
}

static X509 *read_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *cert = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	if (file)
		(void)fclose(file);
	return cert;
}

/* "sha256//BASE64" of the key, as slipway --pin takes it. */
static void pin_of(X509 *cert, char ret[static 64])
{
	unsigned char *der = NULL, hash[SHA256_BYTES];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	int at = snprintf(ret, 64, "sha256//");

	if (n > 0 && EVP_Digest(der, (size_t)n, hash, NULL, EVP_sha256(), NULL) == 1)
		(void)EVP_EncodeBlock((unsigned char *)ret + at, hash, sizeof(hash));
	OPENSSL_free(der);
}

static void check_certificate(struct report *r)
{
	autofree char *path = xasprintf("%s/keys/tls.crt", r->config->state_dir);
	X509 *cert = read_certificate(path);
	char pin[64];
	int days = 0, seconds = 0;

	if (!cert) {
		add(r, r->is_running ? "error" : "ok",
		    r->is_running ? "restart slipwayd, which makes one" : NULL,
		    "'%s' is not there; slipwayd makes one at its first start", path);
		return;
	}
	pin_of(cert, pin);
	(void)ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert));
	if (days < DAYS_LEFT_LEAST)
		add(r, "warning", "remove the certificate (not the key) and restart slipwayd",
		    "it expires in %d days", days);
	else if (r->config->boot.address_found &&
		 X509_check_ip_asc(cert, r->config->boot.address, 0) != 1)
		add(r, "warning", "remove the certificate (not the key) and restart slipwayd",
		    "it is not for the address %s; browsers refuse it, agents with the pin do not",
		    r->config->boot.address);
	else
		add(r, "ok", NULL, "valid for %d days; --pin %s", days, pin);
	X509_free(cert);
}

static void check_space(struct report *r)
{
	autofree char *path = xstrdup(r->config->state_dir);
	struct statvfs v;
	char *slash;

	while (statvfs(path, &v) < 0) { /* before the first start: the folder above */
		slash = strrchr(path, '/');
		if (!slash || slash == path) {
			add(r, "error", "make the folder", "'%s' cannot be looked at",
			    r->config->state_dir);
			return;
		}
		*slash = '\0';
	}
	uint64_t free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	uint64_t all_bytes = (uint64_t)v.f_blocks * v.f_frsize;
	unsigned percent = all_bytes ? (unsigned)((double)free_bytes * 100 / (double)all_bytes) : 0;
	const char *status = free_bytes < SPACE_LEAST_BYTES ? "error"
			     : percent < SPACE_PERCENT      ? "warning"
							    : "ok";

	add(r, status,
	    str_eq(status, "ok") ? NULL : "remove old images (slipway image gc) or grow it",
	    "%llu MiB free in '%s', %u %%", (unsigned long long)(free_bytes / MIB), path, percent);
}

static void check_store(struct report *r)
{
	autofree char *path = xasprintf("%s/slipway.db", r->config->state_dir);
	struct stat st;

	if (!str_eq(r->config->store, "sqlite"))
		add(r, "ok", NULL, "PostgreSQL"); /* its URL may hold a password */
	else if (stat(path, &st) == 0)
		add(r, access(path, R_OK) == 0 ? "ok" : "warning",
		    access(path, R_OK) == 0 ? NULL : "run the check as root", "SQLite, %lld MiB",
		    (long long)st.st_size / (long long)MIB);
	else
		add(r, r->is_running ? "error" : "ok",
		    r->is_running ? "restore a backup: slipwayd --restore FILE" : NULL,
		    "'%s' is not there; slipwayd makes it at its first start", path);
}

static void check_clock(struct report *r)
{
	struct timex t = {0};
	char now[TIME_TEXT_BYTES];
	int kept = adjtimex(&t); /* the daemon may not ask */

	time_rfc3339(time_wall_us() / 1000000 * 1000000, now);
	if (time_wall_us() / 1000000 < BUILT_S)
		add(r, "error", "set the clock, and let systemd-timesyncd or chrony keep it", "%s",
		    now);
	else if (kept < 0)
		add(r, "unknown", "run this as root on the appliance",
		    "%s; whether it is kept is not known", now);
	else if (kept == TIME_ERROR)
		add(r, "warning", "let systemd-timesyncd or chrony keep the clock",
		    "%s, not synchronised", now);
	else
		add(r, "ok", NULL, "%s, synchronised", now);
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool is_running(const struct config *c)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/admin.sock", c->run_dir);

	return fd >= 0 && n < (int)sizeof(a.sun_path) &&
	       connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0;
}

json_t *machine_check(struct config *c)
{
	static const struct {
		const char *name;
		void (*run)(struct report *r);
	} checks[] = {
		{"interface", check_interface},   {"DHCP range", check_range},
		{"ports", check_ports},           {"program", check_programs},
		{"boot files", check_boot_files}, {"certificate", check_certificate},
		{"disk space", check_space},      {"store", check_store},
		{"clock", check_clock},
	};
	struct report r = {.config = c, .rows = json_array(), .is_running = is_running(c)};

	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		r.name = checks[i].name;
		checks[i].run(&r);
	}
	return r.rows;
}

json_t *machine_check_no_config(const struct err *err)
{
	struct report r = {.rows = json_array(), .name = "configuration"};

	add(&r, "error", "correct the line", "%s", err->msg);
	return r.rows;
}

bool machine_check_failed(const json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		if (str_eq(json_string_value(json_object_get(row, "status")), "error"))
			return true;
	return false;
}

void machine_check_print(const json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row) {
		const char *mend = json_string_value(json_object_get(row, "mend"));

		printf("%-8s %-14s %s\n", json_string_value(json_object_get(row, "status")),
		       json_string_value(json_object_get(row, "name")),
		       json_string_value(json_object_get(row, "found")));
		if (mend)
			printf("%-8s %-14s to mend: %s\n", "", "", mend);
	}
}
