/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no single key of a scenario can see, and looking things up in one. Input: scenarios as they were
 * read, before anything is made of them.
 */
#include "scenario_check.h"

#include <base/json.h>
#include <base/str.h>

static const char *mac_at(const struct lab_host *h, size_t i)
{
	return i ? h->nics[i - 1].mac : h->mac;
}

static bool share_a_mac(const struct lab_host *a, const struct lab_host *b)
{
	for (size_t i = 0; i <= a->n_nics; i++)
		for (size_t k = 0; k <= b->n_nics; k++)
			if ((a != b || i != k) && str_eq(mac_at(a, i), mac_at(b, k)))
				return true;
	return false;
}

static int pair_check(const struct lab_host *a, const struct lab_host *b, struct err *err)
{
	if (share_a_mac(a, b))
		return err_set(err, ERR_LAB_SCENARIO, "hosts '%s' and '%s' share a mac", a->name,
			       b->name);
	if (a->arch == b->arch && a->tamper != b->tamper)
		return err_set(err, ERR_LAB_SCENARIO,
			       "hosts '%s' and '%s' get the same image: tamper is for both",
			       a->name, b->name);
	return 0;
}

static int disks_check(const struct lab_host *h, struct err *err)
{
	size_t targets = 0, decoys = 0, chips = 0;

	for (size_t i = 0; i < h->n_disks; i++) {
		targets += h->disks[i].role == DISK_TARGET;
		decoys += h->disks[i].role == DISK_DECOY;
		chips += h->disks[i].bus == BUS_SD || h->disks[i].bus == BUS_EMMC;
	}
	if (targets != 1 || decoys < 1)
		return err_set(err, ERR_LAB_SCENARIO,
			       "host '%s' needs one target disk and at least one decoy", h->name);
	if (chips > 1)
		return err_set(err, ERR_LAB_SCENARIO,
			       "host '%s': QEMU tells one sd or emmc from no other", h->name);
	return 0;
}

/* From a dump, or by keys; a dump holds the memory's slots, too. */
static int identity_check(const struct lab_host *h, struct err *err)
{
	bool by_keys = *h->serial || *h->uuid || *h->manufacturer || *h->product;

	if (!*h->mac || (!*h->smbios && (!*h->serial || !*h->uuid)))
		return err_set(err, ERR_LAB_SCENARIO,
			       "host '%s' needs mac, and serial and uuid or smbios", h->name);
	if (*h->smbios && (by_keys || h->n_dimms))
		return err_set(err, ERR_LAB_SCENARIO,
			       "host '%s': the smbios file has manufacturer, product, serial, uuid "
			       "and dimm already",
			       h->name);
	return 0;
}

static int memory_check(const struct lab_host *h, struct err *err)
{
	unsigned sum_mib = 0;

	for (size_t i = 0; i < h->n_dimms; i++) {
		sum_mib += h->dimms[i].size_mib;
		if (lab_host_dimm_index(h, h->dimms[i].locator) != i)
			return err_set(err, ERR_LAB_SCENARIO, "host '%s' has slot '%s' twice",
				       h->name, h->dimms[i].locator);
	}
	if (h->n_dimms && sum_mib != h->memory_mib)
		return err_set(err, ERR_LAB_SCENARIO,
			       "host '%s': its dimms have %u MiB, memory_mib is %u", h->name,
			       sum_mib, h->memory_mib);
	return 0;
}

static bool arm_with_bios(const struct lab_host *h)
{
	return h->arch == ARCH_AARCH64 && h->firmware == FIRMWARE_BIOS;
}

static bool arm_with_bmc(const struct lab_host *h)
{
	return h->arch == ARCH_AARCH64 && h->bmc;
}

static bool bios_by_http(const struct lab_host *h)
{
	return h->firmware == FIRMWARE_BIOS && h->netboot == NETBOOT_HTTP;
}

static bool boots_elsewhere(const struct lab_host *h)
{
	return *h->wire.bridge || h->wire.vlan || !h->wire.cabled;
}

static int machine_check(const struct lab_host *h, struct err *err)
{
	static const struct {
		bool (*wrong)(const struct lab_host *h);
		const char *why;
	} rows[] = {
		{arm_with_bios, "aarch64 has no bios"},
		{arm_with_bmc, "aarch64 has no ISA bus for a bmc"},
		{bios_by_http, "a bios boots by pxe only"},
		{boots_elsewhere, "the card that netboots is on the appliance's wire, cabled"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].wrong(h))
			return err_set(err, ERR_LAB_SCENARIO, "host '%s': %s", h->name,
				       rows[i].why);
	if (h->cpus % h->sockets)
		return err_set(err, ERR_LAB_SCENARIO, "host '%s': %u cpus do not fill %u sockets",
			       h->name, h->cpus, h->sockets);
	return 0;
}

/* What no single key can see. */
static int host_check(const struct scenario *s, const struct lab_host *h, struct err *err)
{
	TRY(disks_check(h, err));
	TRY(identity_check(h, err));
	TRY(memory_check(h, err));
	TRY(machine_check(h, err));
	if (share_a_mac(h, h))
		return err_set(err, ERR_LAB_SCENARIO, "host '%s' has a mac twice", h->name);
	for (const struct lab_host *o = s->hosts; o < h; o++)
		TRY(pair_check(o, h, err));
	return 0;
}

static bool names_a_disk(const struct lab_host *h, const struct lab_action *a)
{
	return lab_host_disk_index(h, a->disk) < h->n_disks;
}

static bool names_a_disk_to_pull(const struct lab_host *h, const struct lab_action *a)
{
	return lab_host_can_unplug(h, a->disk);
}

/* libvirt keeps the throttle of its own disks to itself. */
static bool names_a_disk_to_slow(const struct lab_host *h, const struct lab_action *a)
{
	size_t i = lab_host_disk_index(h, a->disk);

	return i < h->n_disks && h->disks[i].bus != BUS_VIRTIO;
}

static bool names_a_nic(const struct lab_host *h, const struct lab_action *a)
{
	return lab_host_nic_index(h, a->nic) <= h->n_nics;
}

/* At least one is left. */
static bool names_a_dimm(const struct lab_host *h, const struct lab_action *a)
{
	size_t i = lab_host_dimm_index(h, a->dimm);

	return i < h->n_dimms && h->dimms[i].size_mib && h->dimms[i].size_mib < h->memory_mib;
}

static bool names_a_clock(const struct lab_host *h, const struct lab_action *a)
{
	(void)h;
	return a->rtc_wall_s >= 0;
}

static bool names_a_cpu(const struct lab_host *h, const struct lab_action *a)
{
	return h->arch == ARCH_X86_64 && a->cpu < h->cpus;
}

/* What a deed needs, where the scenario knows the host. */
static int action_check(const struct scenario *s, const struct lab_action *a, struct err *err)
{
	static const struct {
		enum lab_deed deed;
		bool (*complete)(const struct lab_host *h, const struct lab_action *a);
		const char *needs;
	} rows[] = {
		{DEED_UNPLUG_DISK, names_a_disk_to_pull, "the disk that is pulled, with bus=scsi"},
		{DEED_SLOW_DISK, names_a_disk_to_slow,
		 "the disk that is slow, not with bus=virtio"},
		{DEED_SWAP_DISK, names_a_disk, "the disk that is swapped"},
		{DEED_PULL_CABLE, names_a_nic, "a nic of the host, or none"},
		{DEED_LINK_DOWN, names_a_nic, "a nic of the host, or none"},
		{DEED_LINK_UP, names_a_nic, "a nic of the host, or none"},
		{DEED_LOSE_PACKETS, names_a_nic, "a nic of the host, or none"},
		{DEED_PULL_DIMM, names_a_dimm, "the dimm that is pulled, and another one"},
		{DEED_SET_CLOCK, names_a_clock, "a clock"},
		{DEED_MACHINE_CHECK, names_a_cpu, "a cpu of an x86_64 host"},
	};
	const struct lab_host *h = scenario_host(s, a->host);

	for (size_t i = 0; i < ARRAY_LEN(rows) && h && !*s->continues; i++)
		if (rows[i].deed == a->deed && !rows[i].complete(h, a))
			return err_set(err, ERR_LAB_SCENARIO, "action '%s' on host '%s' needs %s",
				       a->name, h->name, rows[i].needs);
	return 0;
}

int scenario_check(const struct scenario *s, struct err *err)
{
	if (!s->n_hosts)
		return err_set(err, ERR_LAB_SCENARIO, "no [host NAME] section");
	for (size_t i = 0; i < s->n_hosts && !*s->continues; i++) {
		int rc = host_check(s, &s->hosts[i], err);

		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < s->n_actions; i++) {
		const struct lab_action *a = &s->actions[i];

		if (!*a->state || !*a->host || (!*s->continues && !scenario_host(s, a->host)))
			return err_set(err, ERR_LAB_SCENARIO,
				       "action '%s' needs a state and the name of a host", a->name);
		TRY(action_check(s, a, err));
	}
	return 0;
}

const char *scenario_image_line(const struct scenario *s, const struct lab_host *h)
{
	return *h->image_line ? h->image_line : s->image_line;
}

const struct lab_host *scenario_host(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->n_hosts; i++)
		if (str_eq(s->hosts[i].name, name))
			return &s->hosts[i];
	return NULL;
}

size_t lab_host_target_index(const struct lab_host *h)
{
	size_t i = 0;

	while (i + 1 < h->n_disks && h->disks[i].role != DISK_TARGET)
		i++;
	return i;
}

const struct lab_disk *lab_host_target(const struct lab_host *h)
{
	return &h->disks[lab_host_target_index(h)];
}

size_t lab_host_disk_index(const struct lab_host *h, const char *serial)
{
	size_t i = 0;

	while (i < h->n_disks && !str_eq(h->disks[i].serial, serial))
		i++;
	return i;
}

bool lab_host_can_unplug(const struct lab_host *h, const char *serial)
{
	size_t i = lab_host_disk_index(h, serial);

	return i < h->n_disks && h->disks[i].bus == BUS_SCSI;
}

size_t lab_host_nic_index(const struct lab_host *h, const char *mac)
{
	size_t i = 0;

	if (!*mac || str_eq(mac, h->mac))
		return 0;
	while (i < h->n_nics && !str_eq(h->nics[i].mac, mac))
		i++;
	return i + 1;
}

struct lab_wire *lab_host_wire(struct lab_host *h, size_t nic_index)
{
	return nic_index ? &h->nics[nic_index - 1].wire : &h->wire;
}

size_t lab_host_dimm_index(const struct lab_host *h, const char *locator)
{
	size_t i = 0;

	while (i < h->n_dimms && !str_eq(h->dimms[i].locator, locator))
		i++;
	return i;
}
