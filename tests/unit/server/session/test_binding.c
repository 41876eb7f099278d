/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field-F2 and its kind: another machine says that it is this host, with the host's own MAC and
 * serial, at each point of its life. It waits for a person, changes nothing, and is handed nothing.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <proto/session.h>
#include "tests/harness/host_walk.h"

static long waits(struct server_bench *b)
{
	return server_bench_number(b, "SELECT count(*) FROM event WHERE kind = 'session.waits'");
}

/* All that a host is, in one number that a change of any of it would change. */
static long revision(struct server_bench *b, const struct fake_agent *a)
{
	autofree char *sql = xasprintf("SELECT revision FROM host WHERE id = '%s'", a->host_id);

	return server_bench_number(b, sql);
}

static int approve(struct server_bench *b, const struct fake_agent *a, const char *body)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/approve", a->host_id);

	return server_bench_admin(b, "POST", path, body);
}

static void at_discovered(struct server_bench *b, struct fake_agent *a)
{
	walk_to_discovered(b, a, "S1", MAC_A);
}

static void at_approved(struct server_bench *b, struct fake_agent *a)
{
	at_discovered(b, a);
	assert_int_equal(approve(b, a, NULL), 200);
}

static void at_armed(struct server_bench *b, struct fake_agent *a)
{
	at_discovered(b, a);
	assert_int_equal(walk_arm(b, a, ",\"reason\":\"r\""), 201);
}

static void at_image(struct server_bench *b, struct fake_agent *a)
{
	at_armed(b, a);
	need_step(b, a, PLAN_STEP_IMAGE);
}

static void at_writing(struct server_bench *b, struct fake_agent *a)
{
	at_image(b, a);
	need(fake_agent_permit(a, NULL), 200, a, "permit");
}

/* I-05, N-02. */
static void test_a_stranger_waits(void **state)
{
	static const struct {
		const char *name;
		void (*walk)(struct server_bench *b, struct fake_agent *a);
		long silent_ms;
	} rows[] = {
		{"field-F2 while a session lives", at_discovered, 0},
		{"field-F2 approved", at_approved, 0},
		{"field-F2 approved, and silent since", at_approved, 100000},
		{"field-F2 armed", at_armed, 0},
		{"field-F2 armed, and silent since", at_armed, 100000},
		{"field-F2 with its image's plan", at_image, 100000},
		{"field-F2 while it is written", at_writing, 0},
		{"field-F2 while it is written, and silent", at_writing, 60000},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a, thief;

		rows[i].walk(b, &a);
		server_bench_advance(b, rows[i].silent_ms);
		long before = revision(b, &a);
		fake_agent_boot(&thief, b->front, "S1", MAC_A);
		for (int times = 0; times < 3; times++) {
			CHECK_INT(rows[i].name, fake_agent_open(&thief), 409);
			CHECK_STR(rows[i].name, thief.code, "session.other_key");
		}
		CHECK_INT(rows[i].name, waits(b), 1);
		CHECK_INT(rows[i].name, revision(b, &a), before);
		/* and the host's own machine goes on */
		CHECK_INT(rows[i].name, fake_agent_heartbeat(&a), 200);
		fake_agent_done(&a);
		fake_agent_done(&thief);
		walk_renew(b, profile_by_hand);
	}
}

/* Nobody let it in yet, and its machine is gone: the next one may come. */
static void test_a_silent_stranger_is_replaced(void **state)
{
	struct fake_agent a, next;
	struct server_bench *b = *state;

	at_discovered(b, &a);
	walk_reboot(b, &next, "S1", MAC_A);
	assert_string_equal(next.host_id, a.host_id);
	assert_int_equal(waits(b), 0);
	fake_agent_done(&a);
	fake_agent_done(&next);
}

static void test_codes(void **state)
{
	struct fake_agent a, other;
	struct server_bench *b = *state;

	at_discovered(b, &a);
	fake_agent_boot(&other, b->front, "S1", MAC_A);
	need(fake_agent_open(&other), 409, &other, "another machine");
	/* two machines: which one is not guessed */
	assert_int_equal(approve(b, &a, NULL), 409);
	assert_string_equal(b->code, "guard.code");
	assert_int_equal(approve(b, &a, "{\"code\":\"ABCD-2345\"}"), 409);
	assert_string_equal(b->code, "guard.code");
	assert_int_equal(walk_approve_asking(b, &a), 200);
	/* the first one is out, and its session with it */
	need(fake_agent_next(&a, 0, b->plan_key), 410, &a, "the other machine");
	need(fake_agent_open(&other), 201, &other, "approved");
	need_state(b, &other, "imaging");
	need(fake_agent_open(&a), 409, &a, "not approved");
	fake_agent_done(&a);
	fake_agent_done(&other);
}

/* Armed while it is switched off: whoever comes first waits until its code was compared, and gets
 * neither the token nor the data of the user. */
static void test_armed_at_rest(void **state)
{
	struct fake_agent a, next;
	struct server_bench *b = *state;

	at_writing(b, &a);
	walk_finish_image(b, &a);
	need_step(b, &a, PLAN_STEP_REBOOT);
	server_bench_sql(b, "UPDATE host SET state = 'ready'");
	server_bench_sql(b, "DELETE FROM flow_key");
	server_bench_sql(b, "UPDATE flow_session SET closed_us = 1");
	server_bench_sql(b, "UPDATE flow_arm SET ended_us = 1");
	assert_int_equal(walk_arm(b, &a, ",\"reason\":\"again\""), 201);
	walk_reboot(b, &next, "S1", MAC_A);
	need_step(b, &next, PLAN_STEP_WAIT);
	char code[SESSION_CODE_BYTES] = "";
	const char *at = strrchr(next.plan.wait.message, ' ');
	(void)str_copy(code, sizeof(code), at ? at + 1 : "");
	need(fake_agent_event(&next, "step_done",
			      json_pack("{s:i, s:s}", "seq", 1, "result", "ok")),
	     200, &next, "words");
	need_state(b, &next, "imaging");
	autofree char *body = xasprintf("{\"code\":\"%s\"}", code);
	assert_int_equal(approve(b, &next, body), 200);
	need_step(b, &next, PLAN_STEP_IMAGE);
	need(fake_agent_permit(&next, NULL), 200, &next, "permit");
	fake_agent_done(&a);
	fake_agent_done(&next);
}

/* How a machine's code reaches the server. */
enum given { NOTHING, CODE_OF_ASKING, CODE_OF_BOUND, CODE_OF_NOBODY };

static void code_of(struct server_bench *b, const struct fake_agent *a, const char *member,
		    char ret[static SESSION_CODE_BYTES])
{
	autofree char *path = xasprintf("/api/v1/hosts/%s", a->host_id);

	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	json_t *codes = json_object_get(b->reply, "codes");
	json_t *one = json_object_get(codes, member);
	if (json_is_array(one))
		one = json_array_get(one, 0);
	(void)str_copy(ret, SESSION_CODE_BYTES,
		       json_string_value(one) ? json_string_value(one) : "");
}

/* The session of the machine that was let in is over, and another one asks. */
static void at_left_alone(struct server_bench *b, struct fake_agent *a, struct fake_agent *thief,
			  char own[static SESSION_CODE_BYTES],
			  char asking[static SESSION_CODE_BYTES])
{
	at_approved(b, a);
	code_of(b, a, "session", own);
	fake_agent_boot(thief, b->front, "S1", MAC_A);
	need(fake_agent_open(thief), 409, thief, "another machine");
	code_of(b, a, "asking", asking);
	server_bench_sql(b, "UPDATE flow_session SET closed_us = 1");
}

static void test_who_merely_asks_is_never_bound(void **state)
{
	static const struct {
		const char *name;
		bool arm;
		enum given given;
		int status;
	} rows[] = {
		{"approved without a code", false, NOTHING, 409},
		{"approved with a code of nobody", false, CODE_OF_NOBODY, 409},
		{"approved with the code of the one that was let in", false, CODE_OF_BOUND, 200},
		{"approved with the code of the one that asks", false, CODE_OF_ASKING, 200},
		{"armed without a code", true, NOTHING, 409},
		{"armed with a code of nobody", true, CODE_OF_NOBODY, 409},
		{"armed with the code of the one that was let in", true, CODE_OF_BOUND, 201},
		{"armed with the code of the one that asks", true, CODE_OF_ASKING, 201},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a, thief;
		char own[SESSION_CODE_BYTES], asking[SESSION_CODE_BYTES];

		at_left_alone(b, &a, &thief, own, asking);
		const char *const codes[] = {NULL, asking, own, "AAAA-AAAA"};
		const char *code = codes[rows[i].given];
		autofree char *more = xasprintf(",\"reason\":\"r\"%s%s%s",
						code ? ",\"code\":\"" : "", code ? code : "",
						code ? "\"" : "");
		autofree char *body = xasprintf("{%s}", more + 1);
		int status = rows[i].arm ? walk_arm(b, &a, more) : approve(b, &a, body);
		CHECK_INT(rows[i].name, status, rows[i].status);
		CHECK_STR(rows[i].name, b->code, rows[i].status == 409 ? "guard.code" : "");
		/* the one that asks gets in by its own code alone */
		bool in = rows[i].given == CODE_OF_ASKING;
		CHECK_INT(rows[i].name, fake_agent_open(&thief), in ? 201 : 409);
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM flow_key WHERE bound = ''"),
			  0);
		fake_agent_done(&a);
		fake_agent_done(&thief);
		walk_renew(b, profile_by_hand);
	}
}

/* Nothing speaks for the host: an approval would let nobody in, and later whoever comes first. */
static void test_nothing_to_bind(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	at_discovered(b, &a);
	server_bench_sql(b, "UPDATE flow_session SET closed_us = 1");
	long before = revision(b, &a);
	assert_int_equal(approve(b, &a, "{}"), 409);
	assert_string_equal(b->code, "guard.code");
	const char *hint = json_string_value(json_object_get(b->reply, "hint"));
	assert_non_null(hint);
	assert_non_null(strstr(hint, "code="));
	assert_int_equal(revision(b, &a), before);
	fake_agent_done(&a);
}

/* After release the host is nobody's: the key of its former life has no right left. */
static void test_released(void **state)
{
	struct fake_agent a, next;
	struct server_bench *b = *state;

	at_image(b, &a);
	server_bench_sql(b, "UPDATE host SET state = 'maintenance'");
	autofree char *path = xasprintf("/api/v1/hosts/%s/release", a.host_id);
	assert_int_equal(server_bench_admin(b, "POST", path, "{\"reason\":\"r\"}"), 200);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_key WHERE bound <> ''"),
			 0);
	assert_int_not_equal(fake_agent_permit(&a, NULL), 200);
	walk_reboot(b, &next, "S1", MAC_A);
	fake_agent_done(&a);
	fake_agent_boot(&a, b->front, "S1", MAC_A);
	need(fake_agent_open(&a), 409, &a, "another machine after the release");
	assert_int_equal(approve(b, &next, NULL), 409);
	assert_string_equal(b->code, "guard.code");
	fake_agent_done(&a);
	fake_agent_done(&next);
}

/* A plan that was handed out before another machine was approved permits nothing. */
static void test_permit_of_another_key(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	at_image(b, &a);
	server_bench_sql(b, "UPDATE flow_key SET bound = "
			    "'0000000000000000000000000000000000000000000000000000000000000000'");
	need(fake_agent_permit(&a, NULL), 403, &a, "permit");
	assert_string_equal(a.code, "guard.arm.other");
	fake_agent_done(&a);
}

/* P-03: Whoever speaks for another session of the host is refused at each door. */
static void test_another_epoch(void **state)
{
	struct partners_reply partners;
	struct fake_agent a;
	struct server_bench *b = *state;

	at_image(b, &a);
	a.link.session.epoch++;
	need(fake_agent_permit(&a, NULL), 409, &a, "permit");
	assert_string_equal(a.code, "session.stale_epoch");
	need(fake_agent_event(&a, "step_done", json_pack("{s:i, s:s}", "seq", 1, "result", "ok")),
	     409, &a, "event");
	assert_string_equal(a.code, "session.stale_epoch");
	need(fake_agent_heartbeat(&a), 409, &a, "heartbeat");
	need(fake_agent_partners(&a, &partners), 409, &a, "partners");
	assert_string_equal(a.code, "session.stale_epoch");
	record_done(partners_reply_fields, &partners);
	a.link.session.epoch--;
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	fake_agent_done(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_by_hand, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_a_stranger_waits),
		T(test_a_silent_stranger_is_replaced),
		T(test_codes),
		T(test_another_epoch),
		T(test_armed_at_rest),
		T(test_permit_of_another_key),
		T(test_who_merely_asks_is_never_bound),
		T(test_nothing_to_bind),
		T(test_released),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keys of agents", tests, NULL, NULL);
}
