/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lists of the same disks, the BIOS's and the kernel's, that share no name: a pair is believed when each is
 * the only one that fits the other.
 */
#include "bios_drive.h"

#include <string.h>
#include <unistd.h>

#include <agent/facts/sysfs.h>
#include <base/bytes.h>
#include <base/cleanup.h>
#include <base/str.h>

#define EDD              "/sys/firmware/edd/int13_dev%02x"
#define LAST             0x8fU
#define SIGNATURE_OFFSET 440
#define BLOCK_BYTES      4096

struct bios_disk {
	int64_t sectors; /* -1: not told */
	uint32_t signature;
	char pci[32]; /* "" from a BIOS that does not tell the controller */
};

static bool bios_disk_read(const char *root, unsigned number, struct bios_disk *ret)
{
	if (!sysfs_exists(root, EDD, number))
		return false;
	ret->sectors = sysfs_int(root, -1, EDD "/sectors", number);
	ret->signature = (uint32_t)sysfs_int(root, 0, EDD "/mbr_signature", number);
	(void)sysfs_link_name(root, ret->pci, sizeof(ret->pci), EDD "/pci_dev", number);
	return true;
}

static bool fits(const struct bios_disk *b, const struct drive *d)
{
	int64_t bytes = d->facts.capacity_bytes;
	int64_t sector_bytes = d->facts.block_size_bytes > 0 ? d->facts.block_size_bytes : 512;
	autofree char *controller = xasprintf("/%s/", b->pci);

	if (b->sectors <= 0 || (b->sectors != bytes / 512 && b->sectors != bytes / sector_bytes))
		return false;
	return !*b->pci || strstr(d->sys_path, controller);
}

/* How many of the kernel's disks the BIOS's one could be. */
static size_t kernel_disks(const char *root, const struct bios_disk *b)
{
	drive_list drives = {0};
	size_t n = 0;

	drives_read(root, &drives);
	for (size_t i = 0; i < drives.n; i++)
		n += fits(b, &drives.items[i]);
	drives_done(&drives);
	return n;
}

unsigned bios_drive_of(const char *root, const struct drive *disk, uint32_t signature)
{
	unsigned fitting = BIOS_DRIVE_UNKNOWN, signed_same = BIOS_DRIVE_UNKNOWN;
	size_t n_fitting = 0, n_same = 0;
	struct bios_disk b, only = {0};

	for (unsigned i = BIOS_DRIVE_FIRST; i <= LAST; i++) {
		if (!bios_disk_read(root, i, &b) || !fits(&b, disk) ||
		    (b.signature && signature && b.signature != signature))
			continue;
		fitting = i;
		only = b;
		n_fitting++;
		if (signature && b.signature == signature) {
			signed_same = i;
			n_same++;
		}
	}
	if (n_same == 1)
		return signed_same;
	return n_fitting == 1 && kernel_disks(root, &only) == 1 ? fitting : BIOS_DRIVE_UNKNOWN;
}

uint32_t bios_drive_signature(int fd)
{
	_Alignas(BLOCK_BYTES) uint8_t block[BLOCK_BYTES] = {0};
	struct cur c = cur_of(block, sizeof(block));

	if (pread(fd, block, sizeof(block), 0) != (ssize_t)sizeof(block))
		return 0;
	cur_skip(&c, SIGNATURE_OFFSET);
	return cur_le32(&c);
}
