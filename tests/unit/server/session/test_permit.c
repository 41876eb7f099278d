/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards at the permit, the last word before the first write: each row breaks one thing between the
 * arm and the agent's question.
 */
#include "tests/harness/check.h"

#include <base/str.h>
#include "tests/harness/host_walk.h"

static void change_serial(struct fake_agent *a)
{
	(void)str_copy(a->plan.image.disk.serial, sizeof(a->plan.image.disk.serial), "OTHER");
}

static void change_size(struct fake_agent *a)
{
	a->plan.image.disk.size_bytes -= 512;
}

static void change_wwn(struct fake_agent *a)
{
	(void)str_copy(a->plan.image.disk.wwn, sizeof(a->plan.image.disk.wwn), "0x1");
}

static void change_plan(struct fake_agent *a)
{
	(void)str_copy(a->plan.plan_id, sizeof(a->plan.plan_id), "nonsense");
}

static void change_arm(struct fake_agent *a)
{
	(void)str_copy(a->plan.image.arm_id, sizeof(a->plan.image.arm_id), "nonsense");
}

static void stop_all_and_restart(struct server_bench *b)
{
	walk_stop_all(b);
	server_bench_crash(b);
}

static void remove_image(struct server_bench *b)
{
	b->image_version[0] = '\0';
	server_bench_crash(b);
}

#define TWO_CENTURIES_MS (200L * 365 * 86400 * 1000)

/* Everything else lasts longer than the trust root. */
static void outlive_root(struct server_bench *b)
{
	server_bench_sql(b, "UPDATE flow_arm SET expires_us = 9000000000000000000");
	server_bench_advance(b, TWO_CENTURIES_MS);
}

/* K-14. */
static void test_permit_guards(void **state)
{
	static const struct {
		const char *name;
		void (*asked)(struct fake_agent *a);     /* what the agent asks for */
		const char *stored;                      /* SQL: what the store knows */
		void (*ordered)(struct server_bench *b); /* what a person did */
		const char *found;                       /* on the disk */
		const char *code;
	} rows[] = {
		{"another serial", .asked = change_serial, .code = "guard.disk.other"},
		{"another size", .asked = change_size, .code = "guard.disk.other"},
		{"another WWN", .asked = change_wwn, .code = "guard.disk.other"},
		{"unknown plan", .asked = change_plan, .code = "guard.arm.other"},
		{"unknown arm", .asked = change_arm, .code = "guard.arm.missing"},
		{"expired arm", .stored = "UPDATE flow_arm SET expires_us = 1000",
		 .code = "guard.arm.expired"},
		{"arm of another session",
		 .stored = "UPDATE flow_arm SET consumed_us = 1000, session_id = 'other'",
		 .code = "guard.arm.used"},
		{"ended arm", .stored = "UPDATE flow_arm SET ended_us = 1000",
		 .code = "guard.arm.used"},
		{"used by this session, then ended",
		 .stored = "UPDATE flow_arm SET consumed_us = 1000, ended_us = 2000, permit_id = "
			   "'p', session_id = (SELECT id FROM flow_session)",
		 .code = "guard.arm.used"},
		{"arm of another host", .stored = "UPDATE flow_arm SET host_num = 999",
		 .code = "guard.arm.other"},
		{"in service", .stored = "UPDATE host SET state = 'in-service'",
		 .code = "guard.in_service"},
		{"all stopped", .ordered = walk_stop_all, .code = "guard.stopped"},
		{"all stopped, then a crash", .ordered = stop_all_and_restart,
		 .code = "guard.stopped"},
		{"an image that is gone", .ordered = remove_image, .code = "guard.image"},
		{"C-05 an image of a trust root that has expired", .ordered = outlive_root,
		 .code = "image.root.expired"},
		{"data without consent", .found = "ext4", .code = "guard.data"},
		{"shared file system, upper case", .found = "AA31E02A-400F-11DB-9590-000C2911D1B8",
		 .code = "guard.data.shared"},
		{"all is well", .code = ""},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		walk_to_image(b, &a, "S1", MAC_A);
		if (rows[i].asked)
			rows[i].asked(&a);
		if (rows[i].stored)
			server_bench_sql(b, rows[i].stored);
		if (rows[i].ordered)
			rows[i].ordered(b);
		int status = fake_agent_permit(&a, rows[i].found);
		CHECK_STR(rows[i].name, a.code, rows[i].code);
		CHECK_INT(rows[i].name, status, rows[i].code[0] ? 403 : 200);
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM event WHERE kind = "
						 "'permit.granted'"),
			  rows[i].code[0] ? 0 : 1);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* C-05: an order of an image that nobody vouches for any more. */
static void test_no_arm_after_the_root(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	server_bench_advance(b, TWO_CENTURIES_MS);
	assert_int_equal(walk_arm(b, &a, ",\"reason\":\"r\""), 403);
	assert_string_equal(b->code, "image.root.expired");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
	fake_agent_done(&a);
}

/* Another session holds the pen: this one is told to put it down. */
static void test_only_its_own_session_writes(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_writing(b, &a, "S1", MAC_A);
	assert_true(walk_may_write(b, &a));
	server_bench_sql(b, "UPDATE flow_arm SET session_id = 'other'");
	assert_false(walk_may_write(b, &a));
	fake_agent_done(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_permit_guards),
		T(test_no_arm_after_the_root),
		T(test_only_its_own_session_writes),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("permit", tests, NULL, NULL);
}
