/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that are being written: cut off, silent, stopped, one or twenty at once, with an object
 * that changed in the store, or with yesterday's backup put back under them.
 */
#include "tests/harness/check.h"

#include <time.h>
#include <unistd.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/backup.h>
#include "tests/harness/host_walk.h"

#define FLEET 20

static struct fake_agent fleet[FLEET];

static void test_power_cut_while_writing(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_writing(b, &a, "S1", MAC_A);
	fake_agent_done(&a);
	walk_reboot(b, &a, "S1", MAC_A);
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault WHERE code = "
						"'interrupted' AND state = 'open'"),
			 1);
	need_step(b, &a, PLAN_STEP_WAIT);
	/* nobody writes again without a new arm */
	assert_false(walk_may_write(b, &a));
	assert_int_equal(walk_arm(b, &a, ",\"reason\":\"again\""), 201);
	walk_inspect(b, &a, NULL); /* it was off: its parts may be others */
	need_step(b, &a, PLAN_STEP_IMAGE);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit under the new arm");
	walk_finish_image(b, &a);
	need_state(b, &a, "verifying");
	fake_agent_done(&a);
}

/* What the profile wants the firmware to start first goes into the signed plan. */
static void test_boot_order_in_the_plan(void **state)
{
	static const char *const orders[] = {"disk", "network", ""};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct fake_agent a;
		autofree char *profile = xasprintf(
			"{\"name\":\"p\",\"match\":{\"serial\":\"*\"},\"enrol\":true,\"auto_approve\":"
			"true,\"burnin\":{\"tier\":\"quick\",\"limits\":{\"cpu_s\":1}},\"image\":{\"line\":"
			"\"debian12\",\"version\":\"latest\"},\"host\":{\"boot_order\":\"%s\"}}",
			orders[i]);

		walk_renew(b, profile);
		walk_to_image(b, &a, "S1", MAC_A);
		CHECK_STR(orders[i], a.plan.image.boot_order, orders[i]);
		fake_agent_done(&a);
	}
}

/* Cut off for a while: the session that held the pen goes on under its arm, from the start. */
static void test_same_session_comes_back(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_writing(b, &a, "S1", MAC_A);
	char arm[64];
	(void)str_copy(arm, sizeof(arm), a.plan.image.arm_id);
	server_bench_sql(b, "UPDATE host SET state = 'failed'");
	need(fake_agent_step_failed(&a, "image.lease"), 200, &a, "the step that was stopped");
	need_step(b, &a, PLAN_STEP_IMAGE);
	assert_string_equal(a.plan.image.arm_id, arm);
	need(fake_agent_permit(&a, "ext4"), 200, &a, "permit for what it wrote itself");
	assert_true(walk_may_write(b, &a));
	walk_finish_image(b, &a);
	need_state(b, &a, "verifying");
	fake_agent_done(&a);
}

/* W-02: Silence for longer than lease and grace: interrupted, also when the server was killed meanwhile.
 */
static void test_silent_writer(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	b->silence_ms = 1500;
	server_bench_crash(b);
	walk_to_writing(b, &a, "S1", MAC_A);
	server_bench_crash(b);
	server_bench_tick(b);
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault WHERE code = "
						"'interrupted' AND state = 'open'"),
			 1);
	assert_false(walk_may_write(b, &a));
	need_step(b, &a, PLAN_STEP_IMAGE);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault WHERE state = 'open'"),
			 0);
	fake_agent_done(&a);
}

static void test_stop_all_stops_a_writer(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_writing(b, &a, "S1", MAC_A);
	walk_stop_all(b);
	assert_false(walk_may_write(b, &a));
	assert_true(a.heartbeat.stop);
	assert_int_equal(server_bench_admin(b, "DELETE", "/api/v1/stop-all", NULL), 200);
	assert_true(walk_may_write(b, &a));
	fake_agent_done(&a);
}

static long count_events(struct server_bench *b, const char *kind)
{
	autofree char *sql = xasprintf("SELECT count(*) FROM event WHERE kind = '%s'", kind);

	return server_bench_number(b, sql);
}

/* a host says that bytes are not what was signed. The server looks at its own objects; if
 * they are bad, nobody else is sent for them, not even under an arm that was made before. */
static void test_a_damaged_object(void **state)
{
	static const struct {
		const char *name;
		bool damaged;
		const char *event, *code;
		int status;
	} rows[] = {
		{"A-17 changed on the way", false, "image.sound", "", 201},
		{"A-17 changed in the store", true, "image.damaged", "image.damaged", 409},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent first, second;
		b->image_damaged = rows[i].damaged;
		server_bench_crash(b);
		walk_to_writing(b, &first, "S1", MAC_A);
		walk_to_image(b, &second, "S2", MAC_B);
		CHECK_INT(rows[i].name, fake_agent_step_failed(&first, "image.digest"), 200);
		CHECK_STR(rows[i].name, server_bench_state(b, first.host_id), "failed");
		for (int n = 0; n < 50 && !count_events(b, rows[i].event); n++)
			usleep(20000);
		CHECK_INT(rows[i].name, count_events(b, rows[i].event), 1);
		CHECK_INT(rows[i].name,
			  count_events(b, "image.sound") + count_events(b, "image.damaged"), 1);
		CHECK_INT(rows[i].name, walk_arm(b, &first, ",\"reason\":\"again\""),
			  rows[i].status);
		CHECK_STR(rows[i].name, b->code, rows[i].code);
		CHECK_INT(rows[i].name, fake_agent_permit(&second, NULL),
			  rows[i].damaged ? 409 : 200);
		CHECK_STR(rows[i].name, second.code, rows[i].code);
		fake_agent_done(&first);
		fake_agent_done(&second);
		walk_renew(b, profile_auto);
	}
}

/* ---- a fleet that is being written ----------------------------------------------------------- */

static int setup_fleet(void **state)
{
	int status = walk_setup_auto(state);

	for (unsigned i = 0; i < FLEET && status == 0; i++) {
		autofree char *serial = xasprintf("S%u", i);
		autofree char *mac = xasprintf("52:54:00:00:01:%02x", i);
		walk_to_writing(*state, &fleet[i], serial, mac);
	}
	return status;
}

static int teardown_fleet(void **state)
{
	for (unsigned i = 0; i < FLEET; i++)
		fake_agent_done(&fleet[i]);
	return walk_teardown(state);
}

/* X-10, G14: the heartbeat after the order tells each of them; they come every 5 s. */
static void test_stop_all_twenty(void **state)
{
	struct timespec from, to;
	struct server_bench *b = *state;

	for (unsigned i = 0; i < FLEET; i++)
		assert_true(walk_may_write(b, &fleet[i]));
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	walk_stop_all(b);
	for (unsigned i = 0; i < FLEET; i++) {
		assert_false(walk_may_write(b, &fleet[i]));
		assert_true(fleet[i].heartbeat.stop);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	CHECK("within 5 s, and 5 s until a heartbeat", to.tv_sec - from.tv_sec < 5);
	/* what a stopped server forgets, the store does not */
	server_bench_crash(b);
	for (unsigned i = 0; i < FLEET; i++)
		assert_false(walk_may_write(b, &fleet[i]));
	assert_int_equal(
		server_bench_number(b, "SELECT count(*) FROM host WHERE state = 'imaging'"), FLEET);
}

/* D-11: yesterday's store, with twenty hosts in flight: nothing permitted since holds. */
static void test_restore_in_flight(void **state)
{
	struct err err = ERR_INIT;
	char backup[256];
	struct server_bench *b = *state;

	if (!str_starts(b->store, "sqlite:"))
		skip();
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/backups", "{}"), 201);
	const char *path = json_string_value(json_object_get(b->reply, "path"));
	assert_true(path && str_copy(backup, sizeof(backup), path));
	server_bench_stop(b);
	assert_int_equal(backup_restore(backup, b->store + strlen("sqlite:"),
					(int64_t)time(NULL) * 1000000, &err),
			 0);
	server_bench_start(b);
	assert_int_equal(server_bench_number(b, "SELECT generation FROM fleet_clock"), 2);
	for (unsigned i = 0; i < FLEET; i++) {
		CHECK_INT("heartbeat", fake_agent_heartbeat(&fleet[i]), 409);
		CHECK_STR("heartbeat", fleet[i].code, "session.stale_epoch");
		CHECK("no permit", fake_agent_permit(&fleet[i], NULL) >= 400);
	}
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			 0);
	assert_int_equal(
		server_bench_number(b, "SELECT count(*) FROM flow_plan WHERE ended_us = 0"), 0);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host WHERE state = 'failed'"),
			 FLEET);
	/* the agents boot anew: none gets an image by itself */
	for (unsigned i = 0; i < FLEET; i++) {
		autofree char *serial = xstrdup(fleet[i].serial);
		autofree char *mac = xstrdup(fleet[i].mac);
		fake_agent_done(&fleet[i]);
		fake_agent_boot(&fleet[i], b->front, serial, mac);
		assert_int_equal(fake_agent_open(&fleet[i]), 201);
		if (fake_agent_next(&fleet[i], 0, b->plan_key) == 200)
			assert_int_not_equal(fleet[i].plan.kind, PLAN_STEP_IMAGE);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_auto, walk_teardown)
#define F(name) cmocka_unit_test_setup_teardown(name, setup_fleet, teardown_fleet)
	const struct CMUnitTest tests[] = {
		T(test_power_cut_while_writing), T(test_same_session_comes_back),
		T(test_silent_writer),           T(test_stop_all_stops_a_writer),
		T(test_boot_order_in_the_plan),  T(test_a_damaged_object),
		F(test_stop_all_twenty),         F(test_restore_in_flight),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("writing", tests, NULL, NULL);
}
