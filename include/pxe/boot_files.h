/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of boot files: which loader a client gets by its DHCP client architecture (option 93),
 * and which files an architecture's agent is made of.
 */
#ifndef PXE_BOOT_FILES_H
#define PXE_BOOT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <pxe/boot.h>

struct boot_loader {
	unsigned client_arch; /* option 93 */
	const char *tag;      /* dnsmasq's */
	const char *file;     /* under files_dir/ipxe */
	bool over_http;       /* UEFI HTTP boot: wants a URL and the vendor class HTTPClient */
	const char *csa;      /* dnsmasq's name in pxe-service rows, or NULL */
	const char *what;
};
extern const struct boot_loader boot_loaders[];
extern const size_t n_boot_loaders;

/* Files under files_dir/ARCH that an agent needs, and the ones that may be there. */
bool boot_files_ready(const char *files_dir, enum boot_arch arch);

#endif
