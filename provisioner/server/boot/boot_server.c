/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of boot_server.h that are neither a route nor a child. Input: the file system.
 */
#include "boot_server.h"
#include "dhcp_alone.h"
#include "dhcp_watch.h"

#include <base/log.h>
#include <pxe/boot_files.h>

void boot_server_tick(struct boot_server *b)
{
	for (unsigned i = BOOT_ARCH_UNKNOWN + 1; i < _BOOT_ARCH_MAX; i++) {
		const char *dir = b->config->files_dir;

		b->files_ready[i] = boot_files_ready(dir, (enum boot_arch)i);
		b->firmware[i] = b->config->firmware_cpio[0] ||
				 boot_files_firmware(dir, (enum boot_arch)i);
	}
	dhcp_alone_tick(dhcp_watch_alone(b->dhcp_watch));
}

void boot_server_warn_of_missing_files(const struct boot_server *b)
{
	for (unsigned i = BOOT_ARCH_UNKNOWN + 1; i < _BOOT_ARCH_MAX; i++)
		if (!b->files_ready[i])
			log_ev(LOG_WARNING, "boot.files_missing",
			       KV("dir", (const char *)b->config->files_dir),
			       KV("arch", boot_arch_str((enum boot_arch)i)),
			       KV("hint",
				  "build them with make boot, or correct [boot] files_dir"));
}

void boot_server_open(struct boot_server *b)
{
	boot_server_tick(b);
}
