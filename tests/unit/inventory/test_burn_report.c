/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptance report: counts of hosts by their last judged run, and failures ranked by what they
 * have in common.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <inventory/burn_report.h>
#include <inventory/facts.h>
#include <inventory/identity.h>
#include <inventory/run.h>

#include "store_fixture.h"

#define US 1000000LL

/* Hosts of a delivery; result NULL: it was never tested. serial: of the disk that fails. */
static const struct {
	const char *mac, *id_of_disk, *firmware, *result, *fails;
} hosts[] = {
	{"52:54:00:00:01:01", "ZA1B0001", "SN03", "FAIL", "disk-bad-sectors"},
	{"52:54:00:00:01:02", "ZA1B0002", "SN03", "FAIL", "disk-bad-sectors"},
	{"52:54:00:00:01:03", "ZA1B0003", "SN05", "FAIL", "disk-read-error"},
	{"52:54:00:00:01:04", "ZC990004", "SN05", "PASS", NULL},
	{"52:54:00:00:01:05", "ZC990005", "SN05", "INCOMPLETE", NULL},
	{"52:54:00:00:01:06", "ZC990006", "SN05", NULL, NULL},
};

static void must(int status, const struct err *err)
{
	if (status < 0)
		fail_msg("%s", err->msg);
}

static int64_t make_host(struct db *db, const char *mac)
{
	static const struct host_birth birth = {.state = "discovered"};
	struct host_evidence e = {.macs = &mac, .n_macs = 1};
	struct err err = ERR_INIT;
	struct identity who;

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err);
	must(db_exec(db, &err, "UPDATE host SET delivery = 'd1' WHERE num = $1",
		     p_int(who.host_num)),
	     &err);
	return who.host_num;
}

static void give_disk(struct db *db, int64_t num, const char *serial, const char *firmware)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = json_pack(
		"{s:{s:s}, s:[{s:s, s:s, s:s, s:s, s:I, s:s}]}", "system", "Model", "R1", "drives",
		"Name", "sda", "SerialNumber", serial, "Model", "ST8000NM", "Revision", firmware,
		"CapacityBytes", (json_int_t)8000000000, "Protocol", "SATA");

	must(facts_store(db, num, doc, 2 * US, NULL, &err), &err);
}

static void run(struct db *db, int64_t num, const char *result, const char *fails,
		const char *serial)
{
	struct err err = ERR_INIT;
	struct run_draft draft = {.host_num = num, .id = "", .tier = "standard"};
	char id[37], fault[37];

	must(run_start(db, &draft, 3 * US, id, &err), &err);
	if (fails) {
		struct fault_draft f = {.host_num = num,
					.code = fails,
					.part_type = "disk",
					.part_number = "ST8000NM",
					.part_serial = serial,
					.slot = "Bay 0",
					.action = "Replace it",
					.detail = "bad",
					.run_id = id};

		must(fault_open(db, &f, "agent", 4 * US, fault, &err), &err);
	}
	must(run_finish(db, id, result, "because", 5 * US, &err), &err);
}

static void fill(struct db *db)
{
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		int64_t num = make_host(db, hosts[i].mac);

		give_disk(db, num, hosts[i].id_of_disk, hosts[i].firmware);
		if (hosts[i].result)
			run(db, num, hosts[i].result, hosts[i].fails, hosts[i].id_of_disk);
	}
}

static const char *json_at(json_t *doc, const char *key, size_t i, const char *member)
{
	json_t *row = json_array_get(json_object_get(doc, key), i);
	const char *text = json_string_value(json_object_get(row, member));

	return text ? text : "";
}

static json_int_t number_at(json_t *doc, const char *key, size_t i, const char *member)
{
	json_t *row = json_array_get(json_object_get(doc, key), i);

	return json_integer_value(json_object_get(row, member));
}

static void test_delivery(void **state)
{
	static const struct {
		const char *key;
		json_int_t n;
	} counts[] = {{"hosts", 6},      {"passed", 1},     {"failed", 3},
		      {"incomplete", 1}, {"not_tested", 1}, {"open_faults", 3}};
	static const struct {
		const char *ranking;
		size_t at;
		const char *name;
		json_int_t faults, parts;
	} groups[] = {
		{"codes", 0, "disk-bad-sectors", 2, 0},
		{"codes", 1, "disk-read-error", 1, 0},
		{"part_numbers", 0, "ST8000NM", 3, 6},
		{"lots", 0, "ST8000NM, serials ZA1B...", 3, 0},
		{"firmware", 0, "ST8000NM, firmware SN03", 2, 0},
		{"firmware", 1, "ST8000NM, firmware SN05", 1, 0},
	};
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	json_t *report = NULL;

	fill(f->db);
	must(burn_report_of(f->db, &(struct burn_report_ask){.delivery = "d1", .now_us = 9 * US},
			    &report, &err),
	     &err);
	json_t *sums = json_object_get(report, "counts");
	json_t *failures = json_object_get(report, "failures");

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		CHECK_INT(counts[i].key, json_integer_value(json_object_get(sums, counts[i].key)),
			  counts[i].n);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		const char *key = groups[i].ranking;

		CHECK_STR(groups[i].name, json_at(failures, key, groups[i].at, "name"),
			  groups[i].name);
		CHECK_INT(groups[i].name, number_at(failures, key, groups[i].at, "faults"),
			  groups[i].faults);
		CHECK_INT(groups[i].name, number_at(failures, key, groups[i].at, "parts"),
			  groups[i].parts);
	}
	assert_int_equal(json_array_size(json_object_get(failures, "lots")), 1);
	assert_int_equal(json_array_size(json_object_get(report, "faults")), 3);
	assert_string_equal(json_at(report, "faults", 0, "firmware"), "SN03");
	assert_string_equal(json_string_value(json_object_get(report, "delivery")), "d1");
	json_decref(report);
}

static void test_one_host(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *report = NULL;

	fill(f->db);
	must(db_query(f->db, &err, &rows, "SELECT id FROM host ORDER BY num LIMIT $1", p_int(1)),
	     &err);
	assert_int_equal(db_rows_next(rows, &err), 1);
	must(burn_report_of(f->db,
			    &(struct burn_report_ask){.host_id = db_text(rows, 0), .now_us = US},
			    &report, &err),
	     &err);
	assert_int_equal(json_array_size(json_object_get(report, "hosts")), 1);
	assert_int_equal(json_array_size(json_object_get(report, "faults")), 1);
	assert_string_equal(json_at(report, "hosts", 0, "result"), "FAIL");
	assert_string_equal(json_at(report, "hosts", 0, "why"), "because");
	json_decref(report);
}

static void test_unknown(void **state)
{
	struct store_fixture *f = *state;
	json_t *report = NULL;

	CHECK_ERR("delivery",
		  burn_report_of(f->db, &(struct burn_report_ask){.delivery = "no"}, &report, NULL),
		  ERR_NOT_FOUND);
	CHECK_ERR("host",
		  burn_report_of(f->db, &(struct burn_report_ask){.host_id = "no"}, &report, NULL),
		  ERR_NOT_FOUND);
	assert_null(report);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
	const struct CMUnitTest tests[] = {T(test_delivery), T(test_one_host), T(test_unknown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
