/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The repair loop: a part is swapped, the host is switched on, and the rest happens by itself: its
 * parts are read again, what the old part carried is tested again, and the order is closed by the
 * new part's PASS. The same part again, one in another slot and an empty slot are not that.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

#define OPEN   "SELECT count(*) FROM fault WHERE state = 'open'"
#define CLOSED "SELECT count(*) FROM fault WHERE state = 'closed'"

/* What is in the slots of the host. */
struct parts {
	const char *cpu, *dimm_a, *dimm_b, *disk_0, *disk_1, *nic;
	const char *disk_2; /* NULL: the bay is empty */
};
static const struct parts before = {
	"C2", "M1", "M2", "D0", "D1", "52:54:00:00:01:02", NULL,
};

static json_t *drive(const char *slot, const char *serial, const struct fake_agent *a)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:[]}", "Name", slot, "Slot", slot,
			 "SerialNumber", serial, "CapacityBytes", (json_int_t)a->disk_bytes,
			 "Protocol", "SATA", "signatures");
}

static json_t *module(const char *slot, const char *serial)
{
	return json_pack("{s:s, s:s, s:i, s:s}", "DeviceLocator", slot, "Slot", slot, "CapacityMiB",
			 1024, "SerialNumber", serial);
}

static void send_facts(struct fake_agent *a, const struct parts *p)
{
	json_t *facts = json_pack(
		"{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s}, s:[{s:s, s:s}, {s:s, s:s}], s:{s:i, "
		"s:[o, o]}, s:[], s:[{s:s, s:s, s:s, s:s}]}",
		"system", "Manufacturer", "Slipway", "Model", "Fake", "SerialNumber", a->serial,
		"UUID", a->uuid, "boot", "firmware", "uefi", "arch", a->arch, "processors",
		"Socket", "CPU1", "SerialNumber", "C1", "Socket", "CPU2", "SerialNumber", p->cpu,
		"memory", "TotalMiB", 2048, "modules", module("DIMM_A1", p->dimm_a),
		module("DIMM_B1", p->dimm_b), "drives", "nics", "Name", "eth0", "MACAddress",
		a->mac, "PermanentMACAddress", p->nic, "PciAddress", "0000:02:00.0");
	json_t *drives = json_object_get(facts, "drives");

	assert_non_null(facts);
	if (p->disk_0)
		json_array_append_new(drives, drive("Bay 0", p->disk_0, a));
	if (p->disk_1)
		json_array_append_new(drives, drive("Bay 1", p->disk_1, a));
	if (p->disk_2)
		json_array_append_new(drives, drive("Bay 2", p->disk_2, a));
	need(fake_agent_event(a, "facts", facts), 200, a, "facts");
}

static void inspect(struct server_bench *b, struct fake_agent *a, const struct parts *p)
{
	need_step(b, a, PLAN_STEP_INSPECT);
	send_facts(a, p);
	need(fake_agent_step_done(a, "ok"), 200, a, "inspected");
}

/* One part, as its order names it. */
struct bad {
	const char *kind, *code, *slot, *serial;
};

static void send(struct fake_agent *a, int *n, const char *text)
{
	need(fake_agent_event(a, "burnin", walk_record_of((*n)++, text)), 200, a, "record");
}

static void send_diagnosis(struct fake_agent *a, int *n, const struct bad *bad)
{
	autofree char *diagnosis = xasprintf(
		"{\"testStepArtifact\":{\"testStepId\":\"smart\",\"diagnosis\":{\"verdict\":\"%s\","
		"\"type\":\"FAIL\",\"message\":\"bad\",\"hardwareInfoId\":\"p-0\"}}",
		bad->code);
	autofree char *order = xasprintf(
		"{\"testStepArtifact\":{\"testStepId\":\"smart\",\"extension\":{\"name\":\"repair-"
		"order\",\"content\":{\"code\":\"%s\",\"message\":\"bad\",\"part\":\"%s\","
		"\"slot\":\"%s\",\"serial\":\"%s\",\"certainty\":\"certain\",\"action\":\"Replace "
		"%s\"}}}",
		bad->code, bad->kind, bad->slot, bad->serial, bad->slot);

	send(a, n, diagnosis);
	send(a, n, order);
}

/* A whole run that fails at one part and judges the rest; status: how its other needed test ends. */
static void fail_run(struct server_bench *b, struct fake_agent *a, const struct bad *bad,
		     const char *status)
{
	autofree char *start = xasprintf(
		"{\"testRunArtifact\":{\"testRunStart\":{\"name\":\"n\",\"dutInfo\":{\"dutInfoId\":"
		"\"d\",\"hardwareInfos\":[{\"hardwareInfoId\":\"p-0\",\"name\":\"x\",\"partType\":"
		"\"%s\",\"location\":\"%s\",\"serialNumber\":\"%s\"}]}}}",
		bad->kind, bad->slot, bad->serial);
	autofree char *end = xasprintf("{\"testStepArtifact\":{\"testStepId\":\"cpu-verify\","
				       "\"testStepEnd\":{\"status\":\"%s\"}}",
				       status);
	int n = 0;

	need_step(b, a, PLAN_STEP_BURN_IN);
	send(a, &n, "{\"schemaVersion\":{\"major\":2,\"minor\":0}");
	send(a, &n, start);
	send(a, &n,
	     "{\"testStepArtifact\":{\"testStepId\":\"smart\",\"testStepStart\":{\"name\":\"s\"}}");
	send_diagnosis(a, &n, bad);
	send(a, &n,
	     "{\"testStepArtifact\":{\"testStepId\":\"smart\",\"testStepEnd\":{\"status\":"
	     "\"COMPLETE\"}}");
	send(a, &n,
	     "{\"testStepArtifact\":{\"testStepId\":\"cpu-verify\",\"testStepStart\":{\"name\":"
	     "\"s\"}}");
	send(a, &n, end);
	send(a, &n,
	     "{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":\"FAIL\"}}");
	need(fake_agent_step_done(a, "FAIL"), 200, a, "done");
	need_state(b, a, "failed");
}

static void fail_host(struct server_bench *b, struct fake_agent *a, const struct bad *bad)
{
	walk_open(b, a, "S1", MAC_A);
	inspect(b, a, &before);
	fail_run(b, a, bad, "COMPLETE");
	assert_int_equal(server_bench_number(b, OPEN), 1);
	need_step(b, a, PLAN_STEP_WAIT);
}

/* A daemon that starts takes the last session for alive, so it is not killed in between. */
static void reboot(struct server_bench *b, struct fake_agent *a)
{
	bool shaky = b->shaky;

	b->shaky = false;
	fake_agent_done(a);
	walk_reboot(b, a, "S1", MAC_A);
	b->shaky = shaky;
}

static void switch_on(struct server_bench *b, struct fake_agent *a, const struct parts *now)
{
	reboot(b, a);
	inspect(b, a, now);
}

static int64_t planned_s(const struct fake_agent *a)
{
	int64_t sum = 0;

	for (size_t i = 0; i < a->plan.burn_in.n_tests; i++)
		sum += a->plan.burn_in.tests[i].seconds;
	return sum;
}

static bool plans(const struct fake_agent *a, const char *id)
{
	for (size_t i = 0; i < a->plan.burn_in.n_tests; i++)
		if (str_eq(a->plan.burn_in.tests[i].id, id))
			return true;
	return false;
}

static bool detail_has(struct server_bench *b, const char *words)
{
	autofree char *sql = xasprintf("SELECT count(*) FROM host WHERE state_detail LIKE '%%%s%%'",
				       words);

	return server_bench_number(b, sql) == 1;
}

/* The whole loop, for each kind of part that tells a serial: its tests and those of what stands next to
 * it, in one run of a tenth of the time at most. */
static void test_swapped(void **state)
{
	static const struct {
		struct bad bad;
		struct parts after;
		const char *with, *near, *without;
	} rows[] = {
		{{"disk", "disk-read-error", "Bay 0", "D0"},
		 {"C2", "M1", "M2", "D9", "D1", "52:54:00:00:01:02", NULL},
		 "disk-read",
		 "pcie-links",
		 "cpu-verify"},
		/* one more disk was put in: it is tested with the new one */
		{{"disk", "disk-read-error", "Bay 0", "D0"},
		 {"C2", "M1", "M2", "D9", "D1", "52:54:00:00:01:02", "D7"},
		 "smart",
		 "pcie-links",
		 "cpu-verify"},
		{{"dimm", "dimm-uncorrectable-error", "DIMM_B1", "M2"},
		 {"C2", "M1", "M9", "D0", "D1", "52:54:00:00:01:02", NULL},
		 "memory-pattern",
		 "cpu-verify",
		 "disk-read"},
		{{"dimm", "dimm-correctable-errors", "DIMM_B1", "M2"},
		 {"C2", "M1", "M9", "D0", "D1", "52:54:00:00:01:02", NULL},
		 "memory-pattern",
		 "cpu-verify",
		 "disk-read"},
		{{"cpu", "cpu-wrong-result", "CPU2", "C2"},
		 {"C9", "M1", "M2", "D0", "D1", "52:54:00:00:01:02", NULL},
		 "cpu-verify",
		 "memory-pattern",
		 "disk-read"},
		{{"nic", "nic-errors", "0000:02:00.0", "52:54:00:00:01:02"},
		 {"C2", "M1", "M2", "D0", "D1", "52:54:00:00:01:09", NULL},
		 "network",
		 "pcie-links",
		 "cpu-verify"},
		/* one of several: no slot, no serial */
		{{"dimm", "memory-miscompare", "", ""},
		 {"C2", "M1", "M9", "D0", "D1", "52:54:00:00:01:02", NULL},
		 "memory-pattern",
		 "cpu-verify",
		 "disk-read"},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		int64_t whole_s;

		walk_open(b, &a, "S1", MAC_A);
		inspect(b, &a, &before);
		fail_run(b, &a, &rows[i].bad, "COMPLETE");
		whole_s = planned_s(&a);
		switch_on(b, &a, &rows[i].after);
		CHECK_STR(rows[i].bad.code, server_bench_state(b, a.host_id), "testing");
		need_step(b, &a, PLAN_STEP_BURN_IN);
		CHECK(rows[i].bad.code, planned_s(&a) * 10 <= whole_s);
		CHECK(rows[i].with, plans(&a, rows[i].with));
		CHECK(rows[i].near, plans(&a, rows[i].near));
		CHECK(rows[i].without, !plans(&a, rows[i].without));
		walk_send_records(&a);
		need(fake_agent_step_done(&a, "PASS"), 200, &a, "done");
		CHECK_INT(rows[i].bad.code, server_bench_number(b, OPEN), 0);
		CHECK_STR(rows[i].bad.code, server_bench_state(b, a.host_id), "imaging");
		CHECK_INT(rows[i].bad.code,
			  server_bench_number(b, "SELECT count(*) FROM run r JOIN run w ON w.id = "
						 "r.retest_of WHERE r.result = 'PASS' AND w.result "
						 "= 'FAIL'"),
			  1);
		/* the whole tier is proven: no waiver is needed */
		(void)str_copy(a.disk_serial, sizeof(a.disk_serial), "D1");
		CHECK_INT(rows[i].bad.code, walk_arm(b, &a, ""), 201);
		fake_agent_done(&a);
		walk_renew(b, profile_slow);
	}
}

/* Work that was not done starts nothing, and the host says what is missing. */
static void test_not_done(void **state)
{
	static const struct {
		const char *name;
		struct bad bad;
		struct parts after;
		const char *words;
	} rows[] = {
		{"the same disk again",
		 {"disk", "disk-read-error", "Bay 0", "D0"},
		 {"C2", "M1", "M2", "D0", "D1", "52:54:00:00:01:02", NULL},
		 "not swapped: the part with serial D0"},
		{"another disk than the one that is bad",
		 {"disk", "disk-read-error", "Bay 0", "D0"},
		 {"C2", "M1", "M2", "D0", "D9", "52:54:00:00:01:02", NULL},
		 "not swapped"},
		{"taken out",
		 {"disk", "disk-read-error", "Bay 0", "D0"},
		 {"C2", "M1", "M2", NULL, "D1", "52:54:00:00:01:02", NULL},
		 "nothing is in its place"},
		{"the same module again",
		 {"dimm", "dimm-uncorrectable-error", "DIMM_B1", "M2"},
		 {"C2", "M1", "M2", "D0", "D1", "52:54:00:00:01:02", NULL},
		 "not swapped"},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;

		fail_host(b, &a, &rows[i].bad);
		switch_on(b, &a, &rows[i].after);
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "failed");
		CHECK(rows[i].name, detail_has(b, rows[i].words));
		CHECK_INT(rows[i].name, server_bench_number(b, OPEN), 1);
		need_step(b, &a, PLAN_STEP_WAIT);
		CHECK(rows[i].name, strstr(a.plan.wait.message, rows[i].words));
		fake_agent_done(&a);
		walk_renew(b, profile_slow);
	}
}

/* The swap test: the part is in another slot. It is tested there; what it proves is told apart. */
static void test_moved(void **state)
{
	static const struct bad bad = {"disk", "disk-read-error", "Bay 0", "D0"};
	static const struct bad follows = {"disk", "disk-read-error", "Bay 1", "D0"};
	static const struct bad stays = {"disk", "disk-read-error", "Bay 0", "D1"};
	static const struct parts moved = {"C2", "M1", "M2", "D1", "D0", "52:54:00:00:01:02", NULL};
	static const struct parts after = {"C2", "M1", "M2", "D1", "D9", "52:54:00:00:01:02", NULL};
	struct server_bench *b = *state;
	struct fake_agent a;

	fail_host(b, &a, &bad);
	switch_on(b, &a, &moved);
	need_state(b, &a, "testing");
	walk_burn_in(b, &a, "PASS");
	need_state(b, &a, "failed");
	assert_true(detail_has(b, "moved: the part with serial D0 is at Bay 1"));
	assert_int_equal(server_bench_number(b, OPEN), 1);
	/* again, and now it fails there: the fault follows the part */
	switch_on(b, &a, &moved);
	fail_run(b, &a, &follows, "COMPLETE");
	assert_int_equal(server_bench_number(b, OPEN), 2);
	assert_int_equal(server_bench_number(b, OPEN " AND detail LIKE '%follows the part%'"), 1);
	/* the bad one is thrown away: both orders are done */
	switch_on(b, &a, &after);
	walk_burn_in(b, &a, "PASS");
	assert_int_equal(server_bench_number(b, OPEN), 0);
	need_state(b, &a, "imaging");
	fake_agent_done(&a);
	walk_renew(b, profile_slow);

	fail_host(b, &a, &bad);
	switch_on(b, &a, &moved);
	fail_run(b, &a, &stays, "COMPLETE");
	assert_int_equal(server_bench_number(b, OPEN " AND detail LIKE '%stays with the slot%'"),
			 1);
	fake_agent_done(&a);
}

/* What a retest may not complete: a run that has not judged the rest, and other parts that changed. */
static void test_whole_tier(void **state)
{
	static const struct bad bad = {"disk", "disk-read-error", "Bay 0", "D0"};

	static const struct {
		const char *name, *status;
		struct parts after;
	} rows[] = {
		{"the run left a test out",
		 "ERROR",
		 {"C2", "M1", "M2", "D9", "D1", "52:54:00:00:01:02", NULL}},
		{"a module changed, too",
		 "COMPLETE",
		 {"C2", "M1", "M9", "D9", "D1", "52:54:00:00:01:02", NULL}},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;

		walk_open(b, &a, "S1", MAC_A);
		inspect(b, &a, &before);
		fail_run(b, &a, &bad, rows[i].status);
		switch_on(b, &a, &rows[i].after);
		need_step(b, &a, PLAN_STEP_BURN_IN);
		CHECK(rows[i].name, plans(&a, "cpu-verify"));
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM run WHERE retest_of <> ''"),
			  0);
		fake_agent_done(&a);
		walk_renew(b, profile_slow);
	}
}

/* Two parts failed, one is swapped: nothing starts before the other one is. */
static void test_one_of_two(void **state)
{
	static const struct bad bad = {"disk", "disk-read-error", "Bay 0", "D0"};
	static const struct parts one = {"C2", "M1", "M2", "D9", "D1", "52:54:00:00:01:02", NULL};
	static const struct parts both = {"C2", "M1", "M2", "D9", "D8", "52:54:00:00:01:02", NULL};
	struct server_bench *b = *state;
	struct fake_agent a;

	fail_host(b, &a, &bad);
	server_bench_sql(b, "INSERT INTO fault (num, id, host_num, state, code, part_type, "
			    "part_number, part_serial, slot, action, detail, turn, run_id, "
			    "opened_us, closed_by, note, changed_us, revision) SELECT num + 1, "
			    "'two', host_num, state, code, part_type, part_number, 'D1', 'Bay 1', "
			    "action, detail, turn, run_id, opened_us, closed_by, note, changed_us, "
			    "revision FROM fault");
	switch_on(b, &a, &one);
	need_state(b, &a, "failed");
	assert_true(detail_has(b, "not swapped: the part with serial D1"));
	switch_on(b, &a, &both);
	need_state(b, &a, "testing");
	walk_burn_in(b, &a, "PASS");
	assert_int_equal(server_bench_number(b, CLOSED), 2);
	fake_agent_done(&a);
}

/* The host reboots in mid-retest, and the daemon is killed before every request. */
static void test_retest_is_interrupted(void **state)
{
	static const struct bad bad = {"disk", "disk-read-error", "Bay 0", "D0"};
	static const struct parts after = {"C2", "M1", "M2", "D9", "D1", "52:54:00:00:01:02", NULL};
	struct server_bench *b = *state;
	struct fake_agent a;

	b->shaky = true;
	fail_host(b, &a, &bad);
	switch_on(b, &a, &after);
	need_step(b, &a, PLAN_STEP_BURN_IN);
	reboot(b, &a);
	need_step(b, &a, PLAN_STEP_BURN_IN);
	assert_false(plans(&a, "cpu-verify"));
	walk_burn_in(b, &a, "PASS");
	b->shaky = false;
	assert_int_equal(server_bench_number(b, OPEN), 0);
	need_state(b, &a, "imaging");
	fake_agent_done(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, walk_setup_slow, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_swapped),    T(test_not_done),   T(test_moved),
		T(test_whole_tier), T(test_one_of_two), T(test_retest_is_interrupted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("repairs", tests, NULL, NULL);
}
