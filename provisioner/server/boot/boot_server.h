/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serving the provisioning network: the daemon's side of nginx and dnsmasq (services.h), the
 * follower of dnsmasq's log, the alarm about other DHCP servers, and the route of boot scripts
 * (boot_route.c), whose context it is.
 *
 *  1. the roof fills the borrowed members. 2. boot_server_open(). 3. services_open(),
 *  services_start(). 4. boot_server_tick() now and then. 5. services_stop().
 */
#ifndef SERVER_BOOT_BOOT_SERVER_H
#define SERVER_BOOT_BOOT_SERVER_H

#include <pxe/boot.h>
#include <server/flow/flow.h>
#include <base/err.h>
#include "boot_config.h"
#include "service_user.h"

struct services;
struct dhcp_alarm;
struct dhcp_watch;

struct boot_server {
	/* borrowed */
	struct flow *flow;
	const struct boot_config *config;
	const char *run_dir;
	struct boot_place place;
	struct service_user web_user, dhcp_user; /* found while we could look: nginx, dnsmasq */
	int supervisor_fd;                       /* -1: units of their own */

	bool files_ready[_BOOT_ARCH_MAX];
	bool firmware[_BOOT_ARCH_MAX]; /* there is a firmware.cpio for it */
	struct dhcp_watch *dhcp_watch;
	struct dhcp_alarm *dhcp_alarm; /* mode full: who else answers DHCP here */
	struct services *services;
};

void boot_server_open(struct boot_server *b);
/* Boot files may be built while we run: look again. */
void boot_server_tick(struct boot_server *b);
/* Log which architectures have no boot files: at startup, rather than when a host fails to boot. */
void boot_server_warn_of_missing_files(const struct boot_server *b);

#endif
