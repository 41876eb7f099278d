/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions that people ask often are found by an index: on SQLite with the store's statistics
 * and without, by its own words; on PostgreSQL, which chooses by the size of its tables, in a fleet
 * of some size, where no table of one is read as a whole.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/facts.h>
#include <inventory/identity.h>

#include "store_fixture.h"

static const struct {
	const char *of, *sort, *filters[3];
	const char *how; /* must stand in the plan */
} rows[] = {
	{"hosts", NULL, {"id=x"}, "host_id"},
	{"hosts", NULL, {"serial=x"}, "host_serial"},
	{"hosts", NULL, {"serial=x*"}, "host_serial"},
	{"hosts", NULL, {"name=x"}, "host_name"},
	{"hosts", NULL, {"short_code=x"}, "host_short_code"},
	{"hosts", NULL, {"uuid=x"}, "host_uuid"},
	{"hosts", NULL, {"asset_tag=x"}, "host_asset_tag"},
	{"hosts", NULL, {"model=x"}, "(model=?"},
	{"hosts",
	 NULL,
	 {"macs=52:54:00:00:00:01"},
	 "SEARCH e USING PRIMARY KEY (kind=? AND value=?"},
	{"hosts",
	 NULL,
	 {"macs=52:54:*"},
	 "SEARCH e USING PRIMARY KEY (kind=? AND value>? AND value<?"},
	{"hosts", NULL, {"state=failed"}, "(state=?"},
	{"hosts", "-state_since", {"state=failed"}, "(state=?"},
	{"hosts", NULL, {"state=failed,testing"}, "(state=?"},
	{"hosts", "serial", {"state=quarantined"}, "(state=?"},
	{"hosts", "-MemoryMiB", {"model=x", "arch=aarch64"}, "host_model"},
	{"hosts", "name", {"sku=r1", "arch=x86_64"}, "(sku=?"},
	{"hosts", "serial", {"state=ready", "sku=r1"}, "(sku=?"},
	{"hosts", NULL, {"delivery=d1"}, "(delivery=?"},
	{"hosts", NULL, {"delivery=d1", "state=ready"}, "(delivery=?"},
	{"hosts", "unit", {"site=fra", "rack=r1"}, "host_place (site=? AND rack=?)"},
	{"hosts", NULL, {"switch.name=sw1", "switch.port=Eth1"}, "host_switch"},
	{"hosts", "-memory.CapacityMiB", {"memory.CapacityMiB>=524288"}, "host_memory"},
	{"hosts", "serial", {NULL}, "host_serial"},
	{"hosts", "-changed", {NULL}, "host_changed"},
	{"hosts", NULL, {"drives.Model=Rare"}, "part_model"},
	{"hosts", NULL, {"drives.SerialNumber=S1"}, "part_serial"},
	{"hosts", NULL, {"drives.Revision=F1"}, "part_firmware"},
	{"hosts", NULL, {"memory.PartNumber=P1"}, "part_number"},
	{"hosts", NULL, {"nics.PermanentMACAddress=52:54:00:00:00:01"}, "part_serial"},
	{"hosts", NULL, {"drives.Model=Rare", "state=ready"}, "part_model"},
	{"parts", NULL, {"host_id=x"}, "placement_host"},
	{"parts", NULL, {"host=x"}, "placement_host"},
	{"parts", NULL, {"fru_id=x"}, "part_key"},
	{"parts", NULL, {"SerialNumber=x"}, "part_serial"},
	{"parts", NULL, {"Model=x"}, "part_model"},
	{"parts", NULL, {"PartNumber=x"}, "part_number"},
	{"parts", NULL, {"type=drive", "FirmwareVersion=x"}, "part_firmware"},
	{"parts", NULL, {"type=drive", "Manufacturer=x"}, "part_type"},
	{"placements", NULL, {"host_id=x"}, "placement_host"},
	{"placements", NULL, {"part_id=7"}, "placement_part"},
	{"placements", NULL, {"SerialNumber=x"}, "part_serial"},
	{"runs", NULL, {"host_id=x"}, "run_host"},
	{"faults", "-opened", {"state=open"}, "fault_state"},
	{"faults", NULL, {"host=x"}, "fault_host"},
	{"events", "-id", {"host_id=x"}, "event_host"},
	{"events", "-id", {"kind=host.state"}, "event_kind"},
	{"events", NULL, {"at>=2026-11-01T00:00:00Z"}, "SEARCH b USING COVERING INDEX event_at"},
	{"events",
	 "-id",
	 {"at<=2026-11-01T00:00:00Z", "kind=host.state"},
	 "event_kind (kind=? AND id<?)"},
	{"receipts", NULL, {"host=x"}, "receipt_host"},
	{"expected", NULL, {"delivery=d1"}, "delivery_line_of"},
	{"expected", NULL, {"host=x"}, "delivery_line_host"},
	{"skus", NULL, {"name=x"}, "sku_name"},
	{"deliveries", NULL, {"name=x"}, "delivery_name"},
	{"locations", NULL, {"site=fra", "row=A", "rack=r1"}, "location_place"},
	{"locations", NULL, {"switch.name=sw1"}, "location_switch"},
};

static void plan_of(struct db *db, size_t i, struct str *out)
{
	struct query_request q = {.limit = 100, .sort = rows[i].sort};
	struct err err = ERR_INIT;
	char copies[3][64];

	for (size_t k = 0; k < 3 && rows[i].filters[k]; k++) {
		(void)snprintf(copies[k], sizeof(copies[k]), "%s", rows[i].filters[k]);
		char *eq = strchr(copies[k], '=');
		*eq = '\0';
		assert_int_equal(query_add_filter(&q, copies[k], eq + 1, &err), 0);
	}
	if (query_plan(db, collection_by_name(rows[i].of), &q, out, &err) < 0)
		fail_msg("%s: %s", rows[i].filters[0], err.msg);
}

/* The whole of a table is read, and not in the order of an index. "c" is not a table but the rows that
 * were chosen. */
static bool has_scan(const char *plan)
{
	for (const char *at = plan; (at = strstr(at, "SCAN ")); at++) {
		size_t n = strcspn(at, "\n");
		if (!str_starts(at, "SCAN c\n") && !memmem(at, n, "USING", 5))
			return true;
	}
	return false;
}

static void check_plans(struct db *db, const char *when)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str plan;
		str_init(&plan, 64 * 1024);
		plan_of(db, i, &plan);
		if (has_scan(plan.p) || !strstr(plan.p, rows[i].how))
			fail_msg("%s, %s?%s: not by %s:\n%s", when, rows[i].of,
				 rows[i].filters[0] ? rows[i].filters[0] : "", rows[i].how, plan.p);
	}
}

/* What ANALYZE finds in a fleet of 100,000 hosts with 40 parts each: the averages mislead about
 * what is rare. */
static void pretend_a_large_fleet(struct store_fixture *f)
{
	static const char *const statements[] = {
		"ANALYZE",
		"DELETE FROM sqlite_stat1",
		"INSERT INTO sqlite_stat1 VALUES ('host', 'host_serial', '100000 1'), ('host', "
		"'host_state', '100000 16667 1'), ('host', 'host_sums', '100000 14286 2381 794 40 "
		"2 2 2'), ('host', 'host_memory', '100000 33334'), ('host', 'host_changed', "
		"'100000 1'), ('host', 'host_model', '100000 25000'), ('host', 'host_delivery', "
		"'100000 100000 16667'), ('host', 'host_place', '100000 33334 40 1'), ('host', "
		"'host_name', '100000 100000'), ('host', 'host_id', '100000 1'), ('part', "
		"'part_model', '3900000 "
		"487500'), ('part', 'part_type', '3900000 780000 557143 557143'), ('part', "
		"'part_number', '3900000 1300000'), ('part', 'part_serial', '3900000 1'), ('part', "
		"'part_key', '3900000 1'), ('placement', 'placement_part', '3900000 1 1'), "
		"('placement', 'placement_host', '3900000 39 39'), ('event', 'event_host', "
		"'1000000 10 1'), ('event', 'event_kind', '1000000 50000 1')",
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		if (db_exec_n(f->db, statements[i], NULL, 0, NULL, &err) < 0)
			fail_msg("%s", err.msg);
	store_reopen(f, 0);
}

/* ---- PostgreSQL ------------------------------------------------------------------------------ */

/* The first host, part and placement are ours; the others are like them, with values of their own.
 */
static const char *const fleet_sql[] = {
	"INSERT INTO host SELECT (jsonb_populate_record(h, jsonb_build_object('num', g, 'id', 'id' "
	"|| g, 'short_code', 'c' || g, 'name', 'n' || g, 'serial', 'SN' || g, 'uuid', 'u' || g, "
	"'asset_tag', 'a' || g, 'state', CASE WHEN g % 100 = 0 THEN 'failed' WHEN g % 50 = 1 THEN "
	"'testing' ELSE 'ready' END, 'model', 'm' || g % 400, 'sku', 's' || g % 7, 'delivery', 'd' "
	"|| g % 40, 'site', 's' || g % 3, 'rack', 'r' || g / 40, 'rack_unit', g % 40, "
	"'switch_name', 'sw' || g / 40, 'switch_port', 'p' || g % 40, 'memory_mib', g % 97 * 1024, "
	"'changed_us', g, "
	"'state_since_us', g))).* FROM host h, generate_series(1000, 9000) g WHERE h.serial = "
	"'SN-1'",
	"INSERT INTO evidence SELECT 'mac', '52:54:' || g, g, 1, 1 FROM generate_series(1000, "
	"9000) g",
	"INSERT INTO part SELECT (jsonb_populate_record(q, jsonb_build_object('num', q.num * "
	"100000 + g, 'fru_key', q.type || g, 'serial', 'S' || q.num || g, 'model', 'M' || g % 500, "
	"'part_number', 'P' || g % 500, 'manufacturer', 'X' || g % 500, 'firmware', 'F' || g % "
	"500))).* FROM part q, generate_series(1000, 9000) g WHERE q.num < 10",
	"INSERT INTO placement SELECT (jsonb_populate_record(p, jsonb_build_object('num', "
	"p.part_num * 100000 + g, 'part_num', p.part_num * 100000 + g, 'host_num', g))).* FROM "
	"placement p, generate_series(1000, 9000) g WHERE p.num < 10",
	"INSERT INTO event (id, at_us, host_num, kind, actor, summary) SELECT 1000 + g, g * "
	"1000000, 1000 + g % 8000, CASE WHEN g % 2000 = 0 THEN 'fault.opened' ELSE 'agent.log' "
	"END, 'a', '' FROM generate_series(1::bigint, 40000) g",
	"ANALYZE",
};

static void make_a_fleet(struct db *db)
{
	struct err err = ERR_INIT;
	struct identity who;
	struct host_birth birth = {.state = "ready"};
	struct host_evidence e = {.system_serial = "SN-1"};
	autojson json_t *facts = json_pack(
		"{s:[{s:s, s:s, s:s, s:s}], s:{s:[{s:s, s:i, s:s, s:s}]}}", "drives", "Name", "sda",
		"SerialNumber", "S1", "Model", "M", "Manufacturer", "X", "memory", "modules",
		"DeviceLocator", "A1", "CapacityMiB", 1024, "PartNumber", "P", "SerialNumber",
		"D1");

	if (identity_resolve(db, &e, &birth, 1000, &who, &err) < 0 ||
	    facts_store(db, who.host_num, facts, 2000, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	db_set_patient(db, true);
	for (size_t i = 0; i < ARRAY_LEN(fleet_sql); i++)
		if (db_exec_n(db, fleet_sql[i], NULL, 0, NULL, &err) < 0)
			fail_msg("%s", err.msg);
	db_set_patient(db, false);
}

static bool reads_all(const char *plan)
{
	static const char *const tables[] = {"host", "part", "placement", "event", "evidence"};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		autofree char *scan = xasprintf("Seq Scan on %s ", tables[i]);
		if (strstr(plan, scan))
			return true;
	}
	return false;
}

static void test_no_common_question_reads_all_of_a_table(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	make_a_fleet(db);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str plan;
		str_init(&plan, 64 * 1024);
		plan_of(db, i, &plan);
		if (reads_all(plan.p))
			fail_msg("%s?%s: reads a whole table:\n%s", rows[i].of,
				 rows[i].filters[0] ? rows[i].filters[0] : "", plan.p);
	}
}

/* Hosts that have the same value are not sorted: the index has them by their number. */
static void test_pages_are_read_in_order(void **state)
{
	static const struct {
		const char *sort, *how;
	} cases[] = {
		{"serial", "host_serial_page"},       {"-MemoryMiB", "host_memory_page"},
		{"name", "host_name_page"},           {"state_since", "host_since_page"},
		{"-changed", "host_changed_page"},    {"uuid", "host_uuid_page"},
		{"asset_tag", "host_asset_tag_page"},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;

	if (db_is_sqlite(db))
		skip();
	make_a_fleet(db);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query_request q = {.limit = 100, .sort = cases[i].sort};
		autostr struct str plan;
		str_init(&plan, 64 * 1024);
		assert_int_equal(query_add_filter(&q, "state", "ready", &err), 0);
		assert_true(query_plan(db, &collection_hosts, &q, &plan, &err) >= 0);
		if (!strstr(plan.p, cases[i].how))
			fail_msg("sort=%s: not by %s:\n%s", cases[i].sort, cases[i].how, plan.p);
	}
}

/* ---- SQLite ---------------------------------------------------------------------------------- */

static void test_common_questions_use_an_index(void **state)
{
	struct store_fixture *f = *state;

	if (!db_is_sqlite(f->db))
		skip();
	check_plans(f->db, "without statistics");
	pretend_a_large_fleet(f);
	check_plans(f->db, "in a large fleet");
}

/* The other side: many parts fit, and the hosts come first. */
static void test_a_common_part_is_no_reason_to_list_all(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	if (!db_is_sqlite(f->db))
		skip();
	for (int i = 1; i <= 2100; i++) {
		autofree char *key = xasprintf("drive.%d", i);
		assert_true(
			db_exec(f->db, &err,
				"INSERT INTO part (num, fru_key, type, manufacturer, part_number, "
				"model, serial, wwn, firmware, protocol, media, health, first_us, "
				"changed_us, revision) VALUES ($1, $2, 'drive', '', '', 'Common', "
				"$2, '', '', '', '', 'ok', 1, 1, 1)",
				p_int(i), p_text(key)) >= 0);
	}
	struct query_request q = {.limit = 100};
	autostr struct str plan;
	str_init(&plan, 64 * 1024);
	assert_int_equal(query_add_filter(&q, "drives.Model", "Common", &err), 0);
	assert_true(query_plan(f->db, &collection_hosts, &q, &plan, &err) >= 0);
	assert_non_null(strstr(plan.p, "CORRELATED SCALAR SUBQUERY"));
}

/* Of many some turn up soon in the order asked for; few are sorted. */
static void test_many_hosts_are_walked_in_order(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	static const struct {
		const char *sort, *filter, *value, *how;
	} cases[] = {
		{"serial", "state", "ready", "SCAN t USING INDEX host_serial"},
		{"-state_since", "state", "ready", "SCAN t USING INDEX host_since"},
		{"-memory.CapacityMiB", "state", "ready,failed", "SCAN t USING INDEX host_memory"},
		{"serial", "state", "failed", "(state=?)"},
		{"cores", "state", "ready", "(state=?)"}, /* no index has them in this order */
		{NULL, "state", "ready", "(state=?)"},
	};
	if (!db_is_sqlite(f->db))
		skip();
	assert_true(db_begin(f->db, &err) >= 0);
	for (int i = 0; i < 2100; i++) {
		char serial[16];
		struct identity who;
		struct host_birth birth = {.state = i < 2050 ? "ready" : "failed"};
		(void)snprintf(serial, sizeof(serial), "SN-%05d", i);
		struct host_evidence e = {.system_serial = serial};
		assert_true(identity_resolve(f->db, &e, &birth, 1000 + i, &who, &err) >= 0);
	}
	assert_true(db_commit(f->db, &err) >= 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query_request q = {.limit = 100, .sort = cases[i].sort};
		autostr struct str plan;
		str_init(&plan, 64 * 1024);
		assert_int_equal(query_add_filter(&q, cases[i].filter, cases[i].value, &err), 0);
		assert_true(query_plan(f->db, &collection_hosts, &q, &plan, &err) >= 0);
		if (!strstr(plan.p, cases[i].how))
			fail_msg("sort=%s: not by %s:\n%s", cases[i].sort, cases[i].how, plan.p);
	}
}

/* The daemon samples a table at a time, all of them in turn. */
static void test_samples_are_taken(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t which = 0, n = 0;

	while (db_sample_table(db, which, &err) == 1)
		which++;
	assert_int_equal(db_sample(db, &err), 0);
	if (!db_is_sqlite(db)) {
		assert_int_equal(which, 0);
		return;
	}
	assert_true(which > 20);
	assert_true(db_query_int(db, &err, &n, 0,
				 "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'migration'") >= 0);
	assert_true(n > 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_common_questions_use_an_index),
		T(test_a_common_part_is_no_reason_to_list_all),
		T(test_many_hosts_are_walked_in_order),
		T(test_samples_are_taken),
	};
	static const struct CMUnitTest of_postgres[] = {
		T(test_no_common_question_reads_all_of_a_table),
		T(test_pages_are_read_in_order),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (store_is_postgres())
		failed += cmocka_run_group_tests(of_postgres, NULL, NULL);
	return failed;
}
