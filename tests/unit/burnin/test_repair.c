/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the place of a part that was to be replaced, and what is run again because of it.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <burnin/repair.h>

/* A host as its facts tell: two CPUs, two modules, two disks, two ports. */
#define HOST(cpu, dimm, disks, nic)                                                                \
	"{\"system\":{\"SerialNumber\":\"S1\",\"BiosVersion\":\"1.0\"},\"processors\":["           \
	"{\"Socket\":\"CPU1\",\"SerialNumber\":\"C1\"}," cpu "],\"memory\":{\"modules\":["         \
	"{\"Slot\":\"DIMM_A1\",\"SerialNumber\":\"M1\"}," dimm "]},\"drives\":[" disks             \
	"],\"nics\":[{\"Name\":\"eth0\",\"PciAddress\":\"0000:01:00.0\","                          \
	"\"PermanentMACAddress\":\"52:54:00:00:00:01\"}," nic "]}"
#define CPU(serial)        "{\"Socket\":\"CPU2\",\"SerialNumber\":\"" serial "\"}"
#define DIMM(slot, serial) "{\"Slot\":\"" slot "\",\"SerialNumber\":\"" serial "\"}"
#define DISK(slot, serial)                                                                         \
	"{\"Name\":\"sd\",\"Slot\":\"" slot "\",\"SerialNumber\":\"" serial                        \
	"\",\"Revision\":\"F1\"}"
#define BARE(name, serial) "{\"Name\":\"" name "\",\"SerialNumber\":\"" serial "\"}"
#define NIC(mac)                                                                                   \
	"{\"Name\":\"eth1\",\"PciAddress\":\"0000:02:00.0\",\"PermanentMACAddress\":\"" mac "\"}"
#define DISKS  DISK("Bay 0", "D0") "," DISK("Bay 1", "D1")
#define BEFORE HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), DISKS, NIC("52:54:00:00:00:02"))

static const struct {
	const char *name;
	struct repair_part part;
	const char *then, *now;
	enum repair_look look;
	const char *slot, *serial;
} looks[] = {
	{"disk, another in its bay",
	 {"disk", "Bay 0", "D0"},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), DISK("Bay 0", "D9") "," DISK("Bay 1", "D1"),
	      NIC("52:54:00:00:00:02")),
	 REPAIR_SWAPPED,
	 "Bay 0",
	 "D9"},
	{"disk, the same again", {"disk", "Bay 0", "D0"}, BEFORE, BEFORE, REPAIR_SAME, "", ""},
	{"disk, in the other bay",
	 {"disk", "Bay 0", "D0"},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), DISK("Bay 0", "D1") "," DISK("Bay 1", "D0"),
	      NIC("52:54:00:00:00:02")),
	 REPAIR_MOVED,
	 "Bay 1",
	 ""},
	{"disk, taken out",
	 {"disk", "Bay 0", "D0"},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), DISK("Bay 1", "D1"), NIC("52:54:00:00:00:02")),
	 REPAIR_GONE,
	 "",
	 ""},
	{"disk without a bay, a new one came",
	 {"disk", "sda", "D0"},
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), BARE("sda", "D0") "," BARE("sdb", "D1"),
	      NIC("52:54:00:00:00:02")),
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), BARE("sda", "D1") "," BARE("sdb", "D9"),
	      NIC("52:54:00:00:00:02")),
	 REPAIR_SWAPPED,
	 "",
	 "D9"},
	{"disk without a bay, none came: the other one has its name now",
	 {"disk", "sda", "D0"},
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), BARE("sda", "D0") "," BARE("sdb", "D1"),
	      NIC("52:54:00:00:00:02")),
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), BARE("sda", "D1"), NIC("52:54:00:00:00:02")),
	 REPAIR_GONE,
	 "",
	 ""},
	{"disk, another that tells no serial",
	 {"disk", "Bay 0", "D0"},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), DISK("Bay 0", "") "," DISK("Bay 1", "D1"),
	      NIC("52:54:00:00:00:02")),
	 REPAIR_UNKNOWN,
	 "",
	 ""},
	{"module, swapped",
	 {"dimm", "DIMM_B1", "M2"},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M7"), DISKS, NIC("52:54:00:00:00:02")),
	 REPAIR_SWAPPED,
	 "DIMM_B1",
	 "M7"},
	{"module, moved",
	 {"dimm", "DIMM_B1", "M2"},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_C1", "M2"), DISKS, NIC("52:54:00:00:00:02")),
	 REPAIR_MOVED,
	 "DIMM_C1",
	 ""},
	{"modules that all have one serial",
	 {"dimm", "DIMM_B1", "M1"},
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M1"), DISKS, NIC("52:54:00:00:00:02")),
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M1"), DISKS, NIC("52:54:00:00:00:02")),
	 REPAIR_UNKNOWN,
	 "",
	 ""},
	{"one of several modules, one is new",
	 {"dimm", "", ""},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M7"), DISKS, NIC("52:54:00:00:00:02")),
	 REPAIR_SWAPPED,
	 "DIMM_B1",
	 "M7"},
	{"one of several modules, none touched",
	 {"dimm", "", ""},
	 BEFORE,
	 BEFORE,
	 REPAIR_SAME,
	 "",
	 ""},
	{"one of several modules, one moved",
	 {"dimm", "", ""},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_C1", "M2"), DISKS, NIC("52:54:00:00:00:02")),
	 REPAIR_MOVED,
	 "",
	 ""},
	{"processor, swapped",
	 {"cpu", "CPU2", "C2"},
	 BEFORE,
	 HOST(CPU("C9"), DIMM("DIMM_B1", "M2"), DISKS, NIC("52:54:00:00:00:02")),
	 REPAIR_SWAPPED,
	 "CPU2",
	 "C9"},
	{"processor that tells no serial",
	 {"cpu", "CPU2", ""},
	 HOST(CPU(""), DIMM("DIMM_B1", "M2"), DISKS, NIC("52:54:00:00:00:02")),
	 HOST(CPU(""), DIMM("DIMM_B1", "M2"), DISKS, NIC("52:54:00:00:00:02")),
	 REPAIR_UNKNOWN,
	 "",
	 ""},
	{"card, swapped",
	 {"nic", "0000:02:00.0", "52:54:00:00:00:02"},
	 BEFORE,
	 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), DISKS, NIC("52:54:00:00:00:09")),
	 REPAIR_SWAPPED,
	 "0000:02:00.0",
	 "52:54:00:00:00:09"},
	{"power supply: no facts about it",
	 {"psu", "PSU 1", "P1"},
	 BEFORE,
	 BEFORE,
	 REPAIR_UNKNOWN,
	 "",
	 ""},
	{"the host itself", {"system", "", ""}, BEFORE, BEFORE, REPAIR_UNKNOWN, "", ""},
	{"no facts then", {"disk", "Bay 0", "D0"}, NULL, BEFORE, REPAIR_UNKNOWN, "", ""},
	{"values of other types",
	 {"disk", "Bay 0", "D0"},
	 "{\"drives\":7,\"memory\":[]}",
	 "{\"drives\":[3,{\"Slot\":9,\"SerialNumber\":[]}]}",
	 REPAIR_UNKNOWN,
	 "",
	 ""},
};

static void test_looks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		autojson json_t *then = looks[i].then ? json_loads(looks[i].then, 0, NULL) : NULL;
		autojson json_t *now = json_loads(looks[i].now, 0, NULL);
		struct repair_found f;

		repair_look(then, now, &looks[i].part, &f);
		CHECK_INT(looks[i].name, f.look, looks[i].look);
		CHECK_STR(looks[i].name, f.slot, looks[i].slot);
		CHECK_STR(looks[i].name, f.serial, looks[i].serial);
	}
}

static void test_others(void **state)
{
	static const struct {
		const char *name, *now;
		unsigned kinds;
		bool changed;
	} rows[] = {
		{"nothing", BEFORE, 0, false},
		{"the disk alone",
		 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"), DISK("Bay 0", "D9") "," DISK("Bay 1", "D1"),
		      NIC("52:54:00:00:00:02")),
		 REPAIR_KIND(COMPONENT_DISK), false},
		{"the disk, and a module besides",
		 HOST(CPU("C2"), DIMM("DIMM_B1", "M7"), DISK("Bay 0", "D9") "," DISK("Bay 1", "D1"),
		      NIC("52:54:00:00:00:02")),
		 REPAIR_KIND(COMPONENT_DISK), true},
		{"a stick that somebody left in",
		 HOST(CPU("C2"), DIMM("DIMM_B1", "M2"),
		      DISKS ",{\"Name\":\"sdz\",\"SerialNumber\":\"U1\",\"Removable\":true}",
		      NIC("52:54:00:00:00:02")),
		 0, false},
	};
	autojson json_t *then = json_loads(BEFORE, 0, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *now = json_loads(rows[i].now, 0, NULL);

		CHECK_INT(rows[i].name, repair_others_changed(then, now, rows[i].kinds),
			  rows[i].changed);
	}
}

/* Each firmware and each serial is one of the set that a run has proven; the order is not. */
static void test_lines(void **state)
{
	static const char *const others[] = {
		"{\"nics\":[{\"MACAddress\":\"a\",\"Firmware\":\"2\"}]}",
		"{\"nics\":[{\"MACAddress\":\"b\",\"Firmware\":\"1\"}]}",
		"{\"nics\":[{\"MACAddress\":\"a\",\"Firmware\":\"1\"}],\"drives\":[{\"WWN\":\"w\"}]}",
		"{\"nics\":[{\"MACAddress\":\"a\",\"Firmware\":\"1\"}],\"bmc\":{\"FirmwareVersion\":"
		"\"3\"}}",
	};
	autojson json_t *one = json_loads("{\"nics\":[{\"MACAddress\":\"a\",\"Firmware\":\"1\"}]}",
					  0, NULL);
	autojson json_t *lines = repair_part_lines(one);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		autojson json_t *other = json_loads(others[i], 0, NULL);
		autojson json_t *other_lines = repair_part_lines(other);

		CHECK_INT(others[i], json_equal(lines, other_lines), 0);
	}
}

static bool has(const struct planned_test *tests, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(tests[i].test->id, id))
			return true;
	return false;
}

/* A retest is at most a tenth of its tier, and holds the tests of the part and its neighbours. */
static void test_tests(void **state)
{
	static const struct {
		enum component_kind kind;
		const char *with, *without;
	} rows[] = {
		{COMPONENT_DISK, "disk-read", "cpu-verify"},
		{COMPONENT_DIMM, "memory-pattern", "disk-read"},
		{COMPONENT_CPU, "cpu-verify", "disk-read"},
		{COMPONENT_NIC, "pcie-links", "memory-pattern"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t t = 0; catalogue_tiers[t]; t++) {
			struct planned_test tests[CATALOGUE_TESTS_MAX];
			const struct catalogue_limits none = {0};
			int64_t all = 0, again = 0;
			size_t n;

			assert_int_equal(catalogue_plan(catalogue_builtin(), catalogue_tiers[t],
							&none, tests, &n, NULL),
					 0);
			for (size_t k = 0; k < n; k++)
				all += tests[k].seconds;
			n = repair_tests(tests, n, REPAIR_KIND(rows[i].kind), tests);
			for (size_t k = 0; k < n; k++)
				again += tests[k].seconds;
			CHECK(rows[i].with, again * 10 <= all);
			CHECK(rows[i].with, has(tests, n, rows[i].with));
			CHECK(rows[i].without, !has(tests, n, rows[i].without));
			CHECK("counters", has(tests, n, "counters"));
		}
	}
}

/* A test that names no part, or one that nobody knows, is run: it may be about the part. */
static void test_unknown_test(void **state)
{
	static const struct catalogue_test cpu = {.id = "cpu-verify", .loads = {"cpu"}},
					   own = {.id = "own", .loads = {"optics"}},
					   any = {.id = "any"},
					   disk = {.id = "disk-read", .loads = {"disk"}};
	struct planned_test tests[] = {{&cpu, 300}, {&own, 60}, {&any, 0}, {&disk, 5}};
	size_t n = repair_tests(tests, 4, REPAIR_KIND(COMPONENT_DISK), tests);

	(void)state;
	assert_int_equal(n, 3);
	assert_string_equal(tests[0].test->id, "own");
	assert_int_equal(tests[0].seconds, 33);
	assert_int_equal(tests[1].seconds, 0);
	assert_int_equal(tests[2].seconds, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks),        cmocka_unit_test(test_others),
		cmocka_unit_test(test_lines),        cmocka_unit_test(test_tests),
		cmocka_unit_test(test_unknown_test),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("repair", tests, NULL, NULL);
}
