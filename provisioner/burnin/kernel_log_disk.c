/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which disk a name of the kernel's log stands for; see kernel_log_disk.h.
 */
#include "kernel_log_disk.h"

#include <ctype.h>
#include <string.h>
#include <base/str.h>

/* "sda1" and "nvme0n1p2" are partitions of "sda" and "nvme0n1". */
static void strip_partition(char *name)
{
	size_t n = strlen(name), digits = n;

	while (digits && isdigit((unsigned char)name[digits - 1]))
		digits--;
	if (digits == n || digits == 0)
		return;
	if (name[digits - 1] == 'p' && digits > 1 && isdigit((unsigned char)name[digits - 2]))
		name[digits - 1] = '\0';
	else if (str_glob("?d*", name) || str_starts(name, "xvd"))
		name[digits] = '\0';
}

static bool is_disk_of(const void *arg, const struct component *c)
{
	const char *name = arg;

	/* "nvme0" is the controller of "nvme0n1". */
	return str_starts(c->key, name) &&
	       (c->key[strlen(name)] == '\0' ||
		(str_starts(name, "nvme") && c->key[strlen(name)] == 'n'));
}

/* Devices that are not a disk of the host, or that stand on others, which are named themselves. */
static bool is_other_device(const char *name)
{
	static const char *const others[] = {"fd?",  "fd??",  "sr?", "sr??", "loop*", "nbd*",
					     "ram*", "zram*", "md*", "dm*",  "mtd*"};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (str_glob(others[i], name))
			return true;
	return false;
}

bool kernel_log_disk(const char *name, const component_list *components, struct suspects *ret)
{
	char disk[65];

	if (is_other_device(name))
		return false;
	(void)text_fit(disk, sizeof(disk), name);
	strip_partition(disk);
	suspects_fitting(components, COMPONENT_DISK, is_disk_of, disk, ret);
	/* A stick is not a part of this host; a port of SATA is named beside its disk. */
	return !components->n || ret->n_all;
}
