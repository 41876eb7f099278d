/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How reliable parts and hosts are, by group, against a small fleet whose truth is counted by hand:
 * failures per 1,000 months with limits, MTBF, MTTR, dead on arrival, first-pass yield.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/facts.h>
#include <inventory/identity.h>
#include <inventory/run.h>

#include "../../../inventory/query/failure_rate.h"
#include "store_fixture.h"

#define US           1000000LL
#define BEGIN        (1767225600 * US) /* 2026-01-01 */
#define DAY(n)       (BEGIN + (n)*86400 * US)
#define N_HOSTS      4
#define MONTHS(days) ((days)*24 / 730.5)

static void must(int status, const struct err *err)
{
	if (status < 0)
		fail_msg("%s (%s) at '%s'", err->msg, err_name(err->code), err->pointer);
}

/* Of each host one drive is Alpha's PN-A, the other is Beta's PN-B with the serial B-`b`. */
static void report(struct db *db, int i, int b, int64_t at_us)
{
	struct err err = ERR_INIT;
	autofree char *text = xasprintf(
		"{\"system\":{\"Model\":\"R1\"},\"drives\":[{\"Slot\":\"bay0\",\"SerialNumber\":"
		"\"A-%d\",\"Manufacturer\":\"Alpha\",\"Model\":\"PN-A\"},{\"Slot\":\"bay1\","
		"\"SerialNumber\":\"B-%d\",\"Manufacturer\":\"Beta\",\"Model\":\"PN-B\"}]}",
		i, b);
	autojson json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	must(facts_store(db, i + 1, doc, at_us, NULL, &err), &err);
}

static void arrive(struct db *db, int i)
{
	static const struct host_birth birth = {.state = "discovered"};
	struct err err = ERR_INIT;
	struct identity who;
	autofree char *serial = xasprintf("SN-%d", i);
	const struct host_evidence e = {.system_serial = serial};

	must(identity_resolve(db, &e, &birth, BEGIN, &who, &err), &err);
	assert_int_equal(who.host_num, i + 1);
	must(db_exec(db, &err, "UPDATE host SET sku = $2 WHERE num = $1", p_int(i + 1),
		     p_text(i < 2 ? "k1" : "k2")),
	     &err);
	report(db, i, i, DAY(0));
}

static void open_fault(struct db *db, struct fault_draft f, int64_t at_us, char id[static 37])
{
	struct err err = ERR_INIT;

	f.code = "test.failed";
	must(fault_open(db, &f, "t", at_us, id, &err), &err);
}

/* bad_serial, bad_slot: of the disk that the burn-in found; NULL for none. */
static void burn(struct db *db, int i, int day, const char *bad_serial, const char *bad_slot,
		 char fault[static 37])
{
	struct err err = ERR_INIT;
	const struct run_draft draft = {.host_num = i + 1, .id = "", .tier = "standard"};
	char id[37];
	bool bad = bad_serial || bad_slot;

	must(run_start(db, &draft, DAY(day), id, &err), &err);
	if (bad)
		open_fault(db,
			   (struct fault_draft){.host_num = i + 1,
						.part_type = "disk",
						.part_serial = bad_serial,
						.slot = bad_slot,
						.run_id = id},
			   DAY(day), fault);
	must(run_finish(db, id, bad ? "FAIL" : "PASS", "", DAY(day), &err), &err);
}

static void make_fleet(struct db *db)
{
	struct err err = ERR_INIT;
	char of_b1[37], of_a0[37], unused[37];
	const struct host_state_change retire = {
		.state = "retired", .detail = "", .turn = "server"};

	for (int i = 0; i < N_HOSTS; i++)
		arrive(db, i);
	burn(db, 0, 1, NULL, NULL, unused);
	burn(db, 1, 1, "B-1", "bay1", of_b1);
	burn(db, 2, 1, NULL, NULL, unused);
	burn(db, 3, 1, NULL, "bay1", unused); /* by its slot only, and never repaired */
	report(db, 1, 9, DAY(2));
	must(fault_close(db, of_b1, "replaced", "t", DAY(2), &err), &err);
	burn(db, 1, 2, NULL, NULL, unused);
	open_fault(db,
		   (struct fault_draft){.host_num = 1, .part_type = "drive", .part_serial = "A-0"},
		   DAY(5), of_a0);
	burn(db, 0, 6, "B-0", "bay1", unused); /* after it had passed */
	must(fault_close(db, of_a0, "reseated", "t", DAY(8), &err), &err);
	must(host_set_state(db, 4, &retire, DAY(50), NULL, &err), &err);
}

static int setup(void **state)
{
	int status = store_setup(state);
	struct store_fixture *f = *state;

	make_fleet(f->db);
	return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static json_t *ask(struct db *db, const struct collection *c, const char *group_by, int64_t at_us)
{
	struct query_request q = {.at_us = at_us};
	const struct summary_more more = {.reliability_us = DAY(100)};
	const struct summary_request what = {.group_by = group_by, .more = &more};
	struct err err = ERR_INIT;
	autofree char *text = NULL;

	must(query_summary(db, c, &q, &what, &text, &err), &err);
	return json_loads(text, 0, NULL);
}

/* value NULL: the whole. */
static const json_t *of_group(const json_t *doc, const char *field, const char *value)
{
	size_t i;
	json_t *one;

	if (!value)
		return json_object_get(json_object_get(doc, "total"), "reliability");
	json_array_foreach (json_object_get(doc, "items"), i, one)
		if (str_eq(json_string_value(json_object_get(one, field)), value))
			return json_object_get(one, "reliability");
	fail_msg("no group '%s'", value);
	return NULL;
}

static bool is_near(double got, double expected)
{
	double difference = got > expected ? got - expected : expected - got;

	return difference <= 0.0005 * (expected > 1 ? expected : 1);
}

#define LEFT_OUT (-1.0)

static const struct row {
	const struct collection *c;
	const char *group_by, *value, *member;
	int at_day; /* 0: now, which is day 100 */
	double expected;
} rows[] = {
	/* one of four drives of PN-A failed in service; the host of one retired on day 50 */
	{&collection_parts, "Model", "PN-A", "months", 0, MONTHS(350)},
	{&collection_parts, "Model", "PN-A", "failures", 0, 1},
	{&collection_parts, "Model", "PN-A", "mttr_hours", 0, 72},
	{&collection_parts, "Model", "PN-A", "mtbf_hours", 0, 350 * 24},
	{&collection_parts, "Model", "PN-A", "tested", 0, 4},
	{&collection_parts, "Model", "PN-A", "dead_on_arrival", 0, 0},
	/* five of PN-B: a serial and a slot failed the first burn-in, one failed a later one */
	{&collection_parts, "Model", "PN-B", "months", 0, MONTHS(350)},
	{&collection_parts, "Model", "PN-B", "failures", 0, 3},
	{&collection_parts, "Model", "PN-B", "per_1000_months", 0, 3000 / MONTHS(350)},
	{&collection_parts, "Model", "PN-B", "low", 0, 618.67 / MONTHS(350)},
	{&collection_parts, "Model", "PN-B", "high", 0, 8767.3 / MONTHS(350)},
	{&collection_parts, "Model", "PN-B", "repaired", 0, 1},
	{&collection_parts, "Model", "PN-B", "mttr_hours", 0, 24},
	{&collection_parts, "Model", "PN-B", "tested", 0, 5},
	{&collection_parts, "Model", "PN-B", "dead_on_arrival", 0, 2},
	{&collection_parts, "Manufacturer", "Beta", "failures", 0, 3},
	{&collection_parts, NULL, NULL, "failures", 0, 4},
	{&collection_parts, NULL, NULL, "months", 0, MONTHS(700)},
	/* nothing that came after a moment counts at it */
	{&collection_parts, "Model", "PN-B", "months", 4, MONTHS(16)},
	{&collection_parts, "Model", "PN-B", "failures", 4, 2},
	{&collection_parts, "Model", "PN-A", "failures", 4, 0},
	{&collection_parts, "Model", "PN-A", "mtbf_hours", 4, LEFT_OUT},
	{&collection_parts, "Model", "PN-A", "mttr_hours", 4, LEFT_OUT},
	{&collection_parts, "Model", "PN-A", "low", 4, 0},
	{&collection_parts, "Model", "PN-A", "high", 4, 3688.9 / MONTHS(16)},
	/* hosts */
	{&collection_hosts, "sku", "k1", "months", 0, MONTHS(200)},
	{&collection_hosts, "sku", "k1", "failures", 0, 3},
	{&collection_hosts, "sku", "k1", "mtbf_hours", 0, 1600},
	{&collection_hosts, "sku", "k1", "mttr_hours", 0, 48},
	{&collection_hosts, "sku", "k1", "tested", 0, 2},
	{&collection_hosts, "sku", "k1", "first_pass_yield", 0, 0.5},
	{&collection_hosts, "sku", "k2", "months", 0, MONTHS(150)},
	{&collection_hosts, "sku", "k2", "failures", 0, 1},
	{&collection_hosts, "sku", "k2", "mttr_hours", 0, LEFT_OUT},
	{&collection_hosts, "sku", "k2", "first_pass_yield", 0, 0.5},
	{&collection_hosts, NULL, NULL, "failures", 0, 4},
	{&collection_hosts, NULL, NULL, "first_pass_yield", 0, 0.5},
};

static void test_rows(void **state)
{
	struct store_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *w = &rows[i];
		autojson json_t *doc = ask(f->db, w->c, w->group_by,
					   w->at_day ? DAY(w->at_day) : 0);
		const json_t *member = json_object_get(of_group(doc, w->group_by, w->value),
						       w->member);

		if (w->expected == LEFT_OUT)
			assert_null(member);
		else if (!member || !is_near(json_number_value(member), w->expected))
			fail_msg("%s %s, %s: got %f, expected %f", w->c->name,
				 w->value ? w->value : "as a whole", w->member,
				 json_number_value(member), w->expected);
	}
}

static void test_only_parts_and_hosts(void **state)
{
	struct store_fixture *f = *state;
	struct query_request q = {0};
	const struct summary_more more = {.reliability_us = DAY(100)};
	const struct summary_request what = {.more = &more};
	struct err err = ERR_INIT;
	autofree char *text = NULL;

	assert_int_equal(query_summary(f->db, &collection_runs, &q, &what, &text, &err),
			 -ERR_INVALID);
	assert_string_equal(err.pointer, "/reliability");
}

/* Published exact limits of a Poisson count, and the normal approximation where it is good. */
static void test_limits(void **state)
{
	static const struct {
		int64_t count;
		double low, high;
	} limits[] = {
		{0, 0, 3.6889},           {1, 0.0253, 5.5716},        {2, 0.2422, 7.2247},
		{3, 0.6187, 8.7673},      {10, 4.7954, 18.3904},      {50, 37.1110, 65.9195},
		{100, 81.3640, 121.6275}, {1000000, 998041, 1001962},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct failure_limits got = failure_limits(limits[i].count);

		if (!is_near(got.low, limits[i].low) || !is_near(got.high, limits[i].high))
			fail_msg("%lld: got %f to %f", (long long)limits[i].count, got.low,
				 got.high);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_rows),
		T(test_only_parts_and_hosts),
		cmocka_unit_test(test_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("reliability", tests, NULL, NULL);
}
