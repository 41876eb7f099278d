/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's whole way through the server, by a fake agent over real HTTP and a real store: in peace,
 * with the server killed before every request, and with every request said twice. Then the ways on
 * which a step ends badly.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

static void test_walk(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_ready(b, &a, "S1", MAC_A);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM receipt"), 1);
	fake_agent_done(&a);
}

/* P-01. */
static void test_walk_with_crashes(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	b->shaky = true;
	walk_to_ready(b, &a, "S1", MAC_A);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_session"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM receipt"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM run"), 1);
	fake_agent_done(&a);
}

/* W-03. */
static void test_repeated_requests(void **state)
{
	struct fake_agent a;
	char session[64], permit[64];
	struct server_bench *b = *state;

	walk_open(b, &a, "S1", MAC_A);
	(void)str_copy(session, sizeof(session), a.link.session.session_id);
	need(fake_agent_open(&a), 201, &a, "session again");
	assert_string_equal(a.link.session.session_id, session);
	walk_inspect(b, &a, NULL);
	need(fake_agent_event_again(&a, "step_done",
				    json_pack("{s:i, s:s}", "seq", 1, "result", "ok")),
	     200, &a, "event again");
	assert_int_equal(a.acked, a.seq);
	a.seq += 5;
	need(fake_agent_event_again(&a, "log",
				    json_pack("{s:s, s:s}", "level", "info", "text", "x")),
	     200, &a, "event after a gap");
	assert_int_equal(a.acked, a.seq - 5);
	a.seq -= 5;
	walk_burn_in(b, &a, "PASS");
	need_step(b, &a, PLAN_STEP_IMAGE);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	(void)str_copy(permit, sizeof(permit), a.permit_id);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit again");
	assert_string_equal(a.permit_id, permit);
	fake_agent_done(&a);
}

/* ---- steps that end badly -------------------------------------------------------------------- */

static void test_failed_burn_in(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	walk_burn_in(b, &a, "FAIL");
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM fault WHERE state = 'open'"),
			 1);
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_string_equal(a.plan.wait.turn, "technician");
	/* shown is shown: nothing new until something changes */
	need(fake_agent_next(&a, 0, b->plan_key), 204, &a, "next");
	fake_agent_done(&a);
}

/* K-09. */
static void test_step_failures(void **state)
{
	static const struct {
		const char *name, *code, *after, *turn;
		int times;
	} rows[] = {
		{"passes by itself", "http.failed", "imaging", "server", 1},
		{"does not pass", "http.failed", "failed", "technician", 4},
		{"a forged image", "image.digest", "failed", "operator", 1},
		{"a disk that lies", "image.read_back", "failed", "technician", 1},
		{"unknown code", "who.knows", "failed", "technician", 1},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		walk_to_image(b, &a, "S1", MAC_A);
		for (int n = 0; n < rows[i].times; n++) {
			if (n > 0)
				need_step(b, &a, PLAN_STEP_IMAGE);
			CHECK_INT(rows[i].name, fake_agent_step_failed(&a, rows[i].code), 200);
		}
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), rows[i].after);
		autofree char *whose = xasprintf("SELECT count(*) FROM host WHERE turn = '%s'",
						 rows[i].turn);
		CHECK_INT(rows[i].name, server_bench_number(b, whose), 1);
		need_step(b, &a,
			  str_eq(rows[i].after, "failed") ? PLAN_STEP_WAIT : PLAN_STEP_IMAGE);
		if (str_eq(rows[i].after, "failed"))
			CHECK_STR(rows[i].name, a.plan.wait.turn, rows[i].turn);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* C-06. */
static void test_deadline(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_open(b, &a, "S1", MAC_A);
	server_bench_sql(b, "UPDATE host SET deadline_us = 1000");
	server_bench_tick(b);
	need_state(b, &a, "failed");
	fake_agent_done(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_walk),           T(test_walk_with_crashes), T(test_repeated_requests),
		T(test_failed_burn_in), T(test_step_failures),     T(test_deadline),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("server flow", tests, NULL, NULL);
}
