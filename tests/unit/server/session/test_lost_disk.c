/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that is pulled while it is written: the host's repair order names its slot and serial, keeps
 * the first error, and is a technician's; also where the agent tries again and finds no such disk.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

static const char *fault_text(struct server_bench *b, const char *member)
{
	const json_t *fault = json_object_get(b->reply, "fault");
	const char *text = json_string_value(json_object_get(fault, member));

	return text ? text : "(none)";
}

static void fail_step(struct fake_agent *a, const char *code, const char *detail)
{
	need(fake_agent_event(a, "step_failed",
			      json_pack("{s:I, s:s, s:s}", "seq", (json_int_t)a->plan.seq, "code",
					code, "detail", detail)),
	     200, a, code);
	a->after = a->plan.seq;
}

static void ask_host(struct server_bench *b, const struct fake_agent *a)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s", a->host_id);

	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
}

static void test_second_try_finds_none(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	walk_to_writing(b, &a, "S1", MAC_A);
	fail_step(&a, "system.io", "write at 4096: Input/output error");
	need_step(b, &a, PLAN_STEP_IMAGE);
	fail_step(&a, "guard.disk.none", "no disk among 0");
	need_state(b, &a, "failed");
	ask_host(b, &a);
	CHECK_STR("code", fault_text(b, "code"), "disk-lost");
	CHECK_STR("turn", fault_text(b, "turn"), "technician");
	CHECK_STR("serial", fault_text(b, "serial"), a.disk_serial);
	CHECK_STR("slot", fault_text(b, "slot"), "vda");
	CHECK_STR("detail", fault_text(b, "detail"),
		  "no disk among 0; first error: write at 4096: Input/output error");
	const json_t *advice = json_object_get(b->reply, "advice");
	CHECK_STR("whose turn the host is", json_string_value(json_object_get(advice, "turn")),
		  "technician");
	autofree char *path = xasprintf("/api/v1/hosts/%s", a.host_id);
	assert_int_equal(server_bench_admin(b, "PATCH", path, "{\"rack\":\"R7\",\"unit\":12}"),
			 200);
	need_step(b, &a, PLAN_STEP_WAIT);
	autofree char *lines = xasprintf("Repair: RESEAT\nSlot: vda\nSerial: %s\n", a.disk_serial);
	CHECK("what its screen draws big", str_starts(a.plan.wait.message, lines));
	CHECK("and where it stands", str_ends(a.plan.wait.message, "\nPlace: rack R7, unit 12"));
	fake_agent_done(&a);
}

/* What was never there is a mistake in a choice, and an operator's. */
static void test_other_errors_stay(void **state)
{
	static const struct {
		const char *code, *fault, *turn;
	} rows[] = {
		{"guard.disk.busy", "guard.disk.busy", "operator"},
		{"guard.disk.swapped", "guard.disk.swapped", "technician"},
		{"agent.disk.lost", "disk-lost", "technician"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server_bench *b = *state;
		struct fake_agent a;

		if (i > 0)
			walk_renew(b, profile_auto);
		walk_to_writing(b, &a, "S1", MAC_A);
		fail_step(&a, rows[i].code, "x");
		need_state(b, &a, "failed");
		ask_host(b, &a);
		CHECK_STR(rows[i].code, fault_text(b, "code"), rows[i].fault);
		CHECK_STR(rows[i].code, fault_text(b, "turn"), rows[i].turn);
		fake_agent_done(&a);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_second_try_finds_none),
		T(test_other_errors_stay),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lost disk", tests, NULL, NULL);
}
