/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot menus of an image name the root file system that its builder had. On a host it has a UUID of
 * its own: GRUB's configuration, boot loader specification entries and the kernel's command line
 * are brought up to date; and the serial console is
 * the host's, where the plan names it. A value that GRUB computes ("$root_uuid") stays as it
 * is, unless /boot became a partition of its own.
 */
#ifndef AGENT_BOOT_ENTRIES_H
#define AGENT_BOOT_ENTRIES_H

#include <stdbool.h>
#include <base/err.h>
#include <base/str.h>

#include "personalise.h"

#define BOOT_ENTRY_MAX_BYTES (1024 * 1024)

/* In the mounted root. Files that a system does not have are passed over. errors: see
 * new_root_write() */
MUST_CHECK int boot_entries_put(int root_fd, const struct personal *p, struct err *err);

struct boot_sources {
	const char *root,
		*boot;      /* "UUID=..." of / and of /boot ("": not a file system of its own) */
	bool boot_is_apart; /* the menu was written when it was none: what GRUB computes is wrong, too */
};

/* One text. out: the new text in out; false if nothing in it changes. trust: none of text */
bool boot_entries_rewrite(const char *text, const struct boot_sources *s, struct str *out);

#endif
