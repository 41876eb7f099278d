/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting dumps and making structures; see smbios.h. Input: files of whoever wrote the scenario.
 */
#include "smbios.h"

#include <string.h>
#include <base/bytes.h>
#include <base/str.h>

#define HEADER_BYTES 4
enum { TYPE_PROCESSOR = 4, TYPE_ARRAY = 16, TYPE_DEVICE = 17, TYPE_END = 127 };

/* Where the table is, by either kind of entry point; DSP0134, 5.2.1 and 5.2.2. */
static int table_find(const uint8_t *dump, size_t n_bytes, uint64_t *ret_at, uint64_t *ret_end,
		      struct err *err)
{
	struct cur c = cur_of(dump, n_bytes);
	bool wide = n_bytes >= 24 && memcmp(dump, "_SM3_", 5) == 0;
	uint64_t table_bytes;

	if (!wide && (n_bytes < 31 || memcmp(dump, "_SM_", 4) != 0))
		return err_set(err, ERR_LAB_SCENARIO, "not a dump of SMBIOS: no entry point");
	cur_skip(&c, wide ? 12 : 22);
	table_bytes = wide ? cur_le32(&c) : cur_le16(&c); /* at most */
	*ret_at = wide ? cur_le64(&c) : cur_le32(&c);
	if (*ret_at >= n_bytes)
		return err_set(err, ERR_LAB_SCENARIO, "its table lies outside of the file");
	*ret_end = table_bytes > n_bytes - *ret_at ? n_bytes : *ret_at + table_bytes;
	return 0;
}

/* The bytes of a structure with its strings, which two zeros end; 0 when they do not come. */
static size_t structure_bytes(const uint8_t *p, size_t n_bytes)
{
	if (n_bytes < HEADER_BYTES || p[1] < HEADER_BYTES)
		return 0;
	for (size_t i = p[1]; i + 1 < n_bytes; i++)
		if (!p[i] && !p[i + 1])
			return i + 2;
	return 0;
}

static int add(struct smbios_structures *list, const uint8_t *p, size_t n_bytes, struct err *err)
{
	if (list->n == SMBIOS_MAX_STRUCTURES)
		return err_set(err, ERR_LAB_SCENARIO, "more than %d structures of SMBIOS",
			       SMBIOS_MAX_STRUCTURES);
	list->items[list->n++] = (struct smbios_structure){p, n_bytes};
	list->n_processors += p[0] == TYPE_PROCESSOR;
	return 0;
}

int smbios_dump_split(const uint8_t *dump, size_t n_bytes, struct smbios_structures *ret,
		      struct err *err)
{
	uint64_t at = 0, end = 0;

	*ret = (struct smbios_structures){.n = 0};
	TRY(table_find(dump, n_bytes, &at, &end, err));
	while (at < end && dump[at] != TYPE_END) {
		size_t one = structure_bytes(dump + at, end - at);

		if (!one)
			return err_set(err, ERR_LAB_SCENARIO,
				       "a structure at %llu of the dump has no end",
				       (unsigned long long)at);
		TRY(add(ret, dump + at, one, err));
		at += one;
	}
	return ret->n ? 0 : err_set(err, ERR_LAB_SCENARIO, "a dump without a structure");
}

/* ---- memory slots ---------------------------------------------------------------------------- */

#define ARRAY_BYTES   0x17
#define DEVICE_BYTES  0x22
#define ARRAY_HANDLE  0x1000 /* QEMU's own, which its mapped addresses name */
#define DEVICE_HANDLE 0x1100
#define NO_HANDLE     0xfffe

/* Append a text; its number for the structure. "": 0, none. */
static uint8_t add_string(uint8_t **at, uint8_t *count, const char *text)
{
	size_t n_bytes = strlen(text) + 1;

	if (!*text)
		return 0;
	memcpy(*at, text, n_bytes);
	*at += n_bytes;
	return ++*count;
}

static void header(uint8_t *p, uint8_t type, uint8_t n_bytes, unsigned handle)
{
	memset(p, 0, n_bytes);
	p[0] = type;
	p[1] = n_bytes;
	put_le16(p + 2, (uint16_t)handle);
}

static size_t array_make(uint8_t *p, const struct lab_host *h)
{
	header(p, TYPE_ARRAY, ARRAY_BYTES, ARRAY_HANDLE);
	p[4] = p[5] = 3; /* on the board, for the system */
	p[6] = 5;        /* single-bit ECC */
	put_le32(p + 7, 16U * 1024 * 1024 * (uint32_t)h->n_dimms); /* KiB */
	put_le16(p + 11, NO_HANDLE);
	put_le16(p + 13, (uint16_t)h->n_dimms);
	p[ARRAY_BYTES] = p[ARRAY_BYTES + 1] = 0;
	return ARRAY_BYTES + 2;
}

static size_t device_make(uint8_t *p, const struct lab_dimm *d, size_t index)
{
	uint8_t *at = p + DEVICE_BYTES, count = 0;

	header(p, TYPE_DEVICE, DEVICE_BYTES, DEVICE_HANDLE + (unsigned)index);
	put_le16(p + 4, ARRAY_HANDLE);
	put_le16(p + 6, NO_HANDLE);
	put_le16(p + 8, 72);
	put_le16(p + 10, 64);
	put_le16(p + 12, (uint16_t)d->size_mib);
	p[14] = 9; /* DIMM */
	p[16] = add_string(&at, &count, d->locator);
	p[18] = d->size_mib ? 0x1a : 2; /* DDR4, or unknown */
	if (d->size_mib) {
		put_le16(p + 21, 2666);
		p[23] = add_string(&at, &count, "Slipway Lab");
		p[24] = add_string(&at, &count, d->serial);
		p[26] = add_string(&at, &count, d->part);
	}
	*at++ = 0;
	return (size_t)(at - p);
}
_Static_assert(DEVICE_BYTES + 3 * LAB_NAME_BYTES + 16 < 256, "a slot fits");

void smbios_slots(const struct lab_host *h, uint8_t memory[static SMBIOS_SLOTS_BYTES],
		  struct smbios_structures *ret)
{
	uint8_t *at = memory;

	*ret = (struct smbios_structures){.n = 0};
	if (!h->n_dimms)
		return;
	ret->items[ret->n++] = (struct smbios_structure){at, array_make(at, h)};
	at += ret->items[0].n_bytes;
	for (size_t i = 0; i < h->n_dimms; i++) {
		size_t n_bytes = device_make(at, &h->dimms[i], i);

		ret->items[ret->n++] = (struct smbios_structure){at, n_bytes};
		at += n_bytes;
	}
}
