/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMBIOS parser on tables that are built here, with dmidecode as the oracle: both read the same
 * bytes and must say the same. Then tables that lie about their own lengths.
 */
#include <tests/harness/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <agent/facts/smbios.h>

struct table {
	uint8_t p[8192];
	size_t n;
};

/* One structure; strings is "A\0B\0" (ended by an empty one), formatted has the bytes after the
 * handle. */
static void add(struct table *t, uint8_t type, const void *formatted, size_t n_bytes,
		const char *strings)
{
	uint8_t head[4] = {type, (uint8_t)(n_bytes + 4), (uint8_t)t->n, (uint8_t)(t->n >> 8)};

	memcpy(t->p + t->n, head, 4);
	memcpy(t->p + t->n + 4, formatted, n_bytes);
	t->n += 4 + n_bytes;
	if (!*strings)
		t->p[t->n++] = 0;
	for (const char *s = strings; *s; s += strlen(s) + 1) {
		memcpy(t->p + t->n, s, strlen(s) + 1);
		t->n += strlen(s) + 1;
	}
	t->p[t->n++] = 0;
}

static void build(struct table *t)
{
	uint8_t bios[20] = {1, 2, 0, 0xe0, 3}, system[23] = {1, 2, 0, 3}, board[11] = {1, 2, 0, 3};
	uint8_t chassis[17] = {1, 1, 0, 2, 3}, cpu[44] = {1, 3, 2, 2}, dimm[36] = {0},
		slot[13] = {1};

	*t = (struct table){0};
	add(t, 0, bios, sizeof(bios),
	    "Vendor\0F1.2\0"
	    "06/01/2026\0");
	for (int i = 0; i < 16; i++)
		system[4 + i] = (uint8_t)(0x10 + i);
	system[21] = 4; /* SKU */
	add(t, 1, system, sizeof(system), "Maker\0Model 5\0SN-0001\0SKU-9\0");
	uint8_t another[23] = {0};
	add(t, 1, another, sizeof(another), ""); /* blank, behind the machine's own */
	add(t, 2, board, sizeof(board), "BoardMaker\0BoardModel\0BSN\0");
	add(t, 3, chassis, sizeof(chassis), "ChassisMaker\0CSN\0ASSET\0");
	cpu[12] = 4;              /* version string */
	put_le16(cpu + 16, 3500); /* max speed */
	cpu[20] = 0x41;           /* populated, enabled */
	cpu[31] = 0xff;           /* core count: see the word */
	cpu[33] = 0xff;
	put_le16(cpu + 38, 512);
	put_le16(cpu + 42, 1024);
	cpu[2] = 2;
	cpu[3] = 3;
	add(t, 4, cpu, sizeof(cpu), "CPU1\0x\0CpuMaker\0Big CPU\0");
	put_le16(dimm + 8, 0x7fff); /* size: see the long field */
	dimm[12] = 1;
	dimm[13] = 2;
	dimm[14] = 0x22;
	put_le16(dimm + 17, 4800);
	dimm[19] = 3;
	dimm[20] = 4;
	dimm[22] = 5;
	put_le32(dimm + 24, 131072);
	put_le16(dimm + 28, 4400);
	add(t, 17, dimm, sizeof(dimm), "DIMM 0\0P0 CHANNEL A\0MemMaker\0MSN\0MPN\0");
	uint8_t empty[36] = {0};
	empty[12] = 1;
	empty[13] = 2;
	add(t, 17, empty, sizeof(empty), "DIMM 1\0P0 CHANNEL B\0");
	slot[9] = 0;
	slot[11] = 0x3b;
	slot[12] = 0;
	add(t, 9, slot, sizeof(slot), "Slot 7\0");
	add(t, 127, "", 0, "");
}

static void test_built_table(void **state)
{
	struct smbios s = {0};
	struct table t;

	(void)state;
	build(&t);
	assert_int_equal(smbios_parse(t.p, t.n, 0x0304, &s, NULL), 0);
	assert_string_equal(s.system.bios_version, "F1.2");
	assert_string_equal(s.system.bios_date, "06/01/2026");
	assert_string_equal(s.system.manufacturer, "Maker");
	assert_string_equal(s.system.serial, "SN-0001");
	assert_string_equal(s.system.sku, "SKU-9");
	assert_string_equal(s.system.uuid, "13121110-1514-1716-1819-1a1b1c1d1e1f");
	assert_string_equal(s.system.asset_tag, "ASSET");
	assert_string_equal(s.board.serial, "BSN");
	assert_string_equal(s.chassis.serial, "CSN");
	assert_int_equal(s.processors.n, 1);
	assert_string_equal(s.processors.items[0].model, "Big CPU");
	assert_int_equal(s.processors.items[0].total_cores, 512);
	assert_int_equal(s.processors.items[0].total_threads, 1024);
	assert_int_equal(s.processors.items[0].max_speed_mhz, 3500);
	assert_int_equal(s.modules.n, 2);
	assert_int_equal(s.modules.items[0].capacity_mib, 131072);
	assert_int_equal(s.modules.items[0].speed_mhz, 4400);
	assert_string_equal(s.modules.items[0].type, "DDR5");
	assert_string_equal(s.modules.items[0].serial, "MSN");
	assert_int_equal(s.modules.items[1].capacity_mib, 0);
	assert_string_equal(s.modules.items[1].bank_locator, "P0 CHANNEL B");
	smbios_done(&s);
}

static void test_uuid_order(void **state)
{
	struct smbios s = {0};
	struct table t;

	(void)state;
	build(&t);
	assert_int_equal(smbios_parse(t.p, t.n, 0x0205, &s, NULL), 0);
	assert_string_equal(s.system.uuid, "10111213-1415-1617-1819-1a1b1c1d1e1f");
	smbios_done(&s);
}

/* dmidecode --from-dump wants the entry point at 0 and the table at the address that it names. */
static void write_dump(const struct table *t, const char *path)
{
	uint8_t dump[32 + sizeof(t->p)] = "_SM3_";
	uint8_t sum = 0;

	dump[6] = 24;
	dump[7] = 3;
	dump[8] = 4;
	dump[10] = 1;
	put_le32(dump + 12, (uint32_t)t->n);
	put_le64(dump + 16, 32);
	for (int i = 0; i < 24; i++)
		sum = (uint8_t)(sum + dump[i]);
	dump[5] = (uint8_t)-sum;
	memcpy(dump + 32, t->p, t->n);
	assert_int_equal(file_write_atomic(path, dump, 32 + t->n, 0600, NULL), 0);
}

static void ask_oracle(const char *path, const char *keyword, char *ret, size_t ret_bytes)
{
	const char *argv[] = {"dmidecode", "--from-dump", path, "-s", keyword, NULL};
	struct process_options options = {.argv = argv, .timeout_ms = 10000};
	struct process_result result = {0};
	struct err err = ERR_INIT;

	if (process_run(&options, &result, &err) < 0)
		fail_msg("dmidecode: %s", err.msg);
	struct sv rest = sv_of(result.out), line = {"", 0};
	do {
		line = sv_split(&rest, '\n');
	} while (rest.n && sv_starts(line, "#"));
	snprintf(ret, ret_bytes, "%.*s", (int)line.n, line.p);
	process_result_done(&result);
}

static void test_dmidecode_agrees(void **state)
{
	char dir[] = "/tmp/slipway-smbios-XXXXXX", text[128];
	struct smbios s = {0};
	struct table t;

	(void)state;
	assert_non_null(mkdtemp(dir));
	autofree char *path = xasprintf("%s/dump", dir);
	build(&t);
	write_dump(&t, path);
	assert_int_equal(smbios_parse(t.p, t.n, 0x0304, &s, NULL), 0);
	const struct {
		const char *keyword, *ours;
	} rows[] = {
		{"system-uuid", s.system.uuid},
		{"system-serial-number", s.system.serial},
		{"system-manufacturer", s.system.manufacturer},
		{"system-product-name", s.system.model},
		{"system-sku-number", s.system.sku},
		{"baseboard-serial-number", s.board.serial},
		{"chassis-serial-number", s.chassis.serial},
		{"chassis-asset-tag", s.chassis.asset_tag},
		{"bios-version", s.system.bios_version},
		{"processor-version", s.processors.items[0].model},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask_oracle(path, rows[i].keyword, text, sizeof(text));
		CHECK_STR(rows[i].keyword, text, rows[i].ours);
	}
	smbios_done(&s);
	assert_int_equal(file_remove_tree(dir, NULL), 0);
}

/* Cut at every length, and with every length byte made larger: no crash, no endless walk. */
static void test_broken_tables(void **state)
{
	struct table t;

	(void)state;
	build(&t);
	for (size_t n = 0; n <= t.n; n++) {
		struct smbios s = {0};
		uint8_t *copy = xmalloc(n + 1);

		memcpy(copy, t.p, n);
		assert_int_equal(smbios_parse(copy, n, 0x0304, &s, NULL), 0);
		smbios_done(&s);
		free(copy);
	}
	for (size_t i = 0; i < t.n; i++) {
		struct table bent = t;
		struct smbios s = {0};

		bent.p[i] ^= 0xff;
		assert_int_equal(smbios_parse(bent.p, bent.n, 0x0304, &s, NULL), 0);
		smbios_done(&s);
	}
}

static void test_entry_points(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t n_bytes;
		enum err_code code;
		unsigned version;
	} rows[] = {
		{"64 bit", "_SM3_\0\x18\x03\x05", 9, 0, 0x0305},
		{"32 bit", "_SM_\0\x1f\x02\x08", 8, 0, 0x0208},
		{"legacy", "_DMI_\0\0\0\0\0\0\0\0\0\x23", 15, 0, 0x0203},
		{"cut", "_SM3_\0\x18\x03", 8, ERR_INVALID, 0},
		{"nothing", "", 0, ERR_INVALID, 0},
		{"something else", "RSD PTR \0\0\0\0\0\0\0\0", 16, ERR_INVALID, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned version = 0;

		CHECK_ERR(rows[i].name,
			  smbios_entry_version(rows[i].bytes, rows[i].n_bytes, &version, NULL),
			  rows[i].code);
		CHECK_INT(rows[i].name, version, rows[i].version);
	}
}

static void test_no_tables(void **state)
{
	struct smbios s;

	(void)state;
	assert_int_equal(smbios_read("/nonexistent", &s, NULL), 0);
	assert_string_equal(s.system.serial, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_table),      cmocka_unit_test(test_uuid_order),
		cmocka_unit_test(test_dmidecode_agrees), cmocka_unit_test(test_broken_tables),
		cmocka_unit_test(test_entry_points),     cmocka_unit_test(test_no_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
