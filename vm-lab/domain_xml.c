/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domain XML for libvirt's QEMU driver. What differs between the machine kinds (firmware files,
 * chip set, CPU, video) is one const table; the rest is the same for all. Input: checked scenarios.
 */
#include "domain_xml.h"

#include <inttypes.h>

#include <base/str.h>
#include "disk_bus.h"
#include "net.h"
#include "xml.h"

/* The card's and the first disk's place in the order. */
#define NETWORK_FIRST 1
#define NETWORK_LAST  (1 + LAB_MAX_DISKS)

struct machine_kind {
	enum lab_arch arch;
	enum lab_firmware firmware;
	const char *libvirt_arch, *chipset;
	const char *loader, *nvram_template; /* NULL: the chip set's own BIOS */
	const char *emulated_cpu;
	const char *video;
	const char *tpm;
	bool option_rom; /* the NIC brings its own boot ROM (an old iPXE) */
};

/*
 * qemu64 because emulation has no SHA instructions and runs vector code slowly: OpenSSL's plain
 * integer SHA-256 does 103 MB/s there, its SSSE3 one 38 MB/s and its AVX2 one 21 MB/s. Machines
 * with UEFI use the firmware's own virtio-net driver; the option ROM would only add a menu and a
 * wait.
 */
static const struct machine_kind kinds[] = {
	{ARCH_X86_64, FIRMWARE_BIOS, "x86_64", "q35", NULL, NULL, "qemu64", "vga", "tpm-tis", true},
	{ARCH_X86_64, FIRMWARE_UEFI, "x86_64", "q35", "/usr/share/OVMF/OVMF_CODE_4M.fd",
	 "/usr/share/OVMF/OVMF_VARS_4M.fd", "qemu64", "vga", "tpm-crb", false},
	{ARCH_AARCH64, FIRMWARE_UEFI, "aarch64", "virt", "/usr/share/AAVMF/AAVMF_CODE.fd",
	 "/usr/share/AAVMF/AAVMF_VARS.fd", "cortex-a57", "virtio", "tpm-tis", false},
};

static void number_tag(struct xml *x, const char *name, const char *unit, unsigned value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", value);
	xml_open(x, name);
	if (unit)
		xml_attr(x, "unit", unit);
	xml_text(x, text);
	xml_close(x);
}

static void write_os(struct xml *x, const struct machine_kind *k, const struct lab_host *h,
		     const struct domain_setup *setup)
{
	xml_open(x, "os");
	xml_open(x, "type");
	xml_attr(x, "arch", k->libvirt_arch);
	xml_attr(x, "machine", k->chipset);
	xml_text(x, "hvm");
	xml_close(x);
	if (k->loader) {
		xml_open(x, "loader");
		xml_attr(x, "readonly", "yes");
		xml_attr(x, "type", "pflash");
		xml_text(x, k->loader);
		xml_close(x);
		xml_open(x, "nvram");
		xml_attr(x, "template", k->nvram_template);
		xml_text(x, setup->nvram_path);
		xml_close(x);
	} else {
		XML_LEAF(x, "bios", "useserial", "yes");
	}
	if (!*h->smbios)
		XML_LEAF(x, "smbios", "mode", "sysinfo");
	xml_close(x);
}

static void entry(struct xml *x, const char *name, const char *value)
{
	if (!*value)
		return;
	xml_open(x, "entry");
	xml_attr(x, "name", name);
	xml_text(x, value);
	xml_close(x);
}

static void write_board(struct xml *x, const char *tag, const char *name, const char *value)
{
	if (!*value)
		return;
	xml_open(x, tag);
	entry(x, name, value);
	xml_close(x);
}

static void write_sysinfo(struct xml *x, const struct lab_host *h)
{
	if (*h->smbios)
		return;
	xml_open(x, "sysinfo");
	xml_attr(x, "type", "smbios");
	xml_open(x, "system");
	entry(x, "manufacturer", h->manufacturer);
	entry(x, "product", h->product);
	entry(x, "serial", h->serial);
	entry(x, "sku", h->sku);
	xml_close(x);
	write_board(x, "baseBoard", "serial", h->board_serial);
	write_board(x, "chassis", "asset", h->asset_tag);
	xml_close(x);
}

/* EDK II lists a NIC's ways to boot as PXE, then HTTP, and a failed PXE costs a minute: without
 * PXE, HTTP is the first. */
static void write_firmware_options(struct xml *x, const struct lab_host *h)
{
	if (h->netboot != NETBOOT_HTTP)
		return;
	xml_open(x, "sysinfo");
	xml_attr(x, "type", "fwcfg");
	entry(x, "opt/org.tianocore/IPv4PXESupport", "no");
	entry(x, "opt/org.tianocore/IPv6PXESupport", "no");
	xml_close(x);
}

/* 0: not started from. SeaBIOS does not even look at a disk that has no place in the order. */
static unsigned boot_order(const struct lab_host *h, unsigned index)
{
	unsigned first = h->boot_first == BOOT_DISK_FIRST ? 1 : NETWORK_FIRST + 1;

	if (h->boot_first == BOOT_FIRMWARE_FIRST)
		return 0;
	if (h->boot_disk == BOOT_DISK_FIRMWARE)
		return first + index;
	return h->disks[index].role == DISK_TARGET ? first : 0;
}

/* libvirt makes the first of its disks the one to start from, unless it is told of another. */
static bool is_libvirts(const struct lab_host *h, unsigned index)
{
	return disk_bus_is_plain(&h->disks[index]) && h->boot_first != BOOT_FIRMWARE_FIRST;
}

static void argument(struct xml *x, const char *option, const char *value)
{
	XML_LEAF(x, "qemu:arg", "value", option);
	XML_LEAF(x, "qemu:arg", "value", value);
}

static void write_smbios(struct xml *x, const struct lab_host *h, const struct domain_setup *setup)
{
	autofree char *uuid = xasprintf("type=1,uuid=%s", h->uuid);

	if (!*h->smbios)
		argument(x, "-smbios", uuid);
	for (size_t i = 0; i < setup->n_smbios_files; i++) {
		autofree char *file = xasprintf("file=%s", setup->smbios_files[i]);

		argument(x, "-smbios", file);
	}
}

/*
 * The SMBIOS UUID goes past libvirt, which would make it the domain's own: there, two hosts with
 * one UUID, or one that is all zeros, cannot be; in racks they are. So do whole structures, and disks that
 * libvirt cannot describe.
 */
static void write_past_libvirt(struct xml *x, const struct lab_host *h,
			       const struct domain_setup *setup)
{
	xml_open(x, "qemu:commandline");
	write_smbios(x, h, setup);
	if (h->bmc) {
		argument(x, "-device", "ipmi-bmc-sim,id=labbmc");
		argument(x, "-device", "isa-ipmi-kcs,bmc=labbmc");
	}
	for (unsigned i = 0; i < h->n_disks; i++)
		if (!is_libvirts(h, i))
			disk_bus_write(x, &h->disks[i], setup->disk_paths[i], i, boot_order(h, i));
	xml_close(x);
}

static void number_attr(struct xml *x, const char *name, unsigned value)
{
	char text[16];

	text_print(text, sizeof(text), "%u", value);
	xml_attr(x, name, text);
}

/* Each socket is a NUMA node, as on boards that have several. */
static void write_sockets(struct xml *x, const struct lab_host *h)
{
	unsigned cpus;

	if (h->sockets < 2)
		return;
	cpus = h->cpus / h->sockets;
	xml_open(x, "topology");
	number_attr(x, "sockets", h->sockets);
	number_attr(x, "cores", cpus);
	number_attr(x, "threads", 1);
	xml_close(x);
	xml_open(x, "numa");
	for (unsigned i = 0; i < h->sockets; i++) {
		char range[32];

		text_print(range, sizeof(range), "%u-%u", i * cpus, (i + 1) * cpus - 1);
		xml_open(x, "cell");
		number_attr(x, "id", i);
		xml_attr(x, "cpus", range);
		number_attr(x, "memory", h->memory_mib / h->sockets);
		xml_attr(x, "unit", "MiB");
		xml_close(x);
	}
	xml_close(x);
}

static void write_cpu(struct xml *x, const struct machine_kind *k, const struct lab_host *h,
		      const struct domain_setup *setup)
{
	bool kvm = str_eq(setup->accel, "kvm");

	xml_open(x, "cpu");
	xml_attr(x, "mode", kvm ? "host-passthrough" : "custom");
	if (!kvm) {
		xml_attr(x, "match", "exact");
		xml_attr(x, "check", "none");
		xml_open(x, "model");
		xml_attr(x, "fallback", "forbid");
		xml_text(x, k->emulated_cpu);
		xml_close(x);
	}
	write_sockets(x, h);
	xml_close(x);
}

static void write_clock(struct xml *x, const struct lab_host *h)
{
	char start[32];

	xml_open(x, "clock");
	xml_attr(x, "offset", h->has_clock ? "absolute" : "utc");
	if (h->has_clock) {
		text_print(start, sizeof(start), "%" PRId64, h->rtc_wall_s);
		xml_attr(x, "start", start);
	}
	xml_close(x);
}

static void write_disk(struct xml *x, const struct lab_host *h, const char *path, unsigned index)
{
	unsigned order = boot_order(h, index);
	char name[] = {'v', 'd', (char)('a' + index), '\0'};

	xml_open(x, "disk");
	xml_attr(x, "type", "file");
	xml_attr(x, "device", "disk");
	/* unsafe: flushes are dropped, because the lab's own power never fails */
	XML_LEAF(x, "driver", "name", "qemu", "type", "raw", "cache", "unsafe", "discard", "unmap");
	XML_LEAF(x, "source", "file", path);
	XML_LEAF(x, "target", "dev", name, "bus", "virtio");
	xml_tag(x, "serial", h->disks[index].serial);
	if (order) {
		xml_open(x, "boot");
		number_attr(x, "order", order);
		xml_close(x);
	}
	xml_close(x);
}

static void open_nic(struct xml *x, const char *bridge, const char *port, size_t index,
		     const char *mac)
{
	char alias[24];

	text_print(alias, sizeof(alias), DOMAIN_NIC, index);
	xml_open(x, "interface");
	xml_attr(x, "type", "bridge");
	XML_LEAF(x, "source", "bridge", bridge);
	XML_LEAF(x, "target", "dev", port);
	XML_LEAF(x, "mac", "address", mac);
	XML_LEAF(x, "model", "type", "virtio");
	XML_LEAF(x, "alias", "name", alias);
}

static void write_boot_nic(struct xml *x, const struct machine_kind *k, const struct lab_host *h,
			   const struct domain_setup *setup)
{
	open_nic(x, setup->bridge, setup->port, 0, h->mac);
	if (h->boot_first != BOOT_FIRMWARE_FIRST) {
		xml_open(x, "boot");
		number_attr(x, "order",
			    h->boot_first == BOOT_DISK_FIRST ? NETWORK_LAST : NETWORK_FIRST);
		xml_close(x);
	}
	if (!k->option_rom)
		XML_LEAF(x, "rom", "enabled", "no");
	xml_close(x);
}

static void write_other_nics(struct xml *x, const struct lab_host *h, bool first,
			     const struct domain_setup *setup)
{
	char port[sizeof(setup->port)], bridge[NET_NAME_BYTES];

	for (size_t i = 0; i < h->n_nics; i++) {
		const struct lab_nic *n = &h->nics[i];

		if (n->first != first)
			continue;
		net_port_name(setup->port, i + 1, port);
		net_bridge_name(&n->wire, setup->bridge, bridge);
		open_nic(x, bridge, port, i + 1, n->mac);
		XML_LEAF(x, "rom", "enabled", "no");
		if (!n->wire.cabled)
			XML_LEAF(x, "link", "state", "down");
		xml_close(x);
	}
}

static void write_small_devices(struct xml *x, const struct machine_kind *k,
				const struct lab_host *h, const struct domain_setup *setup)
{
	XML_LEAF(x, "controller", "type", "usb", "model", "none");
	xml_open(x, "serial");
	xml_attr(x, "type", "file");
	XML_LEAF(x, "source", "path", setup->console_path, "append", "on");
	XML_LEAF(x, "target", "port", "0");
	xml_close(x);
	xml_open(x, "rng");
	xml_attr(x, "model", "virtio");
	xml_open(x, "backend");
	xml_attr(x, "model", "random");
	xml_text(x, "/dev/urandom");
	xml_close(x);
	xml_close(x);
	xml_open(x, "video");
	XML_LEAF(x, "model", "type", k->video);
	xml_close(x);
	XML_LEAF(x, "memballoon", "model", "none");
	if (h->tpm) {
		xml_open(x, "tpm");
		xml_attr(x, "model", k->tpm);
		XML_LEAF(x, "backend", "type", "emulator", "version", "2.0");
		xml_close(x);
	}
}

static void write_devices(struct xml *x, const struct machine_kind *k, const struct lab_host *h,
			  const struct domain_setup *setup)
{
	xml_open(x, "devices");
	for (unsigned i = 0; i < h->n_disks; i++)
		if (is_libvirts(h, i))
			write_disk(x, h, setup->disk_paths[i], i);
	write_other_nics(x, h, true, setup);
	write_boot_nic(x, k, h, setup);
	write_other_nics(x, h, false, setup);
	write_small_devices(x, k, h, setup);
	xml_close(x);
}

static void write_domain(struct xml *x, const struct machine_kind *k, const struct lab_host *h,
			 const struct domain_setup *setup)
{
	xml_open(x, "domain");
	xml_attr(x, "type", setup->accel);
	xml_attr(x, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
	xml_tag(x, "name", h->name);
	number_tag(x, "memory", "MiB", h->memory_mib);
	number_tag(x, "vcpu", NULL, h->cpus);
	write_os(x, k, h, setup);
	write_sysinfo(x, h);
	write_firmware_options(x, h);
	xml_open(x, "features");
	xml_open(x, "acpi");
	xml_close(x);
	xml_close(x);
	write_cpu(x, k, h, setup);
	write_clock(x, h);
	xml_tag(x, "on_poweroff", "destroy");
	xml_tag(x, "on_reboot", "restart");
	xml_tag(x, "on_crash", "destroy");
	write_devices(x, k, h, setup);
	write_past_libvirt(x, h, setup);
	xml_close(x);
}

static const struct machine_kind *kind_of(const struct lab_host *h)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].arch == h->arch && kinds[i].firmware == h->firmware)
			return &kinds[i];
	return NULL;
}

int domain_xml(const struct lab_host *h, const struct domain_setup *setup, char **ret_xml,
	       struct err *err)
{
	const struct machine_kind *k = kind_of(h);
	struct xml x;

	if (!k)
		return err_set(err, ERR_LAB_LIBVIRT, "no machine of the kind of host '%s'",
			       h->name);
	xml_init(&x);
	write_domain(&x, k, h, setup);
	*ret_xml = xml_take(&x);
	return *ret_xml ? 0 : err_set(err, ERR_LAB_LIBVIRT, "cannot describe host '%s'", h->name);
}
