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

#define SEVERAL(disks, more) "{\"reason\":\"sold\",\"disks\":[" disks "]" more "}"

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

/* ---- several disks of one host --------------------------------------------------------------- */

#define DRIVE(name, serial, wwn, bytes)                                                            \
	"{\"Name\":\"" name "\",\"SerialNumber\":\"" serial "\",\"WWN\":\"" wwn                    \
	"\",\"CapacityBytes\":" bytes ",\"Protocol\":\"SATA\"}"

/* Its own disk, a large one, one that is known by its WWN alone, and one that others share. */
static void give_disks(struct server_bench *b, const char *signature)
{
	autofree char *sql = xasprintf(
		"UPDATE flow_drives SET drives = '[%s,%s,%s,{\"Name\":\"sdd\",\"SerialNumber\":\"VM\","
		"\"CapacityBytes\":4096,\"Protocol\":\"SATA\",\"signatures\":[\"%s\"]}]'",
		DRIVE("sda", "DISK-00:0a", "", "8589934592"),
		DRIVE("sdb", "BIG", "0x5000c500a1b2c3d4", "24000000000000"),
		DRIVE("sdc", "", "0x5000c500a1b2c3d5", "4096"), signature);

	server_bench_sql(b, sql);
}

static void erase_one(struct server_bench *b, struct fake_agent *a, const char *serial,
		      int64_t bytes)
{
	need_step(b, a, PLAN_STEP_ERASE);
	CHECK_STR(serial, a->plan.erase_disk.serial, serial);
	CHECK_STR(serial, a->plan.erase_method, "block,overwrite");
	assert_true((int64_t)a->plan.erase_disk.size_bytes == bytes);
	(void)str_copy(a->disk_serial, sizeof(a->disk_serial), serial);
	a->disk_bytes = bytes;
	need(fake_agent_permit(a, NULL), 200, a, "permit");
	need(send_receipt(a), 200, a, "receipt");
	need(fake_agent_step_done(a, "ok"), 200, a, "erased");
}

static void test_several_disks(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	to_discovered(b, &a);
	give_disks(b, "ext4");
	assert_int_equal(erase(b, &a,
			       SEVERAL("\"DISK-00:0a\",\"0x5000c500a1b2c3d4\"",
				       ",\"methods\":\"block,overwrite\"")),
			 201);
	erase_one(b, &a, "DISK-00:0a", 8589934592LL);
	need_state(b, &a, "erasing");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0 "
						"AND consumed_us = 0 AND wipe_consent = 'BIG'"),
			 1);
	need_step(b, &a, PLAN_STEP_ERASE);
	assert_string_equal(a.plan.erase_disk.serial, "BIG");
	(void)str_copy(a.disk_serial, sizeof(a.disk_serial), "BIG");
	assert_string_equal(a.plan.erase_disk.wwn, "0x5000c500a1b2c3d4");
	a.disk_bytes = 24000000000000LL;
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	/* by the size of the disk that is erased now: 24 TB at 30 MB/s take 222 hours */
	assert_true(server_bench_number(b, "SELECT (deadline_us - changed_us) / 3600000000 FROM "
					   "host") >= 222);
	need(send_receipt(&a), 200, &a, "receipt");
	need(fake_agent_step_done(&a, "ok"), 200, &a, "erased");
	need_state(b, &a, "retired");
	assert_int_equal(server_bench_number(b, "SELECT count(DISTINCT disk_serial) FROM receipt "
						"WHERE work = 'erase' AND key_sha256 <> ''"),
			 2);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			 0);
	fake_agent_done(&a);
}

/* All are looked at before the first is erased. */
static void test_one_of_several_is_shared(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	to_discovered(b, &a);
	give_disks(b, "VMFS");
	assert_int_equal(erase(b, &a, SEVERAL("\"DISK-00:0a\",\"VM\"", "")), 403);
	assert_string_equal(b->code, "guard.data.shared");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
	fake_agent_done(&a);
}

/* The first of two fails: the second is left alone, and a person decides. */
static void test_first_of_several_fails(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	to_discovered(b, &a);
	give_disks(b, "ext4");
	assert_int_equal(erase(b, &a, SEVERAL("\"DISK-00:0a\",\"BIG\"", "")), 201);
	need_step(b, &a, PLAN_STEP_ERASE);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	need(fake_agent_step_failed(&a, "agent.erase.failed"), 200, &a, "failed");
	need_state(b, &a, "failed");
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			 0);
	fake_agent_done(&a);
}

/* A dry run's hash binds every disk and the methods. */
static void test_hash_of_several(void **state)
{
	static const char *const bodies[] = {
		SEVERAL("\"DISK-00:0a\"", ""),
		SEVERAL("\"DISK-00:0a\",\"BIG\"", ""),
		SEVERAL("\"BIG\",\"DISK-00:0a\"", ""),
		SEVERAL("\"DISK-00:0a\",\"BIG\"", ",\"methods\":\"crypto\""),
	};
	static const char wrong[] =
		",\"plan_hash\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}";
	struct server_bench *b = *state;
	struct fake_agent a;

	to_discovered(b, &a);
	give_disks(b, "ext4");
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		autofree char *body = xasprintf("%.*s%s", (int)strlen(bodies[i]) - 1, bodies[i],
						wrong);

		CHECK_INT(bodies[i], erase(b, &a, body), 409);
		CHECK_STR(bodies[i], b->code, "guard.plan");
	}
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
		{"no disk", "{\"reason\":\"sold\"}", "guard.selector", 400},
		{"an empty disk", "{\"reason\":\"sold\",\"disk\":{}}", "guard.selector", 400},
		{"a pattern", "{\"reason\":\"sold\",\"disk\":{\"serial\":\"DISK*\"}}",
		 "guard.selector", 400},
		{"another disk", "{\"reason\":\"sold\",\"disk\":{\"serial\":\"D2\"}}",
		 "guard.disk.none", 403},
		{"all", "{\"reason\":\"sold\",\"disk\":\"all\"}", "input.field.type", 400},
		{"an image",
		 "{\"reason\":\"sold\",\"image\":\"i\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "input.field.unknown", 400},
		{"no disks", "{\"reason\":\"sold\",\"disks\":[]}", "guard.selector", 400},
		{"one disk and several",
		 "{\"reason\":\"sold\",\"disk\":{\"serial\":\"DISK-00:0a\"},\"disks\":[\"DISK-00:0a\"]}",
		 "guard.selector", 400},
		{"one disk twice", SEVERAL("\"DISK-00:0a\",\"DISK-00:0a\"", ""), "guard.selector",
		 400},
		{"a pattern among several", SEVERAL("\"DISK-00:0a\",\"*\"", ""), "guard.selector",
		 400},
		{"a disk that is not there", SEVERAL("\"DISK-00:0a\",\"D2\"", ""),
		 "guard.disk.none", 403},
		{"an empty name", SEVERAL("\"\"", ""), "guard.selector", 400},
		{"unknown method", SEVERAL("\"DISK-00:0a\"", ",\"methods\":\"crypto,magic\""),
		 "input.field.range", 400},
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
		T(test_several_disks),
		T(test_one_of_several_is_shared),
		T(test_first_of_several_fails),
		T(test_hash_of_several),
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
