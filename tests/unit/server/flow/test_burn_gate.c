/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every way to an image of a host that has an open fault, or has not passed its tier with the parts
 * that it has now: refused without a waiver that has a reason, which is written down.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

#define WAIVED "SELECT count(*) FROM event WHERE kind = 'burn_in.waived'"
#define FAULT                                                                                      \
	"INSERT INTO fault (num, id, host_num, state, code, part_type, part_number, part_serial, " \
	"slot, action, detail, turn, run_id, opened_us, closed_by, note, changed_us, revision) "   \
	"SELECT 1, 'f1', num, 'open', 'disk-read-error', 'disk', 'PN', 'SN', 'Bay 0', 'Replace', " \
	"'bad', 'technician', 'r', 1, '', '', 1, 1 FROM host"

/* What is in the way of a host that is about to be armed. */
static const struct {
	const char *name, *sql;
} obstacles[] = {
	{"an open fault of a burn-in", FAULT},
	{"no run at all", "DELETE FROM run"},
	{"the last run failed", "UPDATE run SET result = 'FAIL'"},
	{"the last run is incomplete", "UPDATE run SET result = 'INCOMPLETE'"},
	{"a weaker tier", "UPDATE run SET tier = 'other'"},
	{"other parts", "UPDATE run SET detail = 'parts of before'"},
};

static int send_order(struct server_bench *b, const struct fake_agent *a, const char *more,
		      const char *first)
{
	autofree char *body = xasprintf(
		"{\"image\":\"debian12@1\",%s,\"hosts\":[{\"id\":\"%s\",\"disk\":{\"serial\":"
		"\"%s\"}%s}]}",
		first, a->host_id, a->disk_serial, more);

	return server_bench_admin(b, "POST", "/api/v1/hosts/arm", body);
}

/* Rehearsed first, as an order must be. */
static int order(struct server_bench *b, const struct fake_agent *a, const char *more)
{
	int status = send_order(b, a, more, "\"dry_run\":true");

	if (status >= 300)
		return status;
	autofree char *hash = xasprintf("\"plan_hash\":\"%s\"",
					json_string_value(json_object_get(b->reply, "plan_hash")));
	return send_order(b, a, more, hash);
}

static int arm(struct server_bench *b, const struct fake_agent *a, const char *more)
{
	return walk_arm(b, a, more);
}

/* By name and in an order. A blank reason is none. */
static void test_people(void **state)
{
	static int (*const ways[])(struct server_bench *, const struct fake_agent *,
				   const char *) = {arm, order};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(obstacles); i++) {
		struct fake_agent a;

		walk_to_image(b, &a, "S1", MAC_A);
		server_bench_sql(b, obstacles[i].sql);
		for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
			CHECK_INT(obstacles[i].name, ways[w](b, &a, ""), 422);
			CHECK_INT(obstacles[i].name, ways[w](b, &a, ",\"skip_burnin\":\"\""), 422);
			CHECK_INT(obstacles[i].name, ways[w](b, &a, ",\"skip_burnin\":\" \\t\""),
				  422);
			CHECK_INT(obstacles[i].name, server_bench_number(b, WAIVED), (int)w);
			CHECK_INT(obstacles[i].name, ways[w](b, &a, ",\"skip_burnin\":\"a demo\""),
				  201);
			CHECK_INT(obstacles[i].name, server_bench_number(b, WAIVED), (int)w + 1);
		}
		CHECK_INT(obstacles[i].name,
			  server_bench_number(b, "SELECT count(*) FROM audit WHERE method = "
						 "'WAIVE' AND reason = 'a demo'"),
			  2);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* A profile that arms by itself waives nothing. */
static void test_profile(void **state)
{
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(obstacles); i++) {
		struct fake_agent a;

		walk_to_discovered(b, &a, "S1", MAC_A);
		walk_burn_in(b, &a, "PASS");
		server_bench_sql(b, obstacles[i].sql);
		need_step(b, &a, PLAN_STEP_WAIT);
		CHECK(obstacles[i].name, strstr(a.plan.wait.message, "host") != NULL);
		CHECK_INT(obstacles[i].name,
			  server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* What came between the arm and the permit. */
static void test_permit(void **state)
{
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(obstacles); i++) {
		struct fake_agent a;

		walk_to_image(b, &a, "S1", MAC_A);
		server_bench_sql(b, obstacles[i].sql);
		CHECK_INT(obstacles[i].name, fake_agent_permit(&a, NULL), 422);
		CHECK_STR(obstacles[i].name, a.code, "guard.burn_in");
		/* an arm with a waiver stands */
		CHECK_INT(obstacles[i].name, walk_arm(b, &a, ",\"skip_burnin\":\"a demo\""), 201);
		need_step(b, &a, PLAN_STEP_IMAGE);
		CHECK_INT(obstacles[i].name, fake_agent_permit(&a, NULL), 200);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* Switched off and on before it was written: with the same parts it goes on, with others it is
 * tested again. */
static void test_pxe_again(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	walk_to_image(b, &a, "S1", MAC_A);
	fake_agent_done(&a);
	walk_reboot(b, &a, "S1", MAC_A);
	walk_inspect(b, &a, NULL);
	need_step(b, &a, PLAN_STEP_IMAGE);
	fake_agent_done(&a);
	walk_reboot(b, &a, "S1", MAC_A);
	(void)str_copy(a.disk_serial, sizeof(a.disk_serial), "ANOTHER");
	walk_inspect(b, &a, NULL);
	need_state(b, &a, "testing");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			 0);
	walk_burn_in(b, &a, "PASS");
	need_step(b, &a, PLAN_STEP_IMAGE);
	assert_string_equal(a.plan.image.disk.serial, "ANOTHER");
	fake_agent_done(&a);
}

/* Retry and release start anew: nothing of before counts, and nothing is armed. */
static void test_verbs(void **state)
{
	static const char *const verbs[] = {"retry", "maintain"};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		struct fake_agent a;

		walk_to_image(b, &a, "S1", MAC_A);
		server_bench_sql(b, FAULT);
		autofree char *path = xasprintf("/api/v1/hosts/%s/%s", a.host_id, verbs[i]);
		CHECK_INT(verbs[i], server_bench_admin(b, "POST", path, "{\"reason\":\"r\"}"), 200);
		CHECK_INT(
			verbs[i],
			server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			0);
		CHECK_INT(verbs[i],
			  server_bench_number(b, "SELECT count(*) FROM fault WHERE state = 'open'"),
			  1);
		CHECK(verbs[i], walk_arm(b, &a, "") >= 400);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* Joined to another host: the fault and the runs come along, and the parts are others. */
static void test_merge(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a, other;

	walk_to_image(b, &a, "S1", MAC_A);
	walk_to_image(b, &other, "S2", MAC_B);
	server_bench_sql(b, FAULT " WHERE serial = 'S2'");
	autofree char *path = xasprintf("/api/v1/hosts/%s/merge", other.host_id);
	autofree char *body = xasprintf("{\"into\":\"%s\",\"reason\":\"one machine\"}", a.host_id);
	(void)server_bench_admin(b, "POST", path, body); /* refused: it is to be imaged */
	assert_int_equal(walk_arm(b, &other, ""), 422);
	assert_int_equal(walk_arm(b, &a, ""), 201);
	fake_agent_done(&a);
	fake_agent_done(&other);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_people),    T(test_profile), T(test_permit),
		T(test_pxe_again), T(test_verbs),   T(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
