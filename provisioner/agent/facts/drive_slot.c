/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots of disks from sysfs; see drive_slot.h. The place is always there for local disks: the
 * controller with the port, phy, channel address or namespace. An enclosure's or a bay's name is
 * better for people and wins as the slot. Names that SMBIOS and the PCI slot driver have for a
 * place are put on it by pci_slot.c, because they come from tables of the whole machine.
 */
#include "drive_slot.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "drive_path.h"
#include "sysfs.h"

/* The controller, by its PCI address or else by its name in the device tree. */
static void controller_of(const struct drive *d, char *ret, size_t ret_bytes)
{
	autofree char *path = xstrndup(d->sys_path, drive_path_controller(d->sys_path));

	if (drive_path_pci(path, ret, ret_bytes))
		return;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	text_clean(ret, ret_bytes, name, strlen(name));
}

/* ---- the place on the controller ------------------------------------------------------------- */

static bool is_ata(const char *name)
{
	return str_starts(name, "ata") && isdigit((unsigned char)name[3]);
}

/* Ports are numbered through the whole machine in the order of probing; their controller's own
 * number, or the rank among its ports, does not change. */
static bool put_ata_port(const char *root, const struct drive *d, struct str *out)
{
	const char *at;

	if (!drive_path_has(d->sys_path, "ata", &at))
		return false;
	int above = (int)(at - d->sys_path - 1);
	autofree char *port = xstrndup(at, strcspn(at, "/"));
	int64_t number = sysfs_int(root, -1, "%.*s/%s/ata_port/%s/port_no", above, d->sys_path,
				   port, port);
	autonames struct sysfs_names names = sysfs_list(root, "%.*s", above, d->sys_path);
	int64_t rank = 0;

	for (size_t i = 0; i < names.n && number < 0; i++) {
		if (str_eq(names.names[i], port))
			number = rank;
		rank += is_ata(names.names[i]);
	}
	if (number >= 0)
		str_addf(out, " port %lld", (long long)number);
	return true;
}

/* The phy of the card, or of the expander with that expander's world-wide name. */
static bool put_sas_phy(const char *root, const struct drive *d, struct str *out)
{
	const char *at, *expander;
	char address[32] = "";

	if (!drive_path_has(d->sys_path, "end_device-", &at))
		return false;
	autofree char *end = xstrndup(at, strcspn(at, "/"));
	int64_t phy = sysfs_int(root, -1, "sys/class/sas_device/%s/phy_identifier", end);
	if (drive_path_has(d->sys_path, "expander-", &expander)) {
		autofree char *name = xstrndup(expander, strcspn(expander, "/"));

		if (sysfs_text(root, address, sizeof(address),
			       "sys/class/sas_device/%s/sas_address", name))
			str_addf(out, " %s", address);
	}
	if (phy >= 0)
		str_addf(out, " phy %lld", (long long)phy);
	return phy >= 0;
}

/* Channel, target and unit of a SCSI address come from the card; the host's number does not. */
static void put_scsi_address(const struct drive *d, bool unit_alone, struct str *out)
{
	unsigned host, channel, target;
	unsigned long long unit;

	for (const char *p = d->sys_path; (p = strchr(p, '/')); p++) {
		if (sscanf(p, "/%u:%u:%u:%llu/", &host, &channel, &target, &unit) != 4)
			continue;
		if (!unit_alone)
			str_addf(out, " target %u:%u:%llu", channel, target, unit);
		else if (unit)
			str_addf(out, " unit %llu", unit);
		return;
	}
}

static void put_namespace(const char *root, const struct drive *d, struct str *out)
{
	int64_t number = sysfs_int(root, -1, "sys/block/%s/nsid", d->facts.name);
	unsigned instance, from_name;

	if (number < 0 && sscanf(d->facts.name, "nvme%un%u", &instance, &from_name) == 2)
		number = from_name;
	if (number > 1)
		str_addf(out, " namespace %lld", (long long)number);
}

/* "1-14.2": the bus is counted anew at each boot, the ports are those of the board. */
static void put_usb_port(const struct drive *d, struct str *out)
{
	const char *found = NULL;
	unsigned bus, port;

	for (const char *p = d->sys_path; (p = strchr(p, '/')); p++)
		if (sscanf(p, "/%u-%u", &bus, &port) == 2 &&
		    strcspn(p + 1, ":") >= strcspn(p + 1, "/"))
			found = p + 1;
	if (!found)
		return;
	found = strchr(found, '-') + 1;
	str_addf(out, " usb %.*s", (int)strcspn(found, "/"), found);
}

static void read_place(const char *root, struct drive *d)
{
	char controller[64];
	struct str out;

	str_init(&out, sizeof(d->place) - 1);
	controller_of(d, controller, sizeof(controller));
	str_add(&out, d->transport == TRANSPORT_NVME ? d->pci_address : controller);
	if (d->transport == TRANSPORT_NVME)
		put_namespace(root, d, &out);
	else if (d->transport == TRANSPORT_USB)
		put_usb_port(d, &out);
	else if (put_ata_port(root, d, &out) || put_sas_phy(root, d, &out))
		put_scsi_address(d, true, &out);
	else
		put_scsi_address(d, false, &out);
	if (str_ok(&out))
		(void)str_copy(d->place, sizeof(d->place), out.p);
	str_done(&out);
}

/* ---- names for people ------------------------------------------------------------------------ */

/* The bay as the enclosure names it, if there is an enclosure with names. */
static void read_enclosure(const char *root, struct facts_drive *f)
{
	autonames struct sysfs_names entries = sysfs_list(root, "sys/block/%s/device", f->name);

	for (size_t i = 0; i < entries.n; i++) {
		const char *bay = entries.names[i];

		if (str_starts(bay, "enclosure_device:"))
			text_clean(f->slot, sizeof(f->slot), bay + strlen("enclosure_device:"),
				   sizeof(f->slot));
	}
}

static void read_bay(const char *root, struct drive *d)
{
	const char *at;

	if (d->facts.slot[0] || !drive_path_has(d->sys_path, "end_device-", &at))
		return;
	autofree char *end = xstrndup(at, strcspn(at, "/"));
	int64_t bay = sysfs_int(root, -1, "sys/class/sas_device/%s/bay_identifier", end);
	if (bay >= 0)
		snprintf(d->facts.slot, sizeof(d->facts.slot), "bay %lld", (long long)bay);
}

void drive_slot_read(const char *root, struct drive *d)
{
	if (transport_row(d->transport)->reach == TRANSPORT_REACH_SHARED)
		return;
	read_place(root, d);
	read_enclosure(root, &d->facts);
	read_bay(root, d);
	if (!d->facts.slot[0])
		(void)str_copy(d->facts.slot, sizeof(d->facts.slot), d->place);
}

/* ---- the same slot twice --------------------------------------------------------------------- */

static void put_place_behind(struct drive *d)
{
	char both[160];

	if (!d->place[0] || str_eq(d->facts.slot, d->place))
		return;
	text_print(both, sizeof(both), "%s (%s)", d->facts.slot, d->place);
	if (!str_copy(d->facts.slot, sizeof(d->facts.slot), both))
		(void)str_copy(d->facts.slot, sizeof(d->facts.slot), d->place);
}

void drive_slots_separate(drive_list *list)
{
	autofree bool *twin = xcalloc(list->n + 1, sizeof(bool));

	for (size_t i = 0; i < list->n; i++)
		for (size_t k = i + 1; k < list->n; k++)
			if (list->items[i].facts.slot[0] &&
			    str_eq(list->items[i].facts.slot, list->items[k].facts.slot))
				twin[i] = twin[k] = true;
	for (size_t i = 0; i < list->n; i++)
		if (twin[i])
			put_place_behind(&list->items[i]);
}
