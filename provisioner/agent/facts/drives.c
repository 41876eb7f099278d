/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives from sysfs; see drives.h. How a disk hangs on the machine is judged in drive_transport.c,
 * where it sits in drive_slot.c.
 */
#include "drives.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>

#include "drive_path.h"
#include "drive_slot.h"
#include "drive_transport.h"
#include "nvme.h"
#include "raid_volume.h"
#include "sysfs.h"

#define SECTOR_BYTES 512 /* sysfs counts in these whatever the disk's own sectors are */

static const char *const not_disks[] = {"loop", "ram", "zram", "dm-",    "md",    "sr",   "scd",
					"fd",   "mtd", "ubi",  "bcache", "nullb", "zloop"};

/* "nvme0c1n1": one way to a name space, whose disk is "nvme0n1". */
static bool is_nvme_path(const char *name)
{
	unsigned subsystem, controller, space;

	return sscanf(name, "nvme%uc%un%u", &subsystem, &controller, &space) == 3;
}

/* eMMC's boot, RPMB and general purpose areas are parts of the chip, not places for a system. */
static bool is_chip_area(const char *name)
{
	return str_starts(name, "mmcblk") &&
	       (strstr(name, "boot") || strstr(name, "rpmb") || strstr(name, "gp"));
}

static bool is_disk_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(not_disks); i++)
		if (str_starts(name, not_disks[i]))
			return false;
	return !is_nvme_path(name) && !is_chip_area(name);
}

/* HW: a hypervisor's disk says "rotational" whatever lies behind it: unknown is left out. */
static void read_media(const char *root, const char *name, struct facts_drive *f)
{
	int64_t spins = sysfs_int(root, -1, "sys/block/%s/queue/rotational", name);

	if (spins >= 0 && !str_eq(f->protocol, "virtio"))
		(void)str_copy(f->media_type, sizeof(f->media_type), spins == 1 ? "HDD" : "SSD");
}

/* The controller that the disk hangs on; of several to one disk, the one with the lowest address.
 */
static void read_pci_address(const char *root, struct drive *d)
{
	struct nvme_controllers all;

	if (drive_path_pci(d->sys_path, d->pci_address, sizeof(d->pci_address)) ||
	    !str_starts(d->facts.name, "nvme"))
		return;
	nvme_controllers_read(root, d->facts.name, &all);
	if (all.n)
		(void)str_copy(d->pci_address, sizeof(d->pci_address), all.items[0].pci_address);
}

/* SCSI vital product data page 0x80: four bytes of header, then the unit serial number. */
static void read_scsi_serial(const char *root, const char *name, struct facts_drive *f)
{
	autofree char *path = xasprintf("%s/sys/block/%s/device/vpd_pg80", root, name);
	autofree char *page = NULL;
	size_t n_bytes;

	if (f->serial[0] || file_read(path, 4096, &page, &n_bytes, NULL) < 0 || n_bytes <= 4)
		return;
	size_t length = (size_t)(unsigned char)page[2] << 8 | (unsigned char)page[3];
	text_clean(f->serial, sizeof(f->serial), page + 4,
		   length < n_bytes - 4 ? length : n_bytes - 4);
}

/* 64, 96 or 128 bits in hexadecimal, and not almost empty: zeros, or a counter behind zeros, stand
 * where a drive was given no name. */
static bool is_name(const char *s)
{
	size_t n = strlen(s), n_filled = 0;

	for (const char *p = s; *p; p++)
		n_filled += *p != '0';
	return (n == 16 || n == 24 || n == 32) && strspn(s, "0123456789abcdefABCDEF") == n &&
	       strspn(s, (const char[]){*s, '\0'}) < n && n_filled > 2;
}

/* The kernel writes "naa.5000c500a1b2c3d4", "eui.0025385b91b03f1e", "t10.ATA     QEMU HARDDISK ..":
 * only the first two are world-wide names; one form, "0x5000c500a1b2c3d4" for both. */
static void read_wwn(const char *root, const char *name, struct facts_drive *f)
{
	static const char *const files[] = {"device/wwid", "wwid", "device/wwn"};
	char text[256];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (!sysfs_text(root, text, sizeof(text), "sys/block/%s/%s", name, files[i]))
			continue;
		if (!(str_starts(text, "naa.") || str_starts(text, "eui.")) || !is_name(text + 4))
			continue;
		snprintf(f->wwn, sizeof(f->wwn), "0x%.120s", text + 4);
		for (char *p = f->wwn; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		return;
	}
}

/* HW: bytes of all ones come out as question marks. A serial has a letter or a digit. */
static void drop_empty_serial(struct facts_drive *f)
{
	const char *p = f->serial;

	while (*p && !isalnum((unsigned char)*p) && (unsigned char)*p < 0x80)
		p++;
	if (!*p)
		f->serial[0] = '\0';
}

static void read_texts(const char *root, const char *name, struct facts_drive *f)
{
	char vendor[64];

	if (!sysfs_text(root, f->serial, sizeof(f->serial), "sys/block/%s/serial", name))
		sysfs_text(root, f->serial, sizeof(f->serial), "sys/block/%s/device/serial", name);
	read_scsi_serial(root, name, f);
	drop_empty_serial(f);
	read_wwn(root, name, f);
	if (!sysfs_text(root, f->model, sizeof(f->model), "sys/block/%s/device/model", name))
		sysfs_text(root, f->model, sizeof(f->model), "sys/block/%s/device/name", name);
	/* HW: libata says vendor "ATA" for every SATA disk; virtio has a PCI vendor number there.
	 */
	if (sysfs_text(root, vendor, sizeof(vendor), "sys/block/%s/device/vendor", name) &&
	    !str_eq(vendor, "ATA") && !str_starts(vendor, "0x"))
		(void)str_copy(f->manufacturer, sizeof(f->manufacturer), vendor);
	if (!sysfs_text(root, f->revision, sizeof(f->revision), "sys/block/%s/device/firmware_rev",
			name) &&
	    !sysfs_text(root, f->revision, sizeof(f->revision), "sys/block/%s/device/rev", name))
		f->revision[0] = '\0';
}

/* A power of two, or not known. */
static int64_t block_size(const char *root, const char *name)
{
	int64_t n = sysfs_int(root, 0, "sys/block/%s/queue/logical_block_size", name);

	return n >= SECTOR_BYTES && n <= 65536 && (n & (n - 1)) == 0 ? n : 0;
}

/* What forbids writing anywhere on it. HW: the kernel calls zones that must be written in order
 * "host-managed"; "host-aware" ones take writes in any order. */
static void read_limits(const char *root, const char *name, struct facts_drive *f)
{
	char zones[32];

	if (sysfs_int(root, 0, "sys/block/%s/ro", name) == 1)
		f->write_protected = TRI_YES;
	if (sysfs_text(root, zones, sizeof(zones), "sys/block/%s/queue/zoned", name) &&
	    str_eq(zones, "host-managed"))
		(void)str_copy(f->zones, sizeof(f->zones), zones);
}

/* Everything but the size. */
static bool read_disk(const char *root, const char *name, struct drive *d)
{
	struct facts_drive *f = &d->facts;

	*d = (struct drive){0};
	if (!is_disk_name(name) || sysfs_int(root, 0, "sys/block/%s/hidden", name) == 1 ||
	    !sysfs_resolve(root, d->sys_path, sizeof(d->sys_path), "sys/block/%s", name))
		return false;
	(void)str_copy(f->name, sizeof(f->name), name);
	snprintf(d->dev_path, sizeof(d->dev_path), "/dev/%.64s", name);
	f->block_size_bytes = block_size(root, name);
	int64_t removable = sysfs_int(root, -1, "sys/block/%s/removable", name);
	f->removable = removable == 1 ? TRI_YES : removable == 0 ? TRI_NO : TRI_UNKNOWN;
	read_limits(root, name, f);
	d->transport = drive_transport(root, name, d->sys_path);
	const struct transport *row = transport_row(d->transport);
	(void)str_copy(f->protocol, sizeof(f->protocol), row->word);
	d->local = row->reach == TRANSPORT_REACH_LOCAL;
	read_media(root, name, f);
	read_pci_address(root, d);
	read_texts(root, name, f);
	drive_slot_read(root, d);
	raid_volume_read(root, d);
	return true;
}

static int64_t size_of(const char *root, const char *name)
{
	return sysfs_int(root, 0, "sys/block/%s/size", name) * SECTOR_BYTES;
}

bool drive_read_one(const char *root, const char *name, struct drive *d)
{
	*d = (struct drive){0};
	if (size_of(root, name) <= 0 || !read_disk(root, name, d))
		return false;
	d->facts.capacity_bytes = size_of(root, name);
	return true;
}

/* HW: a disk with two ports, in a shelf with two controllers or on a SAN, is a block device for each
 * path. SATA disks have one port: two with one name are two disks. */
static bool is_path_to(const struct drive *d, const struct drive *known)
{
	bool sas = d->transport == TRANSPORT_SAS && d->facts.serial[0];
	bool many = sas || transport_row(d->transport)->reach == TRANSPORT_REACH_SHARED;

	return many && d->transport == known->transport && d->facts.wwn[0] &&
	       str_eq(d->facts.wwn, known->facts.wwn) &&
	       str_eq(d->facts.serial, known->facts.serial) &&
	       d->facts.capacity_bytes == known->facts.capacity_bytes;
}

static bool is_listed(const drive_list *list, const struct drive *d)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_path_to(d, &list->items[i]))
			return true;
	return false;
}

void drives_read(const char *root, drive_list *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, "sys/block");

	for (size_t i = 0; i < names.n && ret->n < FACTS_MAX_DRIVES; i++) {
		struct drive drive;

		if (drive_read_one(root, names.names[i], &drive) && !is_listed(ret, &drive))
			VEC_PUSH(ret, drive);
	}
	drive_slots_separate(ret);
}

/* Card readers and virtual drives of a BMC are empty and removable. */
static bool is_unreadable(const char *root, const char *name, struct drive *d)
{
	return sysfs_int(root, -1, "sys/block/%s/size", name) == 0 && read_disk(root, name, d) &&
	       d->local && d->facts.removable == TRI_NO && (d->facts.serial[0] || d->facts.wwn[0]);
}

void drives_add_unreadable(const char *root, drive_list *list)
{
	autonames struct sysfs_names names = sysfs_list(root, "sys/block");

	for (size_t i = 0; i < names.n && list->n < FACTS_MAX_DRIVES; i++) {
		struct drive drive;

		if (is_unreadable(root, names.names[i], &drive) && !is_listed(list, &drive))
			VEC_PUSH(list, drive);
	}
	drive_slots_separate(list);
}

void drives_done(drive_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		VEC_DONE(&list->items[i].facts.signatures);
	VEC_DONE(list);
}
