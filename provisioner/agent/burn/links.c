/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCIe links under load: a card that uses fewer lanes than it and its slot could. Power saving
 * changes the speed of an idle link, never its width, so width is what is judged.
 * HW: QEMU's pcie-root-port claims 32 lanes and uses one; a port of an emulator has no lanes.
 */
#include "burn.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#define PCI          "sys/bus/pci/devices"
#define CLASS_BRIDGE 0x06
#define VENDOR_QEMU  0x1b36

/* The address of the port that a device hangs on: the folder above its own. */
static bool port_of(const char *root, const char *address, char ret[static 32])
{
	char path[512];

	if (!sysfs_resolve(root, path, sizeof(path), PCI "/%s", address))
		return false;
	char *end = strrchr(path, '/');
	if (!end)
		return false;
	*end = '\0';
	const char *port = strrchr(path, '/');
	/* "pci0000:00" is the root complex, which is not a port. */
	return port && strlen(port + 1) == strlen("0000:00:00.0") && str_copy(ret, 32, port + 1);
}

static int64_t number(const char *root, const char *address, const char *file)
{
	return sysfs_int(root, -1, PCI "/%s/%s", address, file);
}

bool burn_link_is_narrow(const char *root, const char *address, int64_t *ret_width,
			 int64_t *ret_could)
{
	char port[32];
	int64_t width = number(root, address, "current_link_width");
	int64_t card = number(root, address, "max_link_width");

	if (width <= 0 || card <= 0 || number(root, address, "class") >> 16 == CLASS_BRIDGE ||
	    !port_of(root, address, port) || number(root, port, "vendor") == VENDOR_QEMU)
		return false;
	int64_t slot = number(root, port, "max_link_width");
	*ret_width = width;
	*ret_could = card < slot ? card : slot;
	return slot > 0 && width < *ret_could;
}

static const struct component *part_at(const struct burn *b, const char *address)
{
	static const enum component_kind kinds[] = {COMPONENT_NIC, COMPONENT_DISK, COMPONENT_PCI};
	const struct component *c = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && !c; i++)
		c = component_at_pci(&b->components, kinds[i], address);
	return c;
}

enum burn_end burn_test_links(struct burn *b, const char *step)
{
	autonames struct sysfs_names devices = sysfs_list("", PCI);
	unsigned n_judged = 0;

	for (size_t i = 0; i < devices.n; i++) {
		const char *address = devices.names[i];
		struct burnin_finding finding = {.symptom = SYMPTOM_PCIE_NARROW_LINK,
						 .component = part_at(b, address)};
		int64_t width, could;

		n_judged += number("", address, "current_link_width") > 0;
		if (!burn_link_is_narrow("", address, &width, &could))
			continue;
		text_print(finding.message, sizeof(finding.message),
			   "the link of %.20s has %lld lanes of %lld", address, (long long)width,
			   (long long)could);
		burn_found(b, step, &finding);
	}
	return n_judged ? BURN_JUDGED : BURN_SKIPPED;
}
