/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a facts document to a list of parts. A part's key is
 * Type.Manufacturer.PartNumber.SerialNumber when it has a serial and a part number or manufacturer,
 * else it is bound to its host and slot. Input: a document whose shape was checked; any value may
 * be a lie or missing.
 */
#include "found_part.h"

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/facts.h>
#include <inventory/identity.h>

#include "slot.h"

static const char *text_of(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text && strlen(text) <= LIMIT_FACT_STRING_BYTES ? text : "";
}

static const char *known_text(const json_t *obj, const char *key)
{
	const char *text = text_of(obj, key);

	return placeholder_serial(text) ? "" : text;
}

/* Manufacturers and models may be short ("0"); only the telling placeholders go. */
static int64_t number_of(const json_t *obj, const char *key)
{
	const json_t *j = json_object_get(obj, key);

	return json_is_integer(j) && json_integer_value(j) >= 0 ? json_integer_value(j) : -1;
}

static struct found_part blank(const char *type, const char *slot)
{
	return (struct found_part){.type = type,
				   .slot = slot,
				   .locator = "",
				   .manufacturer = "",
				   .part_number = "",
				   .model = "",
				   .serial = "",
				   .wwn = "",
				   .firmware = "",
				   .protocol = "",
				   .media = "",
				   .capacity_mib = -1,
				   .capacity_bytes = -1,
				   .speed_mhz = -1,
				   .cores = -1,
				   .threads = -1};
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void add_field(struct str *s, const char *text)
{
	str_addc(s, '.');
	for (; *text; text++) {
		if (*text == '.' || *text == '%')
			str_addf(s, "%%%02X", (unsigned char)*text);
		else
			str_addc(s, *text);
	}
}

void found_part_bind(struct found_part *p, int64_t host_num)
{
	autostr struct str s;

	str_init(&s, 4096);
	str_addf(&s, "%s.@%lld", p->type, (long long)host_num);
	add_field(&s, p->slot);
	add_field(&s, p->manufacturer);
	add_field(&s, p->part_number[0] ? p->part_number : p->model);
	add_field(&s, p->serial);
	free(p->key);
	p->key = str_take(&s);
	p->bound = true;
}

void found_part_make_key(struct found_part *p, int64_t host_num)
{
	const char *number = p->part_number[0] ? p->part_number : p->model;
	const char *serial = p->serial[0] ? p->serial : p->wwn;
	bool mac = str_eq(p->type, "nic") && p->serial[0];

	if (!serial[0] || !(number[0] || p->manufacturer[0] || mac)) {
		found_part_bind(p, host_num);
		return;
	}
	autostr struct str s;
	str_init(&s, 4096);
	str_add(&s, p->type);
	add_field(&s, mac ? "" : p->manufacturer);
	add_field(&s, mac ? "" : number);
	add_field(&s, serial);
	p->key = str_take(&s);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static void push(found_parts *out, struct found_part p, json_t *attrs)
{
	p.attrs = json_object_size(attrs) > 0 ? json_text(attrs) : NULL;
	json_decref(attrs);
	VEC_PUSH(out, p);
}

static void copy_attr(json_t *attrs, const json_t *from, const char *key)
{
	json_t *j = json_object_get(from, key);

	if (j)
		(void)json_object_set(attrs, key, j);
}

static void add_cpu(const json_t *j, found_parts *out)
{
	struct found_part p = blank("processor", text_of(j, "Socket"));

	p.manufacturer = text_of(j, "Manufacturer");
	p.model = text_of(j, "Model");
	p.serial = known_text(j, "SerialNumber");
	p.speed_mhz = number_of(j, "MaxSpeedMHz");
	p.cores = number_of(j, "TotalCores");
	p.threads = number_of(j, "TotalThreads");
	push(out, p, json_object());
}

static void add_dimm(const json_t *j, found_parts *out)
{
	/* The slot names one module, also on boards with two sockets. */
	const char *slot = text_of(j, "Slot"), *locator = text_of(j, "DeviceLocator");
	struct found_part p = blank("memory", slot[0] ? slot : locator);

	p.locator = str_eq(p.slot, locator) ? "" : locator;
	p.capacity_mib = number_of(j, "CapacityMiB");
	p.manufacturer = known_text(j, "Manufacturer");
	p.part_number = known_text(j, "PartNumber");
	p.serial = known_text(j, "SerialNumber");
	if (p.capacity_mib <= 0 && !p.part_number[0] && !p.serial[0])
		return; /* an empty slot: in the document, but no part */
	if (p.capacity_mib == 0)
		p.capacity_mib = -1; /* a module whose size the firmware does not tell */
	p.media = text_of(j, "MemoryDeviceType");
	p.speed_mhz = number_of(j, "OperatingSpeedMhz");
	json_t *attrs = json_object();
	copy_attr(attrs, j, "BankLocator");
	push(out, p, attrs);
}

static void add_drive(const json_t *j, found_parts *out)
{
	struct found_part p = blank("drive", slot_known("drive", text_of(j, "Slot")));

	p.manufacturer = known_text(j, "Manufacturer");
	p.model = known_text(j, "Model");
	p.serial = known_text(j, "SerialNumber");
	p.wwn = text_of(j, "WWN");
	p.firmware = text_of(j, "Revision");
	p.protocol = text_of(j, "Protocol");
	p.media = text_of(j, "MediaType");
	p.capacity_bytes = number_of(j, "CapacityBytes");
	json_t *attrs = json_object();
	copy_attr(attrs, j, "Name");
	copy_attr(attrs, j, "Removable");
	copy_attr(attrs, j, "BlockSizeBytes");
	copy_attr(attrs, j, "Volume");
	copy_attr(attrs, j, "Controller");
	copy_attr(attrs, j, "Access");
	p.is_volume = json_object_get(j, "Volume") != NULL;
	p.is_behind_card = json_object_get(j, "Access") != NULL ||
			   json_object_get(j, "Controller") != NULL;
	push(out, p, attrs);
}

static void add_nic(const json_t *j, found_parts *out)
{
	const char *mac = text_of(j, "PermanentMACAddress");
	struct found_part p = blank("nic", slot_known("nic", text_of(j, "PciAddress")));

	p.serial = mac[0] ? mac : text_of(j, "MACAddress");
	p.serial = placeholder_mac(p.serial) ? "" : p.serial;
	p.model = text_of(j, "Driver");
	p.firmware = text_of(j, "Firmware");
	json_t *attrs = json_object();
	static const char *const keys[] = {"Name", "LinkUp", "SpeedMbps"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		copy_attr(attrs, j, keys[i]);
	static const char *const lldp[] = {"ChassisId", "PortId", "SysName", "PortDescription",
					   "VlanId"};
	for (size_t i = 0; i < ARRAY_LEN(lldp); i++)
		copy_attr(attrs, json_object_get(j, "lldp"), lldp[i]);
	push(out, p, attrs);
}

/* Accelerators, controllers, adapters. Bridges, chipset functions, and what is listed as a drive or
 * a network card already, are left out: base classes 01 08 (NVMe), 02, 05 to 08, 0c, and the host
 * bridge. */
static bool worth_listing(const char *class)
{
	static const char *const kept[] = {"03",   "0104",   "0107",   "0b",   "10",   "12",
					   "0x03", "0x0104", "0x0107", "0x0b", "0x10", "0x12"};

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (str_starts(class, kept[i]))
			return true;
	return false;
}

static void add_pci(const json_t *j, found_parts *out)
{
	if (!worth_listing(text_of(j, "Class")))
		return;
	struct found_part p = blank("pci", text_of(j, "Address"));
	p.manufacturer = text_of(j, "VendorId");
	p.part_number = text_of(j, "DeviceId");
	json_t *attrs = json_object();
	static const char *const keys[] = {"Class",     "Driver",       "LinkSpeed",
					   "LinkWidth", "MaxLinkSpeed", "MaxLinkWidth"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		copy_attr(attrs, j, keys[i]);
	push(out, p, attrs);
}

static void add_board(const json_t *doc, found_parts *out)
{
	const json_t *board = json_object_get(doc, "board");
	struct found_part p = blank("board", "board");

	p.manufacturer = known_text(board, "Manufacturer");
	p.model = known_text(board, "Model");
	p.serial = known_text(board, "SerialNumber");
	p.firmware = text_of(json_object_get(doc, "system"), "BiosVersion");
	if (p.manufacturer[0] || p.model[0] || p.serial[0])
		push(out, p, json_object());
}

static int add_list(const json_t *list, const char *name,
		    void (*add)(const json_t *j, found_parts *out), found_parts *out,
		    struct err *err)
{
	size_t i;
	json_t *j;

	json_array_foreach (list, i, j) {
		if (!json_is_object(j))
			return err_set(err, ERR_FIELD_TYPE,
				       "'%s' holds a value that is not an object", name);
		add(j, out);
		if (out->n > FACTS_PARTS_MAX)
			return err_set(err, ERR_TOO_BIG, "more than %d parts", FACTS_PARTS_MAX);
	}
	return 0;
}

static int list_all(const json_t *doc, found_parts *ret, struct err *err)
{
	add_board(doc, ret);
	TRY(add_list(json_object_get(doc, "processors"), "processors", add_cpu, ret, err));
	TRY(add_list(json_object_get(json_object_get(doc, "memory"), "modules"), "memory.modules",
		     add_dimm, ret, err));
	TRY(add_list(json_object_get(doc, "drives"), "drives", add_drive, ret, err));
	TRY(add_list(json_object_get(doc, "raid_drives"), "raid_drives", add_drive, ret, err));
	TRY(add_list(json_object_get(doc, "nics"), "nics", add_nic, ret, err));
	return add_list(json_object_get(doc, "pci"), "pci", add_pci, ret, err);
}

static int by_number(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* Twins are numbered in an order that does not depend on the document's. */
static int by_key(const void *a, const void *b)
{
	const struct found_part *x = *(struct found_part *const *)a;
	const struct found_part *y = *(struct found_part *const *)b;
	int order = strcmp(x->key, y->key);

	order = order ? order : strcmp(x->slot, y->slot);
	order = order ? order : by_number(x->capacity_bytes, y->capacity_bytes);
	order = order ? order : by_number(x->capacity_mib, y->capacity_mib);
	return order ? order : strcmp(x->firmware, y->firmware);
}

static void number_twin(struct found_part *p, size_t nth)
{
	char *key = xasprintf("%s#%zu", p->key, nth);

	free(p->key);
	p->key = key;
}

/* Walk the runs of equal keys: first every member is bound to its slot, and what is still equal
 * then gets a number. */
static void part_runs(struct found_part **sorted, size_t n, bool number, int64_t host_num)
{
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && str_eq(sorted[to]->key, sorted[from]->key); to++)
			;
		for (size_t i = to; to - from > 1 && i-- > from;) {
			if (!number)
				found_part_bind(sorted[i], host_num);
			else if (i > from)
				number_twin(sorted[i], i - from + 1);
		}
	}
}

/* Two parts of one host with the same key cannot both be right about their serial. */
static void separate_twins(found_parts *parts, int64_t host_num)
{
	if (parts->n < 2)
		return;
	autofree struct found_part **sorted = xmalloc(parts->n * sizeof(struct found_part *));
	for (size_t i = 0; i < parts->n; i++)
		sorted[i] = &parts->items[i];
	for (unsigned round = 0; round < 2; round++) {
		qsort(sorted, parts->n, sizeof(struct found_part *), by_key);
		part_runs(sorted, parts->n, round == 1, host_num);
	}
}

int found_parts_from(const json_t *doc, int64_t host_num, found_parts *ret, struct err *err)
{
	TRY(list_all(doc, ret, err));
	for (size_t i = 0; i < ret->n; i++)
		found_part_make_key(&ret->items[i], host_num);
	separate_twins(ret, host_num);
	return 0;
}

void found_parts_done(found_parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		free(parts->items[i].attrs);
		free(parts->items[i].key);
	}
	VEC_DONE(parts);
}
