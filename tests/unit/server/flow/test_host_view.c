/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen is what is decided about: between the look at a host and the click something changes,
 * and the decision is refused with a text that names it; also when it was rehearsed, or waits for a
 * second person.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <server/flow/host_view.h>
#include "tests/harness/host_walk.h"

static char *path_of(const struct fake_agent *a, const char *verb)
{
	return xasprintf("/api/v1/hosts/%s%s", a->host_id, verb);
}

static void look(struct server_bench *b, const struct fake_agent *a,
		 char ret[static HOST_VIEW_BYTES])
{
	autofree char *path = path_of(a, "");

	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	const char *view = json_string_value(json_object_get(b->reply, "view"));
	assert_non_null(view);
	assert_true(str_copy(ret, HOST_VIEW_BYTES, view));
}

/* ---- what changes ---------------------------------------------------------------------------- */

static void nothing(struct server_bench *b, struct fake_agent *a)
{
	(void)b;
	need(fake_agent_heartbeat(a), 200, a, "heartbeat");
}

/* The machine was silent, and another one says that it is the host. */
static void another_machine(struct server_bench *b, struct fake_agent *a)
{
	struct fake_agent thief;

	(void)a;
	walk_reboot(b, &thief, "S1", MAC_A);
	fake_agent_done(&thief);
}

static void another_disk(struct server_bench *b, struct fake_agent *a)
{
	char own[64];

	(void)b;
	(void)str_copy(own, sizeof(own), a->disk_serial);
	(void)str_copy(a->disk_serial, sizeof(a->disk_serial), "ANOTHER-DISK");
	need(fake_agent_facts(a, NULL), 200, a, "facts");
	(void)str_copy(a->disk_serial, sizeof(a->disk_serial), own);
}

static void data_on_it(struct server_bench *b, struct fake_agent *a)
{
	(void)b;
	need(fake_agent_facts(a, "ext4"), 200, a, "facts");
}

static void another_profile(struct server_bench *b, struct fake_agent *a)
{
	(void)a;
	assert_int_equal(
		server_bench_admin(
			b, "POST", "/api/v1/profiles",
			"{\"name\":\"q\",\"priority\":99,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
			"\"image\":{\"line\":\"debian12\",\"version\":\"1\"},\"host\":{\"hostname\":"
			"\"h\",\"ssh_authorized_keys\":[\"ssh-ed25519 "
			"AAAAC3NzaC1lZDI1NTE5AAAAINe72ZEXGoGA/3/jZs9i2YoHMtqdDXAEHe0FX1pnfVJC\"]}}"),
		201);
}

static void another_name(struct server_bench *b, struct fake_agent *a)
{
	autofree char *path = path_of(a, "");

	assert_int_equal(server_bench_admin(b, "PATCH", path, "{\"name\":\"db-01\"}"), 200);
}

/* It shows one more network card. */
static void another_card(struct server_bench *b, struct fake_agent *a)
{
	autofree char *sql = xasprintf(
		"INSERT INTO evidence SELECT kind, '52:54:00:00:0f:0f', "
		"host_num, first_us, last_us FROM evidence WHERE kind = 'mac' "
		"AND value = '%s'",
		a->mac);

	server_bench_sql(b, sql);
}

static const struct {
	const char *name;
	void (*change)(struct server_bench *b, struct fake_agent *a);
	const char *what; /* in the refusal; NULL: none */
} changes[] = {
	{"nothing", nothing, NULL},
	{"another machine", another_machine, "code"},
	{"another disk", another_disk, "disks"},
	{"data on the disk", data_on_it, "disks"},
	{"another profile", another_profile, "profile"},
	{"another name", another_name, "evidence"},
	{"another card", another_card, "evidence"},
};

/* ---- with a view ----------------------------------------------------------------------------- */

#define ARM "\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DISK-00:0a\"}"

static const struct {
	const char *verb, *body;
	int status;
} verbs[] = {
	{"/approve", "", 200},
	{"/retry", "", 200},
	{"/maintain", "", 200},
	{"/retire", "", 200},
	{"/arm", ARM ",", 201},
	{"/erase", "\"reason\":\"r\",\"disk\":{\"serial\":\"DISK-00:0a\"},", 201},
};

static void check_refusal(struct server_bench *b, const char *name, const char *what)
{
	const char *detail = json_string_value(json_object_get(b->reply, "detail"));
	const char *pointer = json_string_value(json_object_get(b->reply, "pointer"));

	CHECK_STR(name, b->code, "guard.view");
	CHECK_STR(name, pointer ? pointer : "", "/view");
	CHECK(name, detail && strstr(detail, what));
}

static void test_what_was_seen_is_decided(void **state)
{
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct fake_agent a;
		char view[HOST_VIEW_BYTES];

		walk_to_discovered(b, &a, "S1", MAC_A);
		look(b, &a, view);
		changes[i].change(b, &a);
		for (size_t k = 0; k < ARRAY_LEN(verbs); k++) {
			autofree char *name = xasprintf("%s, %s", changes[i].name, verbs[k].verb);
			autofree char *path = path_of(&a, verbs[k].verb);
			autofree char *body = xasprintf("{%s\"view\":\"%s\"}", verbs[k].body, view);
			autofree char *try = xasprintf("%s?dry_run=true", path);
			bool same = !changes[i].what;
			int good = verbs[k].status == 201 ? 200 : verbs[k].status;

			CHECK_INT(name, server_bench_admin(b, "POST", same ? try : path, body),
				  same ? good : 409);
			if (!same)
				check_refusal(b, name, changes[i].what);
		}
		need_state(b, &a, "discovered");
		fake_agent_done(&a);
		walk_renew(b, profile_by_hand);
	}
}

static void test_a_view_is_ours(void **state)
{
	static const char *const views[] = {"x", "...",
					    "000000000000.000000000000.000000000000.000000000000"};
	struct fake_agent a;
	struct server_bench *b = *state;
	char view[HOST_VIEW_BYTES];

	walk_to_discovered(b, &a, "S1", MAC_A);
	look(b, &a, view);
	autofree char *path = path_of(&a, "/approve");
	for (size_t i = 0; i < ARRAY_LEN(views); i++) {
		autofree char *body = xasprintf("{\"view\":\"%s\"}", views[i]);
		CHECK_INT(views[i], server_bench_admin(b, "POST", path, body), 409);
		CHECK_STR(views[i], b->code, "guard.view");
	}
	autofree char *good = xasprintf("{\"view\":\"%s\"}", view);
	assert_int_equal(server_bench_admin(b, "POST", path, good), 200);
	fake_agent_done(&a);
}

/* A code names its machine, whichever speaks for the host: the next one may come between. */
static void test_a_code_names_the_machine(void **state)
{
	struct fake_agent a, next;
	struct server_bench *b = *state;
	char view[HOST_VIEW_BYTES];

	walk_to_discovered(b, &a, "S1", MAC_A);
	look(b, &a, view);
	walk_reboot(b, &next, "S1", MAC_A);
	autofree char *path = path_of(&a, "");
	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	autofree char *body = xasprintf(
		"{\"view\":\"%s\",\"code\":\"%s\"}", view,
		json_string_value(json_object_get(json_object_get(b->reply, "codes"), "session")));
	autofree char *approve = path_of(&a, "/approve");
	assert_int_equal(server_bench_admin(b, "POST", approve, body), 200);
	fake_agent_done(&a);
	fake_agent_done(&next);
}

/* The evidence that waits is replaced by the words of whoever comes next. */
static void test_accepted_is_what_was_shown(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;
	char view[HOST_VIEW_BYTES];

	walk_to_discovered(b, &a, "S1", MAC_A);
	server_bench_sql(b, "INSERT INTO identity_pending (host_num, at_us, body) VALUES (1, 1, "
			    "'{\"items\":[{\"kind\":\"board\",\"value\":\"B-1\"}],\"serial\":\"\","
			    "\"uuid\":\"\"}')");
	look(b, &a, view);
	server_bench_sql(b, "UPDATE identity_pending SET body = "
			    "'{\"items\":[{\"kind\":\"board\",\"value\":\"B-2\"}],\"serial\":\"\","
			    "\"uuid\":\"\"}'");
	autofree char *path = path_of(&a, "/accept");
	autofree char *body = xasprintf("{\"view\":\"%s\"}", view);
	assert_int_equal(server_bench_admin(b, "POST", path, body), 409);
	check_refusal(b, "accept", "evidence");
	look(b, &a, view);
	autofree char *again = xasprintf("{\"view\":\"%s\"}", view);
	assert_int_equal(server_bench_admin(b, "POST", path, again), 200);
	fake_agent_done(&a);
}

/* ---- rehearsed, and approved by a second person ------------------------------------------------ */

static void rehearse(struct server_bench *b, const struct fake_agent *a,
		     char ret[static SHA256_HEX_BYTES])
{
	autofree char *path = path_of(a, "/arm");

	assert_int_equal(server_bench_admin(b, "POST", path, "{" ARM ",\"dry_run\":true}"), 200);
	(void)str_copy(ret, SHA256_HEX_BYTES,
		       json_string_value(json_object_get(b->reply, "plan_hash")));
}

static void test_rehearsed(void **state)
{
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct fake_agent a;
		char hash[SHA256_HEX_BYTES];
		bool same = !changes[i].what;

		walk_to_discovered(b, &a, "S1", MAC_A);
		rehearse(b, &a, hash);
		changes[i].change(b, &a);
		autofree char *path = path_of(&a, "/arm");
		autofree char *body = xasprintf("{" ARM ",\"plan_hash\":\"%s\"}", hash);
		CHECK_INT(changes[i].name, server_bench_admin(b, "POST", path, body) == 201, same);
		CHECK_INT(changes[i].name, server_bench_number(b, "SELECT count(*) FROM flow_arm"),
			  same);
		fake_agent_done(&a);
		walk_renew(b, profile_by_hand);
	}
}

static void test_approved_by_a_second_person(void **state)
{
	struct server_bench *b = *state;

	b->one_person = false;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct fake_agent a;
		char ann[80], bob[80];
		bool same = !changes[i].what;

		server_bench_close(b);
		server_bench_open(b);
		assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles", profile_by_hand),
				 201);
		server_bench_token(b, "ann", "ann", "\"arm\"", ann, sizeof(ann));
		server_bench_token(b, "bob", "bob", "\"approve\"", bob, sizeof(bob));
		walk_to_discovered(b, &a, "S1", MAC_A);
		server_bench_sql(b, "UPDATE host SET state = 'maintenance'");
		server_bench_sql(b, "UPDATE flow_host SET in_use = 1");
		autofree char *path = path_of(&a, "/arm");
		autofree char *body = xasprintf("{" ARM ",\"reimage_in_service\":\"%s\"}",
						a.short_code);
		CHECK_INT(changes[i].name, server_bench_as(b, ann, "POST", path, body), 202);
		autofree char *decide = xasprintf(
			"/api/v1/orders/%s/approve",
			json_string_value(
				json_object_get(json_object_get(b->reply, "order"), "id")));
		server_bench_sql(b, "UPDATE host SET state = 'discovered'");
		changes[i].change(b, &a);
		server_bench_sql(b, "UPDATE host SET state = 'maintenance'");
		CHECK_INT(changes[i].name, server_bench_as(b, bob, "POST", decide, "{}") == 200,
			  same);
		if (!same) /* disks have guards of their own, which come first */
			CHECK(changes[i].name, str_starts(b->code, "guard."));
		CHECK_INT(changes[i].name, server_bench_number(b, "SELECT count(*) FROM flow_arm"),
			  same);
		fake_agent_done(&a);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_by_hand, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_what_was_seen_is_decided),
		T(test_a_view_is_ours),
		T(test_a_code_names_the_machine),
		T(test_accepted_is_what_was_shown),
		T(test_rehearsed),
		T(test_approved_by_a_second_person),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
