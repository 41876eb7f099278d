/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures for QEMU: a dump is taken apart and what is broken is refused, at every length; slots that are made
 * here are read back by dmidecode.
 */
#include <tests/harness/check.h>

#include <stdlib.h>
#include <base/bytes.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <vm-lab/smbios.h>

#define DUMP "vm-lab/scenarios/rack-server.dmi"

static struct smbios_structures list; /* large */

static void splits_a_dump(void **state)
{
	autofree char *dump = NULL;
	size_t n_bytes;
	static const uint8_t types[] = {0, 1, 2, 3, 4, 16, 17, 17, 17, 17};

	(void)state;
	assert_int_equal(0, file_read(DUMP, SMBIOS_DUMP_MAX_BYTES, &dump, &n_bytes, NULL));
	assert_int_equal(0, smbios_dump_split((const uint8_t *)dump, n_bytes, &list, NULL));
	assert_int_equal(list.n, ARRAY_LEN(types));
	assert_int_equal(list.n_processors, 1);
	for (size_t i = 0; i < list.n; i++) {
		const struct smbios_structure *s = &list.items[i];

		assert_int_equal(s->p[0], types[i]);
		assert_int_equal(s->p[s->n_bytes - 1], 0);
		assert_int_equal(s->p[s->n_bytes - 2], 0);
	}
}

/* Shorter by each byte, and with each byte bent: refused or taken, never read past the end (ASan looks). */
static void bears_broken_dumps(void **state)
{
	autofree char *dump = NULL;
	size_t n_bytes;

	(void)state;
	assert_int_equal(0, file_read(DUMP, SMBIOS_DUMP_MAX_BYTES, &dump, &n_bytes, NULL));
	for (size_t n = 0; n < n_bytes; n++) {
		autofree uint8_t *cut = xmalloc(n + 1);
		autofree uint8_t *bent = xmalloc(n_bytes);

		memcpy(cut, dump, n);
		IGNORE_RESULT(smbios_dump_split(cut, n, &list, NULL));
		memcpy(bent, dump, n_bytes);
		bent[n] ^= 0xff;
		IGNORE_RESULT(smbios_dump_split(bent, n_bytes, &list, NULL));
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[40];
		size_t n_bytes;
		const char *message;
	} rows[] = {
		{"nothing", "", 0, "no entry point"},
		{"something else", "MZ", 40, "no entry point"},
		{"a table outside", "_SM3_\0\x18\x03\0\0\1\0\x10\0\0\0\x40", 40, "outside"},
		{"a header that is too short",
		 "_SM3_\0\x18\x03\0\0\1\0\x10\0\0\0\x20\0\0\0\0\0\0\0"
		 "\0\0\0\0\0\0\0\0\1\2\0\0",
		 40, "has no end"},
		{"no structure",
		 "_SM3_\0\x18\x03\0\0\1\0\x10\0\0\0\x20\0\0\0\0\0\0\0"
		 "\0\0\0\0\0\0\0\0\x7f\4\0\0",
		 40, "without a structure"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name,
			  smbios_dump_split(rows[i].bytes, rows[i].n_bytes, &list, &err),
			  ERR_LAB_SCENARIO);
		CHECK(rows[i].name, strstr(err.msg, rows[i].message));
	}
}

/* As dmidecode --dump-bin lays it out. */
static size_t dump_make(uint8_t dump[static 4096])
{
	size_t at = 32;
	uint8_t sum = 0;

	memset(dump, 0, 4096);
	memcpy(dump, "_SM3_\0\x18\x03\x03\0\1", 11);
	for (size_t i = 0; i < list.n; i++) {
		memcpy(dump + at, list.items[i].p, list.items[i].n_bytes);
		at += list.items[i].n_bytes;
	}
	put_le32(dump + 12, (uint32_t)(at - 32));
	put_le64(dump + 16, 32);
	for (int i = 0; i < 24; i++)
		sum = (uint8_t)(sum + dump[i]);
	dump[5] = (uint8_t)-sum;
	return at;
}

static void dmidecode_reads_slots(void **state)
{
	struct lab_host h = {
		.n_dimms = 3,
		.dimms = {{"DIMM_A1", 512, "SN-A1", "PART-512"},
			  {"B1", 16384, "", ""},
			  {"C1", 0, "", ""}},
	};
	static const char *const says[] = {
		"Number Of Devices: 3",
		"Locator: DIMM_A1",
		"Size: 512 MB",
		"Serial Number: SN-A1",
		"Part Number: PART-512",
		"Manufacturer: Slipway Lab",
		"Size: 16 GB",
		"Locator: C1",
		"Size: No Module Installed",
		"Maximum Capacity: 48 GB",
	};
	char dir[] = "/tmp/slipway-slots-XXXXXX";
	uint8_t memory[SMBIOS_SLOTS_BYTES], dump[4096];
	struct process_result result = {0};
	size_t n_bytes;

	(void)state;
	smbios_slots(&h, memory, &list);
	assert_int_equal(list.n, 4);
	n_bytes = dump_make(dump);
	assert_non_null(mkdtemp(dir));
	autofree char *path = xasprintf("%s/dump", dir);
	assert_int_equal(0, file_write_atomic(path, dump, n_bytes, 0600, NULL));
	const char *argv[] = {"dmidecode", "--from-dump", path, NULL};
	struct process_options options = {.argv = argv, .timeout_ms = 10000};
	assert_int_equal(0, process_run(&options, &result, NULL));
	for (size_t i = 0; i < ARRAY_LEN(says); i++)
		CHECK(says[i], strstr(result.out, says[i]));
	process_result_done(&result);
	assert_int_equal(0, file_remove_tree(dir, NULL));
	assert_int_equal(0, smbios_dump_split(dump, n_bytes, &list, NULL));
	assert_int_equal(list.n, 4);
	h.n_dimms = 0;
	smbios_slots(&h, memory, &list);
	assert_int_equal(list.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_a_dump),
		cmocka_unit_test(bears_broken_dumps),
		cmocka_unit_test(refuses),
		cmocka_unit_test(dmidecode_reads_slots),
	};

	return cmocka_run_group_tests_name("lab smbios", tests, NULL, NULL);
}
