/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts and evidence of whole machines, made of files: memory modules and what only looks like
 * them, cores where the table has no counts, network cards that are not the host's, and slots of
 * disks that stay through any order of probing.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <agent/facts/cpu_topology.h>
#include <agent/facts/machine_facts.h>
#include <base/bytes.h>
#include <base/str.h>
#include <tests/harness/fake_sys.h>

static struct fake_sys tree;

static int set_up(void **state)
{
	(void)state;
	fake_sys_init(&tree);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_sys_done(&tree);
	return 0;
}

/* ---- memory ---------------------------------------------------------------------------------- */

#define NO_ARRAY 0xfffe

static uint16_t put_array(uint8_t use)
{
	uint8_t array[11] = {3, use};

	return fake_sys_smbios_add(&tree, 16, array, sizeof(array), "");
}

struct device {
	uint8_t type, technology;
	uint32_t size_mib;
	int64_t volatile_mib, persistent_mib; /* -1: not known */
	const char *locator, *bank;
	uint16_t detail;
};

static void put_part(uint8_t *at, int64_t mib)
{
	uint64_t bytes = mib < 0 ? UINT64_MAX : (uint64_t)mib << 20;

	put_le32(at, (uint32_t)bytes);
	put_le32(at + 4, (uint32_t)(bytes >> 32));
}

/* n_bytes: 36 is the table of 2.8, which ends before the technology. */
static void put_device(uint16_t array, const struct device *d, size_t n_bytes)
{
	uint8_t f[88] = {0};
	char strings[128] = {0};
	size_t n = 0;

	assert_true(strlen(d->locator) + strlen(d->bank) + 3 < sizeof(strings));
	for (unsigned i = 0; i < 2; i++) {
		const char *text = i ? d->bank : d->locator;

		if (!*text)
			continue; /* string number 0 */
		f[12 + i] = (uint8_t)(i && *d->locator ? 2 : 1);
		(void)str_copy(strings + n, sizeof(strings) - n, text);
		n += strlen(text) + 1;
	}
	put_le16(f, array);
	put_le16(f + 8, 0x7fff);
	put_le32(f + 24, d->size_mib);
	f[14] = d->type;
	put_le16(f + 15, d->detail);
	f[36] = d->technology;
	put_part(f + 48, d->persistent_mib);
	put_part(f + 56, d->volatile_mib);
	fake_sys_smbios_add(&tree, 17, f, n_bytes, strings);
}

static void test_what_is_memory(void **state)
{
	static const struct {
		const char *row;
		uint8_t use; /* of the array; 0: the table has none */
		struct device device;
		size_t n_bytes;
		int64_t memory_mib, persistent_mib;
	} rows[] = {
		{"DDR4", 3, {0x1a, 0, 16384, 0, 0, "A1", "P0", 0}, 36, 16384, 0},
		{"DDR5 of a new table", 3, {0x22, 3, 65536, 65536, 0, "A1", "P0", 0}, 80, 65536, 0},
		{"field-13 flash in an array of flash",
		 5,
		 {0x09, 0, 16, 0, 0, "SPI", "x", 0},
		 36,
		 0,
		 0},
		{"flash in the array of memory", 3, {0x09, 0, 16, 0, 0, "SPI", "x", 0}, 36, 0, 0},
		{"ROM", 3, {0x08, 0, 8, 0, 0, "ROM", "x", 0}, 36, 0, 0},
		{"EEPROM", 3, {0x0a, 0, 8, 0, 0, "ROM", "x", 0}, 36, 0, 0},
		{"DRAM in an array of flash", 5, {0x1a, 0, 16, 0, 0, "A1", "x", 0}, 36, 0, 0},
		{"memory of a video card", 4, {0x05, 0, 512, 0, 0, "V", "x", 0}, 36, 0, 0},
		{"DRAM in an array for video", 4, {0x1a, 0, 512, 0, 0, "V", "x", 0}, 36, 0, 0},
		{"cache", 7, {0x06, 0, 32, 0, 0, "L3", "x", 0}, 36, 0, 0},
		{"no array in the table", 0, {0x1a, 0, 16384, 0, 0, "A1", "P0", 0}, 36, 16384, 0},
		{"flash without an array", 0, {0x09, 0, 16, 0, 0, "SPI", "x", 0}, 36, 0, 0},
		{"type not told", 3, {0x02, 0, 4096, 0, 0, "A1", "P0", 0}, 36, 4096, 0},
		{"type of a later table", 3, {0x30, 3, 4096, 4096, 0, "A1", "P0", 0}, 80, 4096, 0},
		{"field-14 Optane", 3, {0x1f, 7, 129024, 0, 129024, "A2", "P0", 0}, 80, 0, 129024},
		{"Optane as DDR4", 3, {0x1a, 7, 129024, 0, 129024, "A2", "P0", 0}, 80, 0, 129024},
		{"Optane that serves as memory",
		 3,
		 {0x1f, 7, 129024, 129024, 0, "A2", "P0", 0},
		 80,
		 129024,
		 0},
		{"Optane, half of it", 3, {0x1f, 7, 128, 64, 64, "A2", "P0", 0}, 80, 64, 64},
		{"NVDIMM-N", 3, {0x1a, 4, 16384, 0, 16384, "A2", "P0", 0}, 80, 0, 16384},
		{"NVDIMM-N, parts not told",
		 3,
		 {0x1a, 4, 16384, -1, -1, "A2", "P0", 0},
		 80,
		 0,
		 16384},
		{"persistent in its own array",
		 6,
		 {0x1f, 7, 16384, 0, 16384, "A2", "P0", 0},
		 80,
		 0,
		 16384},
		{"NVDIMM-N that tells its cells twice",
		 3,
		 {0x1a, 4, 16384, 16384, 16384, "A2", "P0", 0},
		 80,
		 0,
		 16384},
		{"NVDIMM-F", 3, {0x1f, 5, 32768, 0, 32768, "A2", "P0", 0}, 80, 0, 32768},
		{"NVDIMM-P", 3, {0x22, 6, 32768, 0, 32768, "A2", "P0", 0}, 80, 0, 32768},
		{"Optane, both parts zero",
		 3,
		 {0x1f, 7, 129024, 0, 0, "A2", "P0", 0},
		 80,
		 0,
		 129024},
		{"Optane, one part told",
		 3,
		 {0x1f, 7, 129024, -1, 126976, "A2", "P0", 0},
		 80,
		 0,
		 126976},
		{"technology not known, part told",
		 3,
		 {0x1a, 2, 16384, 0, 16384, "A2", "P0", 0},
		 80,
		 0,
		 16384},
		{"technology not known, bit of the details",
		 3,
		 {0x1a, 0, 16384, 0, 0, "A2", "P0", 0x1080},
		 36,
		 0,
		 16384},
		{"DRAM beside a part that cannot be",
		 3,
		 {0x1a, 2, 16384, 0, 1 << 30, "A2", "P0", 0x2080},
		 80,
		 16384,
		 0},
		{"DRAM on CXL", 3, {0x22, 3, 131072, 131072, 0, "CXL 1", "P0", 0}, 80, 131072, 0},
		{"empty slot", 3, {0x02, 0, 0, 0, 0, "A1", "P0", 0}, 36, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f;
		int64_t persistent_mib = 0;

		(void)set_up(NULL);
		put_device(rows[i].use ? put_array(rows[i].use) : NO_ARRAY, &rows[i].device,
			   rows[i].n_bytes);
		fake_sys_smbios_write(&tree);
		machine_facts(tree.root, &f);
		for (size_t k = 0; k < f.memory.persistent.n; k++)
			persistent_mib += f.memory.persistent.items[k].capacity_mib;
		CHECK_INT(rows[i].row, f.memory.total_mib, rows[i].memory_mib);
		CHECK_INT(rows[i].row, persistent_mib, rows[i].persistent_mib);
		CHECK_INT(rows[i].row, f.memory.modules.n,
			  rows[i].memory_mib > 0 || str_eq(rows[i].row, "empty slot"));
		facts_done(&f);
		fake_sys_done(&tree);
	}
}

/* Words for "not known" are not kept; what a module does say is. */
static void test_words_of_a_module(void **state)
{
	static const struct {
		const char *serial, *part, *expect_serial, *expect_part;
	} rows[] = {
		{"3A5C01F2", "M393A2K43BB1-CRC    ", "3A5C01F2", "M393A2K43BB1-CRC"},
		{"Not Specified", "NOT SPECIFIED", "", ""},
		{"Unknown", "NO DIMM", "", ""},
		{" ", "36ASF4G72PZ", "", "36ASF4G72PZ"},
		{"None-7", "N/A", "None-7", ""},
		{"00000000", "[Empty]", "", ""},
		{"FFFFFFFF", "<BAD INDEX>", "", ""},
	};
	struct facts f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		fake_sys_dimm(&tree, &(struct fake_dimm){.size_mib = 1024,
							 .locator = rows[i].serial,
							 .serial = rows[i].serial,
							 .part_number = rows[i].part});
	fake_sys_smbios_write(&tree);
	machine_facts(tree.root, &f);
	assert_int_equal(f.memory.modules.n, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_STR(rows[i].serial, f.memory.modules.items[i].serial, rows[i].expect_serial);
		CHECK_STR(rows[i].serial, f.memory.modules.items[i].part_number,
			  rows[i].expect_part);
	}
	facts_done(&f);
}

/* DSP0134 7.18: 0xffff is a module of unknown size, 0x7fff says where the size stands, bit 15 counts
 * KiB. What a module of unknown size says of itself is kept. */
static void test_sizes(void **state)
{
	static const struct {
		const char *row;
		uint16_t size;
		uint32_t extended;
		int64_t mib;
		const char *serial;
	} rows[] = {
		{"MiB", 16384, 0, 16384, "S1"},
		{"KiB", 0x8000 | 2048, 0, 2, "S1"},
		{"the largest without an extension", 0x7ffe, 0, 32766, "S1"},
		{"extended", 0x7fff, 131072, 131072, "S1"},
		{"extended, bit 31 is reserved", 0x7fff, 0x80000000U | 65536, 65536, "S1"},
		{"empty", 0, 0, 0, ""},
		{"unknown", 0xffff, 0, 0, "S1"},
		{"unknown, with an extension left over", 0xffff, 65536, 0, "S1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t f[36] = {0};
		struct facts facts;

		(void)set_up(NULL);
		put_le16(f, put_array(3));
		put_le16(f + 8, rows[i].size);
		put_le32(f + 24, rows[i].extended);
		f[12] = 1;
		f[14] = 0x1a;
		f[20] = 2;
		fake_sys_smbios_add(&tree, 17, f, sizeof(f), "A1\0S1\0");
		fake_sys_smbios_write(&tree);
		machine_facts(tree.root, &facts);
		CHECK_INT(rows[i].row, facts.memory.modules.n, 1);
		CHECK_INT(rows[i].row, facts.memory.modules.items[0].capacity_mib, rows[i].mib);
		CHECK_STR(rows[i].row, facts.memory.modules.items[0].serial, rows[i].serial);
		facts_done(&facts);
		fake_sys_done(&tree);
	}
}

/* The sum of the modules is not known where the size of one is not. */
static void test_sum_with_an_unknown_size(void **state)
{
	static const struct {
		const char *row, *strings;
		uint16_t size;
		int64_t total_mib;
	} rows[] = {
		{"two", "A2\0S2\0", 1024, 2048},
		{"empty slot", "A2\0S2\0", 0, 1024},
		{"unknown", "A2\0S2\0", 0xffff, 0},
		{"extended, in an old table without it", "A2\0S2\0", 0x7fff, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts facts;

		(void)set_up(NULL);
		for (size_t k = 0; k < 2; k++) {
			uint8_t f[24] = {0};

			put_le16(f, 0xfffe);
			put_le16(f + 8, k ? rows[i].size : 1024);
			f[12] = 1;
			f[14] = 0x1a;
			f[20] = 2;
			fake_sys_smbios_add(&tree, 17, f, sizeof(f),
					    k ? rows[i].strings : "A1\0S1\0");
		}
		fake_sys_smbios_write(&tree);
		fake_sys_put(&tree, "proc/meminfo", "MemTotal: 999999 kB\n");
		machine_facts(tree.root, &facts);
		CHECK_INT(rows[i].row, facts.memory.total_mib, rows[i].total_mib);
		facts_done(&facts);
		fake_sys_done(&tree);
	}
}

static void test_locators_of_two_sockets(void **state)
{
	static const struct {
		const char *locator, *bank, *expect;
	} rows[] = {
		{"DIMM A1", "NODE 0", "NODE 0 DIMM A1"},
		{"DIMM A1", "NODE 1", "NODE 1 DIMM A1"},
		{"DIMM B1", "NODE 0", "DIMM B1"},
		{"DIMM", "BANK", "BANK DIMM #1"},
		{"DIMM", "BANK", "BANK DIMM #2"},
		{"", "BANK 7", "BANK 7"},
		{"Not Specified", "BANK 8", "BANK 8"},
		{"C1", "Not Specified", "C1 #3"},
		{"C1", "Not Specified", "C1 #4"},
		{"", "", "DIMM #5"},
		{"", "Unknown", "DIMM #6"},
		{"CPU1 DIMM A1", "", "CPU1 DIMM A1"},
		{"CPU2 DIMM A1", "", "CPU2 DIMM A1"},
	};
	struct facts f;

	(void)state;
	uint16_t array = put_array(3);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		put_device(array,
			   &(struct device){0x1a, 0, 1024, 0, 0, rows[i].locator, rows[i].bank, 0},
			   36);
	fake_sys_smbios_write(&tree);
	machine_facts(tree.root, &f);
	assert_int_equal(f.memory.modules.n, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(rows[i].expect, f.memory.modules.items[i].slot, rows[i].expect);
	facts_done(&f);
}

/* ---- processors ------------------------------------------------------------------------------ */

/* A socket; count: cores as the byte tells them, word: as the word of 3.0 does. n_bytes: 31 is the
 * table of 2.4, which has no counts, 40 that of 2.5, which has no words. */
static void put_cpu(const char *socket, uint8_t count, uint16_t word, size_t n_bytes)
{
	uint8_t f[44] = {0};
	char strings[32];
	int n = snprintf(strings, sizeof(strings), "%s%c", socket, 0);

	strings[n] = '\0';
	f[0] = 1;
	f[1] = 3;
	f[20] = 0x41;
	f[31] = f[33] = count;
	put_le16(f + 38, word);
	put_le16(f + 42, word);
	fake_sys_smbios_add(&tree, 4, f, n_bytes, strings);
}

struct cpus {
	unsigned packages, cores, threads; /* cores of a package, threads of a core */
	bool lists;                        /* core_cpus_list instead of core_id alone */
	bool masks;                        /* the same as bits */
};

/* "0000,00000000,00000005" */
static void put_mask(unsigned a, unsigned b, const char *path)
{
	uint64_t bits = 1ULL << a | 1ULL << b;
	autofree char *text = xasprintf("0000,%08x,%08x\n", (unsigned)(bits >> 32), (unsigned)bits);

	fake_sys_put(&tree, path, text);
}

static void put_cpus(const struct cpus *c)
{
	unsigned number = 0, n_cores = c->packages * c->cores;

	for (unsigned t = 0; t < c->threads; t++) {
		for (unsigned core = 0; core < n_cores; core++, number++) {
			char text[32];
			autofree char *dir = xasprintf("sys/devices/system/cpu/cpu%u/topology",
						       number);

			snprintf(text, sizeof(text), "%u\n", core / c->cores);
			fake_sys_putf(&tree, text, "%s/physical_package_id", dir);
			snprintf(text, sizeof(text), "%u\n", core % c->cores);
			fake_sys_putf(&tree, text, "%s/core_id", dir);
			snprintf(text, sizeof(text), "%u,%u\n", core, core + n_cores);
			if (c->lists)
				fake_sys_putf(&tree, text, "%s/core_cpus_list", dir);
			autofree char *mask = xasprintf("%s/thread_siblings", dir);
			if (c->masks)
				put_mask(core, number, mask);
		}
	}
}

static void test_counts_of_cores(void **state)
{
	static const struct {
		const char *row;
		unsigned sockets; /* in the table; 0: no table */
		struct cpus cpus;
		size_t n;
		int64_t cores, threads; /* of each */
	} rows[] = {
		{"field-10", 2, {2, 4, 2, false, false}, 2, 4, 8},
		{"two Xeons without a table", 0, {2, 6, 2, false, false}, 2, 6, 12},
		{"one processor without a table", 0, {1, 6, 2, true, false}, 1, 6, 12},
		{"field-10 by masks", 2, {2, 8, 2, false, true}, 2, 8, 16},
		{"no threads", 1, {1, 8, 1, true, false}, 1, 8, 8},
		{"a socket that the kernel does not see", 2, {1, 4, 2, true, false}, 2, 0, 0},
		{"a package that the table does not have", 1, {2, 4, 2, true, false}, 1, 0, 0},
		{"no topology", 1, {0, 0, 0, false, false}, 1, 0, 0},
		{"nothing at all", 0, {0, 0, 0, false, false}, 1, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f;

		(void)set_up(NULL);
		for (unsigned k = 0; k < rows[i].sockets; k++)
			put_cpu(k ? "PROC 2" : "PROC 1", 0, 0, 31);
		if (rows[i].sockets)
			fake_sys_smbios_write(&tree);
		put_cpus(&rows[i].cpus);
		machine_facts(tree.root, &f);
		CHECK_INT(rows[i].row, f.processors.n, rows[i].n);
		for (size_t k = 0; k < f.processors.n; k++) {
			CHECK_INT(rows[i].row, f.processors.items[k].total_cores, rows[i].cores);
			CHECK_INT(rows[i].row, f.processors.items[k].total_threads,
				  rows[i].threads);
		}
		facts_done(&f);
		fake_sys_done(&tree);
	}
}

/* core_id is the same throughout, as where firmware numbers nothing: the masks count. */
static void test_masks_of_siblings(void **state)
{
	static const struct {
		const char *row, *file, *text[4];
		int64_t cores;
	} rows[] = {
		{"field-10 masks", "thread_siblings", {"5", "a", "5", "a"}, 2},
		{"the newer name", "core_cpus", {"00000005", "0000000a", "00000005", "a"}, 2},
		{"no threads", "core_cpus", {"1", "2", "4", "8"}, 4},
		{"upper case and groups",
		 "thread_siblings",
		 {"00000000,0000000F", "f", "f", "f"},
		 1},
		{"beyond the first group",
		 "thread_siblings",
		 {"1,00000000", "2,00000000", "1,00000000", "2,00000000"},
		 2},
		{"not a mask", "thread_siblings", {"x", "", "0", ","}, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cpu_topology t;

		(void)set_up(NULL);
		for (unsigned k = 0; k < 4; k++) {
			autofree char *dir = xasprintf("sys/devices/system/cpu/cpu%u/topology", k);

			fake_sys_putf(&tree, "0\n", "%s/physical_package_id", dir);
			fake_sys_putf(&tree, "0\n", "%s/core_id", dir);
			fake_sys_putf(&tree, rows[i].text[k], "%s/%s", dir, rows[i].file);
		}
		cpu_topology_read(tree.root, &t);
		CHECK_INT(rows[i].row, t.packages[0].cores, rows[i].cores);
		CHECK_INT(rows[i].row, t.packages[0].threads, 4);
		fake_sys_done(&tree);
	}
}

/* The kernel sees no package of a processor that a person or POST has switched off. */
static void test_disabled_processors(void **state)
{
	static const struct {
		const char *row;
		uint8_t status[2];
		unsigned packages;
		size_t n;
		int64_t cores[2];
	} rows[] = {
		{"both on", {0x41, 0x41}, 2, 2, {4, 4}},
		{"the second off by POST", {0x41, 0x43}, 1, 2, {4, 0}},
		{"the first off by a person", {0x42, 0x41}, 1, 2, {0, 4}},
		{"idle is on", {0x41, 0x44}, 2, 2, {4, 4}},
		{"one socket empty", {0x41, 0x00}, 1, 1, {4, 0}},
		{"both on, one package", {0x41, 0x41}, 1, 2, {0, 0}},
		{"one off, two packages", {0x41, 0x43}, 2, 2, {0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f;

		(void)set_up(NULL);
		for (size_t k = 0; k < 2; k++) {
			uint8_t cpu[44] = {1, 3};

			cpu[20] = rows[i].status[k];
			fake_sys_smbios_add(&tree, 4, cpu, sizeof(cpu), "CPU\0");
		}
		fake_sys_smbios_write(&tree);
		put_cpus(&(struct cpus){rows[i].packages, 4, 2, true, false});
		machine_facts(tree.root, &f);
		CHECK_INT(rows[i].row, f.processors.n, rows[i].n);
		for (size_t k = 0; k < f.processors.n; k++)
			CHECK_INT(rows[i].row, f.processors.items[k].total_cores, rows[i].cores[k]);
		facts_done(&f);
		fake_sys_done(&tree);
	}
}

/* HW: two sockets of one name, and words that name no processor. */
static void test_names_of_processors(void **state)
{
	static const struct {
		const char *row, *strings;
		const char *sockets[2], *model;
	} rows[] = {
		{"one name", "CPU\0CPU\0", {"CPU #1", "CPU #2"}, ""},
		{"not told", "Not Specified\0Processor\0", {"CPU #1", "CPU #2"}, ""},
		{"a model", "SOCKET 0\0EPYC 9654\0", {"SOCKET 0 #1", "SOCKET 0 #2"}, "EPYC 9654"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f;
		uint8_t cpu[44] = {1, 3, [12] = 2, [20] = 0x41};

		(void)set_up(NULL);
		for (size_t k = 0; k < 2; k++)
			fake_sys_smbios_add(&tree, 4, cpu, sizeof(cpu), rows[i].strings);
		fake_sys_smbios_add(&tree, 4, cpu, sizeof(cpu), "P9\0EPYC 9654\0");
		fake_sys_smbios_write(&tree);
		machine_facts(tree.root, &f);
		assert_int_equal(f.processors.n, 3);
		for (size_t k = 0; k < 2; k++) {
			CHECK_STR(rows[i].row, f.processors.items[k].socket, rows[i].sockets[k]);
			CHECK_STR(rows[i].row, f.processors.items[k].model, rows[i].model);
		}
		CHECK_STR(rows[i].row, f.processors.items[2].socket, "P9");
		facts_done(&f);
		fake_sys_done(&tree);
	}
}

/* What the table says of one socket of 64 threads; where it says nothing, the kernel's count. */
static void test_counts_of_the_table(void **state)
{
	static const struct {
		const char *row;
		uint8_t count;
		uint16_t word;
		size_t n_bytes;
		int64_t expect;
	} rows[] = {
		{"a byte", 48, 48, 44, 48},
		{"a byte, before the words", 48, 0, 36, 48},
		{"zero is not known", 0, 0, 44, 64},
		{"a word", 0xff, 288, 44, 288},
		{"a byte of zero, and a word", 0, 96, 44, 96},
		{"look at a word that is not there", 0xff, 0, 36, 64},
		{"look at a word of zero", 0xff, 0, 44, 64},
		{"a word that is reserved", 0xff, 0xffff, 44, 64},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f;

		(void)set_up(NULL);
		put_cpu("CPU1", rows[i].count, rows[i].word, rows[i].n_bytes);
		fake_sys_smbios_write(&tree);
		put_cpus(&(struct cpus){1, 64, 1, true, false});
		machine_facts(tree.root, &f);
		CHECK_INT(rows[i].row, f.processors.n, 1);
		CHECK_INT(rows[i].row, f.processors.items[0].total_cores, rows[i].expect);
		CHECK_INT(rows[i].row, f.processors.items[0].total_threads, rows[i].expect);
		facts_done(&f);
		fake_sys_done(&tree);
	}
}

/* A table that says two threads for eight cores; the kernel sees sixteen. */
static void test_threads_of_one_core(void **state)
{
	uint8_t cpu[36] = {0, 3};
	struct facts f;

	(void)state;
	cpu[20] = 0x41;
	cpu[31] = 8;
	cpu[33] = 2;
	fake_sys_smbios_add(&tree, 4, cpu, sizeof(cpu), "");
	fake_sys_smbios_write(&tree);
	machine_facts(tree.root, &f);
	assert_int_equal(f.processors.items[0].total_cores, 8);
	assert_int_equal(f.processors.items[0].total_threads, 0);
	facts_done(&f);
	put_cpus(&(struct cpus){1, 8, 2, true, false});
	machine_facts(tree.root, &f);
	assert_int_equal(f.processors.items[0].total_cores, 8);
	assert_int_equal(f.processors.items[0].total_threads, 16);
	facts_done(&f);
}

/* Two dies or clusters number their cores alike; no lists of siblings. */
static void test_core_numbers_that_repeat(void **state)
{
	static const char *const parts[] = {"die_id", "cluster_id"};

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
		struct cpu_topology t;

		(void)set_up(NULL);
		for (unsigned i = 0; i < 8; i++) {
			char text[16];
			autofree char *dir = xasprintf("sys/devices/system/cpu/cpu%u/topology", i);

			fake_sys_putf(&tree, "36\n", "%s/physical_package_id", dir);
			(void)snprintf(text, sizeof(text), "%u\n", i / 4);
			fake_sys_putf(&tree, text, "%s/%s", dir, parts[k]);
			(void)snprintf(text, sizeof(text), "%u\n", i % 4);
			fake_sys_putf(&tree, text, "%s/core_id", dir);
		}
		cpu_topology_read(tree.root, &t);
		CHECK_INT(parts[k], t.n_packages, 1);
		CHECK_INT(parts[k], t.packages[0].cores, 8);
		fake_sys_done(&tree);
	}
}

/* Four cores with two threads each and eight with one (i7-1270P): 12 cores, 16 threads. */
static void test_cores_of_two_kinds(void **state)
{
	struct cpu_topology t;

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		char text[32];
		autofree char *dir = xasprintf("sys/devices/system/cpu/cpu%u/topology", i);

		fake_sys_putf(&tree, "0\n", "%s/physical_package_id", dir);
		snprintf(text, sizeof(text), "%u\n", i < 8 ? i / 2 * 4 : 16 + i);
		fake_sys_putf(&tree, text, "%s/core_id", dir);
		if (i < 8)
			snprintf(text, sizeof(text), "%u-%u\n", i & ~1U, i | 1U);
		else
			snprintf(text, sizeof(text), "%u\n", i);
		fake_sys_putf(&tree, text, "%s/thread_siblings_list", dir);
	}
	cpu_topology_read(tree.root, &t);
	assert_int_equal(t.n_packages, 1);
	assert_int_equal(t.packages[0].cores, 12);
	assert_int_equal(t.packages[0].threads, 16);
	fake_sys_put(&tree, "sys/devices/system/cpu/cpu16/online", "0\n");
	fake_sys_put(&tree, "sys/devices/system/cpu/cpufreq/x", "0\n");
	cpu_topology_read(tree.root, &t);
	assert_int_equal(t.n_packages, 1); /* how big it is is not known: a CPU is offline */
	assert_int_equal(t.packages[0].cores, 0);
	assert_int_equal(t.packages[0].threads, 0);
}

/* The table's word for a processor, where it has one; else the kernel's. */
static void test_model_of_a_processor(void **state)
{
	static const struct {
		const char *table, *model;
	} rows[] = {
		{"AMD EPYC 9654", "AMD EPYC 9654"},
		{"pc-q35-7.2", "Big CPU"},
		{"virt-9.0", "Big CPU"},
		{"Not Specified", "Big CPU"},
		{"Unknown", "Big CPU"},
		{"To Be Filled By O.E.M.", "Big CPU"},
		{"<BAD INDEX>", "Big CPU"},
		{"0000000000000000", "Big CPU"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f;

		(void)set_up(NULL);
		fake_sys_cpu(&tree, "CPU1", rows[i].table);
		fake_sys_smbios_write(&tree);
		fake_sys_put(&tree, "proc/cpuinfo", "processor\t: 0\nmodel name\t: Big CPU\n");
		machine_facts(tree.root, &f);
		CHECK_INT(rows[i].table, f.processors.n, 1);
		CHECK_STR(rows[i].table, f.processors.items[0].model, rows[i].model);
		facts_done(&f);
		fake_sys_done(&tree);
	}
}

/* ---- network cards --------------------------------------------------------------------------- */

static void put_nic(const char *name, const char *device, const char *driver, const char *mac)
{
	autofree char *link = xasprintf("sys/class/net/%s", name);
	autofree char *target = xasprintf("../../devices/%s/net/%s", device, name);
	autofree char *up = xasprintf("sys/devices/%s/net/%s/device", device, name);
	autofree char *driver_link = xasprintf("sys/devices/%s/driver", device);
	autofree char *driver_target = xasprintf("../../../bus/x/drivers/%s", driver);

	fake_sys_putf(&tree, "1\n", "sys/devices/%s/net/%s/type", device, name);
	fake_sys_putf(&tree, mac, "sys/devices/%s/net/%s/address", device, name);
	fake_sys_link(&tree, up, "../../");
	fake_sys_link(&tree, link, target);
	if (*driver)
		fake_sys_link(&tree, driver_link, driver_target);
}

/* HPE, Dell and others: "Redfish host interface" of type USB, version 2, with the host's MAC. */
static void put_host_interface(uint8_t kind, const uint8_t *mac)
{
	uint8_t f[32] = {0x40, 21, kind, 18, 0x6b, 0x41, 0xff, 0xff};

	memcpy(f + (kind == 4 ? 9 : 12), mac, 6);
	if (kind == 5)
		f[20] = 0xff;
	fake_sys_smbios_add(&tree, 42, f, 26, "");
}

static void test_whose_card(void **state)
{
	static const struct {
		const char *row, *device, *driver;
		const char *file, *text; /* beside the address; NULL: none */
		bool listed, proof;
	} rows[] = {
		{"on PCI", "pci0000:00/0000:01:00.0", "igb", NULL, NULL, true, true},
		{"of an ARM board", "platform/soc/1f10000.ethernet", "xgene-enet", NULL, NULL, true,
		 true},
		{"virtio", "pci0000:00/0000:00:03.0/virtio1", "virtio_net", NULL, NULL, true, true},
		{"field-1 USB without a driver", "pci0000:00/0000:00:14.0/usb1/1-14/1-14:1.0", "",
		 NULL, NULL, false, false},
		{"cdc_ether", "pci0000:00/0000:00:14.0/usb1/1-14/1-14:1.0", "cdc_ether", NULL, NULL,
		 false, false},
		{"rndis", "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0", "rndis_host", NULL, NULL,
		 false, false},
		{"cdc_ncm", "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0", "cdc_ncm", NULL, NULL,
		 false, false},
		{"field-1 rndis of an old controller", "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0",
		 "rndis_wlan", NULL, NULL, false, false},
		{"field-1 another class driver", "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0",
		 "cdc_eem", NULL, NULL, false, false},
		{"field-1 behind the controller's hub",
		 "pci0000:00/0000:00:14.0/usb1/1-14/1-14.3/1-14.3:2.0", "cdc_ether", NULL, NULL,
		 false, false},
		{"field-1 USB of an ARM board", "platform/soc/xhci-hcd.0.auto/usb1/1-1/1-1:1.0",
		 "cdc_ether", NULL, NULL, false, false},
		{"field-1 the controller on PCIe", "pci0000:00/0000:05:00.1", "host_veth_drv", NULL,
		 NULL, false, false},
		{"field-1 a BlueField's FIFO to its host", "platform/MLNXBF01:00/virtio1",
		 "virtio_net", NULL, NULL, false, false},
		{"virtio without PCI", "platform/a003e00.virtio_mmio/virtio1", "virtio_net", NULL,
		 NULL, true, true},
		{"a modem", "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.4", "qmi_wwan", NULL, NULL,
		 true, false},
		{"Thunderbolt", "pci0000:00/0000:0d:00.0/domain0/0-0/0-1/0-1.0", "thunderbolt-net",
		 NULL, NULL, true, false},
		{"of a group of stations", "pci0000:00/0000:01:00.0", "igb", "address",
		 "01:00:5e:00:00:01\n", true, false},
		{"not programmed: zeros", "pci0000:00/0000:01:00.0", "igb", "address",
		 "00:00:00:00:00:00\n", true, false},
		{"not programmed: ones", "pci0000:00/0000:01:00.0", "igb", "address",
		 "ff:ff:ff:ff:ff:ff\n", true, false},
		{"a card of a bond", "pci0000:00/0000:01:00.0", "igb", "bonding_slave/perm_hwaddr",
		 "02:11:22:33:44:01\n", true, true},
		{"a dongle", "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0", "r8152", NULL, NULL, true,
		 false},
		{"made up at boot", "pci0000:00/0000:01:00.0", "mvneta", "addr_assign_type", "1\n",
		 true, false},
		{"set by somebody", "pci0000:00/0000:01:00.0", "igb", "addr_assign_type", "3\n",
		 true, false},
		{"permanent", "pci0000:00/0000:01:00.0", "igb", "addr_assign_type", "0\n", true,
		 true},
		{"virtual function", "pci0000:00/0000:01:10.0", "igbvf", "../../physfn/vendor", "x",
		 false, false},
		{"infiniband", "pci0000:00/0000:81:00.0", "mlx5_core", "type", "32\n", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct evidence e;
		struct facts f;

		(void)set_up(NULL);
		put_nic("eth0", rows[i].device, rows[i].driver, "02:11:22:33:44:01\n");
		if (rows[i].file && str_starts(rows[i].file, "../../"))
			fake_sys_putf(&tree, rows[i].text, "sys/devices/%s/%s", rows[i].device,
				      rows[i].file + 6);
		else if (rows[i].file)
			fake_sys_putf(&tree, rows[i].text, "sys/devices/%s/net/eth0/%s",
				      rows[i].device, rows[i].file);
		machine_facts(tree.root, &f);
		machine_evidence(tree.root, &e);
		CHECK_INT(rows[i].row, f.nics.n, rows[i].listed);
		CHECK_INT(rows[i].row, e.macs.n, rows[i].proof);
		facts_done(&f);
		evidence_done(&e);
		fake_sys_done(&tree);
	}
}

/* Two cards of a bond have its address; their own ones are evidence. A switch's ports share one. */
static void test_shared_addresses(void **state)
{
	static const char one[] = "pci0000:00/0000:01:00.0", two[] = "pci0000:00/0000:01:00.1";
	struct evidence e;

	(void)state;
	put_nic("eth0", one, "igb", "02:11:22:33:44:0A\n");
	put_nic("eth1", two, "igb", "02:11:22:33:44:0a\n");
	machine_evidence(tree.root, &e);
	assert_int_equal(e.macs.n, 1);
	assert_string_equal(e.macs.items[0].s, "02:11:22:33:44:0a");
	evidence_done(&e);
	fake_sys_putf(&tree, "3\n", "sys/devices/%s/net/eth0/addr_assign_type", one);
	fake_sys_putf(&tree, "3\n", "sys/devices/%s/net/eth1/addr_assign_type", two);
	fake_sys_putf(&tree, "02:11:22:33:44:0a\n",
		      "sys/devices/%s/net/eth0/bonding_slave/perm_hwaddr", one);
	fake_sys_putf(&tree, "02:11:22:33:44:0b\n",
		      "sys/devices/%s/net/eth1/bonding_slave/perm_hwaddr", two);
	machine_evidence(tree.root, &e);
	assert_int_equal(e.macs.n, 2);
	assert_string_equal(e.macs.items[0].s, "02:11:22:33:44:0a");
	assert_string_equal(e.macs.items[1].s, "02:11:22:33:44:0b");
	evidence_done(&e);
}

static void test_host_interface_of_the_table(void **state)
{
	static const uint8_t mac[6] = {0x7e, 0xd3, 0x0a, 0, 0, 1};
	struct evidence e;

	(void)state;
	for (uint8_t kind = 4; kind <= 5; kind++) {
		(void)set_up(NULL);
		put_nic("eth0", "pci0000:00/0000:01:00.0", "igb", "02:11:22:33:44:01\n");
		put_nic("eth1", "pci0000:00/0000:02:00.0", "bmcnic", "7e:d3:0a:00:00:01\n");
		put_host_interface(kind, mac);
		fake_sys_smbios_write(&tree);
		machine_evidence(tree.root, &e);
		assert_int_equal(e.macs.n, 1);
		assert_string_equal(e.macs.items[0].s, "02:11:22:33:44:01");
		evidence_done(&e);
		fake_sys_done(&tree);
	}
}

/* An InfiniBand address of 20 bytes is no MAC, and no part of it is. */
static void test_long_address(void **state)
{
	struct facts f;

	(void)state;
	put_nic("ib0", "pci0000:00/0000:81:00.0", "mlx5_core",
		"80:00:00:48:fe:80:00:00:00:00:00:00:e4:1d:2d:03:00:ab:cd:ef\n");
	fake_sys_put(&tree, "sys/devices/pci0000:00/0000:81:00.0/net/ib0/type", "32\n");
	machine_facts(tree.root, &f);
	assert_int_equal(f.nics.n, 1);
	assert_string_equal(f.nics.items[0].mac, "");
	facts_done(&f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_memory),
		T(test_words_of_a_module),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_sum_with_an_unknown_size),
		cmocka_unit_test(test_model_of_a_processor),
		T(test_locators_of_two_sockets),
		cmocka_unit_test(test_counts_of_cores),
		cmocka_unit_test(test_counts_of_the_table),
		cmocka_unit_test(test_masks_of_siblings),
		cmocka_unit_test(test_disabled_processors),
		cmocka_unit_test(test_names_of_processors),
		T(test_threads_of_one_core),
		cmocka_unit_test(test_core_numbers_that_repeat),
		T(test_cores_of_two_kinds),
		cmocka_unit_test(test_whose_card),
		T(test_shared_addresses),
		cmocka_unit_test(test_host_interface_of_the_table),
		T(test_long_address),
	};

	return cmocka_run_group_tests_name("machine_facts field-1 field-10 field-13 field-14",
					   tests, NULL, NULL);
}
