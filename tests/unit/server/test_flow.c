/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's whole way through the server, by a fake agent over real HTTP and a real store: once in
 * peace, once with the server killed before every request. Then what happens when things go wrong
 * on the way.
 */
#include "tests/harness/check.h"

#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/receipt.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/server_bench.h"

#define MAC_A "52:54:00:00:00:0a"
#define MAC_B "52:54:00:00:00:0b"

static const char profile_auto[] =
	"{\"name\":\"auto\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":true,\"burnin\":{\"tier\":\"quick\",\"limits\":{\"cpu_s\":1}},"
	"\"image\":{\"line\":\"debian12\",\"version\":\"latest\"},\"host\":{\"hostname\":"
	"\"lab-{short_code}\",\"ssh_authorized_keys\":[\"ssh-ed25519 AAAA x\"]}}";
static const char profile_by_hand[] =
	"{\"name\":\"auto\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":false,\"image\":{\"line\":\"debian12\"}}";

static struct server_bench bench;
static bool crash_always;

static void crash_maybe(void)
{
	if (crash_always)
		server_bench_crash(&bench);
}

static void need(int got, int wanted, const struct fake_agent *a, const char *what)
{
	if (got != wanted)
		fail_msg("%s: status %d (%s), not %d; reply %s", what, got, a->code, wanted,
			 a->reply ? json_dumps(a->reply, JSON_COMPACT) : "none");
}

static void need_step(struct fake_agent *a, enum plan_step_kind kind)
{
	crash_maybe();
	need(fake_agent_next(a, 2, bench.plan_key), 200, a, "next");
	assert_string_equal(plan_step_kind_str(a->plan.kind), plan_step_kind_str(kind));
	crash_maybe();
}

static void open_agent(struct fake_agent *a, const char *serial, const char *mac)
{
	fake_agent_boot(a, bench.front, serial, mac);
	crash_maybe();
	need(fake_agent_open(a), 201, a, "session");
}

static void inspect(struct fake_agent *a, const char *signature)
{
	need_step(a, PLAN_STEP_INSPECT);
	need(fake_agent_facts(a, signature), 200, a, "facts");
	crash_maybe();
	need(fake_agent_step_done(a, "ok"), 200, a, "inspected");
}

static void burn_in(struct fake_agent *a, const char *result)
{
	need_step(a, PLAN_STEP_BURN_IN);
	need(fake_agent_event(a, "burnin", json_pack("{s:{s:i}}", "schemaVersion", "major", 2)),
	     200, a, "record");
	crash_maybe();
	need(fake_agent_step_done(a, result), 200, a, "tested");
}

static void to_image_step(struct fake_agent *a, const char *serial, const char *mac)
{
	open_agent(a, serial, mac);
	inspect(a, NULL);
	burn_in(a, "PASS");
	need_step(a, PLAN_STEP_IMAGE);
}

static void finish_image(struct fake_agent *a)
{
	crash_maybe();
	need(fake_agent_receipt(a), 200, a, "receipt");
	crash_maybe();
	need(fake_agent_step_done(a, "ok"), 200, a, "imaged");
}

static void walk(struct fake_agent *a, const char *serial, const char *mac)
{
	to_image_step(a, serial, mac);
	char token[SHA256_HEX_BYTES], digest[SHA256_HEX_BYTES];
	(void)str_copy(token, sizeof(token), a->plan.image.first_boot_token);
	(void)str_copy(digest, sizeof(digest), a->plan.image.image_digest);
	assert_string_equal(a->plan.image.disk.serial, a->disk_serial);
	need(fake_agent_heartbeat(a), 200, a, "heartbeat");
	assert_false(json_is_true(json_object_get(a->reply, "may_write")));
	crash_maybe();
	need(fake_agent_permit(a, NULL), 200, a, "permit");
	crash_maybe();
	need(fake_agent_heartbeat(a), 200, a, "heartbeat");
	assert_true(json_is_true(json_object_get(a->reply, "may_write")));
	finish_image(a);
	assert_string_equal(server_bench_state(&bench, a->host_id), "verifying");
	need_step(a, PLAN_STEP_REBOOT);
	need(fake_agent_step_done(a, "ok"), 200, a, "rebooting");
	crash_maybe();
	need(fake_agent_first_boot(a, token, digest), 200, a, "first boot");
	assert_string_equal(server_bench_state(&bench, a->host_id), "ready");
	crash_maybe();
	need(fake_agent_first_boot(a, token, digest), 200, a, "first boot again");
}

static int setup(void **state)
{
	(void)state;
	crash_always = false;
	server_bench_open(&bench);
	return server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_auto) == 201 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	server_bench_close(&bench);
	return 0;
}

/* ---- the good way
 * -------------------------------------------------------------------------------- */

static void test_walk(void **state)
{
	struct fake_agent a;
	(void)state;
	walk(&a, "S1", MAC_A);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM host"), 1);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM flow_arm"), 1);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM receipt"), 1);
	fake_agent_done(&a);
}

static void test_walk_with_crashes(void **state)
{
	struct fake_agent a;
	(void)state;
	crash_always = true;
	walk(&a, "S1", MAC_A);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM host"), 1);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM flow_session"), 1);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM flow_arm"), 1);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM receipt"), 1);
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM run"), 1);
	fake_agent_done(&a);
}

/* ---- repetition
 * ------------------------------------------------------------------------------------ */

static void test_repeated_requests(void **state)
{
	struct fake_agent a;
	char session[64], permit[64];
	(void)state;
	open_agent(&a, "S1", MAC_A);
	(void)str_copy(session, sizeof(session), a.session_id);
	need(fake_agent_open(&a), 201, &a, "session again");
	assert_string_equal(a.session_id, session);
	inspect(&a, NULL);
	need(fake_agent_event_again(&a, "step_done",
				    json_pack("{s:i, s:s}", "seq", 1, "result", "ok")),
	     200, &a, "event again");
	assert_int_equal(json_integer_value(json_object_get(a.reply, "acked")), a.seq);
	a.seq += 5;
	need(fake_agent_event_again(&a, "log",
				    json_pack("{s:s, s:s}", "level", "info", "text", "x")),
	     200, &a, "event after a gap");
	assert_int_equal(json_integer_value(json_object_get(a.reply, "acked")), a.seq - 5);
	a.seq -= 5;
	burn_in(&a, "PASS");
	need_step(&a, PLAN_STEP_IMAGE);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	(void)str_copy(permit, sizeof(permit),
		       json_string_value(json_object_get(a.reply, "permit_id")));
	need(fake_agent_permit(&a, NULL), 200, &a, "permit again");
	assert_string_equal(json_string_value(json_object_get(a.reply, "permit_id")), permit);
	fake_agent_done(&a);
}

/* ---- who may come in ---------------------------------------------------------------------------
 */

static void test_admission(void **state)
{
	struct fake_agent a, other;
	(void)state;
	assert_int_equal(server_bench_admin(&bench, "DELETE", "/api/v1/profiles/auto", NULL), 204);
	fake_agent_boot(&a, bench.front, "S1", MAC_A);
	need(fake_agent_open(&a), 403, &a, "unknown host");
	assert_string_equal(a.code, "enrol.refused");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM host"), 0);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_auto), 201);
	fake_agent_done(&a);
	walk(&a, "S1", MAC_A);
	fake_agent_done(&a);
	/* ready: its record does not move, whoever comes */
	fake_agent_boot(&a, bench.front, "S1", MAC_A);
	need(fake_agent_open(&a), 409, &a, "ready host");
	assert_string_equal(a.code, "host.local_boot");
	assert_string_equal(server_bench_state(&bench, ""), "");
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM host WHERE state = 'ready'"), 1);
	fake_agent_done(&a);
	/* another machine with the same placeholders */
	fake_agent_boot(&a, bench.front, "To Be Filled By O.E.M.", "52:54:00:00:00:0c");
	fake_agent_boot(&other, bench.front, "To Be Filled By O.E.M.", "52:54:00:00:00:0d");
	(void)str_copy(a.uuid, sizeof(a.uuid), "00000000-0000-0000-0000-000000000000");
	(void)str_copy(other.uuid, sizeof(other.uuid), a.uuid);
	need(fake_agent_open(&a), 201, &a, "placeholder host");
	need(fake_agent_open(&other), 201, &other, "second placeholder host");
	assert_string_not_equal(a.host_id, other.host_id);
	fake_agent_done(&a);
	fake_agent_done(&other);
}

static void test_session_belongs_to_its_key(void **state)
{
	struct fake_agent a, thief;
	(void)state;
	open_agent(&a, "S1", MAC_A);
	fake_agent_boot(&thief, bench.front, "S2", MAC_B);
	(void)str_copy(thief.session_id, sizeof(thief.session_id), a.session_id);
	thief.epoch = a.epoch;
	need(fake_agent_heartbeat(&thief), 403, &thief, "stolen session");
	assert_string_equal(thief.code, "session.key");
	/* a second boot of the same host ends the first session */
	fake_agent_done(&thief);
	open_agent(&thief, "S1", MAC_A);
	assert_string_equal(thief.host_id, a.host_id);
	need(fake_agent_heartbeat(&a), 409, &a, "old session");
	assert_string_equal(a.code, "session.stale_epoch");
	(void)str_copy(a.session_id, sizeof(a.session_id), "nonsense");
	need(fake_agent_heartbeat(&a), 410, &a, "no session");
	assert_string_equal(a.code, "session.over");
	fake_agent_done(&a);
	fake_agent_done(&thief);
}

/* ---- guards at the permit
 * ------------------------------------------------------------------------ */

static void change_serial(struct fake_agent *a)
{
	(void)str_copy(a->plan.image.disk.serial, sizeof(a->plan.image.disk.serial), "OTHER");
}

static void change_size(struct fake_agent *a)
{
	a->plan.image.disk.size_bytes -= 512;
}

static void change_wwn(struct fake_agent *a)
{
	(void)str_copy(a->plan.image.disk.wwn, sizeof(a->plan.image.disk.wwn), "0x1");
}

static void change_plan(struct fake_agent *a)
{
	(void)str_copy(a->plan.plan_id, sizeof(a->plan.plan_id), "nonsense");
}

static void change_arm(struct fake_agent *a)
{
	(void)str_copy(a->plan.image.arm_id, sizeof(a->plan.image.arm_id), "nonsense");
}

static void expire_arm(struct fake_agent *a)
{
	(void)a;
	server_bench_sql(&bench, "UPDATE flow_arm SET expires_us = 1000");
}

static void use_arm(struct fake_agent *a)
{
	(void)a;
	server_bench_sql(&bench, "UPDATE flow_arm SET consumed_us = 1000, session_id = 'other'");
}

static void end_arm(struct fake_agent *a)
{
	(void)a;
	server_bench_sql(&bench, "UPDATE flow_arm SET ended_us = 1000");
}

static void other_hosts_arm(struct fake_agent *a)
{
	(void)a;
	server_bench_sql(&bench, "UPDATE flow_arm SET host_num = 999");
}

static void stop_all(struct fake_agent *a)
{
	(void)a;
	assert_int_equal(
		server_bench_admin(&bench, "POST", "/api/v1/stop-all", "{\"reason\":\"x\"}"), 200);
}

static void stop_all_and_restart(struct fake_agent *a)
{
	stop_all(a);
	server_bench_crash(&bench);
}

static void put_in_service(struct fake_agent *a)
{
	(void)a;
	server_bench_sql(&bench, "UPDATE host SET state = 'in-service'");
}

static void remove_image(struct fake_agent *a)
{
	(void)a;
	bench.image_version[0] = '\0';
	server_bench_crash(&bench);
}

static void test_permit_guards(void **state)
{
	static const struct {
		const char *name;
		void (*change)(struct fake_agent *a);
		const char *found;
		const char *code;
	} rows[] = {
		{"another serial", change_serial, NULL, "guard.disk.other"},
		{"another size", change_size, NULL, "guard.disk.other"},
		{"another WWN", change_wwn, NULL, "guard.disk.other"},
		{"unknown plan", change_plan, NULL, "guard.arm.other"},
		{"unknown arm", change_arm, NULL, "guard.arm.missing"},
		{"expired arm", expire_arm, NULL, "guard.arm.expired"},
		{"arm of another session", use_arm, NULL, "guard.arm.used"},
		{"ended arm", end_arm, NULL, "guard.arm.used"},
		{"arm of another host", other_hosts_arm, NULL, "guard.arm.other"},
		{"all stopped", stop_all, NULL, "guard.stopped"},
		{"all stopped, then a crash", stop_all_and_restart, NULL, "guard.stopped"},
		{"in service", put_in_service, NULL, "guard.in_service"},
		{"an image that is gone", remove_image, NULL, "guard.image"},
		{"data without consent", NULL, "ext4", "guard.data"},
		{"shared file system, upper case", NULL, "AA31E02A-400F-11DB-9590-000C2911D1B8",
		 "guard.data.shared"},
		{"all is well", NULL, NULL, ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		to_image_step(&a, "S1", MAC_A);
		if (rows[i].change)
			rows[i].change(&a);
		int status = fake_agent_permit(&a, rows[i].found);
		CHECK_STR(rows[i].name, a.code, rows[i].code);
		CHECK_INT(rows[i].name, status, rows[i].code[0] ? 403 : 200);
		CHECK_INT(rows[i].name,
			  server_bench_number(&bench, "SELECT count(*) FROM event WHERE kind = "
						      "'permit.granted'"),
			  rows[i].code[0] ? 0 : 1);
		fake_agent_done(&a);
		teardown(NULL);
		CHECK_INT(rows[i].name, setup(NULL), 0);
	}
}

/* ---- guards before the arm
 * ------------------------------------------------------------------------ */

static void test_arming(void **state)
{
	static const struct {
		const char *name, *body, *code;
		int status;
	} rows[] = {
		{"empty", "{}", "input.field.missing", 400},
		{"no disk named", "{\"image\":\"debian12@1\",\"disk\":{}}", "guard.selector", 400},
		{"a pattern", "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"*\"}}",
		 "guard.selector", 400},
		{"another disk", "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"NOPE\"}}",
		 "guard.disk.none", 403},
		{"unknown image", "{\"image\":\"debian13@1\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "guard.image", 403},
		{"M-08 an older image, and no reason",
		 "{\"image\":\"odd@old\",\"disk\":{\"serial\":\"DISK-00:0a\"}}", "image.rollback",
		 409},
		{"M-08 an older image, with a reason: the next guard speaks",
		 "{\"image\":\"odd@old\",\"disk\":{\"serial\":\"DISK-00:0a\"},\"reason\":\"2 is "
		 "slow\"}",
		 "guard.data", 403},
		{"M-06 another architecture",
		 "{\"image\":\"odd@arch\",\"disk\":{\"serial\":\"DISK-00:0a\"}}", "guard.arch",
		 403},
		{"M-06 no such firmware",
		 "{\"image\":\"odd@firmware\",\"disk\":{\"serial\":\"DISK-00:0a\"}}", "guard.arch",
		 403},
		{"M-07 the smallest disk is larger than this",
		 "{\"image\":\"odd@disk\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "guard.disk.small", 403},
		{"data", "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "guard.data", 403},
		{"consent for another disk",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DISK-00:0a\"},\"wipe_consent\":"
		 "\"X\"}",
		 "guard.data", 403},
		{"too long",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"D\"},\"ttl_s\":3601}",
		 "input.field.range", 400},
		{"unknown field",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"D\"},\"all\":true}",
		 "input.field.unknown", 400},
		{"consent",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DISK-00:0a\"},\"wipe_consent\":"
		 "\"DISK-00:0a\"}",
		 "", 201},
	};
	struct fake_agent a;
	(void)state;
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_by_hand),
			 201);
	open_agent(&a, "S1", MAC_A);
	inspect(&a, "ext4");
	need_step(&a, PLAN_STEP_WAIT);
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a.host_id);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, server_bench_admin(&bench, "POST", path, rows[i].body),
			  rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].code);
		CHECK_INT(rows[i].name,
			  server_bench_number(&bench, "SELECT count(*) FROM flow_arm"),
			  rows[i].code[0] ? 0 : 1);
	}
	need_step(&a, PLAN_STEP_IMAGE);
	assert_string_equal(a.plan.image.wipe_consent, "DISK-00:0a");
	need(fake_agent_permit(&a, "ext4"), 200, &a, "permit with consent");
	fake_agent_done(&a);
}

/* ---- several hosts in one order
 * ------------------------------------------------------------------------ */

#define ORDERED 10

/* An order of the first n hosts; the last may be the first again, names may stand beside ids. */
static char *order_text(struct fake_agent *agents, size_t n, const char *more, bool twice,
			bool serving)
{
	autostr struct str s;
	str_init(&s, 8192);
	str_addf(&s, "{\"image\":\"debian12@1\"%s,\"hosts\":[", more);
	for (size_t i = 0; i < n; i++) {
		const struct fake_agent *a = &agents[twice && i + 1 == n ? 0 : i];
		str_addf(&s, "%s{\"id\":\"%s\",\"disk\":{\"serial\":\"%s\"}", i ? "," : "",
			 a->host_id, a->disk_serial);
		if (serving)
			str_addf(&s, ",\"reimage_in_service\":\"%s\"", a->short_code);
		str_add(&s, "}");
	}
	str_add(&s, "]}");
	return str_take(&s);
}

static void wait_for_arms(struct fake_agent *agents)
{
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_by_hand),
			 201);
	for (unsigned i = 0; i < ORDERED; i++) {
		char serial[16], mac[20];
		snprintf(serial, sizeof(serial), "ORDER-%u", i);
		snprintf(mac, sizeof(mac), "52:54:00:00:03:%02x", i);
		open_agent(&agents[i], serial, mac);
		inspect(&agents[i], NULL);
		need_step(&agents[i], PLAN_STEP_WAIT);
	}
}

static void serve(const struct fake_agent *a)
{
	autofree char *sql = xasprintf("UPDATE host SET state = 'in-service' WHERE id = '%s'",
				       a->host_id);
	server_bench_sql(&bench, sql);
}

static void test_orders(void **state)
{
	static const struct {
		const char *name, *more;
		size_t n;
		bool twice, serving;
		const char *code;
		int status;
		long arms;
		size_t in_service; /* so many are, before */
	} rows[] = {
		{"nobody", "", 0, false, false, "guard.selector", 400, 0, 0},
		{"one twice", "", 3, true, false, "guard.selector", 400, 0, 0},
		{"many, not confirmed", "", 6, false, false, "guard.cap", 403, 0, 0},
		{"another number", ",\"confirm_count\":5", 6, false, false, "guard.cap", 403, 0, 0},
		{"few, another number", ",\"confirm_count\":3", 2, false, false, "guard.cap", 403,
		 0, 0},
		{"all hosts", ",\"all\":true", 2, false, false, "input.field.unknown", 400, 0, 0},
		{"two images", ",\"confirm_count\":6,\"image\":\"x\"", 6, false, false,
		 "input.json", 400, 0, 0},
		{"rehearsal", ",\"dry_run\":true", 5, false, false, "", 200, 0, 0},
		{"few", "", 5, false, false, "", 201, 5, 0},
		{"many, confirmed", ",\"confirm_count\":6", 6, false, false, "", 201, 11, 0},
		{"in service, not named", "", 2, false, false, "guard.in_service", 403, 11, 1},
		{"one of one in service", "", 2, false, true, "guard.cap", 403, 11, 1},
		{"two of ten in service", "", 2, false, true, "guard.cap", 403, 11, 10},
		{"one of ten in service", "", 1, false, true, "", 201, 12, 10},
	};
	struct fake_agent agents[ORDERED];
	size_t serving = 0;
	(void)state;
	wait_for_arms(agents);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (; serving < rows[i].in_service; serving++)
			serve(&agents[serving]);
		autofree char *text = order_text(agents, rows[i].n, rows[i].more, rows[i].twice,
						 rows[i].serving);
		int status = server_bench_admin(&bench, "POST", "/api/v1/hosts/arm", text);
		CHECK_STR(rows[i].name, bench.code, rows[i].code);
		CHECK_INT(rows[i].name, status, rows[i].status);
		CHECK_INT(rows[i].name,
			  server_bench_number(&bench, "SELECT count(*) FROM flow_arm"),
			  rows[i].arms);
	}
	for (unsigned i = 0; i < ORDERED; i++)
		fake_agent_done(&agents[i]);
}

/* One host of the order cannot be armed: none is. */
static void test_order_is_all_or_none(void **state)
{
	struct fake_agent agents[ORDERED];
	(void)state;
	wait_for_arms(agents);
	(void)str_copy(agents[2].disk_serial, sizeof(agents[2].disk_serial), "NOPE");
	autofree char *text = order_text(agents, 4, "", false, false);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/hosts/arm", text), 403);
	assert_string_equal(bench.code, "guard.disk.none");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM flow_arm"), 0);
	need(fake_agent_next(&agents[0], 0, bench.plan_key), 204, &agents[0], "still waiting");
	for (unsigned i = 0; i < ORDERED; i++)
		fake_agent_done(&agents[i]);
}

/* ---- things go wrong
 * ------------------------------------------------------------------------------ */

static void test_failed_burn_in(void **state)
{
	struct fake_agent a;
	(void)state;
	open_agent(&a, "S1", MAC_A);
	inspect(&a, NULL);
	burn_in(&a, "FAIL");
	assert_string_equal(server_bench_state(&bench, a.host_id), "failed");
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM fault WHERE state = 'open'"), 1);
	need_step(&a, PLAN_STEP_WAIT);
	assert_string_equal(a.plan.wait.turn, "technician");
	/* shown is shown: nothing new until something changes */
	need(fake_agent_next(&a, 0, bench.plan_key), 204, &a, "next");
	fake_agent_done(&a);
}

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
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		to_image_step(&a, "S1", MAC_A);
		for (int n = 0; n < rows[i].times; n++) {
			if (n > 0)
				need_step(&a, PLAN_STEP_IMAGE);
			CHECK_INT(rows[i].name, fake_agent_step_failed(&a, rows[i].code), 200);
		}
		CHECK_STR(rows[i].name, server_bench_state(&bench, a.host_id), rows[i].after);
		autofree char *whose = xasprintf("SELECT count(*) FROM host WHERE turn = '%s'",
						 rows[i].turn);
		CHECK_INT(rows[i].name, server_bench_number(&bench, whose), 1);
		need_step(&a, str_eq(rows[i].after, "failed") ? PLAN_STEP_WAIT : PLAN_STEP_IMAGE);
		if (str_eq(rows[i].after, "failed"))
			CHECK_STR(rows[i].name, a.plan.wait.turn, rows[i].turn);
		fake_agent_done(&a);
		teardown(NULL);
		CHECK_INT(rows[i].name, setup(NULL), 0);
	}
}

static long count_events(const char *kind)
{
	autofree char *sql = xasprintf("SELECT count(*) FROM event WHERE kind = '%s'", kind);
	return server_bench_number(&bench, sql);
}

/* a host says that bytes are not what was signed. The server looks at its own objects; if
 * they are bad, nobody else is sent for them, not even under an arm that was made before. */
static void test_a_damaged_object(void **state)
{
	static const struct {
		const char *name;
		bool damaged;
		const char *event, *code;
		int status;
	} rows[] = {
		{"A-17 changed on the way", false, "image.sound", "", 201},
		{"A-17 changed in the store", true, "image.damaged", "image.damaged", 409},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a, b;
		bench.image_damaged = rows[i].damaged;
		server_bench_crash(&bench);
		to_image_step(&a, "S1", MAC_A);
		to_image_step(&b, "S2", MAC_B);
		CHECK_INT(rows[i].name, fake_agent_permit(&a, NULL), 200);
		CHECK_INT(rows[i].name, fake_agent_step_failed(&a, "image.digest"), 200);
		CHECK_STR(rows[i].name, server_bench_state(&bench, a.host_id), "failed");
		for (int n = 0; n < 50 && !count_events(rows[i].event); n++)
			usleep(20000);
		CHECK_INT(rows[i].name, count_events(rows[i].event), 1);
		CHECK_INT(rows[i].name, count_events("image.sound") + count_events("image.damaged"),
			  1);

		autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a.short_code);
		CHECK_INT(rows[i].name,
			  server_bench_admin(&bench, "POST", path,
					     "{\"image\":\"debian12@1\",\"disk\":{\"serial\":"
					     "\"DISK-00:0a\"},\"reason\":\"again\"}"),
			  rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].code);
		CHECK_INT(rows[i].name, fake_agent_permit(&b, NULL), rows[i].damaged ? 409 : 200);
		CHECK_STR(rows[i].name, b.code, rows[i].code);
		fake_agent_done(&a);
		fake_agent_done(&b);
		teardown(NULL);
		CHECK_INT(rows[i].name, setup(NULL), 0);
	}
}

static void test_power_cut_while_writing(void **state)
{
	struct fake_agent a;
	(void)state;
	to_image_step(&a, "S1", MAC_A);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	fake_agent_done(&a);
	open_agent(&a, "S1", MAC_A);
	assert_string_equal(server_bench_state(&bench, a.host_id), "failed");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM fault WHERE code = "
						     "'interrupted' AND state = 'open'"),
			 1);
	need_step(&a, PLAN_STEP_WAIT);
	/* nobody writes again without a new arm */
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_false(json_is_true(json_object_get(a.reply, "may_write")));
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a.short_code);
	assert_int_equal(server_bench_admin(&bench, "POST", path,
					    "{\"image\":\"debian12@1\",\"disk\":{\"serial\":"
					    "\"DISK-00:0a\"},\"reason\":\"again\"}"),
			 201);
	need_step(&a, PLAN_STEP_IMAGE);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit under the new arm");
	finish_image(&a);
	assert_string_equal(server_bench_state(&bench, a.host_id), "verifying");
	fake_agent_done(&a);
}

/* Cut off for a while: the session that held the pen goes on under its arm, from the start. */
static void test_same_session_comes_back(void **state)
{
	struct fake_agent a;
	(void)state;
	to_image_step(&a, "S1", MAC_A);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	char arm[64];
	(void)str_copy(arm, sizeof(arm), a.plan.image.arm_id);
	server_bench_sql(&bench, "UPDATE host SET state = 'failed'");
	need(fake_agent_step_failed(&a, "image.lease"), 200, &a, "the step that was stopped");
	need_step(&a, PLAN_STEP_IMAGE);
	assert_string_equal(a.plan.image.arm_id, arm);
	need(fake_agent_permit(&a, "ext4"), 200, &a, "permit for what it wrote itself");
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_true(json_is_true(json_object_get(a.reply, "may_write")));
	finish_image(&a);
	assert_string_equal(server_bench_state(&bench, a.host_id), "verifying");
	fake_agent_done(&a);
}

/* Silence for longer than lease and grace: interrupted, also when the server was killed meanwhile.
 */
static void test_silent_writer(void **state)
{
	struct fake_agent a;
	(void)state;
	bench.silence_ms = 1500;
	server_bench_crash(&bench);
	to_image_step(&a, "S1", MAC_A);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	server_bench_crash(&bench);
	for (int i = 0; i < 80 && !str_eq(server_bench_state(&bench, a.host_id), "failed"); i++)
		usleep(100000);
	assert_string_equal(server_bench_state(&bench, a.host_id), "failed");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM fault WHERE code = "
						     "'interrupted' AND state = 'open'"),
			 1);
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_false(json_is_true(json_object_get(a.reply, "may_write")));
	need_step(&a, PLAN_STEP_IMAGE);
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM fault WHERE state = 'open'"), 0);
	fake_agent_done(&a);
}

static void test_stop_all_stops_a_writer(void **state)
{
	struct fake_agent a;
	(void)state;
	to_image_step(&a, "S1", MAC_A);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	stop_all(&a);
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_false(json_is_true(json_object_get(a.reply, "may_write")));
	assert_true(json_is_true(json_object_get(a.reply, "stop")));
	assert_int_equal(server_bench_admin(&bench, "DELETE", "/api/v1/stop-all", NULL), 200);
	need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
	assert_true(json_is_true(json_object_get(a.reply, "may_write")));
	fake_agent_done(&a);
}

static void test_deadline(void **state)
{
	struct fake_agent a;
	(void)state;
	open_agent(&a, "S1", MAC_A);
	server_bench_sql(&bench, "UPDATE host SET deadline_us = 1000");
	for (int i = 0; i < 60 && !str_eq(server_bench_state(&bench, a.host_id), "failed"); i++)
		usleep(100000);
	assert_string_equal(server_bench_state(&bench, a.host_id), "failed");
	fake_agent_done(&a);
}

static void test_tampered_first_boot(void **state)
{
	struct fake_agent a;
	char token[SHA256_HEX_BYTES];
	(void)state;
	to_image_step(&a, "S1", MAC_A);
	(void)str_copy(token, sizeof(token), a.plan.image.first_boot_token);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	finish_image(&a);
	token[0] = token[0] == '0' ? '1' : '0';
	need(fake_agent_first_boot(&a, token, a.plan.image.image_digest), 403, &a, "wrong token");
	assert_string_equal(a.code, "first_boot.token");
	assert_string_equal(server_bench_state(&bench, a.host_id), "verifying");
	fake_agent_done(&a);
}

/* A step that says it is done without a receipt is not believed. */
static void test_no_receipt(void **state)
{
	struct fake_agent a;
	(void)state;
	to_image_step(&a, "S1", MAC_A);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	need(fake_agent_step_done(&a, "ok"), 200, &a, "done");
	assert_string_equal(server_bench_state(&bench, a.host_id), "failed");
	fake_agent_done(&a);
}

/* ---- signed receipts ------------------------------------------------------------------------- */

static json_t *report_of(const struct fake_agent *a)
{
	return json_pack("{s:s}", "manifest_sha256", a->plan.image.image_digest);
}

static json_t *unsigned_receipt(struct fake_agent *a)
{
	return report_of(a);
}

static json_t *by_another_key(struct fake_agent *a)
{
	struct fake_agent other;
	fake_agent_boot(&other, bench.front, "S2", MAC_B);
	struct fake_agent mixed = *a;
	memcpy(mixed.key_path, other.key_path, sizeof(mixed.key_path));
	json_t *envelope = fake_agent_seal(&mixed, report_of(a));
	fake_agent_done(&other);
	return envelope;
}

static json_t *with_another_payload(struct fake_agent *a)
{
	json_t *envelope = fake_agent_seal(a, report_of(a));
	AUTO(json) json_t *other = fake_agent_seal(a, json_object());
	json_object_set(envelope, "payload", json_object_get(other, "payload"));
	return envelope;
}

static json_t *with_another_type(struct fake_agent *a)
{
	json_t *envelope = fake_agent_seal(a, report_of(a));
	json_object_set_new(envelope, "payload_type", json_string(PLAN_PAYLOAD_TYPE));
	return envelope;
}

static json_t *of_another_host(struct fake_agent *a)
{
	struct fake_agent mixed = *a;
	(void)str_copy(mixed.host_id, sizeof(mixed.host_id), mixed.session_id);
	return fake_agent_seal(&mixed, report_of(a));
}

static json_t *of_another_arm(struct fake_agent *a)
{
	struct fake_agent mixed = *a;
	(void)str_copy(mixed.plan.image.arm_id, sizeof(mixed.plan.image.arm_id), "none");
	return fake_agent_seal(&mixed, report_of(a));
}

static json_t *of_another_image(struct fake_agent *a)
{
	return fake_agent_seal(a, json_pack("{s:s}", "manifest_sha256", a->key_id));
}

/* Not believed, although the session's own connection brought it: written down, and the host fails.
 */
static void test_bad_receipts(void **state)
{
	static const struct {
		const char *name;
		json_t *(*make)(struct fake_agent *a);
		const char *code;
	} rows[] = {
		{"not signed", unsigned_receipt, "input.field.missing"},
		{"signed by another key", by_another_key, "receipt.key"},
		{"another payload", with_another_payload, "receipt.signature"},
		{"another type", with_another_type, "receipt.type"},
		{"of another host", of_another_host, "receipt.binding"},
		{"of another arm", of_another_arm, "receipt.binding"},
		{"of another image", of_another_image, "image.other"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		to_image_step(&a, "S1", MAC_A);
		need(fake_agent_permit(&a, NULL), 200, &a, "permit");
		need(fake_agent_event(&a, "receipt", rows[i].make(&a)), 200, &a, rows[i].name);
		CHECK_STR(rows[i].name, server_bench_state(&bench, a.host_id), "failed");
		CHECK_INT(rows[i].name, server_bench_number(&bench, "SELECT count(*) FROM receipt"),
			  0);
		autofree char *sql = xasprintf("SELECT count(*) FROM event WHERE kind = "
					       "'agent.refused' AND detail LIKE '%%\"%s\"%%'",
					       rows[i].code);
		CHECK_INT(rows[i].name, server_bench_number(&bench, sql), 1);
		need(fake_agent_step_done(&a, "ok"), 200, &a, "done");
		CHECK_STR(rows[i].name, server_bench_state(&bench, a.host_id), "failed");
		fake_agent_done(&a);
		teardown(NULL);
		CHECK_INT(rows[i].name, setup(NULL), 0);
	}
}

/* Whoever holds the fingerprint checks the envelope that the API gives out, without the server. */
static void test_receipts_can_be_checked_by_others(void **state)
{
	struct fake_agent a;
	autoreceipt struct receipt r = {0};
	struct err err = ERR_INIT;
	char key[SHA256_HEX_BYTES];
	(void)state;
	to_image_step(&a, "S1", MAC_A);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	finish_image(&a);
	autofree char *path = xasprintf("/api/v1/hosts/%s/receipts", a.host_id);
	assert_int_equal(server_bench_admin(&bench, "GET", path, NULL), 200);
	json_t *row = json_array_get(json_object_get(bench.reply, "items"), 0);
	json_t *signature = json_object_get(row, "signature");
	assert_string_equal(json_string_value(json_object_get(row, "work")), "image");
	assert_string_equal(json_string_value(json_object_get(signature, "key_sha256")), a.key_id);
	if (receipt_open(json_object_get(signature, "envelope"), a.key_id, &r, key, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(json_equal(r.report, json_object_get(row, "receipt")));
	assert_int_equal(
		receipt_check(&r, a.host_id, a.session_id, a.plan.image.arm_id, "image", &err), 0);
	fake_agent_done(&a);
}

/* The boot script as iPXE would get it; the caller frees. */
static char *boot_script(const struct fake_agent *a)
{
	const struct http_client_options o = {.base_url = "http://slipway",
					      .unix_socket = a->socket};
	AUTO(http_client) struct http_client *http = http_client_new(&o, NULL);
	autofree char *path = xasprintf("/boot/v1/script?mac=%s&arch=x86_64&platform=efi&cpu=lm",
					a->mac);
	const char *const headers[] = {"X-Slipway-Listener: plain", NULL};
	const struct http_call call = {.path = path, .headers = headers};
	struct http_reply reply = {0};
	assert_int_equal(http_client_call(http, &call, &reply, NULL), 0);
	assert_int_equal(reply.status, 200);
	char *text = take_ptr(reply.body);
	http_reply_done(&reply);
	return text;
}

/* A host is sent to the loader that was written for it; a receipt's words never get into a script.
 */
static void test_boots_what_was_written(void **state)
{
	static const struct {
		const char *name, *role, *uuid;
		bool named;
	} rows[] = {
		{"the EFI system partition", "esp", "5d0f7a10-3c1e-4b57-9a41-51a7b1050101", true},
		{"another partition", "root", "5d0f7a10-3c1e-4b57-9a41-51a7b1050101", false},
		{"no UUID", "esp", "", false},
		{"a script", "esp", "x\nchain http://evil/", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		to_image_step(&a, "S1", MAC_A);
		need(fake_agent_permit(&a, NULL), 200, &a, "permit");
		json_t *receipt = json_pack("{s:s, s:[{s:s, s:s}]}", "manifest_sha256",
					    a.plan.image.image_digest, "partitions", "role",
					    rows[i].role, "part_uuid", rows[i].uuid);
		need(fake_agent_receipt_of(&a, receipt), 200, &a, "receipt");
		need(fake_agent_step_done(&a, "ok"), 200, &a, "imaged");
		autofree char *script = boot_script(&a);
		CHECK(rows[i].name, strstr(script, "sanboot --no-describe --drive 0 --filename"));
		CHECK_INT(rows[i].name,
			  strstr(script, "--uuid 5d0f7a10-3c1e-4b57-9a41-51a7b1050101 ") != NULL,
			  rows[i].named);
		CHECK(rows[i].name, !strstr(script, "evil"));
		fake_agent_done(&a);
		teardown(NULL);
		CHECK_INT(rows[i].name, setup(NULL), 0);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_walk),
		T(test_walk_with_crashes),
		T(test_repeated_requests),
		T(test_admission),
		T(test_session_belongs_to_its_key),
		T(test_permit_guards),
		T(test_arming),
		T(test_orders),
		T(test_order_is_all_or_none),
		T(test_failed_burn_in),
		T(test_step_failures),
		T(test_a_damaged_object),
		T(test_power_cut_while_writing),
		T(test_same_session_comes_back),
		T(test_silent_writer),
		T(test_stop_all_stops_a_writer),
		T(test_deadline),
		T(test_tampered_first_boot),
		T(test_no_receipt),
		T(test_bad_receipts),
		T(test_receipts_can_be_checked_by_others),
		T(test_boots_what_was_written),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("server flow", tests, NULL, NULL);
}
