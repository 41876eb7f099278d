/* SPDX-License-Identifier: Apache-2.0 */
/* Facts become parts, placements and columns; only differences are written; parts move and collide.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/facts.h>
#include <inventory/identity.h>

#include "store_fixture.h"

#define US 1000000LL

static int64_t make_host(struct db *db, const char *mac)
{
	struct err err = ERR_INIT;
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1};
	static const struct host_birth birth = {.state = "discovered"};
	struct identity who;

	if (identity_resolve(db, &e, &birth, US, &who, &err) < 0)
		fail_msg("%s", err.msg);
	return who.host_num;
}

static json_t *document(const char *dimm_slot, const char *dimm_serial, const char *drive_firmware)
{
	json_t *doc = json_pack(
		"{s:{s:s,s:s,s:s}, s:{s:s}, s:[{s:s,s:s,s:i,s:i}], "
		"s:{s:i, s:[{s:s,s:i,s:s,s:s,s:s,s:s},{s:s,s:i}]}, "
		"s:[{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s}], s:[{s:s,s:s,s:s,s:b,s:{s:s,s:s}}]}",
		"system", "Manufacturer", "Acme", "Model", "R1", "BiosVersion", "1.2", "boot",
		"arch", "x86_64", "processors", "Socket", "CPU0", "Model", "Xeon", "TotalCores", 32,
		"TotalThreads", 64, "memory", "TotalMiB", 32768, "modules", "DeviceLocator",
		dimm_slot, "CapacityMiB", 32768, "Manufacturer", "Samsung", "PartNumber", "M393",
		"SerialNumber", dimm_serial, "MemoryDeviceType", "DDR5", "DeviceLocator", "P1_D1",
		"CapacityMiB", 0, "drives", "Name", "nvme0n1", "WWN", "eui.01", "SerialNumber",
		"S1", "Model", "PM9A3", "Revision", drive_firmware, "CapacityBytes",
		(json_int_t)1920383410176, "Protocol", "NVMe", "MediaType", "SSD", "nics", "Name",
		"eth0", "PermanentMACAddress", "52:54:00:00:00:01", "Driver", "mlx5_core", "LinkUp",
		1, "lldp", "SysName", "sw1", "PortId", "Eth1/7");

	assert_non_null(doc);
	return doc;
}

static struct facts_change store(struct db *db, int64_t num, json_t *doc, int64_t now_us)
{
	struct facts_change c;
	struct err err = ERR_INIT;

	if (facts_store(db, num, doc, now_us, &c, &err) < 0)
		fail_msg("%s", err.msg);
	json_decref(doc);
	return c;
}

static int64_t count(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	if (db_query_int_n(db, &(struct db_call){.sql = sql}, -1, &n, &err) < 0)
		fail_msg("%s", err.msg);
	return n;
}

static void test_first_report_fills_everything(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db, "52:54:00:00:00:01");
	struct facts_change c = store(db, num, document("P1_C1", "D1", "1.0"), 2 * US);

	assert_true(c.changed);
	assert_int_equal(c.added, 4);
	assert_int_equal(count(db, "SELECT memory_mib FROM host"), 32768);
	assert_int_equal(count(db, "SELECT cores FROM host"), 32);
	assert_true(count(db, "SELECT storage_bytes FROM host") == 1920383410176);
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE switch_name = 'sw1' AND "
				   "switch_port = 'Eth1/7' AND manufacturer = 'Acme'"),
			 1);
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE fru_key = "
				   "'memory.Samsung.M393.D1'"),
			 1);
}

static void test_same_report_writes_nothing(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db, "52:54:00:00:00:01");

	(void)store(db, num, document("P1_C1", "D1", "1.0"), 2 * US);
	int64_t events = count(db, "SELECT count(*) FROM event");
	int64_t revision = count(db, "SELECT revision FROM host");
	for (int i = 0; i < 5; i++)
		assert_false(store(db, num, document("P1_C1", "D1", "1.0"), (3 + i) * US).changed);
	assert_int_equal(count(db, "SELECT count(*) FROM event"), events);
	assert_int_equal(count(db, "SELECT revision FROM host"), revision);
	assert_int_equal(count(db, "SELECT count(*) FROM host_facts_history"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM placement"), 4);
}

static void test_changes_are_told_apart(void **state)
{
	static const struct {
		const char *name, *slot, *serial, *firmware;
		unsigned added, removed, moved, updated;
	} cases[] = {
		{"module replaced", "P1_C1", "D2", "1.0", 1, 1, 0, 0},
		{"module in another slot", "P1_E1", "D1", "1.0", 0, 0, 1, 0},
		{"drive firmware", "P1_C1", "D1", "1.1", 0, 0, 0, 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct store_fixture f;
		store_open(&f);
		int64_t num = make_host(f.db, "52:54:00:00:00:01");
		(void)store(f.db, num, document("P1_C1", "D1", "1.0"), 2 * US);
		struct facts_change c = store(
			f.db, num, document(cases[i].slot, cases[i].serial, cases[i].firmware),
			3 * US);
		if (c.added != cases[i].added || c.removed != cases[i].removed ||
		    c.moved != cases[i].moved || c.updated != cases[i].updated)
			fail_msg("%s: +%u -%u >%u ~%u", cases[i].name, c.added, c.removed, c.moved,
				 c.updated);
		store_close(&f);
	}
	(void)state;
}

static void test_the_past_can_be_read(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "52:54:00:00:00:01");

	(void)store(db, num, document("P1_C1", "D1", "1.0"), 10 * US);
	(void)store(db, num, document("P1_C1", "D2", "1.0"), 20 * US);
	static const struct {
		int64_t at_us;
		const char *serial;
	} cases[] = {{15 * US, "D1"}, {20 * US, "D2"}, {0, "D2"}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autojson json_t *doc = NULL;
		assert_int_equal(facts_load(db, num, cases[i].at_us, &doc, &err), 0);
		json_t *modules = json_object_get(json_object_get(doc, "memory"), "modules");
		json_t *serial = json_object_get(json_array_get(modules, 0), "SerialNumber");
		assert_string_equal(json_string_value(serial), cases[i].serial);
	}
	autojson json_t *doc = NULL;
	assert_int_equal(facts_load(db, num, 5 * US, &doc, &err), -ERR_NOT_FOUND);
}

static json_t *raid_drive(const char *serial, const char *access, const char *device)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "Name", device, "SerialNumber",
			 serial, "Device", device, "Access", access, "CapacityBytes",
			 (json_int_t)1000, "Controller", "0000:03:00.0", "Slot", access);
}

static json_t *raid_document(const char *device, bool swapped)
{
	json_t *doc = document("P1_C1", "D1", "1.0");
	json_t *volume = json_array_get(json_object_get(doc, "drives"), 0);
	json_t *members = json_pack("[o, o]",
				    raid_drive(swapped ? "M2" : "M1", "megaraid,8", device),
				    raid_drive(swapped ? "M1" : "M2", "megaraid,9", device));

	(void)json_object_set_new(volume, "Volume", json_string("RAID 1"));
	(void)json_object_set_new(doc, "raid_drives", members);
	return doc;
}

/* A volume and the drives that it is made of: each a part; drives are those that can be pulled, bytes
 * those that can be used; and the number of a bus does not matter. */
static void test_drives_behind_a_raid_card(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db, "52:54:00:00:00:01");

	assert_true(store(db, num, raid_document("/dev/bus/0", false), 2 * US).changed);
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE type = 'drive'"), 3);
	assert_int_equal(count(db, "SELECT drives FROM host"), 2);
	assert_true(count(db, "SELECT storage_bytes FROM host") == 1920383410176);
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE serial IN ('M1', 'M2')"), 2);
	assert_false(store(db, num, raid_document("/dev/bus/1", false), 3 * US).changed);
	assert_true(store(db, num, raid_document("/dev/bus/1", true), 4 * US).changed);
}

static void test_part_moves_from_a_silent_host(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t a = make_host(db, "52:54:00:00:00:01");

	(void)store(db, a, document("P1_C1", "D1", "1.0"), 10 * US);
	int64_t b = make_host(db, "52:54:00:00:00:02");
	autojson json_t *doc = document("P1_C1", "D1", "1.0");
	json_object_del(doc, "nics");
	json_object_del(doc, "drives");
	struct facts_change c = store(db, b, json_incref(doc), 10000 * US);
	assert_int_equal(c.moved, 1);
	assert_int_equal(count(db, "SELECT count(*) FROM placement p JOIN part q ON q.num = "
				   "p.part_num WHERE q.serial = 'D1'"),
			 2);
	assert_int_equal(count(db, "SELECT count(*) FROM event WHERE kind = 'part.left'"), 1);
}

static void test_two_live_hosts_with_one_serial_keep_a_part_each(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t a = make_host(db, "52:54:00:00:00:01");
	int64_t b = make_host(db, "52:54:00:00:00:02");

	(void)store(db, a, document("P1_C1", "D1", "1.0"), 10 * US);
	(void)store(db, b, document("P1_C1", "D1", "1.0"), 11 * US);
	assert_int_equal(count(db, "SELECT count(*) FROM placement WHERE until_us < "
				   "9223372036854775807"),
			 0);
	/* and it stays so when they report again, also much later */
	(void)store(db, b, document("P1_C1", "D1", "1.1"), 10000 * US);
	(void)store(db, a, document("P1_C1", "D1", "1.2"), 20000 * US);
	assert_int_equal(count(db, "SELECT count(*) FROM event WHERE kind = 'part.left'"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE serial = 'D1'"), 2);
}

static void test_twins_in_one_host(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db, "52:54:00:00:00:01");

	for (int round = 0; round < 2; round++) {
		autojson json_t *doc = document("P1_C1", "D1", round ? "2" : "1");
		json_t *modules = json_object_get(json_object_get(doc, "memory"), "modules");
		json_t *first = json_array_get(modules, 0);
		for (int i = 0; i < 2; i++)
			(void)json_array_append_new(modules,
						    json_deep_copy(first)); /* same slot too */
		struct facts_change c = store(db, num, json_incref(doc), (2 + round) * US);
		assert_int_equal(c.added, round ? 0 : 6);
		assert_int_equal(c.removed, 0);
	}
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE serial = 'D1'"), 3);
}

/* A module that POST disabled is there, and how big it is is not known; then neither is the sum. */
static void test_module_of_unknown_size(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db, "52:54:00:00:00:01");
	json_t *doc = document("P1_C1", "D1", "1");
	json_t *memory = json_object_get(doc, "memory");

	(void)json_object_del(memory, "TotalMiB");
	json_t *module = json_array_get(json_object_get(memory, "modules"), 1);
	(void)json_object_set_new(module, "SerialNumber", json_string("D2"));
	(void)store(db, num, doc, 2 * US);
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE serial = 'D2' AND "
				   "capacity_mib IS NULL"),
			 1);
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE memory_mib IS NULL"), 1);
}

static void test_bad_documents(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "52:54:00:00:00:01");
	autojson json_t *list = json_array();
	autojson json_t *odd = json_pack("{s:[i,i]}", "drives", 1, 2);
	autojson json_t *lies = json_pack("{s:[{s:I,s:i}]}", "drives", "CapacityBytes",
					  (json_int_t)-5, "SerialNumber", 7);
	autojson json_t *many = json_object();
	json_t *disks = json_array();

	for (int i = 0; i < 10000; i++)
		(void)json_array_append_new(disks, json_object());
	(void)json_object_set_new(many, "drives", disks);
	assert_int_equal(facts_store(db, num, list, US, NULL, &err), -ERR_FIELD_TYPE);
	assert_int_equal(facts_store(db, num, odd, US, NULL, &err), -ERR_FIELD_TYPE);
	assert_int_equal(facts_store(db, num, many, US, NULL, &err), -ERR_TOO_BIG);
	assert_int_equal(facts_store(db, 4711, odd, US, NULL, &err), -ERR_HOST_UNKNOWN);
	assert_int_equal(facts_store(db, num, lies, US, NULL, &err), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM part"), 1);
	assert_int_equal(count(db, "SELECT count(capacity_bytes) FROM part"), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_first_report_fills_everything),
		T(test_same_report_writes_nothing),
		T(test_drives_behind_a_raid_card),
		cmocka_unit_test(test_changes_are_told_apart),
		T(test_the_past_can_be_read),
		T(test_part_moves_from_a_silent_host),
		T(test_two_live_hosts_with_one_serial_keep_a_part_each),
		T(test_twins_in_one_host),
		T(test_module_of_unknown_size),
		T(test_bad_documents),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
