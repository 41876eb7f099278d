/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence and facts put together; see machine_facts.h. Sources: SMBIOS (smbios.c), drives.c,
 * nics.c, and the small kernel files read here (PCI, CPU topology, TPM, boot firmware).
 */
#include "machine_facts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>

#include "bmc.h"
#include "cpu_topology.h"
#include "drives.h"
#include "empty_word.h"
#include "missing_firmware.h"
#include "nic_owner.h"
#include "nics.h"
#include "disk_signatures.h"
#include "pci_slot.h"
#include "raid_drives.h"
#include "smbios.h"
#include "sysfs.h"
#include "tpm_ek.h"

static const char *firmware_kind(const char *root)
{
	return sysfs_exists(root, "sys/firmware/efi") ? "uefi" : "bios";
}

/* ---- evidence -------------------------------------------------------------------------------- */

static void read_nics(const char *root, const struct smbios *smbios, nic_list *ret)
{
	nics_read(root, ret);
	nics_drop_host_interfaces(root, ret, smbios->host_interfaces.items,
				  smbios->host_interfaces.n);
}

static bool has_mac(const struct evidence *e, const char *mac)
{
	for (size_t i = 0; i < e->macs.n; i++)
		if (str_eq(e->macs.items[i].s, mac))
			return true;
	return false;
}

static void add_macs(const char *root, const struct smbios *smbios, struct evidence *e)
{
	nic_list nics = {0};

	read_nics(root, smbios, &nics);
	for (size_t i = 0; i < nics.n && e->macs.n < EVIDENCE_MAX_MACS; i++) {
		struct text64 mac = {0};

		if (!nic_is_proof(root, &nics.items[i]))
			continue;
		(void)str_copy(mac.s, sizeof(mac.s), nics.items[i].permanent_mac);
		if (!has_mac(e, mac.s))
			VEC_PUSH(&e->macs, mac);
	}
	VEC_DONE(&nics);
}

static void add_disks(const char *root, struct evidence *e)
{
	drive_list drives = {0};

	drives_read(root, &drives);
	for (size_t i = 0; i < drives.n && e->disks.n < EVIDENCE_MAX_DISKS; i++) {
		const struct drive *d = &drives.items[i];
		struct evidence_disk disk = {0};

		/* A disk on a SAN or a stick is not part of this host. */
		if (!d->local || (!d->facts.wwn[0] && !d->facts.serial[0]))
			continue;
		(void)str_copy(disk.wwn, sizeof(disk.wwn), d->facts.wwn);
		(void)str_copy(disk.serial, sizeof(disk.serial), d->facts.serial);
		VEC_PUSH(&e->disks, disk);
	}
	drives_done(&drives);
}

#define COPY(dst, src) (void)str_copy(dst, sizeof(dst), src)

void machine_evidence(const char *root, struct evidence *ret)
{
	struct smbios smbios;

	*ret = (struct evidence){0};
	IGNORE_RESULT(smbios_read(root, &smbios, NULL));
	COPY(ret->smbios_uuid, smbios.system.uuid);
	COPY(ret->system_serial, smbios.system.serial);
	COPY(ret->manufacturer, smbios.system.manufacturer);
	COPY(ret->product, smbios.system.model);
	COPY(ret->board_serial, smbios.board.serial);
	COPY(ret->chassis_serial, smbios.chassis.serial);
	add_macs(root, &smbios, ret);
	smbios_done(&smbios);
	add_disks(root, ret);
	(void)tpm_ek(root, ret->tpm_ek_sha256);
}

void machine_about(const char *root, struct agent_about *ret)
{
	struct utsname name;

	*ret = (struct agent_about){0};
	COPY(ret->version, SLIPWAY_VERSION);
	COPY(ret->firmware, firmware_kind(root));
	if (uname(&name) == 0) {
		COPY(ret->arch, name.machine);
		text_clean(ret->kernel, sizeof(ret->kernel), name.release, sizeof(name.release));
	}
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void read_boot(const char *root, struct facts_boot *boot)
{
	static const char name[] = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	autofree char *dir = xasprintf("%s/sys/firmware/efi/efivars", root);
	autofree char *path = xasprintf("%s/%s", dir, name);
	autofree char *value = NULL;
	struct utsname uts;
	size_t n_bytes;

	COPY(boot->firmware, firmware_kind(root));
	if (!sysfs_text(root, boot->arch, sizeof(boot->arch), "proc/sys/kernel/arch") &&
	    uname(&uts) == 0)
		COPY(boot->arch, uts.machine);
	if (!*root && access(dir, F_OK) == 0 && access(path, F_OK) < 0)
		(void)mount("efivarfs", dir, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	/* Four bytes of attributes, then the variable: one byte. */
	if (file_read(path, 64, &value, &n_bytes, NULL) == 0 && n_bytes == 5)
		boot->secure_boot = value[4] == 1 ? TRI_YES : TRI_NO;
}

/* Value of the first "key : value" line of /proc/cpuinfo. */
static void cpuinfo_text(const char *root, const char *key, char *ret, size_t ret_bytes)
{
	autofree char *path = xasprintf("%s/proc/cpuinfo", root);
	autofree char *text = NULL;
	size_t n_bytes;

	*ret = '\0';
	if (file_read(path, 4 * 1024 * 1024, &text, &n_bytes, NULL) < 0)
		return;
	struct sv rest = {text, n_bytes};
	while (rest.n) {
		struct sv value = sv_split(&rest, '\n');
		struct sv name = sv_trim(sv_split(&value, ':'));

		if (sv_eq_str(name, key)) {
			text_clean(ret, ret_bytes, value.p, value.n);
			return;
		}
	}
}

/* Sockets from the kernel's topology, where there is no SMBIOS table. */
static void add_packages(const struct cpu_topology *t, struct facts *f)
{
	struct facts_cpu cpu = {.socket = "CPU 0"};

	for (size_t i = 0; i < t->n_packages; i++) {
		snprintf(cpu.socket, sizeof(cpu.socket), "CPU %zu", i);
		VEC_PUSH(&f->processors, cpu);
	}
	if (t->n_packages == 0)
		VEC_PUSH(&f->processors, cpu);
}

/* HW: words of firmware that does not know which processor it has. */
static bool names_no_model(const char *model)
{
	static const char *const words[] = {"cpu",       "processor",  "central processor",
					    "cpu model", "system cpu", "oem",
					    "o.e.m.",    "other"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(model, words[i]) == 0)
			return true;
	return empty_word_is(model);
}

/* HW: hypervisors and old firmware leave the model or the counts out; then the kernel's view
 * counts, if it sees as many packages. What neither has stays unknown. */
static void complete_processor(struct facts_cpu *cpu, const struct cpu_package *package,
			       const char *model)
{
	if (package && !cpu->total_threads)
		cpu->total_threads = package->threads;
	if (package && !cpu->total_cores)
		cpu->total_cores = package->cores;
	/* Firmware of virtual machines names the machine type, not the CPU. */
	if (str_starts(cpu->model, "pc-") || str_starts(cpu->model, "virt"))
		cpu->model[0] = '\0';
	if (names_no_model(cpu->model))
		COPY(cpu->model, model);
}

/* The packages that the kernel sees go, in their order, to the processors that are not disabled, if
 * there are as many. */
static void complete_processors(const struct cpu_topology *topology, const bool *disabled,
				const char *model, struct facts *f)
{
	size_t n_on = 0, next = 0;

	for (size_t i = 0; i < f->processors.n; i++)
		n_on += !disabled[i];
	for (size_t i = 0; i < f->processors.n; i++) {
		bool fits = topology->n_packages == n_on && !disabled[i];

		complete_processor(&f->processors.items[i],
				   fits ? &topology->packages[next++] : NULL, model);
	}
}

static bool shares_socket(const struct facts *f, size_t i)
{
	for (size_t k = 0; k < f->processors.n; k++)
		if (k != i && str_eq(f->processors.items[k].socket, f->processors.items[i].socket))
			return true;
	return false;
}

/* HW: some firmware gives all sockets one name. They are numbered in the order of the table, which
 * firmware keeps. */
static void number_sockets(struct facts *f)
{
	bool twin[FACTS_MAX_CPUS];
	size_t number = 1;

	for (size_t i = 0; i < f->processors.n; i++)
		twin[i] = shares_socket(f, i);
	for (size_t i = 0; i < f->processors.n; i++) {
		struct facts_cpu *cpu = &f->processors.items[i];
		char name[sizeof(cpu->socket) - 8];

		if (!twin[i])
			continue;
		(void)text_fit(name, sizeof(name),
			       empty_word_is(cpu->socket) ? "CPU" : cpu->socket);
		text_print(cpu->socket, sizeof(cpu->socket), "%s #%zu", name, number++);
	}
}

static void read_processors(const char *root, const struct smbios *smbios, struct facts *f)
{
	struct cpu_topology topology;
	char model[129];

	cpuinfo_text(root, "model name", model, sizeof(model));
	cpu_topology_read(root, &topology);
	for (size_t i = 0; i < smbios->processors.n; i++)
		VEC_PUSH(&f->processors, smbios->processors.items[i]);
	if (f->processors.n == 0)
		add_packages(&topology, f);
	complete_processors(&topology, smbios->disabled, model, f);
	number_sockets(f);
}

/* An empty slot has no texts; a module whose size the firmware does not tell has. */
static bool size_is_unknown(const struct facts_dimm *d)
{
	return !d->capacity_mib && (d->manufacturer[0] || d->serial[0] || d->part_number[0]);
}

static void read_memory(const char *root, const struct smbios *smbios, struct facts_memory *m)
{
	autofree char *path = xasprintf("%s/proc/meminfo", root);
	char line[128];
	long long kib = 0;
	bool known = true;

	for (size_t i = 0; i < smbios->modules.n; i++) {
		VEC_PUSH(&m->modules, smbios->modules.items[i]);
		m->total_mib += smbios->modules.items[i].capacity_mib;
		known &= !size_is_unknown(&smbios->modules.items[i]);
	}
	for (size_t i = 0; i < smbios->persistent.n; i++)
		VEC_PUSH(&m->persistent, smbios->persistent.items[i]);
	if (!known)
		m->total_mib = 0; /* a sum without that module would be a wrong one */
	file_read_line(path, line, sizeof(line));
	if (known && !m->total_mib && sscanf(line, "MemTotal: %lld kB", &kib) == 1)
		m->total_mib = kib / 1024;
}

static void read_pci_device(const char *root, const char *address, struct facts_pci *p)
{
	static const char base[] = "sys/bus/pci/devices";

	COPY(p->address, address);
	sysfs_text(root, p->vendor_id, sizeof(p->vendor_id), "%s/%s/vendor", base, address);
	sysfs_text(root, p->device_id, sizeof(p->device_id), "%s/%s/device", base, address);
	sysfs_text(root, p->class_code, sizeof(p->class_code), "%s/%s/class", base, address);
	sysfs_link_name(root, p->driver, sizeof(p->driver), "%s/%s/driver", base, address);
	p->link_width = sysfs_int(root, 0, "%s/%s/current_link_width", base, address);
	p->max_link_width = sysfs_int(root, 0, "%s/%s/max_link_width", base, address);
	/* HW: 255 means "no link" and devices inside the chipset have none. */
	if (p->link_width <= 0 || p->max_link_width <= 0 || p->max_link_width >= 255) {
		p->link_width = p->max_link_width = 0;
		return;
	}
	sysfs_text(root, p->link_speed, sizeof(p->link_speed), "%s/%s/current_link_speed", base,
		   address);
	sysfs_text(root, p->max_link_speed, sizeof(p->max_link_speed), "%s/%s/max_link_speed", base,
		   address);
}

static void read_pci(const char *root, struct facts *f)
{
	autonames struct sysfs_names names = sysfs_list(root, "sys/bus/pci/devices");
	missing_firmware_list missing = {0};

	missing_firmware_read(root, &missing);
	for (size_t i = 0; i < names.n && f->pci.n < FACTS_MAX_PCI; i++) {
		struct facts_pci device = {0};

		read_pci_device(root, names.names[i], &device);
		COPY(device.firmware_missing, missing_firmware_of(&missing, device.address));
		VEC_PUSH(&f->pci, device);
	}
	VEC_DONE(&missing);
}

/* Only smartctl reaches them, so that a tree of files has none. */
static void read_raid_drives(const drive_list *visible, struct facts *f)
{
	raid_drive_list found = {0};

	raid_drives_of_machine(visible, &found);
	for (size_t i = 0; i < found.n; i++)
		VEC_PUSH(&f->raid_drives, found.items[i]);
	VEC_DONE(&found);
}

static void read_drives(const char *root, const struct smbios *smbios, struct facts *f)
{
	drive_list drives = {0};

	drives_read(root, &drives);
	drives_add_unreadable(root, &drives);
	pci_slots_name(root, smbios, &drives);
	if (!*root)
		read_raid_drives(&drives, f);
	for (size_t i = 0; i < drives.n; i++) {
		struct facts_drive facts = drives.items[i].facts;

		/* Only local disks are opened: a probe of a SAN's LUN is none of our business. */
		if (!*root && drives.items[i].local && facts.capacity_bytes > 0)
			IGNORE_RESULT(disk_signatures_of_path(drives.items[i].dev_path,
							      &facts.signatures, NULL));
		VEC_PUSH(&f->drives, facts);
	}
	VEC_DONE(&drives); /* the signature lists went with the copies */
}

static void read_tpm(const char *root, struct facts_tpm *tpm)
{
	tpm->present = sysfs_exists(root, "sys/class/tpm/tpm0") ? TRI_YES : TRI_NO;
	int64_t major = sysfs_int(root, 0, "sys/class/tpm/tpm0/tpm_version_major");
	if (major == 1 || major == 2)
		COPY(tpm->version, major == 2 ? "2.0" : "1.2");
}

void machine_facts(const char *root, struct facts *ret)
{
	struct smbios smbios;
	nic_list nics = {0};

	*ret = (struct facts){0};
	IGNORE_RESULT(smbios_read(root, &smbios, NULL));
	ret->system = smbios.system;
	ret->board = smbios.board;
	ret->chassis = smbios.chassis;
	read_boot(root, &ret->boot);
	read_processors(root, &smbios, ret);
	read_memory(root, &smbios, &ret->memory);
	read_drives(root, &smbios, ret);
	read_pci(root, ret);
	read_tpm(root, &ret->tpm);
	if (!*root)
		bmc_read(&ret->bmc);
	read_nics(root, &smbios, &nics);
	for (size_t i = 0; i < nics.n; i++)
		VEC_PUSH(&ret->nics, nics.items[i]);
	VEC_DONE(&nics);
	smbios_done(&smbios);
}
