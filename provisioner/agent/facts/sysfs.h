/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading small sysfs and procfs files below a root folder ("" for the machine's own; tests give a
 * folder with a fake tree, support a copy of another machine's, in which small files may stand for
 * the links). Values are cleaned: what a device says is text from outside.
 */
#ifndef AGENT_SYSFS_H
#define AGENT_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file's first line, cleaned; "" (and false) if it is missing, unreadable or empty. */
__attribute__((format(printf, 4, 5))) bool sysfs_text(const char *root, char *ret, size_t ret_bytes,
						      const char *format, ...);
/* A number: decimal, or hexadecimal with 0x; fallback if there is none. */
__attribute__((format(printf, 3, 4))) int64_t sysfs_int(const char *root, int64_t fallback,
							const char *format, ...);
/* Last component of a symbolic link's target ("ixgbe"); "" if there is no such link. */
__attribute__((format(printf, 4, 5))) bool sysfs_link_name(const char *root, char *ret,
							   size_t ret_bytes, const char *format,
							   ...);
/* The resolved path of a link, with the root taken off; false if it does not resolve. */
__attribute__((format(printf, 4, 5))) bool sysfs_resolve(const char *root, char *ret,
							 size_t ret_bytes, const char *format, ...);
__attribute__((format(printf, 2, 3))) bool sysfs_exists(const char *root, const char *format, ...);

/* Names in a folder, sorted so that "nvme2" < "nvme10", dot names left
 * out. owns: sysfs_names_done(). An absent folder is an empty list. */
struct sysfs_names {
	char **names;
	size_t n;
};
__attribute__((format(printf, 2, 3))) struct sysfs_names sysfs_list(const char *root,
								    const char *format, ...);
void sysfs_names_done(struct sysfs_names *l);
#define autonames __attribute__((cleanup(sysfs_names_done)))

#endif
