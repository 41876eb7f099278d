/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing through the server: a permission of its own for one named disk, used once; the host
 * retires only with a signed receipt; and neither permission, erase or image, does the other's
 * work.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

/* Inspected, with data on its disk, waiting for a person. */
static void to_discovered(struct server_bench *b, struct fake_agent *a)
{
	walk_open(b, a, "S1", MAC_A);
	walk_inspect(b, a, "ext4");
	need_state(b, a, "discovered");
	need_step(b, a, PLAN_STEP_WAIT);
}

static int erase(struct server_bench *b, const struct fake_agent *a, const char *body)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/erase", a->host_id);

	return server_bench_admin(b, "POST", path, body);
}

#define GOOD "{\"reason\":\"sold\",\"disk\":{\"serial\":\"DISK-00:0a\"}}"

static void to_erase_step(struct server_bench *b, struct fake_agent *a)
{
	to_discovered(b, a);
	assert_int_equal(erase(b, a, GOOD), 201);
	need_state(b, a, "erasing");
	need_step(b, a, PLAN_STEP_ERASE);
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

	struct server_bench *b = *state;
	to_erase_step(b, &a);
	assert_string_equal(a.plan.erase_disk.serial, a.disk_serial);
	assert_int_equal(a.plan.erase_disk.size_bytes, a.disk_bytes);
	assert_string_equal(a.plan.erase_method, "overwrite");
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_false(a.heartbeat.may_write);
	need(fake_agent_permit(&a, "ext4"), 200, &a, "permit");
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_true(a.heartbeat.may_write);
	need(send_receipt(&a), 200, &a, "receipt");
	need(fake_agent_step_done(&a, "ok"), 200, &a, "erased");
	need_state(b, &a, "retired");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM receipt WHERE work = "
						"'erase' AND key_sha256 <> ''"),
			 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			 0);
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_false(a.heartbeat.may_write);
	need_step(b, &a, PLAN_STEP_WAIT); /* the screen says what to do with it */
	fake_agent_done(&a);
}

/* ---- what is refused ------------------------------------------------------------------------- */

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

	struct server_bench *b = *state;
	to_discovered(b, &a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int status = erase(b, &a, rows[i].body);

		CHECK_STR(rows[i].name, b->code, rows[i].code);
		CHECK_INT(rows[i].name, status, rows[i].status);
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id),
			  rows[i].code[0] ? "discovered" : "erasing");
	}
	fake_agent_done(&a);
}

static void set_state(struct server_bench *b, const char *state)
{
	autofree char *sql = xasprintf("UPDATE host SET state = '%s'", state);

	server_bench_sql(b, sql);
}

static void test_states(void **state)
{
	static const struct {
		const char *name, *code, *state; /* NULL: as it is, but all writing is stopped */
	} rows[] = {
		{"in service", "guard.in_service", "in-service"},
		{"being imaged", "state.conflict", "imaging"},
		{"all writing is stopped", "guard.stopped", NULL},
	};

	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;

		to_discovered(b, &a);
		if (rows[i].state)
			set_state(b, rows[i].state);
		else
			walk_stop_all(b);
		CHECK(rows[i].name, erase(b, &a, GOOD) >= 400);
		CHECK_STR(rows[i].name, b->code, rows[i].code);
		CHECK_INT(rows[i].name, server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
		fake_agent_done(&a);
		walk_renew(b, profile_by_hand);
	}
}

/* ---- at the permit --------------------------------------------------------------------------- */

static void make_it_an_image_arm(struct server_bench *b, struct fake_agent *a)
{
	(void)a;
	server_bench_sql(b, "UPDATE flow_arm SET work = 'image'");
}

static void make_the_host_imaging(struct server_bench *b, struct fake_agent *a)
{
	(void)a;
	set_state(b, "imaging");
}

static void name_another_disk(struct server_bench *b, struct fake_agent *a)
{
	(void)b;
	(void)str_copy(a->plan.erase_disk.serial, sizeof(a->plan.erase_disk.serial), "OTHER");
}

static void test_permits(void **state)
{
	static const struct {
		const char *name, *code;
		void (*change)(struct server_bench *b, struct fake_agent *a);
	} rows[] = {
		{"an arm to image", "guard.arm.other", make_it_an_image_arm},
		{"a host that is imaged", "guard.arm.other", make_the_host_imaging},
		{"another disk", "guard.disk.other", name_another_disk},
	};

	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;

		to_erase_step(b, &a);
		rows[i].change(b, &a);
		CHECK(rows[i].name, fake_agent_permit(&a, NULL) >= 400);
		CHECK_STR(rows[i].name, a.code, rows[i].code);
		CHECK_INT(rows[i].name,
			  server_bench_number(
				  b, "SELECT count(*) FROM flow_arm WHERE consumed_us > 0"),
			  0);
		fake_agent_done(&a);
		walk_renew(b, profile_by_hand);
	}
}

/* An arm to erase is none to image: the planner hands out no image under it. */
static void test_no_image_under_it(void **state)
{
	struct fake_agent a;

	struct server_bench *b = *state;
	to_erase_step(b, &a);
	set_state(b, "imaging");
	server_bench_sql(b, "UPDATE flow_plan SET ended_us = 1 WHERE ended_us = 0");
	need_step(b, &a, PLAN_STEP_WAIT);
	fake_agent_done(&a);
}

/* ---- bad ends -------------------------------------------------------------------------------- */

static void test_no_receipt(void **state)
{
	struct fake_agent a;

	struct server_bench *b = *state;
	to_erase_step(b, &a);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	need(fake_agent_step_done(&a, "ok"), 200, &a, "done");
	need_state(b, &a, "failed");
	fake_agent_done(&a);
}

/* Power cut: a new boot does not go on with it, and the old permission is gone. */
static void test_interrupted(void **state)
{
	struct fake_agent first, second;
	struct server_bench *b = *state;

	to_erase_step(b, &first);
	need(fake_agent_permit(&first, NULL), 200, &first, "permit");
	server_bench_advance(b, 31000);
	fake_agent_boot(&second, b->front, "S1", MAC_A);
	need(fake_agent_open(&second), 409, &second, "another key after the order");
	need_state(b, &first, "erasing");
	assert_int_equal(walk_approve_asking(b, &first), 200);
	need(fake_agent_open(&second), 201, &second, "approved by its code");
	need_state(b, &second, "failed");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			 0);
	need_step(b, &second, PLAN_STEP_WAIT);
	assert_int_equal(erase(b, &second, GOOD), 201);
	need_step(b, &second, PLAN_STEP_ERASE);
	fake_agent_done(&first);
	fake_agent_done(&second);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_by_hand, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_walk),
		T(test_orders),
		T(test_states),
		T(test_permits),
		T(test_no_image_under_it),
		T(test_no_receipt),
		T(test_interrupted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("server erase", tests, NULL, NULL);
}
