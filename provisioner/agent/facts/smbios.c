/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMBIOS walk; see smbios.h. Structures are cut from a cursor one by one, their strings found
 * by number, and a const table says which function reads which type. Offsets are DSP0134's.
 */
#include "smbios.h"

#include <stdio.h>
#include <string.h>
#include <base/bytes.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/hw_id.h>

#include "memory_devices.h"

#define MAX_STRUCTURES 8192

/* One structure: the formatted area (length said by its header) and the string set after it. */
struct structure {
	uint8_t type;
	uint16_t handle;
	const uint8_t *p;
	size_t n_bytes;
	const char *strings;
	size_t strings_bytes;
	unsigned version;
};

static uint8_t u8(const struct structure *s, size_t offset)
{
	return offset < s->n_bytes ? s->p[offset] : 0;
}

static uint16_t u16(const struct structure *s, size_t offset)
{
	return (uint16_t)(u8(s, offset) | u8(s, offset + 1) << 8);
}

static uint32_t u32(const struct structure *s, size_t offset)
{
	return u16(s, offset) | (uint32_t)u16(s, offset + 2) << 16;
}

/* The string whose number stands at offset; number 0 means none. */
static void text(const struct structure *s, size_t offset, char *ret, size_t ret_bytes)
{
	unsigned number = u8(s, offset);
	const char *p = s->strings;
	size_t left = s->strings_bytes;

	*ret = '\0';
	for (unsigned i = 1; number && left && *p; i++) {
		size_t n = strnlen(p, left);

		if (i == number) {
			text_clean(ret, ret_bytes, p, n);
			return;
		}
		if (n == left)
			return;
		p += n + 1;
		left -= n + 1;
	}
}
#define TEXT(s, offset, member) text(s, offset, member, sizeof(member))

static void read_bios(struct smbios *out, const struct structure *s)
{
	TEXT(s, 0x05, out->system.bios_version);
	TEXT(s, 0x08, out->system.bios_date);
}

/* HW: from 2.6 on the first three fields are little-endian; before, firmware wrote them as they
 * stand. All zeros and all ones mean "not set" (DSP0134 7.2.1); they are kept for the server to
 * judge. */
static void read_uuid(const struct structure *s, char ret[static UUID_TEXT_BYTES])
{
	uint8_t uuid[UUID_BYTES];

	if (s->n_bytes < 0x18)
		return;
	for (size_t i = 0; i < sizeof(uuid); i++)
		uuid[i] = u8(s, 0x08 + i);
	if (s->version >= 0x0206)
		hw_uuid_swap_fields(uuid);
	hw_uuid_print(uuid, ret);
}

/* HW: some tables have a second one, empty or of another node; the kernel takes the first, too. */
static void read_system(struct smbios *out, const struct structure *s)
{
	if (out->system.manufacturer[0] || out->system.model[0] || out->system.serial[0])
		return;
	TEXT(s, 0x04, out->system.manufacturer);
	TEXT(s, 0x05, out->system.model);
	TEXT(s, 0x07, out->system.serial);
	TEXT(s, 0x19, out->system.sku);
	read_uuid(s, out->system.uuid);
}

/* Blades describe several boards; the first one is the base board by convention. */
static void read_board(struct smbios *out, const struct structure *s)
{
	if (out->board.manufacturer[0] || out->board.serial[0])
		return;
	TEXT(s, 0x04, out->board.manufacturer);
	TEXT(s, 0x05, out->board.model);
	TEXT(s, 0x07, out->board.serial);
}

static void read_chassis(struct smbios *out, const struct structure *s)
{
	if (out->chassis.serial[0] || out->chassis.asset_tag[0])
		return;
	TEXT(s, 0x07, out->chassis.serial);
	TEXT(s, 0x08, out->chassis.asset_tag);
	if (!out->system.asset_tag[0])
		TEXT(s, 0x08, out->system.asset_tag);
}

/* One byte holds counts up to 254; 255 says: look at the word, which tables before 3.0 do not have.
 * 0: not known. */
static int64_t wide_count(const struct structure *s, size_t narrow, size_t wide)
{
	uint8_t count = u8(s, narrow);
	uint16_t word = u16(s, wide);

	if (count != 0 && count != 0xff)
		return count;
	return word == 0xffff ? 0 : word; /* 65535 is reserved */
}

/* DSP0134 7.5.3 */
enum { CPU_STATUS = 7, CPU_POPULATED = 0x40, CPU_OFF_BY_USER = 2, CPU_OFF_BY_POST = 3 };

static void read_processor(struct smbios *out, const struct structure *s)
{
	struct facts_cpu cpu = {0};
	uint8_t status = u8(s, 0x18);

	if (out->processors.n >= FACTS_MAX_CPUS || !(status & CPU_POPULATED) || u8(s, 0x05) != 0x03)
		return; /* empty socket, or not a central processor */
	status &= CPU_STATUS;
	out->disabled[out->processors.n] = status == CPU_OFF_BY_USER || status == CPU_OFF_BY_POST;
	TEXT(s, 0x04, cpu.socket);
	TEXT(s, 0x07, cpu.manufacturer);
	TEXT(s, 0x10, cpu.model);
	cpu.max_speed_mhz = u16(s, 0x14);
	TEXT(s, 0x20, cpu.serial);
	cpu.total_cores = wide_count(s, 0x23, 0x2a);
	cpu.total_threads = wide_count(s, 0x25, 0x2e);
	if (cpu.total_threads < cpu.total_cores)
		cpu.total_threads = 0; /* HW: some tables count the threads of one core */
	VEC_PUSH(&out->processors, cpu);
}

static void pci_address(char *ret, size_t ret_bytes, unsigned segment, unsigned bus, unsigned devfn)
{
	snprintf(ret, ret_bytes, "%04x:%02x:%02x.%x", segment & 0xffff, bus & 0xff, devfn >> 3 & 31,
		 devfn & 7);
}

static void read_slot(struct smbios *out, const struct structure *s)
{
	struct smbios_slot slot = {0};
	unsigned bus = u8(s, 0x0f), devfn = u8(s, 0x10);

	if (out->slots.n >= 256)
		return;
	TEXT(s, 0x04, slot.designation);
	if (s->n_bytes >= 0x11 && bus != 0xff)
		pci_address(slot.pci_address, sizeof(slot.pci_address), u16(s, 0x0d), bus, devfn);
	VEC_PUSH(&out->slots, slot);
}

/* MiB; 0 for an empty slot and for "unknown", which HW uses for modules that POST disabled. */
static int64_t module_mib(const struct structure *s)
{
	uint16_t size = u16(s, 0x0c);

	if (size == 0 || size == 0xffff)
		return 0;
	if (size == 0x7fff)
		return u32(s, 0x1c) & 0x7fffffff;
	return size & 0x8000 ? (size & 0x7fff) / 1024 : size;
}

/* A size in bytes of eight, as MiB; -1 where the table ends before it or the firmware knows none.
 */
static int64_t part_mib(const struct structure *s, size_t offset)
{
	uint64_t bytes = u32(s, offset) | (uint64_t)u32(s, offset + 4) << 32;

	return s->n_bytes < offset + 8 || bytes == UINT64_MAX ? -1 : (int64_t)(bytes >> 20);
}

static void read_array(struct smbios *out, const struct structure *s)
{
	struct smbios_array a = {.handle = s->handle, .use = u8(s, 0x05)};

	if (out->arrays.n < FACTS_MAX_DIMMS)
		VEC_PUSH(&out->arrays, a);
}

static void read_memory(struct smbios *out, const struct structure *s)
{
	struct smbios_memory_device d = {.handle = s->handle,
					 .array = u16(s, 0x04),
					 .type = u8(s, 0x12),
					 .detail = u16(s, 0x13)};
	struct facts_dimm *dimm = &d.dimm;
	uint16_t speed = u16(s, 0x20) ? u16(s, 0x20) : u16(s, 0x15);

	if (out->memory_devices.n >= FACTS_MAX_DIMMS)
		return;
	dimm->capacity_mib = module_mib(s);
	TEXT(s, 0x10, dimm->device_locator);
	TEXT(s, 0x11, dimm->bank_locator);
	/* HW: a module of unknown size is there, and its texts tell which one. */
	if (u16(s, 0x0c)) {
		TEXT(s, 0x17, dimm->manufacturer);
		TEXT(s, 0x18, dimm->serial);
		TEXT(s, 0x1a, dimm->part_number);
		dimm->speed_mhz = speed == 0xffff ? u32(s, 0x58) & 0x7fffffff : speed;
	}
	d.technology = u8(s, 0x28);
	d.persistent_mib = part_mib(s, 0x34);
	d.volatile_mib = part_mib(s, 0x3c);
	VEC_PUSH(&out->memory_devices, d);
}

static uint64_t u64(const struct structure *s, size_t offset)
{
	return u32(s, offset) | (uint64_t)u32(s, offset + 4) << 32;
}

/* Types 19 and 20 begin alike: the first and the last kibibyte, or all ones and the bytes further
 * down. */
static void read_mapping(struct smbios *out, const struct structure *s)
{
	bool array = s->type == 19;
	size_t far = array ? 0x0f : 0x13;
	struct smbios_mapping m = {.handle = u16(s, 0x0c), .array = array};

	if (out->mappings.n >= 2 * FACTS_MAX_DIMMS || s->n_bytes < (array ? 0x0fU : 0x13U))
		return;
	if (u32(s, 0x04) != UINT32_MAX) {
		m.first = (uint64_t)u32(s, 0x04) << 10;
		m.last = ((uint64_t)u32(s, 0x08) << 10) + 1023;
	} else if (s->n_bytes >= far + 16) {
		m.first = u64(s, far);
		m.last = u64(s, far + 8);
	}
	if (m.last > m.first)
		VEC_PUSH(&out->mappings, m);
}

/* Devices on the board itself, with the name that is printed beside them. */
static void read_onboard(struct smbios *out, const struct structure *s)
{
	struct smbios_slot slot = {0};

	if (out->slots.n >= 256 || s->n_bytes < 0x0b || u8(s, 0x09) == 0xff)
		return;
	TEXT(s, 0x04, slot.designation);
	pci_address(slot.pci_address, sizeof(slot.pci_address), u16(s, 0x07), u8(s, 0x09),
		    u8(s, 0x0a));
	VEC_PUSH(&out->slots, slot);
}

/* Six bytes as text; "" for all zeros. */
static void mac_at(const struct structure *s, size_t offset, char ret[static MAC_TEXT_BYTES])
{
	uint8_t mac[MAC_BYTES];
	unsigned any = 0;

	for (size_t i = 0; i < MAC_BYTES; i++)
		any |= mac[i] = u8(s, offset + i);
	if (any)
		hw_mac_print(mac, ret);
}

/* DSP0270 (Redfish host interface) 8: device types 2 and 4 are USB, 3 and 5 PCI; 4 and 5 tell the
 * address of the host's end, too. Offsets from the start of the structure. */
static void read_host_interface(struct smbios *out, const struct structure *s)
{
	struct smbios_host_interface i = {0};
	uint8_t kind = u8(s, 0x06);

	if (u8(s, 0x04) != 0x40 || kind < 2 || kind > 5 || out->host_interfaces.n >= 16)
		return;
	size_t at = kind >= 4 ? 0x08 : 0x07; /* the newer ones begin with their length */
	i.usb = kind == 2 || kind == 4;
	i.vendor = u16(s, at);
	i.product = u16(s, at + 2);
	if (kind == 4)
		mac_at(s, at + 5, i.mac);
	if (kind == 5) {
		mac_at(s, at + 8, i.mac);
		if (s->n_bytes >= at + 18 && u8(s, at + 16) != 0xff)
			pci_address(i.pci_address, sizeof(i.pci_address), u16(s, at + 14),
				    u8(s, at + 16), u8(s, at + 17));
	}
	VEC_PUSH(&out->host_interfaces, i);
}

static const struct {
	uint8_t type;
	void (*read)(struct smbios *out, const struct structure *s);
} readers[] = {
	{0, read_bios},      {1, read_system},   {2, read_board},    {3, read_chassis},
	{4, read_processor}, {9, read_slot},     {16, read_array},   {17, read_memory},
	{19, read_mapping},  {20, read_mapping}, {41, read_onboard}, {42, read_host_interface},
};

/* Bytes of the string set at p: up to and with the double NUL; everything if it never ends. */
static size_t string_set_bytes(const uint8_t *p, size_t left)
{
	for (size_t i = 0; left - i >= 2; i++)
		if (p[i] == 0 && p[i + 1] == 0)
			return i + 2;
	return left;
}

/* false at the end of the table, or where it is broken. */
static bool next_structure(struct cur *c, struct structure *s)
{
	const uint8_t *start = c->p;
	uint8_t n_bytes;

	s->type = cur_u8(c);
	n_bytes = cur_u8(c);
	if (c->short_read || n_bytes < 4 || s->type == 127)
		return false;
	cur_skip(c, n_bytes - 2U);
	if (c->short_read || c->left_bytes < 2)
		return false;
	s->p = start;
	s->n_bytes = n_bytes;
	s->strings = (const char *)c->p;
	s->strings_bytes = string_set_bytes(c->p, c->left_bytes);
	s->handle = u16(s, 0x02);
	cur_skip(c, s->strings_bytes);
	return true;
}

int smbios_parse(const void *p, size_t n_bytes, unsigned version, struct smbios *ret,
		 struct err *err)
{
	struct structure s = {.version = version};
	struct cur c = cur_of(p, n_bytes);

	if (n_bytes > SMBIOS_MAX_TABLE_BYTES)
		return err_set(err, ERR_TOO_BIG, "SMBIOS table has %zu bytes", n_bytes);
	for (unsigned i = 0; i < MAX_STRUCTURES && next_structure(&c, &s); i++)
		for (size_t k = 0; k < ARRAY_LEN(readers); k++)
			if (readers[k].type == s.type)
				readers[k].read(ret, &s);
	memory_devices_judge(ret);
	return 0;
}

void smbios_done(struct smbios *s)
{
	VEC_DONE(&s->processors);
	VEC_DONE(&s->modules);
	VEC_DONE(&s->persistent);
	VEC_DONE(&s->slots);
	VEC_DONE(&s->host_interfaces);
	VEC_DONE(&s->arrays);
	VEC_DONE(&s->memory_devices);
	VEC_DONE(&s->mappings);
}

int smbios_entry_version(const void *p, size_t n_bytes, unsigned *ret_version, struct err *err)
{
	struct cur c = cur_of(p, n_bytes);

	if (n_bytes >= 9 && memcmp(p, "_SM3_", 5) == 0) {
		cur_skip(&c, 7);
	} else if (n_bytes >= 8 && memcmp(p, "_SM_", 4) == 0) {
		cur_skip(&c, 6);
	} else if (n_bytes >= 15 && memcmp(p, "_DMI_", 5) == 0) {
		cur_skip(&c, 14);
		uint8_t bcd = cur_u8(&c);
		*ret_version = (unsigned)(bcd >> 4) << 8 | (bcd & 0x0fU);
		return 0;
	} else {
		return err_set(err, ERR_INVALID, "no SMBIOS entry point");
	}
	uint8_t major = cur_u8(&c), minor = cur_u8(&c);
	*ret_version = (unsigned)major << 8 | minor;
	return 0;
}

int smbios_read(const char *root, struct smbios *ret, struct err *err)
{
	autofree char *entry_path = xasprintf("%s/sys/firmware/dmi/tables/smbios_entry_point",
					      root);
	autofree char *table_path = xasprintf("%s/sys/firmware/dmi/tables/DMI", root);
	autofree char *entry = NULL, *table = NULL;
	size_t entry_bytes, table_bytes;
	unsigned version;

	*ret = (struct smbios){0};
	if (access(table_path, R_OK) < 0)
		return 0;
	TRY(file_read(entry_path, SMBIOS_MAX_ENTRY_BYTES, &entry, &entry_bytes, err));
	TRY(file_read(table_path, SMBIOS_MAX_TABLE_BYTES, &table, &table_bytes, err));
	TRY(smbios_entry_version(entry, entry_bytes, &version, err));
	return smbios_parse(table, table_bytes, version, ret, err);
}
