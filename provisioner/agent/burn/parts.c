/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of this host as components: from its facts, with the place of memory modules and
 * processors, so that counters of the kernel find the part that a technician can pull.
 */
#include "burn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include <agent/facts/smbios.h>
#include <agent/facts/sysfs.h>

#define COPY(dst, src) (void)text_fit(dst, sizeof(dst), src)

/* ---- memory ---------------------------------------------------------------------------------- */

/* A range of the module itself; where the table has none for any module, that of its array. HW: many
 * boards have neither, and where modules are interleaved, several have one range. */
static void add_ranges(const struct smbios *s, const struct facts_dimm *d, struct component *c)
{
	bool arrays = true;

	for (size_t i = 0; i < s->mappings.n; i++)
		arrays &= s->mappings.items[i].array;
	for (size_t i = 0; i < s->mappings.n && c->n_ranges < COMPONENT_RANGES_MAX; i++) {
		const struct smbios_mapping *m = &s->mappings.items[i];

		if (m->array == arrays && m->handle == (arrays ? d->array : d->handle))
			c->ranges[c->n_ranges++] = (struct memory_range){m->first, m->last};
	}
}

static void add_dimm(const struct smbios *s, const struct facts_dimm *d,
		     const struct dimm_place *place, component_list *list)
{
	char key[64];

	/* The inventory's name of the slot; "DIMM 0" alone may be on two sockets. */
	(void)text_fit(key, sizeof(key), d->slot);
	struct component *c = component_add(list, COMPONENT_DIMM, key);
	if (!c)
		return;
	text_print(c->name, sizeof(c->name), "%lld MiB %.32s", (long long)d->capacity_mib, d->type);
	COPY(c->location, key);
	COPY(c->locator, d->device_locator);
	COPY(c->bank, d->bank_locator);
	for (size_t i = 0; i < s->memory_devices.n; i++)
		if (s->memory_devices.items[i].handle == d->handle)
			c->device_number = (int)i + 1;
	COPY(c->serial, d->serial);
	COPY(c->manufacturer, d->manufacturer);
	COPY(c->part_number, d->part_number);
	c->place = *place;
	add_ranges(s, d, c);
}

static int first_socket(const struct facts *f)
{
	const char *names[FACTS_MAX_CPUS];

	for (size_t i = 0; i < f->processors.n && i < ARRAY_LEN(names); i++)
		names[i] = f->processors.items[i].socket;
	return f->processors.n <= ARRAY_LEN(names) ? dimm_first_socket(names, f->processors.n)
						   : DIMM_UNKNOWN;
}

static void add_dimms(const char *root, const struct facts *f, component_list *list)
{
	struct smbios smbios;
	const struct dimm_board board = {
		.manufacturer = f->system.manufacturer,
		.n_sockets = f->processors.n,
		.first_socket = first_socket(f),
	};
	size_t n = f->memory.modules.n;
	autofree struct dimm_slot *slots = xcalloc(n + 1, sizeof(*slots));

	for (size_t i = 0; i < n; i++) {
		slots[i].device = f->memory.modules.items[i].device_locator;
		slots[i].bank = f->memory.modules.items[i].bank_locator;
	}
	dimm_slots_place(slots, n, &board);
	IGNORE_RESULT(smbios_read(root, &smbios, NULL)); /* gives what it could read */
	for (size_t i = 0; i < n; i++)
		if (f->memory.modules.items[i].capacity_mib)
			add_dimm(&smbios, &f->memory.modules.items[i], &slots[i].place, list);
	smbios_done(&smbios);
}

/* ---- processors ------------------------------------------------------------------------------ */

#define MAX_PACKAGES 64

/* The kernel's package numbers, in order; they may have gaps. 0 when the kernel shows none. */
static size_t packages(const char *root, int64_t ret[static MAX_PACKAGES])
{
	autonames struct sysfs_names cpus = sysfs_list(root, "sys/devices/system/cpu");
	size_t n = 0;

	for (size_t i = 0; i < cpus.n; i++) {
		int64_t id = sysfs_int(root, -1,
				       "sys/devices/system/cpu/%s/topology/physical_package_id",
				       cpus.names[i]);
		size_t at = 0;

		while (at < n && ret[at] < id)
			at++;
		if (id < 0 || n == MAX_PACKAGES || (at < n && ret[at] == id))
			continue;
		memmove(ret + at + 1, ret + at, (n - at) * sizeof(*ret));
		ret[at] = id;
		n++;
	}
	return n;
}

/* Sockets of SMBIOS and packages of the kernel come in the same order; where their numbers differ,
 * nothing says which is which. */
static void add_cpus(const char *root, const struct facts *f, component_list *list)
{
	int64_t ids[MAX_PACKAGES];
	size_t n_packages = packages(root, ids);
	bool paired = n_packages == f->processors.n;

	for (size_t i = 0; i < f->processors.n; i++) {
		const struct facts_cpu *p = &f->processors.items[i];
		char key[32];

		snprintf(key, sizeof(key), "%s%lld", paired || !n_packages ? "" : "socket ",
			 (long long)(paired ? ids[i] : (int64_t)i));
		struct component *c = component_add(list, COMPONENT_CPU, key);
		if (!c)
			return;
		COPY(c->name, p->model);
		COPY(c->location, p->socket);
		COPY(c->serial, p->serial);
		COPY(c->manufacturer, p->manufacturer);
		c->place.socket = paired || !n_packages ? (int)i : DIMM_UNKNOWN;
	}
}

/* ---- the rest -------------------------------------------------------------------------------- */

static struct component *add_drive(const struct facts_drive *d, component_list *list)
{
	struct component *c = component_add(list, COMPONENT_DISK, d->name);

	if (!c)
		return NULL;
	COPY(c->name, *d->model ? d->model : d->name);
	COPY(c->location, d->slot);
	COPY(c->serial, *d->serial ? d->serial : d->wwn);
	COPY(c->manufacturer, d->manufacturer);
	COPY(c->revision, d->revision);
	COPY(c->part_number, d->model);
	return c;
}

static void add_drives(const char *root, const struct facts *f, component_list *list)
{
	for (size_t i = 0; i < f->drives.n; i++) {
		const struct facts_drive *d = &f->drives.items[i];
		struct component *c = add_drive(d, list);
		struct drive drive;

		if (!c)
			return;
		/* A controller's function is not its disk's, but an NVMe disk is one function. */
		if (str_eq(d->protocol, "NVMe") && drive_read_one(root, d->name, &drive))
			COPY(c->pci, drive.pci_address);
	}
	for (size_t i = 0; i < f->raid_drives.n; i++)
		if (!add_drive(&f->raid_drives.items[i], list))
			return;
}

static void add_cards(const struct facts *f, component_list *list)
{
	for (size_t i = 0; i < f->nics.n; i++) {
		const struct facts_nic *n = &f->nics.items[i];
		struct component *c = component_add(list, COMPONENT_NIC, n->name);

		if (!c)
			return;
		text_print(c->name, sizeof(c->name), "%s %s", n->driver, n->name);
		COPY(c->location, n->pci_address);
		COPY(c->serial, n->permanent_mac);
		COPY(c->pci, n->pci_address);
	}
	for (size_t i = 0; i < f->pci.n; i++) {
		const struct facts_pci *p = &f->pci.items[i];
		struct component *c = component_add(list, COMPONENT_PCI, p->address);

		if (!c)
			return;
		if (*p->vendor_id || *p->device_id)
			text_print(c->name, sizeof(c->name), "%s:%s%s%s", p->vendor_id,
				   p->device_id, *p->driver ? " " : "", p->driver);
		COPY(c->location, p->address);
		COPY(c->pci, p->address);
	}
}

void burn_list_components(const char *root, const struct facts *facts, component_list *ret)
{
	add_cpus(root, facts, ret);
	add_dimms(root, facts, ret);
	add_drives(root, facts, ret);
	add_cards(facts, ret);
}
