/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and ending the site's daemons, and slipwayd the same way. No input from elsewhere.
 */
#include "site.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/child.h>
#include <base/str.h>
#include "net.h"
#include "scenario.h"

#define STOP_TIMEOUT_MS 10000

/* Without a lifetime: hosts learn that there is a router and get no default route from it. */
static const char *const router_argv[] = {
	"dnsmasq",
	"--keep-in-foreground",
	"--port=0",
	"--conf-file=/dev/null",
	"--interface=" LAB_BRIDGE,
	"--bind-interfaces",
	"--enable-ra",
	"--dhcp-range=" LAB_PREFIX_V6 ",ra-only,64",
	"--ra-param=" LAB_BRIDGE ",4,0",
	"--dhcp-leasefile=/run/lab/router.leases",
	"--pid-file=/run/lab/router.pid",
	"--log-facility=-",
	NULL,
};

/* Addresses only and no boot file, as most sites have it. */
static const char *const dhcp_argv[] = {
	"dnsmasq",
	"--keep-in-foreground",
	"--port=0",
	"--conf-file=/dev/null",
	"--interface=" LAB_BRIDGE,
	"--bind-interfaces",
	"--dhcp-range=" LAB_RANGE_START "," LAB_RANGE_END,
	"--dhcp-leasefile=/run/lab/dhcp.leases",
	"--pid-file=/run/lab/dhcp.pid",
	"--log-facility=-",
	NULL,
};

/* A site that needs nothing of slipwayd's DHCP and TFTP, set up as pxe/README.md says. HW: QEMU's BIOS machines
 * have an iPXE of 2019 in their ROM, which is to be taken for firmware that has none: its option 175 goes on
 * with the feature DNS (0x17) after bus and version, that of newer ones with VLAN. */
static const char *const boot_argv[] = {
	"dnsmasq",
	"--keep-in-foreground",
	"--port=0",
	"--conf-file=/dev/null",
	"--interface=" LAB_BRIDGE,
	"--bind-interfaces",
	"--dhcp-range=" LAB_RANGE_START "," LAB_RANGE_END,
	"--dhcp-leasefile=/run/lab/dhcp.leases",
	"--pid-file=/run/lab/dhcp.pid",
	"--log-facility=-",
	"--log-dhcp",
	"--enable-tftp=" LAB_BRIDGE,
	"--tftp-root=/run/lab/boot/ipxe",
	"--dhcp-userclass=set:ipxe,iPXE",
	"--dhcp-match=set:rom,175,b1:05:*:*:*:*:*:eb:03:01:00:00:17",
	"--dhcp-match=set:bios,option:client-arch,0",
	"--dhcp-match=set:efi,option:client-arch,7",
	"--dhcp-match=set:efi,option:client-arch,9",
	"--dhcp-match=set:arm,option:client-arch,11",
	"--dhcp-boot=tag:ipxe,tag:!rom,http://" LAB_ADDRESS "/boot/v1/ipxe",
	"--dhcp-boot=tag:rom,undionly.kpxe",
	"--dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe",
	"--dhcp-boot=tag:!ipxe,tag:efi,snponly-x86_64.efi",
	"--dhcp-boot=tag:!ipxe,tag:arm,snponly-arm64.efi",
	NULL,
};

/* The ports by their full names: lldpd leaves taps alone that it only knows from a pattern. */
static const char *const switch_argv[] = {
	"/usr/sbin/lldpd",
	"-d",
	"-I",
	LAB_PORT "1," LAB_PORT "2," LAB_PORT "3," LAB_PORT "4," LAB_PORT "5," LAB_PORT "6," LAB_PORT
		 "7," LAB_PORT "8",
	"-u",
	"/run/lab/lldpd.socket",
	"-O",
	"/run/lab/lldpd.conf",
	NULL,
};
_Static_assert(LAB_MAX_HOSTS == 8, "as many ports as hosts");

static const char switch_config[] = "configure system hostname " LAB_SWITCH "\n"
				    "configure lldp portidsubtype ifname\n"
				    "configure lldp tx-interval 5\n";

int site_spawn(const char *const *argv, const char *folder, const char *log_name, struct child *ret,
	       struct err *err)
{
	autofree char *path = xasprintf("%s/%s", folder, log_name);
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	struct child_program program = {.argv = argv,
					.stdin_fd = -1,
					.stdout_fd = fd,
					.stderr_fd = fd,
					.new_session = true};

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot make '%s'", path);
	return child_spawn(&program, ret, err);
}

void site_end(struct child *c)
{
	child_signal(c, SIGTERM);
	(void)child_wait(c, STOP_TIMEOUT_MS);
	child_kill(c);
}

static int start_switch(struct site *s, const char *folder, struct err *err)
{
	TRY(file_make_dirs("/run/lldpd", 0755, err)); /* lldpd's own cage */
	TRY(file_write_atomic("/run/lab/lldpd.conf", switch_config, strlen(switch_config), 0644,
			      err));
	return site_spawn(switch_argv, folder, "site-switch.log", &s->switch_daemon, err);
}

int site_start(struct site *s, const char *folder, enum dhcp_mode mode, struct err *err)
{
	TRY(site_spawn(router_argv, folder, "site-router.log", &s->router_daemon, err));
	TRY(start_switch(s, folder, err));
	if (mode == DHCP_FULL)
		return 0;
	return site_spawn(mode == DHCP_PROXY ? dhcp_argv : boot_argv, folder, "site-dhcp.log",
			  &s->dhcp_daemon, err);
}

void site_stop(struct site *s)
{
	site_end(&s->router_daemon);
	site_end(&s->switch_daemon);
	site_end(&s->dhcp_daemon);
}
