/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums and short forms of a facts document, made once when it changes so that lists of hosts need
 * no second look. Input: a document of checked shape; placeholders become unknown here.
 */
#include "brief.h"

#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/identity.h>

static const char *known(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return placeholder_serial(text) ? "" : text;
}

/* A port may well be called "4", and a version "2": only what is missing is unknown here. */
static const char *plain(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

static void add_to(int64_t *sum, int64_t n)
{
	if (n < 0)
		return;
	if (__builtin_add_overflow(*sum < 0 ? 0 : *sum, n, sum))
		*sum = INT64_MAX;
}

/* Drives behind a RAID card are counted, and their bytes are those of its volumes, which do not
 * count then; a card that shows its volumes alone has as many drives as far as anybody can see. */
static void sum_drive(const struct found_part *p, bool any_behind_card, struct brief *b)
{
	if (!(p->is_volume && any_behind_card))
		add_to(&b->drives, 1);
	if (!p->is_behind_card)
		add_to(&b->storage_bytes, p->capacity_bytes);
}

static bool has_drives_behind_card(const found_parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		if (parts->items[i].is_behind_card)
			return true;
	return false;
}

static void sum_parts(const found_parts *parts, struct brief *b)
{
	bool any_behind_card = has_drives_behind_card(parts);
	bool all_sizes = true;

	for (size_t i = 0; i < parts->n; i++) {
		const struct found_part *p = &parts->items[i];
		if (str_eq(p->type, "processor")) {
			add_to(&b->sockets, 1);
			add_to(&b->cores, p->cores);
			add_to(&b->threads, p->threads);
			if (!b->cpu[0])
				b->cpu = p->model;
		} else if (str_eq(p->type, "drive")) {
			sum_drive(p, any_behind_card, b);
		} else if (str_eq(p->type, "nic")) {
			add_to(&b->nics, 1);
		} else if (str_eq(p->type, "memory")) {
			add_to(&b->memory_mib, p->capacity_mib);
			all_sizes &= p->capacity_mib > 0;
		}
	}
	if (!all_sizes)
		b->memory_mib = -1; /* a sum of some modules would be a wrong one */
}

const char *brief_port_of(const json_t *lldp)
{
	const char *id = plain(lldp, "PortId"), *description = plain(lldp, "PortDescription");
	uint8_t mac[MAC_BYTES];
	bool is_number = id[strspn(id, "0123456789")] == '\0';

	return description[0] && (is_number || hw_mac_bytes(sv_of(id), MAC_ANY, mac)) ? description
										      : id;
}

/* Does card a come before card b? By its place, since the order of names changes with each boot;
 * cards without a place come last. */
static bool comes_before(const json_t *a, const json_t *b)
{
	const char *x = plain(a, "PciAddress"), *y = plain(b, "PciAddress");

	return x[0] && (!y[0] || strcmp(x, y) < 0);
}

static const char *switch_of(const json_t *lldp)
{
	const char *name = plain(lldp, "SysName");

	return name[0] ? name : plain(lldp, "ChassisId");
}

/* The first network card that a switch greets says where the host is plugged in. */
static void find_switch(const json_t *doc, struct brief *b)
{
	const json_t *first = NULL;
	size_t i;
	json_t *nic;

	json_array_foreach (json_object_get(doc, "nics"), i, nic) {
		const json_t *lldp = json_object_get(nic, "lldp");
		if (switch_of(lldp)[0] && brief_port_of(lldp)[0] &&
		    (!first || comes_before(nic, first)))
			first = nic;
	}
	if (!first)
		return;
	b->switch_name = switch_of(json_object_get(first, "lldp"));
	b->switch_port = brief_port_of(json_object_get(first, "lldp"));
}

static json_t *pick(const json_t *from, const char *const *keys)
{
	json_t *out = json_object();

	for (; *keys; keys++) {
		json_t *j = json_object_get(from, *keys);
		if (j)
			(void)json_object_set(out, *keys, j);
	}
	return out;
}

static json_t *pick_each(const json_t *list, const char *const *keys)
{
	json_t *out = json_array();
	size_t i;
	json_t *j;

	json_array_foreach (list, i, j)
		(void)json_array_append_new(out, pick(j, keys));
	return out;
}

static json_t *mac_list(const json_t *doc)
{
	json_t *out = json_array();
	size_t i;
	json_t *nic;

	json_array_foreach (json_object_get(doc, "nics"), i, nic) {
		json_t *mac = json_object_get(nic, "PermanentMACAddress");
		if (!mac)
			mac = json_object_get(nic, "MACAddress");
		if (mac)
			(void)json_array_append(out, mac);
	}
	return out;
}

static char *members_text(const json_t *doc)
{
	static const char *const drive_keys[] = {"Name",      "Model",         "SerialNumber",
						 "WWN",       "CapacityBytes", "Protocol",
						 "MediaType", "Slot",          NULL};
	static const char *const nic_keys[] = {"Name",   "MACAddress", "PermanentMACAddress",
					       "Driver", "SpeedMbps",  "LinkUp",
					       "lldp",   NULL};
	autojson json_t *out = json_object();

	(void)json_object_set_new(out, "macs", mac_list(doc));
	(void)json_object_set_new(out, "drives",
				  pick_each(json_object_get(doc, "drives"), drive_keys));
	(void)json_object_set_new(out, "nics", pick_each(json_object_get(doc, "nics"), nic_keys));
	autofree char *text = json_text(out);
	return xstrndup(text + 1, strlen(text) - 2);
}

void brief_from(const json_t *doc, const found_parts *parts, struct brief *ret)
{
	const json_t *system = json_object_get(doc, "system");
	const json_t *boot = json_object_get(doc, "boot");

	*ret = (struct brief){
		.manufacturer = known(system, "Manufacturer"),
		.model = known(system, "Model"),
		.asset_tag = known(system, "AssetTag"),
		.bios_version = plain(system, "BiosVersion"),
		.arch = plain(boot, "arch"),
		.firmware = plain(boot, "firmware"),
		.cpu = "",
		.switch_name = "",
		.switch_port = "",
		.sockets = -1,
		.cores = -1,
		.threads = -1,
		.memory_mib = -1,
		.storage_bytes = -1,
		.drives = -1,
		.nics = -1,
	};
	if (!ret->asset_tag[0])
		ret->asset_tag = known(json_object_get(doc, "chassis"), "AssetTag");
	sum_parts(parts, ret);
	const json_t *total = json_object_get(json_object_get(doc, "memory"), "TotalMiB");
	if (json_is_integer(total) && ret->memory_mib < 0)
		ret->memory_mib = json_integer_value(total);
	find_switch(doc, ret);
	ret->text = members_text(doc);
}

void brief_done(struct brief *b)
{
	free(b->text);
	b->text = NULL;
}
