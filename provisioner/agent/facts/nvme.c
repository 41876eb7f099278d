/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVMe controllers from sysfs; see nvme.h. Four layouts are known: the disk below its controller;
 * the disk below its subsystem, with links to the controllers beside it; the same with the paths in
 * a folder "multipath" (Linux 6.15); and hidden paths (nvme4c7n1) below the controllers.
 */
#include "nvme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/str.h>

#include "drive_path.h"
#include "sysfs.h"

/* "nvme3" and nothing after it. */
static bool is_controller(const char *name)
{
	unsigned number;
	int n = 0;

	return sscanf(name, "nvme%u%n", &number, &n) == 1 && !name[n];
}

static void read_controller(const char *root, const char *parent, struct nvme_controller *c)
{
	char path[512];

	if (!sysfs_text(root, c->transport, sizeof(c->transport), "%s/%s/transport", parent,
			c->name))
		sysfs_text(root, c->transport, sizeof(c->transport), "sys/class/nvme/%s/transport",
			   c->name);
	if (sysfs_resolve(root, path, sizeof(path), "%s/%s", parent, c->name) ||
	    sysfs_resolve(root, path, sizeof(path), "sys/class/nvme/%s", c->name))
		drive_path_pci(path, c->pci_address, sizeof(c->pci_address));
}

static void add(const char *root, const char *parent, const char *name,
		struct nvme_controllers *ret)
{
	struct nvme_controller *c = &ret->items[ret->n];

	for (size_t i = 0; i < ret->n; i++)
		if (str_eq(ret->items[i].name, name))
			return;
	if (ret->n == NVME_MAX_CONTROLLERS || !str_copy(c->name, sizeof(c->name), name))
		return;
	read_controller(root, parent, c);
	ret->n++;
}

/* Every controller that stands in a folder, as itself or as a link. */
static void add_listed(const char *root, const char *folder, struct nvme_controllers *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, "%s", folder);

	for (size_t i = 0; i < names.n; i++)
		if (is_controller(names.names[i]))
			add(root, folder, names.names[i], ret);
}

/* The names of hidden paths, "nvme4c7n1", carry their controller's number. */
static void add_paths(const char *root, const char *folder, const char *disk,
		      struct nvme_controllers *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, "%s", folder);
	unsigned instance, head, want_instance, want_head, number;
	char name[24];

	if (sscanf(disk, "nvme%un%u", &want_instance, &want_head) != 2)
		return;
	for (size_t i = 0; i < names.n; i++) {
		if (sscanf(names.names[i], "nvme%uc%un%u", &instance, &number, &head) != 3 ||
		    instance != want_instance || head != want_head)
			continue;
		snprintf(name, sizeof(name), "nvme%u", number);
		add(root, "sys/class/nvme", name, ret);
	}
}

static void add_hidden(const char *root, const char *disk, struct nvme_controllers *ret)
{
	autonames struct sysfs_names all = sysfs_list(root, "sys/class/nvme");
	char folder[256];

	snprintf(folder, sizeof(folder), "sys/block/%.64s/multipath", disk);
	add_paths(root, folder, disk, ret);
	for (size_t i = 0; i < all.n; i++) {
		snprintf(folder, sizeof(folder), "sys/class/nvme/%.64s", all.names[i]);
		add_paths(root, folder, disk, ret);
	}
}

/* The other controllers of the subsystem that has this one. */
static void add_siblings(const char *root, const char *controller, struct nvme_controllers *ret)
{
	autonames struct sysfs_names all = sysfs_list(root, "sys/class/nvme-subsystem");
	char folder[256];

	for (size_t i = 0; i < all.n; i++) {
		snprintf(folder, sizeof(folder), "sys/class/nvme-subsystem/%.64s", all.names[i]);
		if (sysfs_exists(root, "%s/%s", folder, controller))
			add_listed(root, folder, ret);
	}
}

static int by_address(const void *a, const void *b)
{
	const struct nvme_controller *x = a, *y = b;
	int order = strcmp(x->pci_address, y->pci_address);

	return order ? order : strverscmp(x->name, y->name);
}

void nvme_controllers_read(const char *root, const char *disk, struct nvme_controllers *ret)
{
	char path[512], above[512], *slash;

	*ret = (struct nvme_controllers){0};
	if (!sysfs_resolve(root, path, sizeof(path), "sys/block/%s", disk) ||
	    !(slash = strrchr(path, '/')) || slash == path)
		return;
	*slash = '\0';
	slash = strrchr(path, '/');
	if (slash && is_controller(slash + 1)) {
		(void)str_copy(above, sizeof(above), path);
		above[slash - path] = '\0';
		add(root, above + 1, slash + 1, ret);
		if (!ret->items[0].transport[0])
			sysfs_text(root, ret->items[0].transport, sizeof(ret->items[0].transport),
				   "sys/block/%s/device/transport", disk);
		add_siblings(root, slash + 1, ret);
	} else {
		add_listed(root, path + 1, ret);
	}
	if (sysfs_resolve(root, path, sizeof(path), "sys/block/%s/device", disk))
		add_listed(root, path + 1, ret);
	add_hidden(root, disk, ret);
	qsort(ret->items, ret->n, sizeof(*ret->items), by_address);
}
