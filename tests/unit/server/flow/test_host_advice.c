/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn a host is: the list, the host's page and its screen agree, through its life; a silent
 * agent, an arm that came before the burn-in, a step that a person ended while it ran.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <proto/advice.h>
#include "tests/harness/host_walk.h"

static const char profile_tests[] =
	"{\"name\":\"p\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":false,\"burnin\":{\"tier\":\"quick\",\"limits\":{\"cpu_s\":1}},"
	"\"image\":{\"line\":\"debian12\"}}";

static int setup_tests(void **state)
{
	int rc = walk_setup_by_hand(state);

	return rc ? rc
		  : server_bench_admin(*state, "POST", "/api/v1/profiles", profile_tests) != 201;
}

static const char *text_at(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text ? text : "";
}

/* The host's page: advice and row say the same turn. */
static json_t *advice_of(struct server_bench *b, const struct fake_agent *a)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s", a->host_id);

	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	json_t *advice = json_object_get(b->reply, "advice");
	assert_non_null(advice);
	return advice;
}

static void need_turn(struct server_bench *b, const struct fake_agent *a, const char *title,
		      const char *turn)
{
	json_t *advice = advice_of(b, a);

	assert_string_equal(text_at(advice, "title"), title);
	assert_string_equal(text_at(advice, "turn"), turn);
	assert_string_equal(text_at(b->reply, "turn"), turn);
}

static void approve(struct server_bench *b, const struct fake_agent *a)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/approve", a->host_id);

	assert_int_equal(server_bench_admin(b, "POST", path, "{}"), 200);
}

/* field-14: a host that waits for an arm is not being imaged. */
static void test_turns_of_a_life(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_open(b, &a, "S1", MAC_A);
	need_turn(b, &a, "Inspecting", "server");
	walk_inspect(b, &a, NULL);
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_string_equal(a.plan.wait.turn, "operator");
	need_turn(b, &a, "Waits for approval", "operator");
	approve(b, &a);
	need_turn(b, &a, "Testing", "server");
	walk_burn_in(b, &a, "PASS");
	need_turn(b, &a, "Waits for an arm", "operator");
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_string_equal(a.plan.wait.turn, "operator");
	assert_int_equal(
		server_bench_number(b, "SELECT count(*) FROM host WHERE turn = 'operator'"), 1);
	assert_int_equal(walk_arm(b, &a, ""), 201);
	need_turn(b, &a, "Imaging", "server");
	need_step(b, &a, PLAN_STEP_IMAGE);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	need_turn(b, &a, "Imaging", "server");
	fake_agent_done(&a);
}

/* field-14: an arm that comes while the host waits for approval is kept, and the host is tested. */
static void test_arm_before_burn_in(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_int_equal(walk_arm(b, &a, ""), 201);
	need_state(b, &a, "testing");
	need_turn(b, &a, "Testing", "server");
	assert_true(json_is_null(json_object_get(b->reply, "burn_in_waived")));
	walk_burn_in(b, &a, "PASS");
	need_state(b, &a, "imaging");
	need_turn(b, &a, "Imaging", "server");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0 "
						"AND expires_us - created_us <= 3600000000"),
			 1);
	need_step(b, &a, PLAN_STEP_IMAGE);
	fake_agent_done(&a);
}

/* A kept arm is void when the burn-in fails. */
static void test_arm_of_a_bad_host(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(walk_arm(b, &a, ""), 201);
	walk_burn_in(b, &a, "FAIL");
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"),
			 0);
	fake_agent_done(&a);
}

/* Without its burn-in for a reason, which stays with the host. */
static void test_waived(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(walk_arm(b, &a, ",\"skip_burnin\":\"spare for site B\""), 201);
	need_state(b, &a, "imaging");
	need_step(b, &a, PLAN_STEP_IMAGE);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	walk_finish_image(b, &a);
	need_state(b, &a, "verifying");
	(void)advice_of(b, &a);
	const json_t *waived = json_object_get(b->reply, "burn_in_waived");
	assert_string_equal(text_at(waived, "reason"), "spare for site B");
	assert_true(text_at(waived, "who")[0] != '\0' && text_at(waived, "at")[0] != '\0');
	fake_agent_done(&a);
}

/* field-14: a host without contact is a technician's, and no time left is shown. */
static void test_silent(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	approve(b, &a);
	need_step(b, &a, PLAN_STEP_BURN_IN);
	(void)walk_may_write(b, &a);
	server_bench_advance(b, 151 * 1000);
	server_bench_tick(b);
	need_turn(b, &a, "No contact", "technician");
	assert_true(json_is_true(json_object_get(b->reply, "silent")));
	assert_null(json_object_get(b->reply, "progress"));
	assert_true(text_at(b->reply, "last_heard")[0] != '\0');
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/hosts?turn=technician", NULL), 200);
	const json_t *row = json_array_get(json_object_get(b->reply, "items"), 0);
	assert_true(json_is_true(json_object_get(row, "silent")));
	assert_string_equal(text_at(row, "state"), "testing");
	(void)walk_may_write(b, &a); /* a heartbeat */
	need_turn(b, &a, "Testing", "server");
	assert_null(json_object_get(b->reply, "silent"));
	fake_agent_done(&a);
}

static bool is_told_to_stop(struct fake_agent *a, const char *stage)
{
	a->stage = stage;
	need(fake_agent_heartbeat(a), 200, a, "heartbeat");
	return a->heartbeat.stop;
}

/* field-14: a host that is started over while a step runs stops that step first. */
static void test_retry_while_it_tests(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	approve(b, &a);
	need_step(b, &a, PLAN_STEP_BURN_IN);
	assert_false(is_told_to_stop(&a, "memory.pattern"));
	autofree char *path = xasprintf("/api/v1/hosts/%s/retry", a.host_id);
	assert_int_equal(server_bench_admin(b, "POST", path, "{}"), 200);
	need_state(b, &a, "inspecting");
	need_turn(b, &a, "Stopping", "server");
	assert_true(is_told_to_stop(&a, "memory.pattern"));
	need_turn(b, &a, "Stopping", "server");
	assert_false(is_told_to_stop(&a, "idle"));
	need_turn(b, &a, "Inspecting", "server");
	need_step(b, &a, PLAN_STEP_INSPECT);
	assert_false(is_told_to_stop(&a, "inspect"));
	fake_agent_done(&a);
}

/* The table that the page's words come from names every state. */
static void test_published_words(void **state)
{
	struct server_bench *b = *state;
	size_t i;
	json_t *row;

	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/lifecycle", NULL), 200);
	json_t *items = json_object_get(b->reply, "items");
	assert_int_equal(json_array_size(items), _STATE_MAX);
	json_array_foreach (items, i, row) {
		const char *titles[] = {"server", "technician", "operator"};

		assert_string_equal(text_at(row, "state"),
				    lifecycle_state_str((enum lifecycle_state)i));
		assert_true(text_at(row, "title")[0] != '\0' && text_at(row, "meaning")[0] != '\0');
		for (size_t t = 0; t < ARRAY_LEN(titles); t++)
			assert_string_equal(text_at(json_object_get(row, "titles"), titles[t]),
					    advice_title((enum lifecycle_state)i, titles[t]));
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup_tests, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_turns_of_a_life),
		T(test_arm_before_burn_in),
		T(test_arm_of_a_bad_host),
		T(test_waived),
		T(test_silent),
		T(test_retry_while_it_tests),
		T(test_published_words),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("server flow host_advice", tests, NULL, NULL);
}
