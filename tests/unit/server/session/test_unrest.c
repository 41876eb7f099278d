/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that reboot or hang under load: the verdict, what it says of that moment, and how it is
 * repaired; with the daemon killed in between, on either store.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

#define OPEN "SELECT count(*) FROM fault WHERE state = 'open'"
#define STEP "{\"testStepArtifact\":{\"testStepId\":\"memory-pattern\","

static void to_test(struct server_bench *b, struct fake_agent *a)
{
	walk_to_discovered(b, a, "S1", MAC_A);
	need_step(b, a, PLAN_STEP_BURN_IN);
}

static int verb(struct server_bench *b, const struct fake_agent *a, const char *what)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/%s", a->host_id, what);

	return server_bench_admin(b, "POST", path, "{\"reason\":\"r\"}");
}

/* The third unexpected reboot in one run is a verdict. */
static void test_reboots(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	to_test(b, &a);
	for (int i = 1; i <= 3; i++) {
		fake_agent_done(&a);
		walk_reboot(b, &a, "S1", MAC_A);
		need_state(b, &a, i < 3 ? "testing" : "failed");
	}
	assert_int_equal(server_bench_number(b, OPEN " AND code = 'reboots-under-load'"), 1);
	fake_agent_done(&a);
}

/* An agent that comes back in the same boot did not reboot, however often. */
static void test_same_boot(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	to_test(b, &a);
	server_bench_sql(b, "UPDATE flow_session SET boot_id = 'b7'");
	for (int i = 1; i <= 5; i++) {
		fake_agent_done(&a);
		fake_agent_boot(&a, b->front, "S1", MAC_A);
		(void)str_copy(a.boot_id, sizeof(a.boot_id), "b7");
		server_bench_advance(b, 31000);
		need(fake_agent_open(&a), 201, &a, "open");
		need_state(b, &a, "testing");
	}
	assert_int_equal(server_bench_number(b, OPEN), 0);
	fake_agent_done(&a);
}

/* The fault says what the host did: the test, the heat, the kernel's last lines. */
static void test_scene(void **state)
{
	static const char *const lines[] = {
		"{\"schemaVersion\":{\"major\":2,\"minor\":0}",
		"{\"testRunArtifact\":{\"testRunStart\":{\"name\":\"n\",\"dutInfo\":{\"dutInfoId\":"
		"\"d\",\"hardwareInfos\":[]}}}",
		STEP "\"testStepStart\":{\"name\":\"s\"}}",
		STEP "\"measurement\":{\"name\":\"temperature-max\",\"value\":71,\"unit\":\"C\"}}",
		STEP "\"log\":{\"severity\":\"WARNING\",\"message\":\"kernel: mce: CPU2 is hot\"}}",
	};
	struct server_bench *b = *state;
	struct fake_agent a;

	to_test(b, &a);
	for (int n = 0; n < (int)ARRAY_LEN(lines); n++)
		need(fake_agent_event(&a, "burnin", walk_record_of(n, lines[n])), 200, &a,
		     "record");
	for (int i = 1; i <= 3; i++) {
		fake_agent_done(&a);
		walk_reboot(b, &a, "S1", MAC_A);
	}
	need_state(b, &a, "failed");
	assert_int_equal(
		server_bench_number(b, OPEN
				    " AND code = 'reboots-under-load' AND detail LIKE '%in the "
				    "test memory-pattern, at 71 C; kernel: mce: CPU2 is hot%'"),
		1);
	fake_agent_done(&a);
}

/* No sign of life for 3 minutes under test; two and a half are noted only. */
static void test_hangs(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	to_test(b, &a);
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	server_bench_advance(b, 160000);
	server_bench_tick(b);
	need_state(b, &a, "testing");
	server_bench_advance(b, 30000);
	server_bench_tick(b);
	server_bench_tick(b);
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, OPEN " AND code = 'hangs-under-load'"), 1);
	fake_agent_done(&a);
}

/* Where the server is killed, too, its tally of reboots must be in the store. */
static void reboot_three_times(struct server_bench *b, struct fake_agent *a)
{
	for (int i = 1; i <= 3; i++) {
		fake_agent_done(a);
		server_bench_crash(b);
		walk_reboot(b, a, "S1", MAC_A);
	}
}

static void fall_silent(struct server_bench *b, struct fake_agent *a)
{
	need(fake_agent_heartbeat(a), 200, a, "heartbeat");
	server_bench_advance(b, 160000);
	server_bench_tick(b);
	server_bench_advance(b, 30000);
	server_bench_tick(b);
	server_bench_tick(b);
	fake_agent_done(a);
	walk_reboot(b, a, "S1", MAC_A);
}

/* Reboots and hangs are of no part with a serial: the next run that passes after a retry closes their
 * fault. */
static void test_unrest_is_repaired(void **state)
{
	static const struct {
		const char *name, *code;
		void (*unrest)(struct server_bench *b, struct fake_agent *a);
	} rows[] = {
		{"reboots", "reboots-under-load", reboot_three_times},
		{"hangs", "hangs-under-load", fall_silent},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *of_run = xasprintf(
			OPEN " AND code = '%s' AND run_id <> '' AND part_type = 'system'",
			rows[i].code);
		struct fake_agent a;

		to_test(b, &a);
		rows[i].unrest(b, &a);
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "failed");
		CHECK_INT(rows[i].name, server_bench_number(b, OPEN), 1);
		CHECK_INT(rows[i].name, server_bench_number(b, of_run), 1);
		CHECK_INT(rows[i].name, walk_arm(b, &a, ""), 422);
		CHECK_INT(rows[i].name, verb(b, &a, "retry"), 200);
		CHECK_INT(rows[i].name, server_bench_number(b, OPEN), 1);
		walk_inspect(b, &a, NULL);
		walk_burn_in(b, &a, "PASS");
		CHECK_INT(rows[i].name, server_bench_number(b, OPEN), 0);
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "imaging");
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* The fault of a host that fell silent is opened by whichever daemon runs then. */
static void test_hangs_while_the_server_is_down(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	to_test(b, &a);
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	server_bench_advance(b, 160000);
	server_bench_tick(b); /* noted as silent, with its last contact */
	server_bench_crash(b);
	server_bench_advance(b, 190000);
	server_bench_tick(b);
	server_bench_advance(b, 190000);
	server_bench_tick(b);
	server_bench_tick(b);
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, OPEN " AND code = 'hangs-under-load'"), 1);
	fake_agent_done(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_reboots), T(test_same_boot),          T(test_scene),
		T(test_hangs),   T(test_unrest_is_repaired), T(test_hangs_while_the_server_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
