/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsmasq's configuration as text, for full DHCP or for proxy-DHCP beside an existing server, and
 * the reader of the log lines that it prints. No DNS, no scripts: a log pipe is the only way back.
 */
#ifndef PXE_DNSMASQ_H
#define PXE_DNSMASQ_H

#include <stdbool.h>
#include <base/str.h>
#include <base/err.h>

#define DNSMASQ_CONFIG_MAX_BYTES (256 * 1024)

enum dhcp_mode { DHCP_OFF, DHCP_FULL, DHCP_PROXY };

/* An interface that is served, and its network. */
struct dnsmasq_net {
	enum dhcp_mode mode;
	const char *interface;
	const char *address;
	const char *range_start, *range_end; /* full mode */
	const char *netmask;
	const char *network;   /* proxy mode: network address */
	const char *router;    /* or NULL */
	const char *dns;       /* or NULL */
	const char *plain_url; /* as its hosts reach it */
};

struct dnsmasq_options {
	struct dnsmasq_net first;
	const struct dnsmasq_net *more; /* further interfaces, or NULL */
	size_t n_more;
	const char *relayed; /* full mode: networks behind relays (pxe/relayed.h), or NULL */
	int lease_s;
	const char *lease_file, *pid_file;
	const char *tftp_root;
	bool tftp_always; /* also where the mode is off */
	const char *user; /* who it becomes; NULL: stays who it is */
};
/* errors: ERR_CONFIG when a value cannot be written safely (spaces, commas, newlines). */
MUST_CHECK int dnsmasq_config_write(struct str *out, const struct dnsmasq_options *o,
				    struct err *err);

struct dnsmasq_line {
	char what[24]; /* "DHCPDISCOVER", "PXE", "TFTP" */
	char mac[18];
	char address[46];  /* "" if none */
	char exchange[12]; /* of which exchange it is a message; "" if the line does not say */
};
/* Find a DHCP message or a file transfer in a log line. trust: none (hosts choose names in it).
 * False when the line is about something else. */
bool dnsmasq_line_parse(const char *line, struct dnsmasq_line *ret);

/* What a client says about itself, in a line of its own that precedes its message's. */
struct dnsmasq_client {
	char exchange[12];
	unsigned client_arch; /* option 93's number, as firmware repeats it in its vendor class */
	bool is_ipxe;         /* the line is its user class: client_arch is not set */
};
/* Find firmware's vendor class or iPXE's user class in a log line. trust: none. False when the line
 * is about something else. */
bool dnsmasq_client_parse(const char *line, struct dnsmasq_client *ret);

#endif
