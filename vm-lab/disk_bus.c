/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a disk of a scenario to QEMU's arguments; see disk_bus.h. How to add a bus: a word in
 * words.h, a row in buses[]. Input: checked scenarios.
 */
#include "disk_bus.h"

#include <base/str.h>

#define ARGUMENT_MAX_BYTES 2048
#define FIRST_SLOT         0x10 /* on the root bus */
#define BAD_SECTOR         2048 /* where partitions begin: read by every surface test */

static const struct bus {
	enum disk_bus bus;
	const char *adapter; /* NULL: the disk is its own */
	const char *device;
	const char *address; /* of the disk on the adapter, after its id; NULL: it has none */
	const char
		*fixed; /* the adapter's bus has this name, and what is on it no serial of ours */
} buses[] = {
	{BUS_VIRTIO, NULL, "virtio-blk-pci", NULL, NULL},
	{BUS_SATA, "ich9-ahci", "ide-hd", ".0", NULL},
	{BUS_SCSI, "virtio-scsi-pci", "scsi-hd", ".0", NULL},
	{BUS_NVME, NULL, "nvme", NULL, NULL},
	{BUS_MEGASAS, "megasas-gen2", "scsi-hd", ".0", NULL},
	{BUS_PVSCSI, "pvscsi", "scsi-hd", ".0", NULL},
	{BUS_USB, "qemu-xhci", "usb-storage", ".0", NULL},
	{BUS_SD, "sdhci-pci", "sd-card", NULL, "sd-bus"},
	{BUS_EMMC, "sdhci-pci", "emmc", NULL, "sd-bus"},
};
_Static_assert(ARRAY_LEN(buses) == _DISK_BUS_MAX, "a row for each bus");

bool disk_bus_is_plain(const struct lab_disk *d)
{
	return d->bus == BUS_VIRTIO && d->sector_bytes == 512 && d->fault == DISK_FAULT_NONE;
}

static const struct bus *bus_of(const struct lab_disk *d)
{
	for (size_t i = 0; i < ARRAY_LEN(buses); i++)
		if (buses[i].bus == d->bus)
			return &buses[i];
	return &buses[0];
}

static void argument(struct xml *x, const char *option, const struct str *value)
{
	XML_LEAF(x, "qemu:arg", "value", option);
	XML_LEAF(x, "qemu:arg", "value", value->p);
}

/* A read error is made below the disk, so that the bus reports it in its own way. */
static void write_drive(struct xml *x, const struct lab_disk *d, const char *path, unsigned index)
{
	autostr struct str s;

	str_init(&s, ARGUMENT_MAX_BYTES);
	str_addf(&s, "if=none,id=" DISK_DRIVE ",format=raw,cache=unsafe,discard=unmap", index);
	if (d->fault == DISK_FAULT_READ_ERROR)
		str_addf(&s,
			 ",file.driver=blkdebug,file.image.driver=file,file.image.filename=%s,"
			 "file.inject-error.0.event=none,file.inject-error.0.iotype=read,"
			 "file.inject-error.0.errno=5,file.inject-error.0.sector=%d",
			 path, BAD_SECTOR);
	else
		str_addf(&s, ",file=%s", path);
	if (d->fault == DISK_FAULT_SLOW)
		str_addf(&s, ",throttling.bps-total=%d", DISK_SLOW_BYTES_S);
	argument(x, "-drive", &s);
}

/* libvirt gives its own devices the lower slots, and QEMU would take those first. */
static void add_slot(struct str *s, unsigned index)
{
	str_addf(s, ",bus=pcie.0,addr=0x%x", FIRST_SLOT + index);
}

static void write_adapter(struct xml *x, const struct bus *b, unsigned index)
{
	autostr struct str s;

	str_init(&s, ARGUMENT_MAX_BYTES);
	str_addf(&s, "%s,id=labbus%u", b->adapter, index);
	add_slot(&s, index);
	argument(x, "-device", &s);
}

static void write_device(struct xml *x, const struct bus *b, const struct lab_disk *d,
			 unsigned index, unsigned boot_order)
{
	autostr struct str s;

	str_init(&s, ARGUMENT_MAX_BYTES);
	str_addf(&s, "%s,id=labdisk%u,drive=" DISK_DRIVE, b->device, index, index);
	if (b->fixed) {
		str_addf(&s, ",bus=%s", b->fixed);
		argument(x, "-device", &s);
		return;
	}
	str_addf(&s, ",serial=%s", d->serial);
	if (b->address)
		str_addf(&s, ",bus=labbus%u%s", index, b->address);
	else
		add_slot(&s, index);
	if (d->sector_bytes != 512)
		str_addf(&s, ",logical_block_size=%u,physical_block_size=%u", d->sector_bytes,
			 d->sector_bytes);
	if (d->fault == DISK_FAULT_SMART_WARNING)
		str_add(&s, ",smart_critical_warning=4");
	if (boot_order)
		str_addf(&s, ",bootindex=%u", boot_order);
	argument(x, "-device", &s);
}

void disk_bus_write(struct xml *x, const struct lab_disk *d, const char *path, unsigned index,
		    unsigned boot_order)
{
	const struct bus *b = bus_of(d);

	write_drive(x, d, path, index);
	if (b->adapter)
		write_adapter(x, b, index);
	write_device(x, b, d, index, boot_order);
}
