/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two appliances, one fleet: two daemon cores on one PostgreSQL, agents that talk to whichever
 * answers. Needs SLIPWAY_TEST_POSTGRES (tests/flow/two_appliances.sh); skipped without.
 */
#include "tests/harness/check.h"
#include <tests/harness/wait_for.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

#define HOSTS      4
#define KILL_US    30000 /* a request takes less */
#define KILLS      3     /* of one request, then it is let through */
#define SILENCE_MS 1500
#define A          (&two[0])
#define B          (&two[1])

static struct server_bench two[2];
static unsigned turns;
static int unanswered;
static bool shaking;

static int setup(void **state)
{
	(void)state;
	shaking = false;
	turns = 0;
	if (!getenv("SLIPWAY_TEST_POSTGRES"))
		return 0;
	server_bench_open_real_time(A);
	server_bench_join(B, A);
	return server_bench_admin(A, "POST", "/api/v1/profiles", profile_auto) == 201 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	if (!getenv("SLIPWAY_TEST_POSTGRES"))
		return 0;
	server_bench_close(B);
	server_bench_close(A);
	return 0;
}

static void need_postgres(void)
{
	if (!getenv("SLIPWAY_TEST_POSTGRES"))
		skip();
}

static void talk_to(struct fake_agent *a, const struct server_bench *b)
{
	(void)str_copy(a->socket, sizeof(a->socket), b->front);
}

/* ---- requests that may lose their server ----------------------------------------------------- */

typedef int (*request)(struct fake_agent *a);

/* Ask one of the two; while shaking, it is killed at a moment that wanders through the request. */
static int ask_once(struct fake_agent *a, request call, bool deadly)
{
	struct server_bench *b = &two[turns % 2];
	useconds_t after_us = (turns++ * 7919) % KILL_US;
	pid_t killer = -1;

	talk_to(a, b);
	if (deadly)
		killer = fork();
	if (killer == 0) {
		usleep(after_us);
		_exit(kill(b->pid, SIGKILL) < 0);
	}
	int status = call(a);
	if (killer > 0) {
		(void)waitpid(killer, NULL, 0);
		server_bench_crash(b);
	}
	return status;
}

static void ask(struct fake_agent *a, const char *what, request call, int wanted)
{
	int status = 0;

	for (int i = 0; i <= KILLS && status == 0; i++) {
		status = ask_once(a, call, shaking && i < KILLS);
		unanswered += status == 0;
	}
	if (status != wanted)
		fail_msg("%s of %s: status %d (%s), not %d", what, a->serial, status, a->code,
			 wanted);
}

static int next(struct fake_agent *a)
{
	return fake_agent_next(a, 0, A->plan_key);
}

static int facts(struct fake_agent *a)
{
	return fake_agent_facts(a, NULL);
}

static int record_number;

static int record(struct fake_agent *a)
{
	return fake_agent_event(a, "burnin", walk_good_record(record_number));
}

static void ask_records(struct fake_agent *a)
{
	json_t *one;

	for (record_number = 0; (one = walk_good_record(record_number)); record_number++) {
		json_decref(one);
		ask(a, "record", record, 200);
	}
}

static int done(struct fake_agent *a)
{
	return fake_agent_step_done(a, a->plan.kind == PLAN_STEP_BURN_IN ? "PASS" : "ok");
}

static int permit(struct fake_agent *a)
{
	return fake_agent_permit(a, NULL);
}

static char token[SHA256_HEX_BYTES], digest[SHA256_HEX_BYTES];

static int first_boot(struct fake_agent *a)
{
	return fake_agent_first_boot(a, token, digest);
}

static void ask_step(struct fake_agent *a, enum plan_step_kind kind)
{
	ask(a, "next", next, 200);
	assert_string_equal(plan_step_kind_str(a->plan.kind), plan_step_kind_str(kind));
}

static void to_image(struct fake_agent *a)
{
	ask(a, "session", fake_agent_open, 201);
	ask_step(a, PLAN_STEP_INSPECT);
	ask(a, "facts", facts, 200);
	ask(a, "inspected", done, 200);
	ask_step(a, PLAN_STEP_BURN_IN);
	ask_records(a);
	ask(a, "tested", done, 200);
	ask_step(a, PLAN_STEP_IMAGE);
}

static void image_to_ready(struct fake_agent *a)
{
	(void)str_copy(token, sizeof(token), a->plan.image.first_boot_token);
	(void)str_copy(digest, sizeof(digest), a->plan.image.image_digest);
	ask(a, "permit", permit, 200);
	ask(a, "heartbeat", fake_agent_heartbeat, 200);
	assert_true(a->heartbeat.may_write);
	ask(a, "receipt", fake_agent_receipt, 200);
	ask(a, "imaged", done, 200);
	ask_step(a, PLAN_STEP_REBOOT);
	ask(a, "rebooting", done, 200);
	ask(a, "first boot", first_boot, 200);
	ask(a, "first boot again", first_boot, 200);
}

static void boot(struct fake_agent *a, unsigned i)
{
	char serial[16], mac[20];

	snprintf(serial, sizeof(serial), "TWO-%u", i);
	snprintf(mac, sizeof(mac), "52:54:00:00:02:%02x", i);
	fake_agent_boot(a, A->front, serial, mac);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_either_may_die(void **state)
{
	static const struct {
		const char *what, *sql;
	} once_each[] = {
		{"hosts", "SELECT count(*) FROM host"},
		{"hosts ready", "SELECT count(*) FROM host WHERE state = 'ready'"},
		{"sessions", "SELECT count(*) FROM flow_session"},
		{"burn-in runs", "SELECT count(*) FROM run"},
		{"runs passed", "SELECT count(*) FROM run WHERE result = 'PASS'"},
		{"arms", "SELECT count(*) FROM flow_arm"},
		{"permits", "SELECT count(*) FROM event WHERE kind = 'permit.granted'"},
		{"receipts", "SELECT count(*) FROM receipt"},
		{"first boots", "SELECT count(*) FROM event WHERE kind = 'host.first_boot'"},
		{"inspections", "SELECT count(*) FROM flow_plan WHERE kind = 'inspect'"},
		{"tests", "SELECT count(*) FROM flow_plan WHERE kind = 'burn_in'"},
		{"images", "SELECT count(*) FROM flow_plan WHERE kind = 'image'"},
		{"reboots", "SELECT count(*) FROM flow_plan WHERE kind = 'reboot'"},
	};
	(void)state;
	need_postgres();
	shaking = true;
	for (unsigned i = 0; i < HOSTS; i++) {
		struct fake_agent a;
		boot(&a, i);
		to_image(&a);
		image_to_ready(&a);
		fake_agent_done(&a);
	}
	for (size_t i = 0; i < ARRAY_LEN(once_each); i++)
		CHECK_INT(once_each[i].what, server_bench_number(A, once_each[i].sql), HOSTS);
	CHECK("kills that a request did not survive", unanswered > HOSTS);
	CHECK_INT("events in one order",
		  server_bench_number(B, "SELECT count(*) - count(DISTINCT id) FROM event"), 0);
}

/* A client gave up on one appliance and asks the other, while the first is still at work. */
static void test_same_events_to_both(void **state)
{
	struct fake_agent a;

	(void)state;
	need_postgres();
	boot(&a, 0);
	ask(&a, "session", fake_agent_open, 201);
	for (int i = 0; i < 40; i++) {
		pid_t other = fork();
		talk_to(&a, other == 0 ? B : A);
		int status = fake_agent_event(
			&a, "log", json_pack("{s:s, s:s}", "level", "info", "text", "once"));
		if (other == 0)
			_exit(status != 200);
		CHECK_INT("first", status, 200);
		CHECK_INT("last number", a.acked, a.seq);
		int ended = 0;
		(void)waitpid(other, &ended, 0);
		CHECK_INT("second", ended, 0);
	}
	CHECK_INT("stored",
		  server_bench_number(A, "SELECT count(*) FROM event WHERE kind = 'agent.log'"),
		  40);
	fake_agent_done(&a);
}

/* What one writes wakes requests that wait at the other; polls are 20 s long and must end in 5. */
static void test_waiters_wake(void **state)
{
	struct fake_agent a;

	(void)state;
	need_postgres();
	assert_int_equal(server_bench_admin(A, "POST", "/api/v1/profiles", profile_by_hand), 201);
	boot(&a, 0);
	talk_to(&a, B);
	ask(&a, "session", fake_agent_open, 201);
	ask_step(&a, PLAN_STEP_INSPECT);
	ask(&a, "facts", facts, 200);
	ask(&a, "inspected", done, 200);
	ask_step(&a, PLAN_STEP_WAIT);
	assert_int_equal(server_bench_admin(B, "GET", "/api/v1/changes", NULL), 200);
	autofree char *news = xasprintf(
		"/api/v1/changes?since=%lld&wait=20",
		(long long)json_integer_value(json_object_get(B->reply, "next")));
	autofree char *approve = xasprintf("/api/v1/hosts/%s/arm", a.host_id);
	pid_t writer = fork();
	if (writer == 0) {
		WAIT_FOR("waits", server_bench_metric(B, "slipway_http_waiting") > 0);
		_exit(server_bench_admin(A, "POST", approve,
					 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":"
					 "\"DISK-02:00\"}}") != 201);
	}
	int64_t begun_us = clock_boot_us(&clock_system);
	assert_int_equal(server_bench_admin(B, "GET", news, NULL), 200);
	int64_t took_us = clock_boot_us(&clock_system) - begun_us;
	assert_true(json_array_size(json_object_get(B->reply, "items")) > 0);
	assert_true(took_us < 5000000);
	int ended = 0;
	(void)waitpid(writer, &ended, 0);
	CHECK_INT("armed through the first", ended, 0);
	talk_to(&a, B);
	assert_int_equal(fake_agent_next(&a, 5, A->plan_key), 200);
	assert_int_equal(a.plan.kind, PLAN_STEP_IMAGE);
	fake_agent_done(&a);
}

/* The agent's own long poll at B ends when A let the host in. */
static void test_agent_wakes(void **state)
{
	struct fake_agent a;

	(void)state;
	need_postgres();
	assert_int_equal(server_bench_admin(A, "POST", "/api/v1/profiles", profile_by_hand), 201);
	boot(&a, 0);
	ask(&a, "session", fake_agent_open, 201);
	ask_step(&a, PLAN_STEP_INSPECT);
	ask(&a, "facts", facts, 200);
	ask(&a, "inspected", done, 200);
	ask_step(&a, PLAN_STEP_WAIT);
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a.host_id);
	pid_t writer = fork();
	if (writer == 0) {
		WAIT_FOR("waits", server_bench_metric(B, "slipway_http_waiting") > 0);
		_exit(server_bench_admin(A, "POST", path,
					 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":"
					 "\"DISK-02:00\"}}") != 201);
	}
	talk_to(&a, B);
	int64_t begun_us = clock_boot_us(&clock_system);
	int status = 200;
	do /* other words to show may come first */
		status = fake_agent_next(&a, 20, A->plan_key);
	while (status == 200 && a.plan.kind == PLAN_STEP_WAIT);
	assert_int_equal(status, 200);
	assert_int_equal(a.plan.kind, PLAN_STEP_IMAGE);
	assert_true(clock_boot_us(&clock_system) - begun_us < 5000000);
	int ended = 0;
	(void)waitpid(writer, &ended, 0);
	CHECK_INT("armed through the first", ended, 0);
	fake_agent_done(&a);
}

static bool told_to_stop(struct fake_agent *a, bool wanted)
{
	assert_int_equal(fake_agent_heartbeat(a), 200);
	return a->heartbeat.stop == wanted && a->heartbeat.may_write == !wanted;
}

static void test_stop_all_stops_both(void **state)
{
	struct fake_agent a, other;

	(void)state;
	need_postgres();
	boot(&a, 0);
	boot(&other, 1);
	to_image(&a);
	to_image(&other);
	talk_to(&a, B);
	talk_to(&other, B);
	assert_int_equal(permit(&a), 200);
	assert_int_equal(server_bench_admin(A, "POST", "/api/v1/stop-all", "{\"reason\":\"x\"}"),
			 200);
	assert_int_equal(permit(&other), 403); /* at once, without waiting for a notice */
	assert_string_equal(other.code, "guard.stopped");
	WAIT_FOR("true", told_to_stop(&a, true));
	server_bench_crash(B);
	WAIT_FOR("true", told_to_stop(&a, true));
	assert_int_equal(server_bench_admin(A, "DELETE", "/api/v1/stop-all", NULL), 200);
	WAIT_FOR("false", told_to_stop(&a, false));
	assert_int_equal(permit(&other), 200);
	fake_agent_done(&a);
	fake_agent_done(&other);
}

/* B knows of the writer but never hears it: A does, and that counts. */
static void test_heard_by_the_other(void **state)
{
	static const char faults[] = "SELECT count(*) FROM fault WHERE code = 'interrupted'";
	struct fake_agent a;

	(void)state;
	need_postgres();
	A->silence_ms = B->silence_ms = SILENCE_MS;
	server_bench_crash(A);
	boot(&a, 0);
	to_image(&a);
	ask(&a, "permit", permit, 200);
	server_bench_crash(B);
	talk_to(&a, A);
	for (int64_t end_ms = time_boot_ms() + 3L * SILENCE_MS; time_boot_ms() < end_ms;) {
		assert_int_equal(fake_agent_heartbeat(&a), 200);
		(void)poll(NULL, 0, 20);
	}
	assert_string_equal(server_bench_state(A, a.host_id), "imaging");
	CHECK_INT("interruptions of hosts in contact", server_bench_number(A, faults), 0);
	WAIT_FOR("silent", str_eq(server_bench_state(A, a.host_id), "failed"));
	server_bench_tick(B); /* the other's turn to notice */
	CHECK_INT("interruptions of silent hosts", server_bench_number(A, faults), 1);
	fake_agent_done(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_either_may_die), T(test_same_events_to_both), T(test_waiters_wake),
		T(test_agent_wakes),    T(test_stop_all_stops_both), T(test_heard_by_the_other),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("two appliances", tests, NULL, NULL);
}
