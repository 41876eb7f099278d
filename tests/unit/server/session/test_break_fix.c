/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What other systems get to know of a fault: place, part, action and certainty, in the list and in
 * the event that webhooks send; what they write on it; who fails again and again; and that no order
 * is lost when the daemon is killed at any commit of a failing run.
 */
#include "tests/harness/check.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

#define N_DISKS 3

/* The daemon dies before this commit of each event, which the agent sends again then; 0: it lives. */
static int dies_at_commit;
static unsigned n_deaths;

static int tell(struct server_bench *b, struct fake_agent *a, const char *kind, json_t *data)
{
	autojson json_t *again = json_deep_copy(data);

	server_bench_die_at_commit(b, dies_at_commit);
	int status = fake_agent_event(a, kind, data);
	server_bench_die_at_commit(b, 0);
	if (status == 200 || !dies_at_commit)
		return status;
	n_deaths++;
	server_bench_crash(b);
	return fake_agent_event(a, kind, json_incref(again));
}

static void send(struct server_bench *b, struct fake_agent *a, int *n, const char *text)
{
	if (b->shaky)
		server_bench_crash(b);
	need(tell(b, a, "burnin", walk_record_of((*n)++, text)), 200, a, "record");
	if (b->shaky)
		server_bench_crash(b);
}

static void send_start(struct server_bench *b, struct fake_agent *a, int *n)
{
	send(b, a, n, "{\"schemaVersion\":{\"major\":2,\"minor\":0}");
	send(b, a, n,
	     "{\"testRunArtifact\":{\"testRunStart\":{\"name\":\"n\",\"dutInfo\":{\"dutInfoId\":"
	     "\"d\",\"hardwareInfos\":[]}}}");
	send(b, a, n,
	     "{\"testStepArtifact\":{\"testStepId\":\"smart\",\"testStepStart\":{\"name\":\"s\"}}");
}

static void send_fault(struct server_bench *b, struct fake_agent *a, int *n, int disk)
{
	autofree char *diagnosis = xasprintf(
		"{\"testStepArtifact\":{\"testStepId\":\"smart\",\"diagnosis\":{\"verdict\":"
		"\"disk-read-error\",\"type\":\"FAIL\",\"message\":\"bad\",\"hardwareInfoId\":"
		"\"disk-%d\"}}",
		disk);
	autofree char *order = xasprintf(
		"{\"testStepArtifact\":{\"testStepId\":\"smart\",\"extension\":{\"name\":\"repair-"
		"order\",\"content\":{\"code\":\"disk-read-error\",\"message\":\"bad\",\"part\":"
		"\"disk\",\"slot\":\"Bay %d\",\"serial\":\"SN%d\",\"part_number\":\"PN%d\","
		"\"certainty\":\"certain\",\"action\":\"Replace disk Bay %d\"}}}",
		disk, disk, disk, disk);

	send(b, a, n, diagnosis);
	send(b, a, n, order);
}

/* Each of its disks fails; the host stands in a rack. */
static void fail_host(struct server_bench *b, struct fake_agent *a, int n_disks)
{
	int n = 0;

	walk_to_discovered(b, a, "S1", MAC_A);
	autofree char *path = xasprintf("/api/v1/hosts/%s", a->host_id);
	assert_int_equal(server_bench_admin(b, "PATCH", path,
					    "{\"site\":\"fra\",\"row\":\"A\",\"rack\":\"r07\","
					    "\"unit\":12,\"name\":\"web-1\"}"),
			 200);
	need_step(b, a, PLAN_STEP_BURN_IN);
	send_start(b, a, &n);
	for (int i = 0; i < n_disks; i++)
		send_fault(b, a, &n, i);
	send(b, a, &n,
	     "{\"testStepArtifact\":{\"testStepId\":\"smart\",\"testStepEnd\":{\"status\":"
	     "\"COMPLETE\"}}");
	send(b, a, &n,
	     "{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":\"FAIL\"}}");
	need(tell(b, a, "step_done",
		  json_pack("{s:I, s:s}", "seq", (json_int_t)a->plan.seq, "result", "FAIL")),
	     200, a, "done");
	a->after = a->plan.seq;
	need_state(b, a, "failed");
}

static json_t *only_fault(struct server_bench *b)
{
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/faults", NULL), 200);
	json_t *items = json_object_get(b->reply, "items");
	assert_int_equal(json_array_size(items), 1);
	return json_array_get(items, 0);
}

static const struct {
	const char *name, *value;
} members[] = {
	{"site", "fra"},
	{"row", "A"},
	{"rack", "r07"},
	{"slot", "Bay 0"},
	{"PartNumber", "PN0"},
	{"SerialNumber", "SN0"},
	{"action", "Replace disk Bay 0"},
	{"certainty", "certain"},
	{"host_serial", "S1"},
	{"host_name", "web-1"},
	{"part_type", "disk"},
	{"code", "disk-read-error"},
};

static void check_members(const json_t *fault)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *value = json_string_value(json_object_get(fault, members[i].name));

		CHECK_STR(members[i].name, value ? value : "(none)", members[i].value);
	}
	assert_int_equal(json_integer_value(json_object_get(fault, "unit")), 12);
}

static const json_t *event_fault(struct server_bench *b, const char *kind)
{
	autofree char *path = xasprintf("/api/v1/events?kind=%s", kind);

	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	const json_t *event = json_array_get(json_object_get(b->reply, "items"), 0);
	return json_object_get(json_object_get(event, "detail"), "fault");
}

/* The list and the event that webhooks send hold the same. */
static void test_members(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	fail_host(b, &a, 1);
	check_members(only_fault(b));
	check_members(event_fault(b, "fault.opened"));
	fake_agent_done(&a);
}

static int patch(struct server_bench *b, const char *id, const char *body)
{
	autofree char *path = xasprintf("/api/v1/faults/%s", id);

	return server_bench_admin(b, "PATCH", path, body);
}

static void test_edit(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;
	char id[64];

	fail_host(b, &a, 1);
	(void)str_copy(id, sizeof(id), json_string_value(json_object_get(only_fault(b), "id")));
	assert_int_equal(patch(b, id, "{\"rma\":\"RMA-7\"}"), 200);
	assert_int_equal(patch(b, id, "{\"note\":\"part ordered\"}"), 200);
	assert_string_equal(json_string_value(json_object_get(b->reply, "rma")), "RMA-7");
	assert_string_equal(json_string_value(json_object_get(b->reply, "note")), "part ordered");
	assert_int_equal(patch(b, id, "{\"state\":\"closed\"}"), 400);
	assert_int_equal(patch(b, "nonsense", "{\"rma\":\"x\"}"), 404);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM audit WHERE method = 'PATCH' "
						"AND path LIKE '/api/v1/faults/%' AND status = "
						"200"),
			 2);
	/* what a moment ago was is still there, and the event tells of it */
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault_history WHERE rma = "
						"'RMA-7'"),
			 1);
	assert_string_equal(
		json_string_value(json_object_get(event_fault(b, "fault.changed"), "rma")),
		"RMA-7");
	/* closing keeps the note */
	autofree char *close = xasprintf("/api/v1/faults/%s/close", id);
	assert_int_equal(server_bench_admin(b, "POST", close, "{\"note\":\"new disk\"}"), 200);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault WHERE note = 'part "
						"ordered; new disk'"),
			 1);
	fake_agent_done(&a);
}

/* A reference that was wrong is emptied; who read an older version is told so and changes nothing. */
static void test_empty_and_stale(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;
	char id[64], etag[32];

	fail_host(b, &a, 1);
	(void)str_copy(id, sizeof(id), json_string_value(json_object_get(only_fault(b), "id")));
	autofree char *path = xasprintf("/api/v1/faults/%s", id);
	assert_int_equal(patch(b, id, "{\"rma\":\"RMA-7\",\"note\":\"ordered\"}"), 200);
	long revision = server_bench_number(b, "SELECT revision FROM fault");
	snprintf(etag, sizeof(etag), "\"r%ld\"", revision - 1);
	assert_int_equal(server_bench_if(b, etag, "PATCH", path, "{\"rma\":\"RMA-8\"}"), 412);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault WHERE rma = 'RMA-7'"),
			 1);
	snprintf(etag, sizeof(etag), "\"r%ld\"", revision);
	assert_int_equal(server_bench_if(b, etag, "PATCH", path, "{\"rma\":\"\"}"), 200);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault WHERE rma = '' AND "
						"note = 'ordered'"),
			 1);
	const char *rma = json_string_value(json_object_get(only_fault(b), "rma"));
	assert_string_equal(rma ? rma : "", "");
	assert_int_equal(patch(b, id, "{\"rma\":null}"), 400);
	fake_agent_done(&a);
}

/* Three within 90 days, in one slot or in one host. */
static void test_repeats(void **state)
{
	static const struct {
		const char *name, *slots[3];
		int days_between;
		const char *repeat;
	} rows[] = {
		{"one slot", {"Bay 1", "Bay 1", "Bay 1"}, 30, "slot"},
		{"one host", {"Bay 1", "Bay 2", "Bay 3"}, 30, "host"},
		{"two in the slot", {"Bay 2", "Bay 1", "Bay 1"}, 30, "host"},
		{"long ago", {"Bay 1", "Bay 1", "Bay 1"}, 46, ""},
	};
	struct server_bench *b = *state;
	struct fake_agent a;

	fail_host(b, &a, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		server_bench_sql(b, "DELETE FROM fault");
		for (int k = 0; k < 3; k++) {
			autofree char *sql = xasprintf(
				"INSERT INTO fault (num, id, host_num, state, code, part_type, "
				"part_number, part_serial, slot, action, detail, turn, run_id, "
				"opened_us, closed_by, note, changed_us, revision) SELECT %d, "
				"'f%d', num, '%s', 'c', '', '', '', '%s', '', '', '', '', "
				"%d * 86400000000, '', '', 1, 1 FROM host",
				k + 1, k, k == 2 ? "open" : "closed", rows[i].slots[k],
				1000 + k * rows[i].days_between);

			server_bench_sql(b, sql);
		}
		assert_int_equal(server_bench_admin(b, "GET", "/api/v1/faults?state=open", NULL),
				 200);
		const json_t *fault = json_array_get(json_object_get(b->reply, "items"), 0);
		const char *repeat = json_string_value(json_object_get(fault, "repeat"));
		CHECK_STR(rows[i].name, repeat ? repeat : "", rows[i].repeat);
	}
	fake_agent_done(&a);
}

static void check_orders(struct server_bench *b)
{
	for (int i = 0; i < N_DISKS; i++) {
		autofree char *sql = xasprintf(
			"SELECT count(*) FROM fault WHERE state = 'open' AND slot = 'Bay %d' AND "
			"part_serial = 'SN%d' AND part_number = 'PN%d' AND certainty = 'certain'",
			i, i, i);

		assert_int_equal(server_bench_number(b, sql), 1);
	}
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault"), N_DISKS);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM event WHERE kind = "
						"'fault.opened'"),
			 N_DISKS);
}

/* The daemon is killed before and after every request of a run that fails at three disks. */
static void test_killed_between_requests(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	b->shaky = true;
	fail_host(b, &a, N_DISKS);
	b->shaky = false;
	check_orders(b);
	fake_agent_done(&a);
}

/* It is killed before the first commit of each request, then before the second one where there is one:
 * after the first, then. No order is lost, none is there twice. */
static void test_killed_at_each_commit(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	if (b->database[0])
		skip(); /* commits of PostgreSQL are not the daemon's to stop */
	for (dies_at_commit = 1; dies_at_commit <= 2; dies_at_commit++) {
		n_deaths = 0;
		fail_host(b, &a, N_DISKS);
		/* 3 to start, 2 for each disk, 2 to end, and the step: each has one commit at least */
		if (dies_at_commit == 1)
			assert_int_equal(n_deaths, 3 + 2 * N_DISKS + 2 + 1);
		check_orders(b);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
	dies_at_commit = 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_members),
		T(test_edit),
		T(test_empty_and_stale),
		T(test_repeats),
		T(test_killed_between_requests),
		T(test_killed_at_each_commit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("break fix", tests, NULL, NULL);
}
