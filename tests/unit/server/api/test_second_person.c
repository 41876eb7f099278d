/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G11 and G12 through the server: what reaches too far waits for a second person, who is not the
 * first by another token; it is done once, only while it is still what was rehearsed, and not at
 * all after a restore. The fault list's.
 */
#include "tests/harness/check.h"

#include <strings.h>
#include <time.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/backup.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/host_walk.h"
#include "tests/harness/server_bench.h"

#define HOSTS 7

static const char profile[] =
	"{\"name\":\"p\",\"priority\":1,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"image\":{\"line\":\"debian12\"}}";

static struct server_bench bench;
static struct fake_agent hosts[HOSTS];
static struct {
	char ann[80], ann_phone[80], bob[80], program[80];
} tokens;
static char order_id[64];

#define MAY_ALL "\"read\",\"arm\",\"erase\",\"approve\""

static void meet(struct fake_agent *a, unsigned i)
{
	autofree char *serial = xasprintf("S%u", i);
	autofree char *mac = xasprintf("52:54:00:00:04:%02x", i);

	fake_agent_boot(a, bench.front, serial, mac);
	assert_int_equal(fake_agent_open(a), 201);
	assert_int_equal(fake_agent_next(a, 2, bench.plan_key), 200);
	assert_int_equal(fake_agent_facts(a, NULL), 200);
	assert_int_equal(fake_agent_step_done(a, "ok"), 200);
}

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile), 201);
	server_bench_token(&bench, "ann", "Ann", MAY_ALL, tokens.ann, sizeof(tokens.ann));
	server_bench_token(&bench, "ann-phone", "ann", MAY_ALL, tokens.ann_phone,
			   sizeof(tokens.ann_phone));
	server_bench_token(&bench, "bob", "bob", MAY_ALL, tokens.bob, sizeof(tokens.bob));
	server_bench_token(&bench, "program", "", MAY_ALL, tokens.program, sizeof(tokens.program));
	for (unsigned i = 0; i < HOSTS; i++)
		meet(&hosts[i], i);
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

static long arms(void)
{
	return server_bench_number(&bench, "SELECT count(*) FROM flow_arm");
}

static long orders(const char *in_state)
{
	autofree char *sql = xasprintf("SELECT count(*) FROM flow_order WHERE state = '%s'",
				       in_state);

	return server_bench_number(&bench, sql);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void take_order_id(void)
{
	const json_t *order = json_object_get(bench.reply, "order");
	const char *id = json_string_value(json_object_get(order, "id"));

	(void)str_copy(order_id, sizeof(order_id), id ? id : "");
}

static int order_with(const char *token, const struct fake_agent *list, size_t n, const char *more)
{
	autostr struct str s;

	str_init(&s, 8192);
	str_addf(&s, "{\"image\":\"debian12@1\",\"reason\":\"new kernel\"%s,\"hosts\":[", more);
	for (size_t i = 0; i < n; i++)
		str_addf(&s, "%s{\"id\":\"%s\",\"disk\":{\"serial\":\"%s\"}}", i ? "," : "",
			 list[i].host_id, list[i].disk_serial);
	str_add(&s, "]}");
	return server_bench_as(&bench, token, "POST", "/api/v1/hosts/arm", s.p);
}

/* Rehearse, then order with the hash of that. */
static int order_many(const char *token, size_t n)
{
	autofree char *count = xasprintf(",\"confirm_count\":%zu", n);
	autofree char *dry = xasprintf("%s,\"dry_run\":true", count);

	assert_int_equal(order_with(token, hosts, n, dry), 200);
	autofree char *more = xasprintf(
		"%s,\"plan_hash\":\"%s\"", count,
		json_string_value(json_object_get(bench.reply, "plan_hash")));
	int status = order_with(token, hosts, n, more);
	take_order_id();
	return status;
}

static int decide(const char *token, const char *verb)
{
	autofree char *path = xasprintf("/api/v1/orders/%s/%s", order_id, verb);

	return server_bench_as(&bench, token, "POST", path, "{\"note\":\"seen\"}");
}

static int order_one(const char *token, const char *verb, const char *more)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/%s", hosts[0].host_id, verb);
	autofree char *body = xasprintf("{\"reason\":\"x\",\"disk\":{\"serial\":\"%s\"}%s}",
					hosts[0].disk_serial, more);
	int status = server_bench_as(&bench, token, "POST", path, body);

	take_order_id();
	return status;
}

static const char *first_rule(void)
{
	const json_t *order = json_object_get(bench.reply, "order");
	const char *text = json_string_value(
		json_array_get(json_object_get(order, "second_person"), 0));

	return text ? text : "";
}

/* G11: an order for several hosts is what was rehearsed; one host stays one command. */
static void test_several_are_rehearsed(void **state)
{
	(void)state;
	assert_int_equal(order_with(tokens.ann, hosts, 2, ""), 409);
	assert_string_equal(bench.code, "guard.plan.missing");
	assert_int_equal(arms(), 0);
	assert_int_equal(order_many(tokens.ann, 2), 201);
	assert_int_equal(arms(), 2);
	assert_int_equal(order_one(tokens.ann, "arm", ",\"image\":\"debian12@1\""), 201);
}

static void in_service(void)
{
	server_bench_sql(&bench, "UPDATE host SET state = 'in-service'");
}

static void shared_storage(void)
{
	server_bench_sql(&bench, "UPDATE flow_drives SET drives = replace(drives, '[{', "
				 "'[{\"Name\":\"sdz\",\"Protocol\":\"FC\"},{')");
}

static void out_for_work(void)
{
	server_bench_sql(&bench, "UPDATE host SET state = 'in-service'");
	autofree char *path = xasprintf("/api/v1/hosts/%s/maintain", hosts[0].host_id);
	assert_int_equal(server_bench_admin(&bench, "POST", path, "{}"), 200);
}

/* Both people agreed that nobody uses it: after that it is like any other host. */
static void released(void)
{
	out_for_work();
	autofree char *path = xasprintf("/api/v1/hosts/%s/release", hosts[0].host_id);
	assert_int_equal(server_bench_as(&bench, tokens.ann, "POST", path, "{}"), 403);
	assert_string_equal(bench.code, "guard.in_service");
	autofree char *named = xasprintf("{\"in_service\":\"%s\"}", hosts[0].short_code);
	assert_int_equal(server_bench_as(&bench, tokens.ann, "POST", path, named), 202);
	take_order_id();
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	server_bench_sql(&bench, "UPDATE flow_host SET inspected = 1");
}

static void nothing(void)
{
}

/* One host: what makes it everybody's business. */
static void test_what_waits(void **state)
{
	static const struct {
		const char *name, *verb;
		void (*before)(void);
		bool named;
		int status;
		const char *rule, *code;
	} rows[] = {
		{"a new host", "arm", nothing, false, 201, "", ""},
		{"a new host, erased", "erase", nothing, false, 201, "", ""},
		{"shared storage beside it", "arm", shared_storage, false, 202, "shared-storage",
		 ""},
		{"shared storage beside it, erased", "erase", shared_storage, false, 202,
		 "shared-storage", ""},
		{"in service, not named", "arm", in_service, false, 403, "", "guard.in_service"},
		{"in service, named", "arm", in_service, true, 202, "in-service", ""},
		{"out for work, not named", "arm", out_for_work, false, 403, "",
		 "guard.in_service"},
		{"out for work, named", "arm", out_for_work, true, 202, "in-service", ""},
		{"out for work, erased", "erase", out_for_work, false, 403, "", "guard.in_service"},
		{"released", "arm", released, false, 201, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool arm = str_eq(rows[i].verb, "arm");
		rows[i].before();
		autofree char *more = xasprintf("%s%s%s%s", arm ? ",\"image\":\"debian12@1\"" : "",
						rows[i].named ? ",\"reimage_in_service\":\"" : "",
						rows[i].named ? hosts[0].short_code : "",
						rows[i].named ? "\"" : "");
		CHECK_INT(rows[i].name, order_one(tokens.ann, rows[i].verb, more), rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].code);
		CHECK_STR(rows[i].name, first_rule(), rows[i].rule);
		CHECK_INT(rows[i].name, arms(), rows[i].status == 201);
		CHECK_INT(rows[i].name, orders("pending"), rows[i].status == 202);
		if (rows[i].status == 202)
			CHECK_INT(rows[i].name, decide(tokens.bob, "approve"), 200);
		CHECK_INT(rows[i].name, arms(), rows[i].status < 300);
		teardown(NULL);
		setup(NULL);
	}
}

/* Who is nobody by name orders nothing that two must agree on. */
static void test_who_may_order(void **state)
{
	(void)state;
	assert_int_equal(order_many(tokens.program, 6), 403);
	assert_string_equal(bench.code, "guard.person");
	in_service();
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", hosts[0].host_id);
	autofree char *body = xasprintf(
		"{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"%s\"},\"reimage_in_service\":"
		"\"%s\"}",
		hosts[0].disk_serial, hosts[0].short_code);
	assert_int_equal(server_bench_admin(&bench, "POST", path, body), 403);
	assert_string_equal(bench.code, "guard.person");
	assert_int_equal(orders("pending"), 0);
	assert_int_equal(arms(), 0);
}

/* Only root says who somebody is: an admin's token makes no second person. */
static void test_persons_are_made_by_root(void **state)
{
	static const struct {
		const char *name, *owner;
		int status;
	} rows[] = {
		{"t1", "bob", 403},
		{"t2", "carol", 403},
		{"t3", "ANN", 201},
		{"t4", "", 201},
	};
	char admin[80];

	(void)state;
	server_bench_token(&bench, "ann-admin", "ann", "\"admin\"", admin, sizeof(admin));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *body = xasprintf(
			"{\"name\":\"%s\",\"owner\":\"%s\",\"scopes\":[\"approve\"]}", rows[i].name,
			rows[i].owner);
		CHECK_INT(rows[i].name,
			  server_bench_as(&bench, admin, "POST", "/api/v1/tokens", body),
			  rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].status == 403 ? "guard.person" : "");
		/* no token of nobody, whose arms would not count as hers */
		const char *owner = json_string_value(json_object_get(bench.reply, "owner"));
		if (rows[i].status == 201)
			CHECK(rows[i].name, owner && strcasecmp(owner, "ann") == 0);
	}
}

/* ---- deciding -------------------------------------------------------------------------------- */

static void change_state(void)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/approve", hosts[3].host_id);

	assert_int_equal(server_bench_admin(&bench, "POST", path, "{}"), 200);
}

static void swap_disk(void)
{
	server_bench_sql(&bench, "UPDATE flow_drives SET drives = replace(drives, "
				 "'\"CapacityBytes\":', '\"CapacityBytes\":1')");
}

static void expire(void)
{
	server_bench_sql(&bench, "UPDATE flow_order SET expires_us = 1");
}

static void lose_token(void)
{
	server_bench_sql(&bench, "UPDATE token SET revoked_us = 1 WHERE name = 'ann'");
}

static void refuse(void)
{
	assert_int_equal(decide(tokens.bob, "refuse"), 200);
}

static void stop_all(void)
{
	assert_int_equal(
		server_bench_admin(&bench, "POST", "/api/v1/stop-all", "{\"reason\":\"x\"}"), 200);
}

static void crash(void)
{
	server_bench_crash(&bench);
}

static void test_who_may_approve(void **state)
{
	static const struct {
		const char *name;
		void (*before)(void);
		const char *token, *code;
		int status;
	} rows[] = {
		{"X-06 herself", nothing, tokens.ann, "guard.second_person", 403},
		{"X-06 herself, by another token", nothing, tokens.ann_phone, "guard.second_person",
		 403},
		{"a token of nobody", nothing, tokens.program, "guard.person", 403},
		{"no token", nothing, NULL, "auth.missing", 401},
		{"X-07 a host has another state", change_state, tokens.bob, "guard.plan", 409},
		{"X-07 a disk is another", swap_disk, tokens.bob, "guard.plan", 409},
		{"too late", expire, tokens.bob, "order.over", 409},
		{"who ordered has lost the token", lose_token, tokens.bob, "order.over", 409},
		{"refused before", refuse, tokens.bob, "order.over", 409},
		{"all writing is stopped", stop_all, tokens.bob, "guard.stopped", 403},
		{"the server was killed between", crash, tokens.bob, "", 200},
		{"another person", nothing, tokens.bob, "", 200},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool good = rows[i].status == 200;
		CHECK_INT(rows[i].name, order_many(tokens.ann, 6), 202);
		CHECK_INT(rows[i].name, arms(), 0);
		rows[i].before();
		CHECK_INT(rows[i].name, decide(rows[i].token, "approve"), rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].code);
		CHECK_INT(rows[i].name, arms(), good ? 6 : 0);
		CHECK_INT(rows[i].name, orders("approved"), good);
		/* the arms belong to the person who ordered; the record names the one who agreed */
		CHECK_INT(rows[i].name,
			  server_bench_number(&bench, "SELECT count(*) FROM flow_arm WHERE who = "
						      "'token:ann'"),
			  good ? 6 : 0);
		CHECK_INT(rows[i].name,
			  server_bench_number(&bench, "SELECT count(*) FROM event WHERE kind = "
						      "'order.approved' AND actor = 'token:bob'"),
			  good);
		/* and nothing is done a second time */
		if (good) {
			CHECK_INT(rows[i].name, decide(tokens.bob, "approve"), 409);
			CHECK_STR(rows[i].name, bench.code, "order.over");
			CHECK_INT(rows[i].name, decide(tokens.bob, "refuse"), 409);
			CHECK_INT(rows[i].name, arms(), 6);
		}
		teardown(NULL);
		setup(NULL);
	}
}

/* A rehearsal of an approval leaves it waiting. */
static void test_rehearsed_approval(void **state)
{
	(void)state;
	assert_int_equal(order_many(tokens.ann, 6), 202);
	assert_int_equal(decide(tokens.bob, "approve?dry_run=true"), 200);
	assert_int_equal(json_array_size(json_object_get(bench.reply, "arms")), 6);
	assert_int_equal(arms(), 0);
	assert_int_equal(orders("pending"), 1);
}

/* G13: a host that was met before somebody named it gets no arm, and boots its own disk. */
static void test_named_later(void **state)
{
	(void)state;
	autofree char *before = walk_boot_script(&bench, hosts[0].mac);
	assert_non_null(strstr(before, "vmlinuz"));
	(void)str_copy(bench.protect, sizeof(bench.protect), hosts[0].mac);
	server_bench_crash(&bench);
	assert_int_equal(order_one(tokens.ann, "arm", ",\"image\":\"debian12@1\""), 403);
	assert_string_equal(bench.code, "guard.self");
	assert_int_equal(order_one(tokens.ann, "erase", ""), 403);
	assert_string_equal(bench.code, "guard.self");
	assert_int_equal(arms(), 0);
	autofree char *after = walk_boot_script(&bench, hosts[0].mac);
	assert_null(strstr(after, "vmlinuz"));
	bench.protect[0] = '\0';
}

/* People see what waits: in the list, and at each of its hosts. */
static void test_it_is_shown(void **state)
{
	(void)state;
	assert_int_equal(order_many(tokens.ann, 6), 202);
	assert_int_equal(
		server_bench_as(&bench, tokens.bob, "GET", "/api/v1/orders?state=pending", NULL),
		200);
	const json_t *o = json_array_get(json_object_get(bench.reply, "items"), 0);
	assert_string_equal(json_string_value(json_object_get(o, "owner")), "ann");
	assert_string_equal(json_string_value(json_object_get(o, "second_person")), "hosts");
	assert_int_equal(json_integer_value(json_object_get(o, "host_count")), 6);
	assert_int_equal(json_array_size(json_object_get(o, "hosts")), 6);
	for (unsigned i = 5; i < 7; i++) { /* the last is not of the order */
		autofree char *path = xasprintf("/api/v1/hosts/%s", hosts[i].host_id);
		assert_int_equal(server_bench_as(&bench, tokens.bob, "GET", path, NULL), 200);
		assert_int_equal(json_array_size(json_object_get(bench.reply, "orders")), i == 5);
	}
}

static const char *turn_of(const struct fake_agent *a)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s?fields=turn", a->host_id);

	assert_int_equal(server_bench_admin(&bench, "GET", path, NULL), 200);
	return json_string_value(json_object_get(bench.reply, "turn"));
}

/* Whose turn a host is in the list follows its orders at once: placed, refused, expired. */
static void test_turn_follows_orders(void **state)
{
	(void)state;
	server_bench_advance(&bench, 200000); /* nobody hears of the hosts */
	server_bench_tick(&bench);
	assert_string_equal(turn_of(&hosts[0]), "technician");
	assert_int_equal(order_many(tokens.ann, 6), 202);
	assert_string_equal(turn_of(&hosts[0]), "operator");
	assert_string_equal(turn_of(&hosts[6]), "technician"); /* not of the order */
	refuse();
	assert_string_equal(turn_of(&hosts[0]), "technician");
	assert_int_equal(order_many(tokens.ann, 6), 202);
	assert_string_equal(turn_of(&hosts[5]), "operator");
	expire();
	server_bench_tick(&bench);
	assert_string_equal(turn_of(&hosts[5]), "technician");
	assert_int_equal(orders("expired"), 1);
}

/* What waited when the backup was made does not wait in the restored store. */
static void test_restore_ends_it(void **state)
{
	struct err err = ERR_INIT;
	char backup[256];

	(void)state;
	if (!str_starts(bench.store, "sqlite:"))
		skip();
	assert_int_equal(order_many(tokens.ann, 6), 202);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/backups", "{}"), 201);
	assert_true(str_copy(backup, sizeof(backup),
			     json_string_value(json_object_get(bench.reply, "path"))));
	server_bench_stop(&bench);
	assert_int_equal(backup_restore(backup, bench.store + strlen("sqlite:"),
					(int64_t)time(NULL) * 1000000, &err),
			 0);
	server_bench_start(&bench);
	assert_int_equal(decide(tokens.bob, "approve"), 409);
	assert_string_equal(bench.code, "order.over");
	assert_int_equal(orders("restored"), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_several_are_rehearsed), T(test_what_waits),
		T(test_who_may_order),         T(test_persons_are_made_by_root),
		T(test_who_may_approve),       T(test_rehearsed_approval),
		T(test_named_later),           T(test_it_is_shown),
		T(test_turn_follows_orders),   T(test_restore_ends_it),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("second person", tests, NULL, NULL);
}
