/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a scenario's keys that hold several words; see scenario_values.h. Input: files that people
 * write.
 */
#include "scenario_values.h"

#include <string.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/hw_id.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define CHIP_SERIAL      "0xdeadbeef" /* source: QEMU, hw/sd/sd.c, sd_set_cid() */
#define MAX_DELAY_S      600
#define MAX_VLAN         4094
#define MAX_LOSS_PERCENT 100

static bool word_option(const struct word_list *list, const char *value, int *ret)
{
	*ret = word_parse(list, value);
	return *ret >= 0;
}

/* "bus=nvme" */
static bool disk_option(const char *text, struct lab_disk *d)
{
	const char *equals = strchr(text, '=');
	int value = 0;

	if (!equals)
		return false;
	if (str_starts(text, "bus=") && word_option(&disk_bus_words, equals + 1, &value)) {
		d->bus = (enum disk_bus)value;
		return true;
	}
	if (str_starts(text, "fault=") && word_option(&disk_fault_words, equals + 1, &value)) {
		d->fault = (enum disk_fault)value;
		return true;
	}
	if (!str_starts(text, "sector="))
		return false;
	d->sector_bytes = str_eq(equals + 1, "4096") ? 4096 : 512;
	return d->sector_bytes == 4096 || str_eq(equals + 1, "512");
}

static bool disk_options(struct sv rest, struct lab_disk *d)
{
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		autofree char *text = xstrndup(one.p, one.n);

		if (one.n > 0 && !disk_option(text, d))
			return false;
	}
	return true;
}

static bool disk_size(const char *text, uint64_t *ret_bytes)
{
	return parse_size_bytes(text, ret_bytes) && *ret_bytes >= MIB && *ret_bytes <= 64 * GIB &&
	       *ret_bytes % MIB == 0;
}

/* A critical warning is NVMe's; sticks, cards and AHCI's disks have no sectors of 4096 bytes; QEMU gives all
 * cards and chips one serial, and cards a size that is a power of two. */
static bool disk_possible(const struct lab_disk *d)
{
	bool chip = d->bus == BUS_SD || d->bus == BUS_EMMC;

	if (chip && (!str_eq(d->serial, CHIP_SERIAL) || (d->size_bytes & (d->size_bytes - 1))))
		return false;
	return (d->fault != DISK_FAULT_SMART_WARNING || d->bus == BUS_NVME) &&
	       (d->sector_bytes == 512 || (!chip && d->bus != BUS_USB && d->bus != BUS_SATA));
}

/* "target SERIAL 4G bus=scsi sector=4096 fault=read-error"; what follows the size may be left out.
 */
static bool disk_parse(const char *text, struct lab_disk *ret)
{
	struct sv rest = sv_of(text);
	struct sv role = sv_split(&rest, ' ');
	struct sv serial = sv_split(&rest, ' ');
	struct sv size = sv_split(&rest, ' ');
	autofree char *role_text = xstrndup(role.p, role.n);
	autofree char *serial_text = xstrndup(serial.p, serial.n);
	autofree char *size_text = xstrndup(size.p, size.n);
	int value = word_parse(&disk_role_words, role_text);

	if (value < 0 || !serial.n || !str_copy(ret->serial, sizeof(ret->serial), serial_text))
		return false;
	ret->role = (enum disk_role)value;
	ret->sector_bytes = 512;
	return disk_size(size_text, &ret->size_bytes) && disk_options(rest, ret) &&
	       disk_possible(ret);
}

bool scenario_add_disk(struct lab_host *h, const char *text)
{
	if (h->n_disks == LAB_MAX_DISKS || !disk_parse(text, &h->disks[h->n_disks]))
		return false;
	h->n_disks++;
	return true;
}

bool scenario_is_mac(const char *text)
{
	char canonical[MAC_TEXT_BYTES];

	return hw_mac_parse(sv_of(text), MAC_COLON, canonical) && str_eq(canonical, text);
}

bool scenario_is_uuid(const char *text)
{
	char canonical[UUID_TEXT_BYTES];

	return hw_uuid_parse(sv_of(text), UUID_DASHED, canonical) && str_eq(canonical, text);
}

static bool number_option(const char *value, uint64_t max, unsigned *ret)
{
	uint64_t n;

	if (!parse_u64(value, &n) || n > max)
		return false;
	*ret = (unsigned)n;
	return true;
}

/* A part of an interface's name. */
static bool bridge_option(struct lab_wire *w, const char *value)
{
	return *value && strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(value) &&
	       str_copy(w->bridge, sizeof(w->bridge), value);
}

static bool wire_option(struct lab_wire *w, const char *text)
{
	const char *value = strchr(text, '=');

	if (!value++)
		return false;
	if (str_starts(text, "bridge="))
		return bridge_option(w, value);
	if (str_starts(text, "vlan="))
		return number_option(value, MAX_VLAN, &w->vlan) && w->vlan;
	if (str_starts(text, "delay="))
		return number_option(value, MAX_DELAY_S, &w->delay_s);
	if (str_starts(text, "loss="))
		return number_option(value, MAX_LOSS_PERCENT, &w->loss_percent);
	w->cabled = str_eq(text, "link=up");
	return w->cabled || str_eq(text, "link=down");
}

/* place: NULL where the card has its place already. */
static bool wire_options(struct sv rest, struct lab_wire *w, bool *first)
{
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		autofree char *text = xstrndup(one.p, one.n);

		if (first && (str_eq(text, "place=first") || str_eq(text, "place=last")))
			*first = str_eq(text, "place=first");
		else if (one.n > 0 && !wire_option(w, text))
			return false;
	}
	return true;
}

bool scenario_set_wire(struct lab_wire *w, const char *text)
{
	return *text && wire_options(sv_of(text), w, NULL);
}

/* "52:54:00:5a:09:01 link=down place=first"; what follows the MAC may be left out. */
bool scenario_add_nic(struct lab_host *h, const char *text)
{
	struct sv rest = sv_of(text);
	struct sv mac = sv_split(&rest, ' ');
	autofree char *mac_text = xstrndup(mac.p, mac.n);
	struct lab_nic n = {.wire.cabled = true};

	if (h->n_nics == LAB_MAX_NICS || !scenario_is_mac(mac_text) ||
	    !str_copy(n.mac, sizeof(n.mac), mac_text) || !wire_options(rest, &n.wire, &n.first))
		return false;
	h->nics[h->n_nics++] = n;
	return true;
}

static bool word_copy(struct sv *rest, char *ret, size_t ret_bytes)
{
	struct sv one = sv_split(rest, ' ');
	autofree char *text = xstrndup(one.p, one.n);

	return str_copy(ret, ret_bytes, text);
}

static bool dimm_keep(struct lab_host *h, const struct lab_dimm *d)
{
	h->dimms[h->n_dimms++] = *d;
	return true;
}

/* "DIMM_A1 512M SN0001 PART-1", "DIMM_A2 empty" */
bool scenario_add_dimm(struct lab_host *h, const char *text)
{
	struct sv rest = sv_of(text);
	struct lab_dimm d = {.locator = ""};
	char size[24];
	uint64_t size_bytes = 0;

	if (h->n_dimms == LAB_MAX_DIMMS || !word_copy(&rest, d.locator, sizeof(d.locator)) ||
	    !word_copy(&rest, size, sizeof(size)) ||
	    !word_copy(&rest, d.serial, sizeof(d.serial)) ||
	    !word_copy(&rest, d.part, sizeof(d.part)) || rest.n || !*d.locator)
		return false;
	if (str_eq(size, "empty"))
		return !*d.serial && dimm_keep(h, &d);
	if (!parse_size_bytes(size, &size_bytes) || !size_bytes || size_bytes % MIB ||
	    size_bytes > 16 * GIB)
		return false;
	d.size_mib = (unsigned)(size_bytes / MIB);
	return dimm_keep(h, &d);
}

bool scenario_read_clock(int64_t *ret_wall_s, const char *text)
{
	int64_t wall_us;

	if (!time_parse_rfc3339(text, &wall_us))
		return false;
	*ret_wall_s = wall_us / 1000000;
	return *ret_wall_s >= 0 && *ret_wall_s <= UINT32_MAX;
}

static bool order_field(struct sv *rest, char *ret, size_t ret_bytes)
{
	struct sv one = sv_split(rest, ',');
	autofree char *text = xstrndup(one.p, one.n);

	return str_copy(ret, ret_bytes, text + strspn(text, " "));
}

/* "disk-read-error, disk, *, S2HRNX0J": code, part, slot, serial */
bool scenario_add_order(struct lab_expect *e, const char *text, bool closed)
{
	struct lab_order *o = &e->orders[e->n_orders];
	struct sv rest = sv_of(text);

	if (e->n_orders == LAB_MAX_ORDERS || !order_field(&rest, o->code, sizeof(o->code)) ||
	    !order_field(&rest, o->part, sizeof(o->part)) ||
	    !order_field(&rest, o->slot, sizeof(o->slot)) ||
	    !order_field(&rest, o->serial, sizeof(o->serial)) || rest.n || !*o->code || !*o->part)
		return false;
	o->closed = closed;
	e->n_orders++;
	return true;
}
