/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the boot before this one ended, where the kernel had a place to write it down before it died
 * (pstore: EFI variables, ERST of the board, reserved memory): the last lines of a panic or an oops. A
 * clean shutdown is not told. Nothing is erased: it stays for the system that is installed.
 */
#ifndef AGENT_FORMER_BOOT_H
#define AGENT_FORMER_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMER_BOOT_LINES      12
#define FORMER_BOOT_LINE_BYTES 257

struct former_boot {
	char lines[FORMER_BOOT_LINES][FORMER_BOOT_LINE_BYTES]; /* the last ones, oldest first */
	size_t n;
	unsigned part; /* of a record that was cut: the first holds the end */
	int64_t at_s;  /* when it was written, by the host's clock; since 1970 */
};

/* One record; at_s stays 0. false: it is not about a panic or an oops, or it is empty. trust: none of
 * text. */
bool former_boot_parse(const char *text, size_t n_bytes, struct former_boot *ret);
/* The newest record below root; for "" its file system is mounted if need be. false: there is
 * none. trust: none of the text. */
bool former_boot_read(const char *root, struct former_boot *ret);
/* "the boot before ended at 2026-.. with: line | line", as much of its end as fits. */
void former_boot_describe(const struct former_boot *f, char *ret, size_t ret_bytes);

#endif
