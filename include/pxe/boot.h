/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot decision: what a host that asks over the network is told to boot. Pure: the caller looks
 * up what it knows about the host, this says local disk or agent, and why. The default, and the
 * answer to everything unusual, is the local disk: nothing is imaged because it happened to
 * netboot.
 *
 *  1. boot_query_set() for each query parameter of the request.
 *  2. boot_decide() with what the store knows.
 *  3. boot_script_write() (script.h).
 */
#ifndef PXE_BOOT_H
#define PXE_BOOT_H

#include <stdbool.h>
#include <base/err.h>

enum boot_arch { BOOT_ARCH_UNKNOWN, BOOT_ARCH_X86_64, BOOT_ARCH_AARCH64, _BOOT_ARCH_MAX };
const char *boot_arch_str(enum boot_arch arch); /* "x86_64", "aarch64", "unknown" */

enum boot_platform { BOOT_PLATFORM_UNKNOWN, BOOT_PLATFORM_BIOS, BOOT_PLATFORM_EFI };

/* What iPXE said about the host, cleaned: text that does not look right is left empty. */
struct boot_query {
	char mac[18];  /* "52:54:00:12:34:56", lower case */
	char uuid[37]; /* lower case */
	char serial[129];
	char manufacturer[129];
	char product[129];
	char buildarch[16]; /* i386, x86_64, arm64 */
	bool cpu_64bit;     /* "lm": iPXE for BIOS says i386 on 64-bit CPUs too */
	enum boot_platform platform;
};

/* Take one query parameter. Unknown names are ignored: iPXE scripts in ROMs live for years.
 * trust: none. */
void boot_query_set(struct boot_query *q, const char *name, const char *value);
enum boot_arch boot_query_arch(const struct boot_query *q);

/* What the store knows; all false is the state of a server whose store is down. */
struct boot_facts {
	bool store_up;
	bool known;       /* the host is in the inventory */
	bool wants_agent; /* its lifecycle state has work for an agent */
	bool may_enrol;   /* unknown, and a profile lets hosts like it in */
	bool files_ready; /* kernel and ramdisk of its architecture are there */
};

enum boot_action { BOOT_LOCAL, BOOT_AGENT };

struct boot_answer {
	enum boot_action action;
	const char *why; /* one line for the console and the log; static */
};

struct boot_answer boot_decide(const struct boot_query *q, const struct boot_facts *facts);

#endif
