/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration says about serving the provisioning network: addresses, DHCP, boot files,
 * and the programs that do it. A part of struct config (config.h), which reads and owns it.
 */
#ifndef SERVER_BOOT_BOOT_CONFIG_H
#define SERVER_BOOT_BOOT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

struct ifaddrs;

#define BOOT_NETS_MAX 16 /* interfaces beside the first */

/* Another interface that is served, or what [dhcp NAME] says of one. Addresses are texts; "": not said. */
struct boot_net {
	char interface[16], mode[8], address[16], netmask[16], network[16];
	char range_start[16], range_end[16], router[16], dns[16];
	bool listed; /* [server] interface names it */
};

struct boot_config {
	/* "auto" before config_resolve(), or names with blanks between; the first one after it */
	char *interface, *address;
	int64_t http_port, https_port;

	char *files_dir, *firmware_cpio, *kernel_args;

	char *dhcp_mode; /* full, proxy, off */
	char *tftp;      /* auto: with DHCP; on: also without */
	char *range_start, *range_end, *netmask, *router, *dns, *relayed;
	int64_t lease_s;

	char *nginx, *dnsmasq; /* programs */
	char *web_dir;

	/* by config_resolve() */
	char network[16];
	bool address_found;
	struct boot_net
		nets[BOOT_NETS_MAX]; /* after the first interface, in the order of the list */
	size_t n_nets;
};

/* A key of a section [dhcp NAME]. trust: the operator's file. errors: ERR_CONFIG */
MUST_CHECK int boot_net_set(struct boot_config *b, const char *interface, const char *key,
			    const char *value, struct err *err);
/* Leave the first name in b->interface, and make a net of each further one; call once. errors: ERR_CONFIG */
MUST_CHECK int boot_nets_split(struct boot_config *b, struct err *err);
/* The first interface's own section goes into b; a section of an interface that is not served is an error.
 * errors: ERR_CONFIG */
MUST_CHECK int boot_nets_first(struct boot_config *b, struct err *err);
/* Fill what is open in the nets, by the machine's addresses; the first interface is resolved already.
 * errors: ERR_INTERFACE, ERR_CONFIG */
MUST_CHECK int boot_nets_resolve(struct boot_config *b, const struct ifaddrs *list,
				 struct err *err);
/* Does one of the interfaces have this DHCP mode? */
bool boot_has_mode(const struct boot_config *b, const char *mode);
/* Are there leases or boot answers to give, on any interface? */
bool boot_has_dhcp(const struct boot_config *b);
bool boot_has_tftp(const struct boot_config *b);

#endif
