/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory devices judged by their array's use, type and technology (DSP0134 3.6, 7.17 and 7.18); see
 * memory_devices.h. Input: numbers and cleaned texts from firmware.
 */
#include "memory_devices.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "empty_word.h"

enum { USE_OTHER = 1, USE_UNKNOWN = 2, USE_SYSTEM = 3, USE_NON_VOLATILE = 6 };
enum { TECHNOLOGY_DRAM = 3, TECHNOLOGY_NVDIMM_N = 4, TECHNOLOGY_OPTANE = 7 };
#define DETAIL_NON_VOLATILE (1U << 12)
enum kind { KIND_OTHER, KIND_MEMORY, KIND_PERSISTENT };

/* The types of what a processor can use as memory; "" where the type has no name worth showing. */
static const struct {
	uint8_t type;
	enum kind kind;
	const char *name;
} types[] = {
	{0x00, KIND_MEMORY, ""},           {0x01, KIND_MEMORY, ""},
	{0x02, KIND_MEMORY, ""},           {0x03, KIND_MEMORY, "DRAM"},
	{0x04, KIND_MEMORY, "EDRAM"},      {0x07, KIND_MEMORY, "RAM"},
	{0x0d, KIND_MEMORY, "CDRAM"},      {0x0e, KIND_MEMORY, "3DRAM"},
	{0x0f, KIND_MEMORY, "SDRAM"},      {0x11, KIND_MEMORY, "RDRAM"},
	{0x12, KIND_MEMORY, "DDR"},        {0x13, KIND_MEMORY, "DDR2"},
	{0x14, KIND_MEMORY, "DDR2"},       {0x18, KIND_MEMORY, "DDR3"},
	{0x19, KIND_MEMORY, "FBD2"},       {0x1a, KIND_MEMORY, "DDR4"},
	{0x1b, KIND_MEMORY, "LPDDR"},      {0x1c, KIND_MEMORY, "LPDDR2"},
	{0x1d, KIND_MEMORY, "LPDDR3"},     {0x1e, KIND_MEMORY, "LPDDR4"},
	{0x1f, KIND_PERSISTENT, "NVDIMM"}, {0x20, KIND_MEMORY, "HBM"},
	{0x21, KIND_MEMORY, "HBM2"},       {0x22, KIND_MEMORY, "DDR5"},
	{0x23, KIND_MEMORY, "LPDDR5"},     {0x24, KIND_MEMORY, "HBM3"},
};

/* A type of a later table is memory if its array is; ROM, EEPROM, FLASH, video memory and the like
 * (5 to 0x10 without a row) are not. */
static enum kind kind_of_type(const struct smbios_memory_device *d)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == d->type)
			return types[i].kind;
	return d->type > 0x24 ? KIND_MEMORY : KIND_OTHER;
}

static const char *type_name(const struct smbios_memory_device *d)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == d->type)
			return types[i].name;
	return "";
}

/* HW: some tables have no array structures at all; then the type alone decides. */
static uint8_t use_of(const struct smbios *s, const struct smbios_memory_device *d)
{
	for (size_t i = 0; i < s->arrays.n; i++)
		if (s->arrays.items[i].handle == d->array)
			return s->arrays.items[i].use;
	return USE_UNKNOWN;
}

/* NVDIMM-N, -F, -P and Optane say so by their technology; where the firmware knows none, by the bit
 * of the type's details or by the size of what outlasts the power. */
static bool keeps_contents(const struct smbios_memory_device *d)
{
	if (d->technology >= TECHNOLOGY_NVDIMM_N && d->technology <= TECHNOLOGY_OPTANE)
		return true;
	if (d->technology == TECHNOLOGY_DRAM)
		return false;
	return (d->detail & DETAIL_NON_VOLATILE) ||
	       (d->persistent_mib > 0 && d->persistent_mib <= d->dimm.capacity_mib);
}

static enum kind kind_of(const struct smbios *s, const struct smbios_memory_device *d)
{
	uint8_t use = use_of(s, d);
	enum kind kind = kind_of_type(d);

	if (kind == KIND_MEMORY && keeps_contents(d))
		kind = KIND_PERSISTENT;
	if (use == USE_NON_VOLATILE)
		return kind == KIND_PERSISTENT ? kind : KIND_OTHER;
	return use <= USE_SYSTEM ? kind : KIND_OTHER;
}

/* What of it outlasts the power; all of it where the firmware tells neither part. */
static int64_t persistent_mib(const struct smbios_memory_device *d)
{
	if (d->persistent_mib > 0)
		return d->persistent_mib;
	return d->volatile_mib > 0 ? 0 : d->dimm.capacity_mib;
}

/* HW: NVDIMM-N may tell the same cells as both parts; they are memory once, and that persistent. */
static int64_t volatile_mib(const struct smbios_memory_device *d)
{
	if (d->volatile_mib <= 0 || d->volatile_mib > d->dimm.capacity_mib - persistent_mib(d))
		return 0;
	return d->volatile_mib;
}

static void drop_empty_words(struct facts_dimm *d)
{
	if (empty_word_is(d->manufacturer))
		d->manufacturer[0] = '\0';
	if (empty_word_is(d->serial))
		d->serial[0] = '\0';
	if (empty_word_is(d->part_number))
		d->part_number[0] = '\0';
}

/* Persistent modules may serve as memory with a part of their cells. */
static void push(struct smbios *s, const struct smbios_memory_device *d, enum kind kind)
{
	struct facts_dimm dimm = d->dimm;

	dimm.handle = d->handle;
	dimm.array = d->array;
	drop_empty_words(&dimm);
	if (dimm.capacity_mib)
		(void)str_copy(dimm.type, sizeof(dimm.type), type_name(d));
	if (kind == KIND_MEMORY) {
		VEC_PUSH(&s->modules, dimm);
		return;
	}
	dimm.capacity_mib = volatile_mib(d);
	if (dimm.capacity_mib > 0)
		VEC_PUSH(&s->modules, dimm);
	dimm.capacity_mib = persistent_mib(d);
	if (dimm.capacity_mib > 0)
		VEC_PUSH(&s->persistent, dimm);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void name_slot(struct facts_dimm *d)
{
	const char *name = !empty_word_is(d->device_locator) ? d->device_locator
			   : !empty_word_is(d->bank_locator) ? d->bank_locator
							     : "";

	(void)text_fit(d->slot, sizeof(d->slot), name);
}

/* Twins of the bank, too, are numbered in the order of the table, which firmware keeps. */
static void number_slot(struct facts_dimm *d, size_t number)
{
	char start[sizeof(d->slot) - 8];

	(void)text_fit(start, sizeof(start), *d->slot ? d->slot : "DIMM");
	text_print(d->slot, sizeof(d->slot), "%s #%zu", start, number);
}

static void put_bank_in_front(struct facts_dimm *d)
{
	if (!empty_word_is(d->bank_locator) && !empty_word_is(d->device_locator) &&
	    !str_eq(d->bank_locator, d->device_locator))
		text_print(d->slot, sizeof(d->slot), "%s %s", d->bank_locator, d->device_locator);
}

/* Marks every module whose slot has the name of another one's. */
static bool find_twins(const struct facts_dimm *items, size_t n, bool *twin)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		twin[i] = false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (str_eq(items[i].slot, items[k].slot))
				any = twin[i] = twin[k] = true;
	return any;
}

static void name_slots(struct facts_dimm *items, size_t n)
{
	autofree bool *twin = xcalloc(n + 1, sizeof(bool));

	for (size_t i = 0; i < n; i++)
		name_slot(&items[i]);
	if (find_twins(items, n, twin))
		for (size_t i = 0; i < n; i++)
			if (twin[i])
				put_bank_in_front(&items[i]);
	if (find_twins(items, n, twin))
		for (size_t i = 0, number = 1; i < n; i++)
			if (twin[i])
				number_slot(&items[i], number++);
}

void memory_devices_judge(struct smbios *s)
{
	for (size_t i = 0; i < s->memory_devices.n; i++) {
		enum kind kind = kind_of(s, &s->memory_devices.items[i]);

		if (kind != KIND_OTHER)
			push(s, &s->memory_devices.items[i], kind);
	}
	name_slots(s->modules.items, s->modules.n);
	name_slots(s->persistent.items, s->persistent.n);
}
