/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing through the server: a permission of its own for one named disk, used once; the host
 * retires only with a signed receipt; and neither permission, erase or image, does the other's
 * work.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/server_bench.h"

#define MAC "52:54:00:00:00:0a"

static const char profile_by_hand[] =
	"{\"name\":\"hand\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":false,\"image\":{\"line\":\"debian12\"}}";

static struct server_bench bench;

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	return server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_by_hand) == 201 ? 0
											      : -1;
}

static int teardown(void **state)
{
	(void)state;
	server_bench_close(&bench);
	return 0;
}

static void need(int got, int wanted, const struct fake_agent *a, const char *what)
{
	if (got != wanted)
		fail_msg("%s: status %d (%s), not %d", what, got, a->code, wanted);
}

static void need_step(struct fake_agent *a, enum plan_step_kind kind)
{
	need(fake_agent_next(a, 0, bench.plan_key), 200, a, "next");
	assert_string_equal(plan_step_kind_str(a->plan.kind), plan_step_kind_str(kind));
}

/* Inspected, with data on its disk, waiting for a person. */
static void to_discovered(struct fake_agent *a)
{
	fake_agent_boot(a, bench.front, "S1", MAC);
	need(fake_agent_open(a), 201, a, "open");
	need_step(a, PLAN_STEP_INSPECT);
	need(fake_agent_facts(a, "ext4"), 200, a, "facts");
	need(fake_agent_step_done(a, "ok"), 200, a, "inspected");
	assert_string_equal(server_bench_state(&bench, a->host_id), "discovered");
	need_step(a, PLAN_STEP_WAIT);
}

static int erase(const struct fake_agent *a, const char *body)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/erase", a->host_id);

	return server_bench_admin(&bench, "POST", path, body);
}

#define GOOD "{\"reason\":\"sold\",\"disk\":{\"serial\":\"DISK-00:0a\"}}"

static void to_erase_step(struct fake_agent *a)
{
	to_discovered(a);
	assert_int_equal(erase(a, GOOD), 201);
	assert_string_equal(server_bench_state(&bench, a->host_id), "erasing");
	need_step(a, PLAN_STEP_ERASE);
}

static int send_receipt(struct fake_agent *a)
{
	return fake_agent_receipt_of(a, json_pack("{s:s, s:I}", "method", "overwrite",
						  "read_back_bytes", (json_int_t)a->disk_bytes));
}

/* ---- the good way ---------------------------------------------------------------------------- */

static void test_walk(void **state)
{
	struct fake_agent a;

	(void)state;
	to_erase_step(&a);
	assert_string_equal(a.plan.erase_disk.serial, a.disk_serial);
	assert_int_equal(a.plan.erase_disk.size_bytes, a.disk_bytes);
	assert_string_equal(a.plan.erase_method, "overwrite");
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_false(json_is_true(json_object_get(a.reply, "may_write")));
	need(fake_agent_permit(&a, "ext4"), 200, &a, "permit");
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_true(json_is_true(json_object_get(a.reply, "may_write")));
	need(send_receipt(&a), 200, &a, "receipt");
	need(fake_agent_step_done(&a, "ok"), 200, &a, "erased");
	assert_string_equal(server_bench_state(&bench, a.host_id), "retired");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM receipt WHERE work = "
						     "'erase' AND key_sha256 <> ''"),
			 1);
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"), 0);
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_false(json_is_true(json_object_get(a.reply, "may_write")));
	need_step(&a, PLAN_STEP_WAIT); /* the screen says what to do with it */
	fake_agent_done(&a);
}

/* ---- what is refused --------------------------------------------------------------------------
 */

static void test_orders(void **state)
{
	static const struct {
		const char *name, *body, *code;
		int status;
	} rows[] = {
		{"no reason", "{\"disk\":{\"serial\":\"DISK-00:0a\"}}", "input.field.missing", 400},
		{"an empty reason", "{\"reason\":\"\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "input.field.range", 400},
		{"no disk", "{\"reason\":\"sold\"}", "input.field.missing", 400},
		{"an empty disk", "{\"reason\":\"sold\",\"disk\":{}}", "guard.selector", 400},
		{"a pattern", "{\"reason\":\"sold\",\"disk\":{\"serial\":\"DISK*\"}}",
		 "guard.selector", 400},
		{"another disk", "{\"reason\":\"sold\",\"disk\":{\"serial\":\"D2\"}}",
		 "guard.disk.none", 403},
		{"all", "{\"reason\":\"sold\",\"disk\":\"all\"}", "input.field.type", 400},
		{"an image",
		 "{\"reason\":\"sold\",\"image\":\"i\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "input.field.unknown", 400},
		{"good", GOOD, "", 201},
	};
	struct fake_agent a;

	(void)state;
	to_discovered(&a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int status = erase(&a, rows[i].body);

		CHECK_STR(rows[i].name, bench.code, rows[i].code);
		CHECK_INT(rows[i].name, status, rows[i].status);
		CHECK_STR(rows[i].name, server_bench_state(&bench, a.host_id),
			  rows[i].code[0] ? "discovered" : "erasing");
	}
	fake_agent_done(&a);
}

static void make_in_service(void)
{
	server_bench_sql(&bench, "UPDATE host SET state = 'in-service'");
}

static void make_imaging(void)
{
	server_bench_sql(&bench, "UPDATE host SET state = 'imaging'");
}

static void stop_all(void)
{
	assert_int_equal(
		server_bench_admin(&bench, "POST", "/api/v1/stop-all", "{\"reason\":\"x\"}"), 200);
}

static void test_states(void **state)
{
	static const struct {
		const char *name, *code;
		void (*before)(void);
	} rows[] = {
		{"in service", "guard.in_service", make_in_service},
		{"being imaged", "state.conflict", make_imaging},
		{"all writing is stopped", "guard.stopped", stop_all},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;

		to_discovered(&a);
		rows[i].before();
		CHECK(rows[i].name, erase(&a, GOOD) >= 400);
		CHECK_STR(rows[i].name, bench.code, rows[i].code);
		CHECK_INT(rows[i].name,
			  server_bench_number(&bench, "SELECT count(*) FROM flow_arm"), 0);
		fake_agent_done(&a);
		teardown(NULL);
		CHECK_INT(rows[i].name, setup(NULL), 0);
	}
}

/* ---- at the permit ----------------------------------------------------------------------------
 */

static void make_it_an_image_arm(struct fake_agent *a)
{
	(void)a;
	server_bench_sql(&bench, "UPDATE flow_arm SET work = 'image'");
}

static void make_the_host_imaging(struct fake_agent *a)
{
	(void)a;
	make_imaging();
}

static void name_another_disk(struct fake_agent *a)
{
	(void)str_copy(a->plan.erase_disk.serial, sizeof(a->plan.erase_disk.serial), "OTHER");
}

static void test_permits(void **state)
{
	static const struct {
		const char *name, *code;
		void (*change)(struct fake_agent *a);
	} rows[] = {
		{"an arm to image", "guard.arm.other", make_it_an_image_arm},
		{"a host that is imaged", "guard.arm.other", make_the_host_imaging},
		{"another disk", "guard.disk.other", name_another_disk},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;

		to_erase_step(&a);
		rows[i].change(&a);
		CHECK(rows[i].name, fake_agent_permit(&a, NULL) >= 400);
		CHECK_STR(rows[i].name, a.code, rows[i].code);
		CHECK_INT(rows[i].name,
			  server_bench_number(
				  &bench, "SELECT count(*) FROM flow_arm WHERE consumed_us > 0"),
			  0);
		fake_agent_done(&a);
		teardown(NULL);
		CHECK_INT(rows[i].name, setup(NULL), 0);
	}
}

/* An arm to erase is none to image: the planner hands out no image under it. */
static void test_no_image_under_it(void **state)
{
	struct fake_agent a;

	(void)state;
	to_erase_step(&a);
	make_imaging();
	server_bench_sql(&bench, "UPDATE flow_plan SET ended_us = 1 WHERE ended_us = 0");
	need_step(&a, PLAN_STEP_WAIT);
	fake_agent_done(&a);
}

/* ---- bad ends ----------------------------------------------------------------------------------
 */

static void test_no_receipt(void **state)
{
	struct fake_agent a;

	(void)state;
	to_erase_step(&a);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	need(fake_agent_step_done(&a, "ok"), 200, &a, "done");
	assert_string_equal(server_bench_state(&bench, a.host_id), "failed");
	fake_agent_done(&a);
}

/* Power cut: a new boot does not go on with it, and the old permission is gone. */
static void test_interrupted(void **state)
{
	struct fake_agent a, b;

	(void)state;
	to_erase_step(&a);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	fake_agent_boot(&b, bench.front, "S1", MAC);
	need(fake_agent_open(&b), 201, &b, "open again");
	assert_string_equal(server_bench_state(&bench, b.host_id), "failed");
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"), 0);
	need_step(&b, PLAN_STEP_WAIT);
	assert_int_equal(erase(&b, GOOD), 201);
	need_step(&b, PLAN_STEP_ERASE);
	fake_agent_done(&a);
	fake_agent_done(&b);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_walk),
		T(test_orders),
		T(test_states),
		T(test_permits),
		T(test_no_image_under_it),
		T(test_no_receipt),
		T(test_interrupted),
	};

	return cmocka_run_group_tests_name("server erase", tests, NULL, NULL);
}
