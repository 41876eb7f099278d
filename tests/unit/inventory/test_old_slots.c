/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots that are kernel names, from stores written before slots were places: SKUs and placements
 * are carried over without a move, and a machine that starts with other names has not changed.
 */
#include <tests/harness/check.h>

#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/expect.h>
#include <inventory/facts.h>
#include <inventory/identity.h>
#include <inventory/parts/slot.h>

#include "store_fixture.h"

#define US 1000000LL

static void test_kernel_names(void **state)
{
	static const struct {
		const char *type, *slot;
		bool is;
	} rows[] = {
		{"drive", "sda", true},
		{"drive", "sdabc", true},
		{"drive", "/dev/sdb", true},
		{"drive", "vdz", true},
		{"drive", "xvda", true},
		{"drive", "hdc", true},
		{"drive", "nvme0n1", true},
		{"drive", "nvme10n2", true},
		{"drive", "nvme0c1n1", true},
		{"drive", "mmcblk0", true},
		{"drive", "dasda", true},
		{"drive", "pmem0", true},
		{"drive", "pmem0.1", false},
		{"drive", "sr0", true},
		{"drive", "dm-3", true},
		{"drive", "cciss!c0d0", true},
		{"nic", "eth0", true},
		{"nic", "eno1", true},
		{"nic", "ens3f1", true},
		{"nic", "enp1s0f0np0", true},
		{"nic", "enP2p1s0", true},
		{"nic", "enx525400123456", true},
		{"nic", "ib0", true},
		{"nic", "ibp3s0", true},
		{"nic", "em1", true},
		{"nic", "em1_1", true},
		{"nic", "p1p2", true},
		{"nic", "usb0", true},
		{"drive", "", false},
		{"drive", "0", false},
		{"drive", "sd", false},
		{"drive", "bay 3", false},
		{"drive", "Slot 01", false},
		{"drive", "U.2 Bay 1", false},
		{"drive", "sda (ata 1)", false},
		{"drive", "eth0", false},
		{"drive", "0000:00:1f.2 port 1", false},
		{"nic", "0000:18:00.0", false},
		{"nic", "PCIe Slot 3", false},
		{"nic", "sda", false},
		{"nic", "p1", false},
		{"nic", "enclosure", false},
		{"memory", "eth0", false},
		{"memory", "DIMM_A1", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].slot, slot_is_kernel_name(rows[i].type, rows[i].slot),
			  rows[i].is);
}

/* ---- a store --------------------------------------------------------------------------------- */

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

static int64_t make_host(struct db *db)
{
	struct err err = ERR_INIT;
	const char *macs[] = {"52:54:00:00:00:01"};
	struct host_evidence e = {.macs = macs, .n_macs = 1, .system_serial = "SN-1"};
	static const struct host_birth birth = {.state = "discovered"};
	struct identity who;

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err);
	return who.host_num;
}

static int64_t count(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	must(db_query_int_n(db, &(struct db_call){.sql = sql}, -1, &n, &err), &err);
	return n;
}

static void write_sql(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;

	must(db_exec_n(db, sql, NULL, 0, NULL, &err), &err);
}

/* Six drives, two of them without a serial and two of another model, and two cards. order: which
 * place the kernel names first. */
#define N_DRIVES 6
static json_t *machine(const size_t order[static N_DRIVES], bool swap_cards)
{
	static const char *const serials[N_DRIVES] = {"S0", "S1", "", "", "S4", "S5"};
	json_t *drives = json_array(), *nics = json_array();

	for (size_t i = 0; i < N_DRIVES; i++) {
		size_t at = order[i];
		json_t *d = json_pack("{s:s, s:s, s:I, s:s}", "Model", at < 4 ? "MX" : "PM",
				      "Revision", at == 1 ? "2.0" : "1.0", "CapacityBytes",
				      (json_int_t)(at < 3 ? 1000 : 2000) * 1000000, "Protocol",
				      "SAS");
		char name[8], slot[16];
		snprintf(name, sizeof(name), "sd%c", (char)('a' + i));
		snprintf(slot, sizeof(slot), "Slot %02zu", at);
		(void)json_object_set_new(d, "Name", json_string(name));
		(void)json_object_set_new(d, "Slot", json_string(slot));
		if (serials[at][0])
			(void)json_object_set_new(d, "SerialNumber", json_string(serials[at]));
		(void)json_array_append_new(drives, d);
	}
	for (int i = 0; i < 2; i++) {
		int at = swap_cards ? 1 - i : i;
		(void)json_array_append_new(
			nics, json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "Name",
					i ? "eth1" : "eth0", "PermanentMACAddress",
					at ? "52:54:00:00:00:02" : "52:54:00:00:00:01",
					"PciAddress", at ? "0000:19:00.0" : "0000:18:00.0", "lldp",
					"SysName", "sw1", "PortId", at ? "Eth1/8" : "Eth1/7"));
	}
	return json_pack("{s:o, s:o}", "drives", drives, "nics", nics);
}

static struct facts_change store(struct db *db, int64_t num, json_t *doc, int64_t now_us)
{
	struct facts_change c;
	struct err err = ERR_INIT;

	must(facts_store(db, num, doc, now_us, &c, &err), &err);
	json_decref(doc);
	return c;
}

static void learn(struct db *db, int64_t num)
{
	struct err err = ERR_INIT;
	autojson json_t *contents = NULL;
	autojson json_t *set = json_pack("{s:s}", "sku", "good");
	int64_t version;
	bool changed;

	must(sku_learn(db, num, &contents, &err), &err);
	must(sku_put(db, &(struct sku_draft){"good", contents, "", "test", 3 * US}, &version, &err),
	     &err);
	must(host_edit(db, num, &(struct host_edit){set, -1, "test", 3 * US}, &changed, &err),
	     &err);
}

static void assert_match(struct db *db, int64_t num, const char *name)
{
	struct err err = ERR_INIT;
	autojson json_t *j = NULL;

	must(host_compare(db, num, &j, &err), &err);
	autofree char *text = json_text(j);
	if (json_array_size(json_object_get(j, "differences")))
		fail_msg("%s: %s", name, text);
	assert_string_equal(json_string_value(json_object_get(j, "status")), "match");
}

static void shuffle(size_t order[static N_DRIVES])
{
	for (size_t i = N_DRIVES - 1; i > 0; i--) {
		size_t k = (size_t)rand() % (i + 1), t = order[i];
		order[i] = order[k];
		order[k] = t;
	}
}

static void test_a_thousand_starts_with_other_names(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db);
	size_t order[N_DRIVES] = {0, 1, 2, 3, 4, 5};

	(void)store(db, num, machine(order, false), 2 * US);
	learn(db, num);
	int64_t events = count(db, "SELECT count(*) FROM event");
	int64_t revision = count(db, "SELECT revision FROM host");
	for (int i = 0; i < 1000; i++) {
		shuffle(order);
		struct facts_change c = store(db, num, machine(order, rand() % 2), (4 + i) * US);
		if (c.changed || c.added || c.removed || c.moved || c.updated)
			fail_msg("start %d: +%u -%u >%u ~%u", i, c.added, c.removed, c.moved,
				 c.updated);
		if (i % 100 == 0)
			assert_match(db, num, "a start");
	}
	assert_int_equal(count(db, "SELECT count(*) FROM event"), events);
	assert_int_equal(count(db, "SELECT revision FROM host"), revision);
	assert_int_equal(count(db, "SELECT count(*) FROM placement"), 8);
	assert_int_equal(count(db, "SELECT count(*) FROM host_facts_history"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE switch_port = 'Eth1/7'"), 1);
}

/* As the version before wrote it: the kernel's names as slots, also in the keys of drives that have
 * no serial, and in the SKU. */
static void make_old(struct db *db)
{
	static const char *const names[N_DRIVES] = {"sdc", "sda", "sdb", "sdd", "nvme0n1", "sde"};

	for (size_t i = 0; i < N_DRIVES; i++) {
		autofree char *slot = xasprintf(
			"UPDATE placement SET slot = '%s' WHERE slot = 'Slot %02zu'", names[i], i);
		autofree char *key = xasprintf("UPDATE part SET fru_key = replace(fru_key, "
					       "'.Slot %02zu.', '.%s.')",
					       i, names[i]);
		autofree char *sku = xasprintf(
			"UPDATE sku SET body = replace(body, '\"Slot %02zu\"', '\"%s\"')", i,
			names[i]);
		write_sql(db, slot);
		write_sql(db, key);
		write_sql(db, sku);
	}
	write_sql(db, "UPDATE placement SET slot = 'eth0' WHERE slot = '0000:18:00.0'");
	write_sql(db, "UPDATE placement SET slot = 'eth1' WHERE slot = '0000:19:00.0'");
	write_sql(db, "UPDATE sku SET body = replace(body, '\"0000:18:00.0\"', '\"eth0\"')");
	write_sql(db, "UPDATE sku SET body = replace(body, '\"0000:19:00.0\"', '\"eth1\"')");
	write_sql(db, "UPDATE host_facts SET digest = 'of the version before'");
}

static void test_an_old_store_is_carried_over(void **state)
{
	struct store_fixture *f = *state;
	int64_t num = make_host(f->db);
	size_t order[N_DRIVES] = {0, 1, 2, 3, 4, 5};

	(void)store(f->db, num, machine(order, false), 2 * US);
	learn(f->db, num);
	make_old(f->db);
	store_reopen(f, 0);
	struct db *db = f->db;
	assert_int_equal(count(db, "SELECT count(*) FROM placement WHERE slot LIKE 'Slot %'"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM sku WHERE body LIKE '%Slot 0%'"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM part WHERE fru_key LIKE '%.Slot 0%'"), 0);
	assert_match(db, num, "before the host reports again");
	json_t *doc = machine((size_t[N_DRIVES]){5, 3, 1, 2, 0, 4}, true);
	(void)json_object_set_new(doc, "system", json_pack("{s:s}", "BiosVersion", "2"));
	struct facts_change c = store(db, num, doc, 9 * US);
	if (c.added || c.removed || c.moved || c.updated)
		fail_msg("+%u -%u >%u ~%u", c.added, c.removed, c.moved, c.updated);
	assert_int_equal(count(db, "SELECT count(*) FROM placement"), 8);
	assert_int_equal(count(db, "SELECT count(*) FROM part"), 8);
	assert_int_equal(count(db,
			       "SELECT count(*) FROM placement WHERE slot LIKE 'Slot %' OR slot "
			       "LIKE '0000:%'"),
			 8);
	assert_match(db, num, "with the old SKU");
	/* and a true move is one again */
	json_t *moved = machine(order, false);
	json_t *drive = json_array_get(json_object_get(moved, "drives"), 0);
	(void)json_object_set_new(drive, "Slot", json_string("Slot 09"));
	c = store(db, num, moved, 10 * US);
	assert_int_equal(c.moved, 1);
}

/* ---- modules --------------------------------------------------------------------------------- */

static json_t *modules(bool banks, bool serials)
{
	json_t *list = json_array();

	for (int i = 0; i < 4; i++) {
		char locator[16], slot[32], serial[8];
		snprintf(locator, sizeof(locator), "DIMM %d", i % 2);
		snprintf(slot, sizeof(slot), "NODE %d DIMM %d", i / 2, i % 2);
		snprintf(serial, sizeof(serial), "D%d", i);
		json_t *m = json_pack("{s:s, s:i, s:s, s:s}", "DeviceLocator", locator,
				      "CapacityMiB", 1024, "Manufacturer", "M", "PartNumber", "P");
		if (banks)
			(void)json_object_set_new(m, "Slot", json_string(slot));
		if (serials)
			(void)json_object_set_new(m, "SerialNumber", json_string(serial));
		(void)json_array_append_new(list, m);
	}
	return json_pack("{s:{s:o}}", "memory", "modules", list);
}

static void test_modules_get_their_bank(void **state)
{
	(void)state;
	for (int serials = 0; serials < 2; serials++) {
		struct store_fixture f;
		store_open(&f);
		int64_t num = make_host(f.db);
		(void)store(f.db, num, modules(false, serials), 2 * US);
		learn(f.db, num);
		struct facts_change c = store(f.db, num, modules(true, serials), 4 * US);
		if (c.added || c.removed || c.moved)
			fail_msg("serials %d: +%u -%u >%u ~%u", serials, c.added, c.removed,
				 c.moved, c.updated);
		assert_int_equal(count(f.db, "SELECT count(DISTINCT slot) FROM placement"), 4);
		assert_match(f.db, num, "modules");
		store_close(&f);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_names),
		T(test_a_thousand_starts_with_other_names),
		T(test_an_old_store_is_carried_over),
		cmocka_unit_test(test_modules_get_their_bank),
	};

	srand(4);
	return cmocka_run_group_tests_name("old slots", tests, NULL, NULL);
}
