/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile that arms by itself is an arm of all hosts that it fits: who may write one, what an
 * open arm takes of a later edit (nothing), and how many hosts profiles arm without a second
 * person. The daemon is killed between, so what counts is in the store.
 */
#include "tests/harness/check.h"

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/host_walk.h"
#include "tests/harness/server_bench.h"

#define HOSTS 7

static struct server_bench bench;
static struct fake_agent hosts[HOSTS];
static struct {
	char approver[80], ann[80], bob[80], program[80];
} tokens;
static char order_id[64];

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	server_bench_token(&bench, "approver", "al", "\"read\",\"approve\"", tokens.approver,
			   sizeof(tokens.approver));
	server_bench_token(&bench, "ann", "ann", "\"read\",\"approve\",\"arm\"", tokens.ann,
			   sizeof(tokens.ann));
	server_bench_token(&bench, "bob", "bob", "\"read\",\"approve\"", tokens.bob,
			   sizeof(tokens.bob));
	server_bench_token(&bench, "program", "", "\"read\",\"approve\",\"arm\"", tokens.program,
			   sizeof(tokens.program));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HOSTS; i++)
		fake_agent_done(&hosts[i]);
	memset(hosts, 0, sizeof(hosts));
	server_bench_close(&bench);
	return 0;
}

#define NEW(name, priority, more)                                                                  \
	"{\"name\":\"" name "\",\"priority\":" #priority                                           \
	",\"match\":{\"serial\":\"*\"},\"enrol\":true" more "}"
#define IMAGE ",\"image\":{\"line\":\"debian12\",\"version\":\"1\"}"
#define AUTO_ ",\"auto_approve\":true"
#define WIPE  ",\"wipe\":\"consent\""
#define KEY                                                                                        \
	",\"host\":{\"ssh_authorized_keys\":[\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f thief\"]}"

static int put(const char *token, const char *doc)
{
	int status = server_bench_as(&bench, token, "POST", "/api/v1/profiles", doc);
	const json_t *order = json_object_get(bench.reply, "order");
	const char *id = json_string_value(json_object_get(order, "id"));

	if (id)
		(void)str_copy(order_id, sizeof(order_id), id);
	return status;
}

static void put_well(const char *doc)
{
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", doc), 201);
}

static int decide(const char *token, const char *name)
{
	autofree char *path = xasprintf("/api/v1/orders/%s/%s", order_id, name);

	return server_bench_as(&bench, token, "POST", path, "{}");
}

static long number(const char *sql)
{
	return server_bench_number(&bench, sql);
}

static void meet(unsigned i)
{
	autofree char *serial = xasprintf("S%u", i);
	autofree char *mac = xasprintf("52:54:00:00:06:%02x", i);

	walk_to_discovered(&bench, &hosts[i], serial, mac);
}

/* ---- who may write one ----------------------------------------------------------------------- */

/* With the right to approve alone: what is there before, what is written, what becomes of it. The
 * right to arm as well opens each. */
static void test_who_may_write(void **state)
{
	static const struct {
		const char *name, *before, *method, *path, *doc;
		int status;
	} rows[] = {
		{"one that arms nothing", NULL, "POST", "", NEW("n", 1, IMAGE KEY), 201},
		{"one that approves by itself", NULL, "POST", "", NEW("n", 1, AUTO_), 403},
		{"and images", NULL, "POST", "", NEW("n", 1, AUTO_ IMAGE), 403},
		{"one that gives data away", NULL, "POST", "", NEW("n", 1, WIPE), 403},
		{"an edit of one that arms nothing", NEW("p", 5, IMAGE), "POST", "",
		 NEW("p", 9, IMAGE KEY), 201},
		{"it begins to arm", NEW("p", 5, IMAGE), "POST", "", NEW("p", 5, IMAGE AUTO_), 403},
		{"it stops arming", NEW("p", 5, IMAGE AUTO_), "POST", "", NEW("p", 5, IMAGE), 403},
		{"its key", NEW("p", 5, IMAGE AUTO_), "POST", "", NEW("p", 5, IMAGE AUTO_ KEY),
		 403},
		{"its version", NEW("p", 5, IMAGE AUTO_), "POST", "",
		 NEW("p", 5, AUTO_ ",\"image\":{\"line\":\"debian12\"}"), 403},
		{"its disk rule", NEW("p", 5, IMAGE AUTO_), "POST", "",
		 NEW("p", 5, IMAGE AUTO_ ",\"disk\":{\"media\":\"SSD\"}"), 403},
		{"its priority", NEW("p", 5, IMAGE AUTO_), "POST", "", NEW("p", 6, IMAGE AUTO_),
		 403},
		{"its match", NEW("p", 5, IMAGE AUTO_), "POST", "",
		 "{\"name\":\"p\",\"priority\":5,\"match\":{\"mac\":\"*\"}}", 403},
		{"its burn-in", NEW("p", 5, IMAGE AUTO_), "POST", "",
		 NEW("p", 5, IMAGE AUTO_ ",\"burnin\":{\"tier\":\"quick\"}"), 403},
		{"its data", NEW("p", 5, WIPE), "POST", "", NEW("p", 5, ""), 403},
		{"removing it", NEW("p", 5, IMAGE AUTO_), "DELETE", "/p", NULL, 403},
		{"removing one that arms nothing", NEW("p", 5, IMAGE), "DELETE", "/p", NULL, 204},
		{"another one beside it", NEW("p", 5, IMAGE AUTO_), "POST", "", NEW("n", 9, IMAGE),
		 201},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *path = xasprintf("/api/v1/profiles%s", rows[i].path);
		if (rows[i].before)
			put_well(rows[i].before);
		long before = number("SELECT sum(length(doc)) FROM flow_profile");
		CHECK_INT(
			rows[i].name,
			server_bench_as(&bench, tokens.approver, rows[i].method, path, rows[i].doc),
			rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].status == 403 ? "auth.scope" : "");
		if (rows[i].status == 403) {
			CHECK_INT(rows[i].name, number("SELECT sum(length(doc)) FROM flow_profile"),
				  before);
			CHECK_INT(rows[i].name,
				  server_bench_as(&bench, tokens.ann, rows[i].method, path,
						  rows[i].doc),
				  rows[i].doc ? 201 : 204);
		}
		server_bench_sql(&bench, "DELETE FROM flow_profile");
	}
}

/* A profile that arms gets more hosts when what outranks it goes, or reaches less. */
static void test_what_outranks_one_that_arms(void **state)
{
	static const struct {
		const char *name, *method, *path, *doc;
		int status;
	} rows[] = {
		{"removed", "DELETE", "/over", NULL, 403},
		{"less match", "POST", "",
		 "{\"name\":\"over\",\"priority\":9,\"match\":{\"mac\":"
		 "\"52:*\"}}",
		 403},
		{"less priority", "POST", "", NEW("over", 1, IMAGE), 403},
		{"its image", "POST", "", NEW("over", 9, IMAGE), 201},
		{"one below it removed", "DELETE", "/under", NULL, 204},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *path = xasprintf("/api/v1/profiles%s", rows[i].path);
		put_well(NEW("over", 9, ""));
		put_well(NEW("arms", 5, IMAGE AUTO_));
		put_well(NEW("under", 1, IMAGE));
		CHECK_INT(
			rows[i].name,
			server_bench_as(&bench, tokens.approver, rows[i].method, path, rows[i].doc),
			rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].status == 403 ? "auth.scope" : "");
	}
}

/* ---- later edits ----------------------------------------------------------------------------- */

static void need_no_thief(const struct fake_agent *a)
{
	for (size_t i = 0; i < a->plan.image.n_ssh_authorized_keys; i++)
		assert_null(strstr(a->plan.image.ssh_authorized_keys[i], "thief"));
}

static int arm(const char *more)
{
	return walk_arm(&bench, &hosts[0], more);
}

/* The host was armed with what the profile gave then. */
static void test_open_arm_takes_no_edit(void **state)
{
	(void)state;
	put_well(NEW("p", 5, IMAGE));
	meet(0);
	assert_int_equal(arm(""), 201);
	assert_int_equal(put(tokens.approver, NEW("p", 5, IMAGE KEY)), 201);
	need_step(&bench, &hosts[0], PLAN_STEP_WAIT);
	assert_non_null(strstr(hosts[0].plan.wait.message, "profile changed"));
	need(fake_agent_next(&hosts[0], 0, bench.plan_key), 204, &hosts[0], "it still waits");
	server_bench_crash(&bench);
	assert_int_equal(number("SELECT count(*) FROM flow_arm WHERE ended_us = 0"), 0);
	assert_int_equal(number("SELECT count(*) FROM event WHERE kind = 'arm.profile_changed'"),
			 1);
	/* whoever arms it now has seen what it gives */
	assert_int_equal(arm(""), 201);
	need_step(&bench, &hosts[0], PLAN_STEP_IMAGE);
	assert_int_equal(hosts[0].plan.image.n_ssh_authorized_keys, 1);
}

/* Another profile that outranks it is an edit, too; what does not reach the image is none. */
static void test_which_edits_count(void **state)
{
	static const struct {
		const char *name, *doc;
		enum plan_step_kind step;
	} rows[] = {
		{"the same again", NEW("p", 5, IMAGE), PLAN_STEP_IMAGE},
		{"its priority", NEW("p", 6, IMAGE), PLAN_STEP_IMAGE},
		{"another one above it with a key", NEW("n", 9, IMAGE KEY), PLAN_STEP_WAIT},
		{"another one below it", NEW("n", 1, IMAGE KEY), PLAN_STEP_IMAGE},
		{"host name", NEW("p", 5, IMAGE ",\"host\":{\"hostname\":\"mine\"}"),
		 PLAN_STEP_WAIT},
		{"user data", NEW("p", 5, IMAGE ",\"host\":{\"user_data\":\"#cloud-config\"}"),
		 PLAN_STEP_WAIT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_well(NEW("p", 5, IMAGE));
		meet(0);
		assert_int_equal(arm(""), 201);
		assert_int_equal(put(tokens.approver, rows[i].doc), 201);
		CHECK_INT(rows[i].name, fake_agent_next(&hosts[0], 2, bench.plan_key), 200);
		CHECK_STR(rows[i].name, plan_step_kind_str(hosts[0].plan.kind),
			  plan_step_kind_str(rows[i].step));
		teardown(NULL);
		setup(NULL);
	}
}

/* What was begun is not finished with something else: it fails, and says why. */
static void test_begun_and_edited(void **state)
{
	(void)state;
	put_well(NEW("p", 5, IMAGE));
	meet(0);
	assert_int_equal(arm(""), 201);
	need_step(&bench, &hosts[0], PLAN_STEP_IMAGE);
	assert_int_equal(put(tokens.approver, NEW("p", 5, IMAGE KEY)), 201);
	/* the plan that the agent holds is of what was armed */
	need_no_thief(&hosts[0]);
	need(fake_agent_permit(&hosts[0], NULL), 200, &hosts[0], "permit of what was armed");
	need(fake_agent_step_failed(&hosts[0], "system.timeout"), 200, &hosts[0], "try again");
	need_step(&bench, &hosts[0], PLAN_STEP_WAIT);
	need_no_thief(&hosts[0]);
	need_state(&bench, &hosts[0], "failed");
	assert_int_equal(number("SELECT count(*) FROM fault WHERE code = 'guard.profile'"), 1);
	assert_int_equal(arm(""), 201);
	need_step(&bench, &hosts[0], PLAN_STEP_IMAGE);
}

/* G11: what was rehearsed was with the profile as it was. */
static void test_rehearsed_and_edited(void **state)
{
	(void)state;
	put_well(NEW("p", 5, IMAGE));
	meet(0);
	assert_int_equal(arm(",\"dry_run\":true"), 200);
	autofree char *hash = xasprintf(
		",\"plan_hash\":\"%s\"",
		json_string_value(json_object_get(bench.reply, "plan_hash")));
	assert_int_equal(put(tokens.approver, NEW("p", 5, IMAGE KEY)), 201);
	assert_int_equal(arm(hash), 409);
	assert_string_equal(bench.code, "guard.plan");
	assert_int_equal(put(tokens.approver, NEW("p", 5, IMAGE)), 201);
	assert_int_equal(arm(hash), 201);
}

/* ---- many hosts ------------------------------------------------------------------------------ */

static void meet_all(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		meet(i);
}

static void test_one_that_fits_many(void **state)
{
	static const char doc[] = NEW("p", 5, IMAGE AUTO_);

	(void)state;
	put_well(NEW("p", 5, IMAGE));
	meet_all(6);
	assert_int_equal(put(tokens.program, doc), 403);
	assert_string_equal(bench.code, "guard.person");
	assert_int_equal(put(tokens.ann, doc), 202);
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE doc LIKE '%auto%'"), 0);
	assert_int_equal(number("SELECT host_count FROM flow_order"), 6);
	server_bench_crash(&bench);
	assert_int_equal(decide(tokens.ann, "approve"), 403);
	assert_string_equal(bench.code, "guard.second_person");
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	/* two agreed: all of them, without a cap */
	for (unsigned i = 0; i < 6; i++)
		need_step(&bench, &hosts[i], PLAN_STEP_IMAGE);
	assert_int_equal(number("SELECT count(*) FROM flow_arm WHERE agreed = 'bob'"), 6);
	/* the same again keeps the agreement, an edit ends it */
	put_well("{\"name\":\"q\",\"match\":{\"serial\":\"none\"}}");
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE agreed = 'bob'"), 1);
	assert_int_equal(put(tokens.ann, NEW("p", 5, IMAGE AUTO_ KEY)), 202);
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE agreed = 'bob'"), 1);
}

/* The profile was changed by somebody else meanwhile: what was ordered is not what would be. */
static void test_order_and_edit(void **state)
{
	(void)state;
	put_well(NEW("p", 5, IMAGE));
	meet_all(6);
	assert_int_equal(put(tokens.ann, NEW("p", 5, IMAGE AUTO_)), 202);
	assert_int_equal(put(tokens.approver, NEW("p", 5, IMAGE KEY)), 201);
	assert_int_equal(decide(tokens.bob, "approve"), 409);
	assert_string_equal(bench.code, "guard.plan");
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE doc LIKE '%auto%'"), 0);
}

/* Few fit when it is written, and then a rack arrives. */
static void test_automatic_arms_add_up(void **state)
{
	static const char doc[] = NEW("p", 5, IMAGE AUTO_);

	(void)state;
	assert_int_equal(put(tokens.ann, doc), 201);
	meet_all(5);
	for (unsigned i = 0; i < 5; i++)
		need_step(&bench, &hosts[i], PLAN_STEP_IMAGE);
	server_bench_crash(&bench);
	meet(5);
	need_step(&bench, &hosts[5], PLAN_STEP_WAIT);
	assert_non_null(strstr(hosts[5].plan.wait.message, "second person"));
	assert_int_equal(number("SELECT count(*) FROM flow_arm"), 5);
	/* one more by name is a person's, who has an hour of their own */
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", hosts[5].host_id);
	autofree char *body = xasprintf("{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"%s\"}}",
					hosts[5].disk_serial);
	assert_int_equal(server_bench_as(&bench, tokens.ann, "POST", path, body), 201);
	need_step(&bench, &hosts[5], PLAN_STEP_IMAGE);
	/* the same document, and this time two agree */
	meet(6);
	need_step(&bench, &hosts[6], PLAN_STEP_WAIT);
	assert_int_equal(put(tokens.ann, doc), 202);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	need_step(&bench, &hosts[6], PLAN_STEP_IMAGE);
	assert_int_equal(number("SELECT count(*) FROM flow_arm WHERE agreed = 'bob'"), 1);
}

/* The hour ends. */
static void test_automatic_arms_next_hour(void **state)
{
	(void)state;
	assert_int_equal(put(tokens.ann, NEW("p", 5, IMAGE AUTO_)), 201);
	meet_all(5);
	for (unsigned i = 0; i < 5; i++)
		need_step(&bench, &hosts[i], PLAN_STEP_IMAGE);
	server_bench_sql(&bench, "UPDATE flow_arm SET created_us = created_us - 3600000000");
	meet(5);
	need_step(&bench, &hosts[5], PLAN_STEP_IMAGE);
}

/* Two may agree before the rack arrives, too. */
static void test_second_person_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(server_bench_as(&bench, tokens.ann, "POST",
					 "/api/v1/profiles?second_person=true",
					 NEW("p", 5, IMAGE AUTO_)),
			 202);
	const json_t *order = json_object_get(bench.reply, "order");
	(void)str_copy(order_id, sizeof(order_id), json_string_value(json_object_get(order, "id")));
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	/* the same document keeps the agreement */
	assert_int_equal(put(tokens.ann, NEW("p", 5, IMAGE AUTO_)), 201);
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE agreed = 'bob'"), 1);
	meet_all(7);
	for (unsigned i = 0; i < 7; i++)
		need_step(&bench, &hosts[i], PLAN_STEP_IMAGE);
	/* an edit ends it, however few hosts it fits */
	put_well("{\"name\":\"q\",\"priority\":1,\"match\":{\"serial\":\"none\"},"
		 "\"auto_approve\":true}");
	server_bench_sql(&bench, "UPDATE flow_profile SET agreed = 'bob'");
	put_well("{\"name\":\"q\",\"priority\":1,\"match\":{\"serial\":\"none\"},"
		 "\"auto_approve\":true,\"enrol\":true}");
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE agreed = 'bob'"), 1);
	/* what outranks it changes: nobody agreed to that */
	put_well(NEW("over", 9, ""));
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE agreed = 'bob'"), 1);
	assert_int_equal(
		server_bench_as(&bench, tokens.ann, "DELETE", "/api/v1/profiles/over", NULL), 204);
	assert_int_equal(number("SELECT count(*) FROM flow_profile WHERE agreed = 'bob'"), 0);
}

/* ---- user data ------------------------------------------------------------------------------- */

#define MARKED ",\"host\":{\"user_data\":\"password: MARKER\"}"
#define NAMED(bytes)                                                                               \
	",\"host\":{\"user_data\":{\"set\":true,\"bytes\":" bytes                                  \
	",\"sha256\":\"b5cb6b9f2d8f4f9ad5b0cc8a5a62ef4f8f0bba58c1e6cc5f5ad7cb2cd5cb2d0b\"}}"

/* Where the text may lie that was written as user data. */
static long places(void)
{
	static const char *const where[] = {"flow_profile WHERE doc",
					    "flow_profile WHERE secret",
					    "event WHERE detail",
					    "flow_order WHERE body",
					    "flow_order_secret WHERE sealed",
					    "flow_plan WHERE envelope"};
	long n = 0;

	for (size_t i = 0; i < ARRAY_LEN(where); i++) {
		autofree char *sql = xasprintf("SELECT count(*) FROM %s LIKE '%%MARKER%%'",
					       where[i]);
		n += number(sql);
	}
	return n;
}

static void get_profile(const char *name)
{
	autofree char *path = xasprintf("/api/v1/profiles/%s", name);

	assert_int_equal(server_bench_as(&bench, tokens.bob, "GET", path, NULL), 200);
}

static void test_user_data_is_written_only(void **state)
{
	(void)state;
	put_well(NEW("p", 5, IMAGE AUTO_ MARKED));
	assert_int_equal(places(), 0);
	get_profile("p");
	json_t *shown = json_object_get(json_object_get(bench.reply, "host"), "user_data");
	assert_int_equal(json_integer_value(json_object_get(shown, "bytes")), 16);
	assert_true(json_is_true(json_object_get(shown, "set")));
	assert_int_equal(strlen(json_string_value(json_object_get(shown, "sha256"))), 64);
	/* what was shown keeps what is stored, and another digest nothing */
	autofree char *same = json_dumps(bench.reply, JSON_COMPACT);
	assert_int_equal(put(tokens.ann, same), 201);
	assert_int_equal(put(tokens.ann, NEW("p", 6, IMAGE AUTO_ NAMED("16"))), 400);
	assert_string_equal(bench.code, "input.invalid");
	meet(0);
	need_step(&bench, &hosts[0], PLAN_STEP_IMAGE);
	assert_string_equal(hosts[0].plan.image.user_data, "password: MARKER");
	assert_int_equal(places(), 0);
}

static void test_user_data_that_waits(void **state)
{
	(void)state;
	assert_int_equal(server_bench_as(&bench, tokens.ann, "POST",
					 "/api/v1/profiles?second_person=true",
					 NEW("p", 5, IMAGE AUTO_ MARKED)),
			 202);
	const json_t *order = json_object_get(bench.reply, "order");
	(void)str_copy(order_id, sizeof(order_id), json_string_value(json_object_get(order, "id")));
	assert_int_equal(places(), 0);
	assert_int_equal(number("SELECT count(*) FROM flow_order_secret"), 1);
	assert_int_equal(decide(tokens.bob, "approve"), 200);
	assert_int_equal(number("SELECT count(*) FROM flow_order_secret"), 0);
	meet(0);
	need_step(&bench, &hosts[0], PLAN_STEP_IMAGE);
	assert_string_equal(hosts[0].plan.image.user_data, "password: MARKER");
}

/* How many files of the store hold the text. */
static int files_with(const char *text)
{
	static const char *const names[] = {"slipway.db", "slipway.db-wal"};
	int n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		autofree char *path = xasprintf("%s/state/%s", bench.dir, names[i]);
		autofree char *bytes = NULL;
		size_t n_bytes = 0;
		struct err none = ERR_INIT;

		if (file_read(path, 64 << 20, &bytes, &n_bytes, &none) >= 0 &&
		    memmem(bytes, n_bytes, text, strlen(text)))
			n++;
	}
	return n;
}

/* What an older version stored is sealed when the daemon starts, and is in no file after that. */
static void test_user_data_of_an_older_version(void **state)
{
	(void)state;
	put_well(NEW("p", 5, IMAGE AUTO_));
	server_bench_sql(&bench,
			 "UPDATE flow_profile SET doc = '" NEW("p", 5, IMAGE AUTO_ MARKED) "'");
	assert_int_equal(places(), 0);
	if (!getenv("SLIPWAY_TEST_POSTGRES")) {
		assert_int_not_equal(files_with("flow_profile"), 0);
		assert_int_equal(files_with("MARKER"), 0);
	}
	meet(0);
	need_step(&bench, &hosts[0], PLAN_STEP_IMAGE);
	assert_string_equal(hosts[0].plan.image.user_data, "password: MARKER");
}

/* Sealed text of another profile, or a changed digest, gives a host nothing. */
static void test_user_data_of_another(void **state)
{
	(void)state;
	put_well(NEW("p", 5, IMAGE AUTO_ MARKED));
	put_well("{\"name\":\"q\",\"priority\":1,\"match\":{\"serial\":\"none\"}" MARKED "}");
	server_bench_sql(&bench, "UPDATE flow_profile SET secret = (SELECT secret FROM "
				 "flow_profile WHERE name = 'q') WHERE name = 'p'");
	meet(0);
	assert_int_not_equal(fake_agent_next(&hosts[0], 0, bench.plan_key), 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_who_may_write),
		T(test_what_outranks_one_that_arms),
		T(test_open_arm_takes_no_edit),
		T(test_which_edits_count),
		T(test_begun_and_edited),
		T(test_rehearsed_and_edited),
		T(test_one_that_fits_many),
		T(test_user_data_is_written_only),
		T(test_user_data_that_waits),
		T(test_user_data_of_an_older_version),
		T(test_user_data_of_another),
		T(test_order_and_edit),
		T(test_automatic_arms_add_up),
		T(test_automatic_arms_next_hour),
		T(test_second_person_is_asked_for),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("profile guards", tests, NULL, NULL);
}
