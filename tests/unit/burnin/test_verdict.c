/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts folded from records: what passes, what is incomplete, and one order for each part. The
 * records are written by the functions that the agent uses.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <burnin/record.h>
#include <burnin/rules.h>
#include <burnin/verdict.h>

struct run {
	json_t *records;
	component_list parts;
	struct ocp_stream s;
};

static void emit(void *arg, json_t *record)
{
	struct run *r = arg;

	json_array_append_new(r->records, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

static void begin(struct run *r)
{
	*r = (struct run){.records = json_array()};
	for (int i = 0; i < 3; i++) {
		char key[8], serial[8];

		snprintf(key, sizeof(key), "sd%c", 'a' + i);
		snprintf(serial, sizeof(serial), "SN%d", i);
		struct component *c = component_add(&r->parts, COMPONENT_DISK, key);
		(void)text_fit(c->serial, sizeof(c->serial), serial);
		(void)text_fit(c->part_number, sizeof(c->part_number), "PN");
		text_print(c->location, sizeof(c->location), "Bay %d", i);
	}
	r->s = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = r};
	ocp_begin(&r->s, &(struct ocp_run){.name = "n",
					   .version = "v",
					   .command_line = "c",
					   .dut_id = "d",
					   .dut_name = "d",
					   .components = &r->parts});
}

static void done(struct run *r)
{
	json_decref(r->records);
	VEC_DONE(&r->parts);
}

static void fold(const struct run *r, size_t n, struct run_verdict *ret)
{
	AUTO(verdict) struct verdict *v = verdict_new();

	for (size_t i = 0; i < n && i < json_array_size(r->records); i++)
		(void)verdict_add(v, json_array_get(r->records, i));
	verdict_read(v, ret);
}

static void write_good(struct run *r)
{
	begin(r);
	ocp_step_start(&r->s, "smart", "disk health");
	ocp_diagnose(&r->s, "smart", &r->parts.items[0], OCP_PASS, "smart-pass", "good");
	ocp_step_end(&r->s, "smart", OCP_COMPLETE);
	ocp_end(&r->s, OCP_COMPLETE, OCP_RESULT_PASS);
}

/* Every record but the last: a stream without its end never counts as passed. */
static void test_cut_anywhere(void **state)
{
	struct run r;

	(void)state;
	write_good(&r);
	size_t n = json_array_size(r.records);
	for (size_t i = 0; i <= n; i++) {
		struct run_verdict v;

		fold(&r, i, &v);
		assert_int_equal(v.result, i == n ? RUN_PASS : RUN_INCOMPLETE);
		assert_int_equal(*v.why == '\0', i == n);
		run_verdict_done(&v);
	}
	done(&r);
}

/* A record lost, one of another kind, one after the end, or one that is not a record. */
static void test_spoilt(void **state)
{
	struct run r;

	(void)state;
	write_good(&r);
	size_t n = json_array_size(r.records);
	for (size_t i = 0; i < n; i++) {
		AUTO(verdict)
		struct verdict *lost = verdict_new(), *odd = verdict_new(), *twice = verdict_new();
		struct run_verdict v;

		for (size_t k = 0; k < n; k++) {
			json_t *record = json_array_get(r.records, k);
			autojson json_t *other = json_pack("{s:i}", "any", 1);

			if (k != i)
				(void)verdict_add(lost, record);
			(void)verdict_add(odd, k == i ? other : record);
			(void)verdict_add(twice, record);
			if (k == i)
				(void)verdict_add(twice, record);
		}
		verdict_read(lost, &v);
		assert_int_equal(v.result, RUN_INCOMPLETE);
		run_verdict_done(&v);
		verdict_read(odd, &v);
		assert_int_equal(v.result, RUN_INCOMPLETE);
		run_verdict_done(&v);
		verdict_read(twice, &v);
		assert_int_equal(v.result, RUN_PASS);
		run_verdict_done(&v);
	}
	done(&r);
}

/* Emitters of others count from 1. */
static void test_numbers_start_anywhere(void **state)
{
	struct run_verdict v;
	json_t *record;
	struct run r;
	size_t i;

	(void)state;
	write_good(&r);
	json_array_foreach (r.records, i, record)
		json_object_set_new(record, "sequenceNumber", json_integer((json_int_t)i + 1));
	fold(&r, SIZE_MAX, &v);
	assert_int_equal(v.result, RUN_PASS);
	run_verdict_done(&v);
	done(&r);
}

static void fail_disk(struct run *r, int disk, enum burnin_symptom symptom, bool with_order)
{
	struct burnin_finding f = {.symptom = symptom,
				   .component = disk < 0 ? NULL : &r->parts.items[disk]};
	struct burnin_order o;

	burnin_order_of(&f, &o);
	ocp_diagnose(&r->s, "disk-read", f.component, OCP_FAIL, burnin_rule_of(symptom)->verdict,
		     "found");
	if (with_order)
		ocp_extend(&r->s, "disk-read", "repair-order",
			   json_pack("{s:s, s:s, s:s, s:s, s:s}", "part", o.part, "slot", o.slot,
				     "serial", o.serial, "part_number", o.part_number, "action",
				     o.action));
}

/* Two disks fail: two orders, each with part number, serial and slot; the same disk twice is one. */
static void test_an_order_for_each_part(void **state)
{
	struct run_verdict v;
	struct run r;

	(void)state;
	begin(&r);
	ocp_step_start(&r.s, "disk-read", "d");
	fail_disk(&r, 0, SYMPTOM_DISK_READ_ERROR, true);
	fail_disk(&r, 2, SYMPTOM_DISK_BAD_SECTORS, true);
	fail_disk(&r, 0, SYMPTOM_DISK_SMART_FAILED, true);
	ocp_step_end(&r.s, "disk-read", OCP_COMPLETE);
	/* the agent's own verdict is a second witness, not the judge */
	ocp_end(&r.s, OCP_COMPLETE, OCP_RESULT_PASS);
	fold(&r, SIZE_MAX, &v);
	assert_int_equal(v.result, RUN_FAIL);
	assert_int_equal(v.orders.n, 2);
	assert_string_equal(v.orders.items[0].code, "disk-read-error");
	assert_string_equal(v.orders.items[0].serial, "SN0");
	assert_string_equal(v.orders.items[0].slot, "Bay 0");
	assert_string_equal(v.orders.items[0].part_number, "PN");
	assert_string_equal(v.orders.items[1].serial, "SN2");
	assert_string_equal(v.orders.items[1].slot, "Bay 2");
	autojson json_t *doc = run_verdict_json(&v);
	assert_string_equal(json_string_value(json_object_get(doc, "result")), "FAIL");
	assert_int_equal(json_array_size(json_object_get(doc, "orders")), 2);
	run_verdict_done(&v);
	done(&r);
}

/* Killed between the diagnosis and everything after it: part, slot and serial are known. */
/* What the agent writes of a part that no table has. */
static void fail_fan(struct run *r, const char *slot)
{
	autofree char *message = xasprintf("%s: critical", slot);

	ocp_diagnose(&r->s, "sensors", NULL, OCP_FAIL, "fan-failed", message);
	ocp_extend(&r->s, "sensors", "repair-order",
		   json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "code", "fan-failed", "part", "fan",
			     "slot", slot, "serial", "", "action", slot, "certainty", "certain"));
}

/* Two fans fail, and one of them twice: an order for each, though no table of parts has them. */
static void test_parts_of_no_table(void **state)
{
	struct run_verdict v;
	struct run r;

	(void)state;
	begin(&r);
	ocp_step_start(&r.s, "sensors", "sensors");
	fail_fan(&r, "FAN1");
	fail_fan(&r, "FAN3");
	fail_fan(&r, "FAN1");
	fail_fan(&r, "FAN3");
	ocp_step_end(&r.s, "sensors", OCP_COMPLETE);
	ocp_end(&r.s, OCP_COMPLETE, OCP_RESULT_FAIL);
	fold(&r, SIZE_MAX, &v);
	assert_int_equal(v.result, RUN_FAIL);
	assert_int_equal(v.orders.n, 2);
	assert_string_equal(v.orders.items[0].slot, "FAN1");
	assert_string_equal(v.orders.items[0].detail, "FAN1: critical");
	assert_string_equal(v.orders.items[1].slot, "FAN3");
	assert_string_equal(v.orders.items[1].detail, "FAN3: critical");
	assert_string_equal(v.orders.items[1].action, "FAN3");
	run_verdict_done(&v);
	done(&r);
}

static void test_the_diagnosis_alone(void **state)
{
	struct run_verdict v;
	struct run r;

	(void)state;
	begin(&r);
	ocp_step_start(&r.s, "disk-read", "d");
	fail_disk(&r, 1, SYMPTOM_DISK_READ_ERROR, false);
	fold(&r, SIZE_MAX, &v);
	assert_int_equal(v.result, RUN_INCOMPLETE);
	assert_int_equal(v.orders.n, 1);
	assert_string_equal(v.orders.items[0].part, "disk");
	assert_string_equal(v.orders.items[0].slot, "Bay 1");
	assert_string_equal(v.orders.items[0].serial, "SN1");
	assert_non_null(strstr(v.orders.items[0].action, "Replace disk Bay 1"));
	run_verdict_done(&v);
	done(&r);
}

/* I-10. */
static void test_nothing_was_judged(void **state)
{
	struct run_verdict v;
	struct run r;

	(void)state;
	begin(&r);
	ocp_step_start(&r.s, "smart", "s");
	ocp_diagnose(&r.s, "smart", NULL, OCP_UNKNOWN, "not-judged", "coverage none");
	ocp_step_end(&r.s, "smart", OCP_SKIP);
	ocp_end(&r.s, OCP_COMPLETE, OCP_RESULT_PASS);
	fold(&r, SIZE_MAX, &v);
	assert_int_equal(v.result, RUN_INCOMPLETE);
	assert_string_equal(v.why, "no test judged anything");
	run_verdict_done(&v);
	done(&r);
}

static void test_ends(void **state)
{
	static const struct {
		const char *name;
		enum ocp_status status;
		enum ocp_result result;
		enum run_result verdict;
	} rows[] = {
		{"passed", OCP_COMPLETE, OCP_RESULT_PASS, RUN_PASS},
		{"failed", OCP_COMPLETE, OCP_RESULT_FAIL, RUN_FAIL},
		{"error", OCP_ERROR, OCP_RESULT_NOT_APPLICABLE, RUN_INCOMPLETE},
		{"skipped", OCP_SKIP, OCP_RESULT_NOT_APPLICABLE, RUN_INCOMPLETE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run_verdict v;
		struct run r;

		begin(&r);
		ocp_step_start(&r.s, "smart", "s");
		ocp_diagnose(&r.s, "smart", NULL, OCP_PASS, "smart-pass", "good");
		ocp_step_end(&r.s, "smart", OCP_COMPLETE);
		ocp_end(&r.s, rows[i].status, rows[i].result);
		fold(&r, SIZE_MAX, &v);
		CHECK_INT(rows[i].name, v.result, rows[i].verdict);
		run_verdict_done(&v);
		done(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_numbers_start_anywhere),
		cmocka_unit_test(test_an_order_for_each_part),
		cmocka_unit_test(test_parts_of_no_table),
		cmocka_unit_test(test_the_diagnosis_alone),
		cmocka_unit_test(test_nothing_was_judged),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
