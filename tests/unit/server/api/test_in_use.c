/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends somebody's use of a host, or changes which machine it is, takes two people while the
 * host is in use; and several small orders of one person add up. The daemon is killed between, so
 * what counts is in the store.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/host_walk.h"
#include "tests/harness/server_bench.h"

#define HOSTS 7

static struct server_bench bench;
static struct fake_agent hosts[HOSTS];
static struct {
	char ann[80], ann_phone[80], bob[80], program[80], other_program[80];
} tokens;
static char order_id[64];

#define MAY_ALL "\"read\",\"arm\",\"erase\",\"approve\""

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_by_hand),
			 201);
	server_bench_token(&bench, "ann", "ann", MAY_ALL, tokens.ann, sizeof(tokens.ann));
	server_bench_token(&bench, "ann-phone", "ann", MAY_ALL, tokens.ann_phone,
			   sizeof(tokens.ann_phone));
	server_bench_token(&bench, "bob", "bob", MAY_ALL, tokens.bob, sizeof(tokens.bob));
	server_bench_token(&bench, "program", "", MAY_ALL, tokens.program, sizeof(tokens.program));
	server_bench_token(&bench, "other", "", MAY_ALL, tokens.other_program,
			   sizeof(tokens.other_program));
	for (unsigned i = 0; i < HOSTS; i++) {
		autofree char *serial = xasprintf("S%u", i);
		autofree char *mac = xasprintf("52:54:00:00:05:%02x", i);
		walk_to_discovered(&bench, &hosts[i], serial, mac);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HOSTS; i++)
		fake_agent_done(&hosts[i]);
	server_bench_close(&bench);
	return 0;
}

static void take_order_id(void)
{
	const json_t *order = json_object_get(bench.reply, "order");
	const char *id = json_string_value(json_object_get(order, "id"));

	if (id)
		(void)str_copy(order_id, sizeof(order_id), id);
}

static const char *first_rule(void)
{
	const json_t *order = json_object_get(bench.reply, "order");
	const char *text = json_string_value(
		json_array_get(json_object_get(order, "second_person"), 0));

	return text ? text : "";
}

static int verb(const char *token, unsigned host, const char *name, const char *body)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/%s", hosts[host].host_id, name);
	int status = server_bench_as(&bench, token, "POST", path, body);

	take_order_id();
	return status;
}

static int decide(const char *token, const char *name)
{
	autofree char *path = xasprintf("/api/v1/orders/%s/%s", order_id, name);

	return server_bench_as(&bench, token, "POST", path, "{}");
}

static int arm(const char *token, unsigned host, const char *more)
{
	autofree char *body = xasprintf("{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"%s\"}%s}",
					hosts[host].disk_serial, more);

	return verb(token, host, "arm", body);
}

static long number(const char *sql)
{
	return server_bench_number(&bench, sql);
}

static long events(const char *kind)
{
	autofree char *sql = xasprintf("SELECT count(*) FROM event WHERE kind = '%s'", kind);

	return number(sql);
}

static void set_first(const char *state, int in_use)
{
	autofree char *sql = xasprintf(
		"UPDATE host SET state = '%s' WHERE id = '%s'; UPDATE flow_host SET in_use = %d "
		"WHERE host_num = (SELECT num FROM host WHERE id = '%s')",
		state, hosts[0].host_id, in_use, hosts[0].host_id);
	char *second = strstr(sql, "; ");

	*second = '\0';
	server_bench_sql(&bench, sql);
	server_bench_sql(&bench, second + 2);
}

/* ---- what is in use -------------------------------------------------------------------------- */

/* The body of a row, FIRST and OTHER being hosts, with the name of the first typed again or not.
 * The caller frees. */
static char *body_of(const char *members, bool named)
{
	const struct fake_agent *other = strstr(members, "FIRST") ? &hosts[0] : &hosts[1];
	const char *at = strstr(members, ":\"");
	bool host = at && strstr(members, "into");
	autofree char *text = host ? xasprintf("\"into\":\"%s\"", other->short_code)
				   : xstrdup(members);
	autofree char *name = xasprintf("%s\"in_service\":\"%s\"", text[0] ? "," : "",
					hosts[0].short_code);

	return xasprintf("{%s%s}", text, named ? name : "");
}

#define SPLIT "\"values\":[\"52:54:00:00:05:00\"]"

static const struct row {
	const char *name, *verb, *body;
	unsigned host; /* that the verb is about; the first is the one in use */
	const char *state;
	int in_use;
	int alone, named; /* statuses: without the name typed again, with it */
	const char *code;
} rows[] = {
	{"release, in service", "release", "", 0, "in-service", 0, 403, 202, "guard.in_service"},
	{"release, out for work", "release", "", 0, "maintenance", 1, 403, 202, "guard.in_service"},
	{"release, failed out for work", "release", "", 0, "failed", 1, 403, 202,
	 "guard.in_service"},
	{"release, ready", "release", "", 0, "ready", 0, 200, 200, ""},
	{"retire, in service", "retire", "", 0, "in-service", 0, 403, 202, "guard.in_service"},
	{"retire, out for work", "retire", "", 0, "maintenance", 1, 403, 202, "guard.in_service"},
	{"retire, ready", "retire", "", 0, "ready", 0, 200, 409, ""},
	{"split, in service", "split", SPLIT, 0, "in-service", 0, 403, 202, "guard.in_service"},
	{"split, out for work", "split", SPLIT, 0, "maintenance", 1, 403, 202, "guard.in_service"},
	{"split, being written", "split", SPLIT, 0, "imaging", 0, 409, 409, "state.conflict"},
	{"split, being erased", "split", SPLIT, 0, "erasing", 0, 409, 409, "state.conflict"},
	{"split, waiting", "split", SPLIT, 0, "discovered", 0, 201, 404, ""},
	{"merge into one in service", "merge", "\"into\":\"FIRST\"", 1, "in-service", 0, 403, 202,
	 "guard.in_service"},
	{"merge into one out for work", "merge", "\"into\":\"FIRST\"", 1, "maintenance", 1, 403,
	 202, "guard.in_service"},
	{"merge away one in service", "merge", "\"into\":\"OTHER\"", 0, "in-service", 0, 403, 403,
	 "guard.in_service"},
	{"merge, waiting", "merge", "\"into\":\"FIRST\"", 1, "discovered", 0, 200, 404, ""},
};

/* The store's rows that a verb may change; a refused or a waiting one leaves them as they are. */
static long fingerprint(void)
{
	return number("SELECT count(*) FROM host WHERE state = 'in-service' OR state = "
		      "'maintenance' OR state = 'failed'") *
		       100 +
	       number("SELECT count(*) FROM host") * 10 +
	       number("SELECT count(*) FROM flow_host WHERE in_use = 1");
}

static void try_row(const struct row *r)
{
	autofree char *alone = body_of(r->body, false);
	autofree char *named = body_of(r->body, true);

	set_first(r->state, r->in_use);
	long before = fingerprint();
	CHECK_INT(r->name, verb(tokens.ann, r->host, r->verb, alone), r->alone);
	CHECK_STR(r->name, bench.code, r->code);
	if (r->alone < 300)
		return;
	CHECK_INT(r->name, fingerprint(), before);
	CHECK_INT(r->name, verb(tokens.program, r->host, r->verb, named),
		  r->named == 202 ? 403 : r->named);
	if (r->named == 202)
		CHECK_STR(r->name, bench.code, "guard.person");
	CHECK_INT(r->name, verb(tokens.ann, r->host, r->verb, named), r->named);
	if (r->named != 202)
		return;
	CHECK_STR(r->name, first_rule(), "in-service");
	CHECK_INT(r->name, fingerprint(), before);
	server_bench_crash(&bench);
	CHECK_INT(r->name, decide(tokens.ann_phone, "approve"), 403);
	CHECK_STR(r->name, bench.code, "guard.second_person");
	CHECK_INT(r->name, fingerprint(), before);
	CHECK_INT(r->name, decide(tokens.bob, "approve"), 200);
	CHECK_INT(r->name, events("order.approved"), 1);
	CHECK_INT(r->name, decide(tokens.bob, "approve"), 409);
}

static void test_use_ends_by_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		try_row(&rows[i]);
		teardown(NULL);
		setup(NULL);
	}
}

/* What was agreed to is done, and on the host that was meant. */
static void test_what_is_done(void **state)
{
	(void)state;
	autofree char *named = xasprintf("{\"in_service\":\"%s\"}", hosts[0].short_code);
	set_first("in-service", 1);
	assert_int_equal(verb(tokens.ann, 0, "release", named), 202);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	assert_string_equal(server_bench_state(&bench, hosts[0].host_id), "discovered");
	assert_int_equal(number("SELECT count(*) FROM flow_host WHERE in_use = 1"), 0);
	set_first("in-service", 1);
	assert_int_equal(verb(tokens.ann, 0, "retire", named), 202);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	assert_string_equal(server_bench_state(&bench, hosts[0].host_id), "retired");
	set_first("in-service", 1);
	autofree char *merge = xasprintf("{\"into\":\"%s\",\"in_service\":\"%s\"}",
					 hosts[0].host_id, hosts[0].short_code);
	assert_int_equal(verb(tokens.ann, 1, "merge", merge), 202);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	assert_int_equal(number("SELECT count(*) FROM host"), HOSTS - 1);
	assert_string_equal(server_bench_state(&bench, hosts[0].host_id), "in-service");
	autofree char *split = xasprintf("{" SPLIT ",\"in_service\":\"%s\"}", hosts[0].short_code);
	assert_int_equal(verb(tokens.ann, 0, "split", split), 202);
	assert_int_equal(number("SELECT count(*) FROM host"), HOSTS - 1);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	assert_int_equal(number("SELECT count(*) FROM host"), HOSTS);
	assert_string_equal(server_bench_state(&bench, hosts[0].host_id), "in-service");
}

/* The state it was ordered in is gone: nothing is done. */
static void test_it_changed_since(void **state)
{
	(void)state;
	autofree char *named = xasprintf("{\"in_service\":\"%s\"}", hosts[0].short_code);
	set_first("in-service", 1);
	assert_int_equal(verb(tokens.ann, 0, "release", named), 202);
	assert_int_equal(verb(tokens.bob, 0, "maintain", "{}"), 200);
	assert_int_equal(decide(tokens.bob, "approve"), 409);
	assert_string_equal(bench.code, "guard.plan");
	assert_string_equal(server_bench_state(&bench, hosts[0].host_id), "maintenance");
}

/* An arm that is never used does not end the use of a host. */
static void test_unused_arm_changes_nothing(void **state)
{
	(void)state;
	autofree char *named = xasprintf(",\"reimage_in_service\":\"%s\"", hosts[0].short_code);
	set_first("in-service", 1);
	assert_int_equal(arm(tokens.ann, 0, named), 202);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	server_bench_sql(&bench, "UPDATE flow_arm SET expires_us = 1");
	assert_int_equal(arm(tokens.ann, 0, ""), 403);
	assert_string_equal(bench.code, "guard.in_service");
	assert_int_equal(arm(tokens.ann, 0, named), 202);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	need_step(&bench, &hosts[0], PLAN_STEP_IMAGE);
	need(fake_agent_permit(&hosts[0], NULL), 200, &hosts[0], "permit of what two agreed to");
	assert_int_equal(number("SELECT count(*) FROM flow_host WHERE in_use = 1"), 0);
}

/* A stranger shows the card of a host in use; accepting that is a split by one person. */
static void test_accepting_takes_nothing_in_use(void **state)
{
	static const struct {
		const char *name, *state, *verb, *other, *code;
		int in_use, status;
	} cases[] = {
		{"accept, in service", "in-service", "accept", "discovered", "guard.in_service", 0,
		 403},
		{"accept, out for work", "maintenance", "accept", "discovered", "guard.in_service",
		 1, 403},
		{"approve in quarantine, in service", "in-service", "approve", "quarantined",
		 "guard.in_service", 0, 403},
		{"accept, waiting", "discovered", "accept", "discovered", "", 0, 200},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *other = xasprintf(
			"UPDATE host SET state = '%s', review = 'x' WHERE id = '%s'",
			cases[i].other, hosts[1].host_id);
		autofree char *pending = xasprintf(
			"INSERT INTO identity_pending (host_num, body, at_us) SELECT num, "
			"'{\"items\":[{\"kind\":\"mac\",\"value\":\"52:54:00:00:05:00\"}]}', 1 FROM "
			"host WHERE id = '%s'",
			hosts[1].host_id);
		server_bench_sql(&bench, "DELETE FROM identity_pending");
		set_first(cases[i].state, cases[i].in_use);
		server_bench_sql(&bench, other);
		server_bench_sql(&bench, pending);
		CHECK_INT(cases[i].name, verb(tokens.ann, 1, cases[i].verb, "{}"), cases[i].status);
		CHECK_STR(cases[i].name, bench.code, cases[i].code);
		CHECK_INT(cases[i].name,
			  number("SELECT count(*) FROM evidence WHERE value = '52:54:00:00:05:00' "
				 "AND host_num = (SELECT min(num) FROM host)"),
			  cases[i].status != 200);
	}
}

/* ---- several small orders -------------------------------------------------------------------- */

static void arm_five(const char *token)
{
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(arm(token, i, ""), 201);
}

static void test_single_arms_add_up(void **state)
{
	(void)state;
	arm_five(tokens.ann);
	assert_int_equal(arm(tokens.ann, 4, ""), 201); /* the same host again is not another host */
	server_bench_crash(&bench);
	assert_int_equal(arm(tokens.ann, 5, ""), 202);
	assert_string_equal(first_rule(), "hosts-within-an-hour");
	assert_int_equal(arm(tokens.ann_phone, 5, ""), 202);
	autofree char *erase = xasprintf("{\"reason\":\"x\",\"disk\":{\"serial\":\"%s\"}}",
					 hosts[5].disk_serial);
	assert_int_equal(verb(tokens.ann, 5, "erase", erase), 202);
	assert_int_equal(number("SELECT count(*) FROM flow_arm WHERE ended_us = 0"), 5);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	assert_int_equal(number("SELECT count(*) FROM flow_arm WHERE agreed = 'bob'"), 1);
	/* another person has an hour of their own, and what two agreed to counts for neither */
	assert_int_equal(arm(tokens.bob, 6, ""), 201);
	/* and the hour ends; what two agreed to since does not count */
	server_bench_sql(&bench, "UPDATE flow_arm SET created_us = created_us - 3600000000 WHERE "
				 "agreed = ''");
	arm_five(tokens.ann);
}

/* Programs without an owner are one, however many tokens they have. */
static void test_programs_add_up(void **state)
{
	(void)state;
	arm_five(tokens.program);
	assert_int_equal(arm(tokens.other_program, 5, ""), 403);
	assert_string_equal(bench.code, "guard.person");
	assert_int_equal(walk_arm(&bench, &hosts[5], ""), 403);
	assert_string_equal(bench.code, "guard.person");
	assert_int_equal(number("SELECT count(*) FROM flow_arm"), 5);
	assert_int_equal(arm(tokens.bob, 5, ""), 201);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_use_ends_by_two),
		T(test_what_is_done),
		T(test_it_changed_since),
		T(test_unused_arm_changes_nothing),
		T(test_accepting_takes_nothing_in_use),
		T(test_single_arms_add_up),
		T(test_programs_add_up),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hosts in use", tests, NULL, NULL);
}
