/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration says about serving the provisioning network: addresses, DHCP, boot files,
 * and the programs that do it. A part of struct config (config.h), which reads and owns it.
 */
#ifndef SERVER_BOOT_BOOT_CONFIG_H
#define SERVER_BOOT_BOOT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct boot_config {
	char *interface, *address; /* "auto" before config_resolve() */
	int64_t http_port, https_port;

	char *files_dir, *firmware_cpio, *kernel_args;

	char *dhcp_mode; /* full, proxy, off */
	char *range_start, *range_end, *netmask, *router, *dns, *relayed;
	int64_t lease_s;

	char *nginx, *dnsmasq; /* programs */
	char *web_dir;

	/* by config_resolve() */
	char network[16];
	bool address_found;
};

#endif
