/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCIe links after load: a card that uses fewer lanes than it and its slot could, or is slower. Power
 * saving lowers the speed of idle graphics cards, never a width; storage and network cards keep both.
 * HW: QEMU's pcie-root-port claims 32 lanes and uses one; a port of an emulator has no lanes.
 */
#include "burn.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#define PCI           "sys/bus/pci/devices"
#define CLASS_STORAGE 0x01
#define CLASS_NETWORK 0x02
#define CLASS_BRIDGE  0x06
#define VENDOR_QEMU   0x1b36

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

/* Tenths of GT/s: "8.0 GT/s PCIe", "2.5 GT/s", "Unknown". */
static int64_t speed(const char *root, const char *address, const char *file)
{
	char text[32];
	double v;

	return sysfs_text(root, text, sizeof(text), PCI "/%s/%s", address, file) &&
			       sscanf(text, "%lf GT/s", &v) == 1 && v > 0 && v < 1000
		       ? (int64_t)(v * 10 + 0.5)
		       : -1;
}

bool burn_link_is_slow(const char *root, const char *address, int64_t *ret_speed,
		       int64_t *ret_could)
{
	int64_t kind = number(root, address, "class") >> 16;
	int64_t now = speed(root, address, "current_link_speed");
	int64_t card = speed(root, address, "max_link_speed");
	char port[32];

	if ((kind != CLASS_STORAGE && kind != CLASS_NETWORK) || now <= 0 || card <= 0 ||
	    !port_of(root, address, port) || number(root, port, "vendor") == VENDOR_QEMU)
		return false;
	int64_t slot = speed(root, port, "max_link_speed");
	*ret_speed = now;
	*ret_could = card < slot ? card : slot;
	return slot > 0 && now < *ret_could;
}

static const struct component *part_at(const struct burn *b, const char *address)
{
	static const enum component_kind kinds[] = {COMPONENT_NIC, COMPONENT_DISK, COMPONENT_PCI};
	const struct component *c = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && !c; i++)
		c = component_at_pci(&b->components, kinds[i], address);
	return c;
}

static void find(struct burn *b, const char *step, const char *address, enum burnin_symptom symptom,
		 const char *message)
{
	struct burnin_finding f = {.symptom = symptom, .component = part_at(b, address)};

	(void)text_fit(f.message, sizeof(f.message), message);
	burn_found(b, step, &f);
}

static void judge_link(struct burn *b, const char *step, const char *address)
{
	char message[160];
	int64_t is, could;

	if (burn_link_is_narrow("", address, &is, &could)) {
		text_print(message, sizeof(message), "the link of %.20s has %lld lanes of %lld",
			   address, (long long)is, (long long)could);
		find(b, step, address, SYMPTOM_PCIE_NARROW_LINK, message);
	}
	if (burn_link_is_slow("", address, &is, &could)) {
		text_print(message, sizeof(message),
			   "the link of %.20s runs at %lld.%lld GT/s of "
			   "%lld.%lld",
			   address, (long long)(is / 10), (long long)(is % 10),
			   (long long)(could / 10), (long long)(could % 10));
		find(b, step, address, SYMPTOM_PCIE_SLOW_LINK, message);
	}
}

enum burn_end burn_test_links(struct burn *b, const char *step)
{
	autonames struct sysfs_names devices = sysfs_list("", PCI);
	unsigned n_judged = 0;

	for (size_t i = 0; i < devices.n; i++) {
		const char *address = devices.names[i];

		n_judged += number("", address, "current_link_width") > 0;
		judge_link(b, step, address);
	}
	return n_judged ? BURN_JUDGED : BURN_SKIPPED;
}
