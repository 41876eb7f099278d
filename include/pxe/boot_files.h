/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of boot files: which loader a client gets by its DHCP client architecture (option 93),
 * and which files an architecture's agent is made of.
 *
 * To add an architecture: give its row a loader and remove what to do; then a row of enum boot_arch.
 */
#ifndef PXE_BOOT_FILES_H
#define PXE_BOOT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <pxe/boot.h>

struct boot_loader {
	unsigned client_arch; /* option 93 */
	const char *tag;      /* dnsmasq's */
	const char *file;     /* under files_dir/ipxe; NULL: there is no loader for it */
	bool over_http;       /* UEFI HTTP boot: wants a URL and the vendor class HTTPClient */
	const char *csa;      /* dnsmasq's name in pxe-service rows, or NULL */
	const char *what;     /* the registry's name */
	const char *todo;     /* without a loader: what the operator can do; else NULL */
};
extern const struct boot_loader boot_loaders[];
extern const size_t n_boot_loaders;

/* The row of an architecture, or NULL: a number that the registry did not have. trust: none. */
const struct boot_loader *boot_loader_of(unsigned client_arch);

/* Files under files_dir/ARCH that an agent needs, and the ones that may be there. */
bool boot_files_ready(const char *files_dir, enum boot_arch arch);
/* Is there firmware beside them (make boot FIRMWARE=1)? */
bool boot_files_firmware(const char *files_dir, enum boot_arch arch);

#endif
