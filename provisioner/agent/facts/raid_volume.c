/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes of RAID cards; see raid_volume.h. Cards whose driver tells nothing (mpi3mr, arcmsr) leave it
 * open: their disks are called neither. Input: words of drivers.
 */
#include "raid_volume.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "drive_path.h"
#include "sysfs.h"

#define BIT(n)      (1U << (n))
#define ALL_BITS    UINT32_MAX
#define CHANNEL_MAX 31

/* The channels on which a driver shows volumes; drives that it passes on are on others.
 * HW: the numbers are constants of the kernel's drivers, the same for all of their cards. */
static const struct {
	const char *driver;
	uint32_t channels;
} volumes[] = {
	{"megaraid_sas", ALL_BITS & ~(BIT(0) | BIT(1))},
	{"smartpqi", BIT(1) | BIT(3)},
	{"hpsa", BIT(1) | BIT(2)},
	{"aacraid", BIT(0)},
	{"mpt3sas", BIT(1)},
	{"mpt2sas", BIT(1)},
	{"mptsas", BIT(1)},
	{"3w-9xxx", ALL_BITS},
	{"3w-sas", ALL_BITS},
	{"3w-xxxx", ALL_BITS},
};

void raid_driver_of(const char *root, const char *path, char *ret, size_t ret_bytes)
{
	const char *at;
	unsigned host;

	*ret = '\0';
	if (!drive_path_has(path, "host", &at) || sscanf(at, "host%u", &host) != 1)
		return;
	if (sysfs_text(root, ret, ret_bytes, "sys/class/scsi_host/host%u/proc_name", host) &&
	    ret[0] != '(' && ret[0] != '<')
		return;
	/* HW: "(null)" of drivers without such a name (3ware) */
	sysfs_link_name(root, ret, ret_bytes, "%.*s/driver", (int)(at - path - 1), path);
}

/* The address in the path, "2:1:0:0". */
static bool address_of(const char *path, char *ret, size_t ret_bytes, unsigned *ret_channel)
{
	unsigned host, channel, target;
	unsigned long long unit;

	for (const char *p = path; (p = strchr(p, '/')); p++) {
		if (sscanf(p, "/%u:%u:%u:%llu/", &host, &channel, &target, &unit) != 4)
			continue;
		snprintf(ret, ret_bytes, "%u:%u:%u:%llu", host, channel, target, unit);
		*ret_channel = channel;
		return true;
	}
	return false;
}

/* "N/A", "NA": the driver knows levels, and this disk has none. */
static bool is_level(const char *word)
{
	static const char *const none[] = {"N/A", "NA", "none", "JBOD", "HBA", "-"};

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (str_eq(word, none[i]))
			return false;
	return true;
}

static bool by_channel(const char *driver, unsigned channel)
{
	for (size_t i = 0; i < ARRAY_LEN(volumes); i++)
		if (str_eq(volumes[i].driver, driver))
			return channel <= CHANNEL_MAX && (volumes[i].channels & BIT(channel));
	return false;
}

static void put_level(struct facts_drive *f, const char *level)
{
	bool told = level[0] && !str_eq(level, "unknown");

	(void)str_copy(f->volume, sizeof(f->volume), told ? level : "volume");
}

void raid_volume_read(const char *root, struct drive *d)
{
	char driver[64], address[64], level[33];
	unsigned channel = 0;

	if (d->transport != TRANSPORT_RAID)
		return;
	if (sysfs_text(root, level, sizeof(level), "sys/block/%s/device/raid_level",
		       d->facts.name)) {
		if (is_level(level))
			put_level(&d->facts, level);
		return;
	}
	if (!address_of(d->sys_path, address, sizeof(address), &channel))
		return;
	raid_driver_of(root, d->sys_path, driver, sizeof(driver));
	if (sysfs_exists(root, "sys/class/raid_devices/%s", address)) {
		sysfs_text(root, level, sizeof(level), "sys/class/raid_devices/%s/level", address);
		put_level(&d->facts, level);
	} else if (by_channel(driver, channel)) {
		put_level(&d->facts, "");
	}
}
