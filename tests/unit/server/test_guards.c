/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guard rails (G) and operator's slips (X, D) that need a fleet: the plan of a rehearsal, the same
 * disk as last time, the server itself, twenty writers stopped at once, a backup put back while
 * twenty hosts are being written.
 */
#include "tests/harness/check.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>
#include <base/file.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/backup.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/server_bench.h"

#define FLEET 20

static const char by_hand[] =
	"{\"name\":\"p\",\"priority\":1,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"image\":{\"line\":\"debian12\"}}";
static const char by_itself[] =
	"{\"name\":\"p\",\"priority\":1,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":true,\"image\":{\"line\":\"debian12\"}}";

static struct server_bench bench;
static struct fake_agent fleet[FLEET];

static void meet_with(struct fake_agent *a, unsigned i, int64_t disk_bytes)
{
	autofree char *serial = xasprintf("S%u", i);
	autofree char *mac = xasprintf("52:54:00:00:01:%02x", i);
	fake_agent_boot(a, bench.front, serial, mac);
	if (disk_bytes)
		a->disk_bytes = disk_bytes;
	assert_int_equal(fake_agent_open(a), 201);
	assert_int_equal(fake_agent_next(a, 2, bench.plan_key), 200);
	assert_int_equal(fake_agent_facts(a, NULL), 200);
	assert_int_equal(fake_agent_step_done(a, "ok"), 200);
}

static void meet(struct fake_agent *a, unsigned i)
{
	meet_with(a, i, 0);
}

static int open_bench(const char *profile)
{
	server_bench_open(&bench);
	return server_bench_admin(&bench, "POST", "/api/v1/profiles", profile) == 201 ? 0 : -1;
}

static int setup(void **state)
{
	(void)state;
	return open_bench(by_hand);
}

static int teardown(void **state)
{
	(void)state;
	server_bench_close(&bench);
	return 0;
}

static int arm(const struct fake_agent *a, const char *more)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a->host_id);
	autofree char *body = xasprintf("{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"%s\"}%s}",
					a->disk_serial, more);
	return server_bench_admin(&bench, "POST", path, body);
}

/* G11, X-07: what was rehearsed is done, or nothing is. */
static void test_plan_hash(void **state)
{
	struct fake_agent a;
	(void)state;
	meet(&a, 1);
	assert_int_equal(arm(&a, ",\"dry_run\":true"), 200);
	const char *hash = json_string_value(json_object_get(bench.reply, "plan_hash"));
	assert_non_null(hash);
	autofree char *same = xasprintf(",\"plan_hash\":\"%s\"", hash);
	autofree char *other = xasprintf(",\"plan_hash\":\"%.63s%c\"", hash,
					 hash[63] == '0' ? '1' : '0');
	assert_int_equal(arm(&a, other), 409);
	assert_string_equal(bench.code, "guard.plan");
	/* somebody approved the host meanwhile: its state is another */
	autofree char *path = xasprintf("/api/v1/hosts/%s/approve", a.host_id);
	assert_int_equal(server_bench_admin(&bench, "POST", path, "{}"), 200);
	assert_int_equal(arm(&a, same), 409);
	assert_string_equal(bench.code, "guard.plan");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM flow_arm"), 0);
	assert_int_equal(arm(&a, ",\"dry_run\":true"), 200);
	hash = json_string_value(json_object_get(bench.reply, "plan_hash"));
	autofree char *anew = xasprintf(",\"plan_hash\":\"%s\"", hash);
	assert_int_equal(arm(&a, anew), 201);
	fake_agent_done(&a);
}

/* G17: the disk that was written first, unless another one is meant. */
static void test_same_disk(void **state)
{
	static const struct {
		const char *name, *serial, *wwn, *more;
		int status;
	} rows[] = {
		{"another serial", "OLD", "", "", 403},
		{"another WWN", "", "naa.5000c500a0b1c2d3", "", 403},
		{"another, and it is meant", "OLD", "", ",\"new_disk\":true", 201},
		{"never written", "", "", "", 201},
	};
	struct fake_agent a;
	(void)state;
	meet(&a, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *sql = xasprintf(
			"UPDATE flow_host SET disk_serial = '%s', disk_wwn = "
			"'%s'",
			rows[i].serial, rows[i].wwn);
		server_bench_sql(&bench, sql);
		CHECK_INT(rows[i].name, arm(&a, rows[i].more), rows[i].status);
		if (rows[i].status != 201)
			CHECK_STR(rows[i].name, bench.code, "guard.disk.changed");
	}
	fake_agent_done(&a);
}

/* G15: a disk on which the image has no room. */
static void test_small_disk(void **state)
{
	struct fake_agent a;
	(void)state;
	meet_with(&a, 1, 1 << 30);
	assert_int_equal(arm(&a, ""), 403);
	assert_string_equal(bench.code, "guard.disk.small");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM flow_arm"), 0);
	fake_agent_done(&a);
}

/* G3: a host in service is armed only by who types its name. */
static void test_in_service(void **state)
{
	struct fake_agent a;
	(void)state;
	meet(&a, 1);
	server_bench_sql(&bench, "UPDATE host SET state = 'in-service'");
	assert_int_equal(arm(&a, ""), 403);
	assert_string_equal(bench.code, "guard.in_service");
	assert_int_equal(arm(&a, ",\"reimage_in_service\":\"another\""), 403);
	assert_string_equal(bench.code, "guard.in_service");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM flow_arm"), 0);
	autofree char *named = xasprintf(",\"reimage_in_service\":\"%s\"", a.short_code);
	assert_int_equal(arm(&a, named), 201);
	fake_agent_done(&a);
}

static bool own_mac(char *ret, size_t n)
{
	DIR *d = opendir("/sys/class/net");
	struct dirent *e;
	bool found = false;
	while (d && !found && (e = readdir(d))) {
		autofree char *path = xasprintf("/sys/class/net/%s/address", e->d_name);
		file_read_line(path, ret, n);
		found = strlen(ret) == 17 && !str_eq(ret, "00:00:00:00:00:00");
	}
	if (d)
		(void)closedir(d);
	return found;
}

/* G13, X-08: the server is no host. */
static void test_server_itself(void **state)
{
	struct fake_agent a;
	char mac[32];
	(void)state;
	if (!own_mac(mac, sizeof(mac)))
		skip();
	fake_agent_boot(&a, bench.front, "SELF", mac);
	assert_int_equal(fake_agent_open(&a), 403);
	assert_string_equal(a.code, "guard.self");
	assert_int_equal(server_bench_number(&bench, "SELECT count(*) FROM host"), 0);
	fake_agent_done(&a);
}

static char *boot_script(const char *mac)
{
	const struct http_client_options o = {.base_url = "http://slipway",
					      .unix_socket = bench.front};
	AUTO(http_client) struct http_client *http = http_client_new(&o, NULL);
	autofree char *path = xasprintf("/boot/v1/script?mac=%s&arch=x86_64&platform=efi&cpu=lm",
					mac);
	const char *const headers[] = {"X-Slipway-Listener: plain", NULL};
	const struct http_call call = {.path = path, .headers = headers};
	struct http_reply reply = {0};
	assert_int_equal(http_client_call(http, &call, &reply, NULL), 0);
	assert_int_equal(reply.status, 200);
	char *text = take_ptr(reply.body);
	http_reply_done(&reply);
	return text;
}

/* G1: who is not known, and everybody while the store is down, boots the local disk. */
static void test_local_boot(void **state)
{
	struct fake_agent a;
	(void)state;
	meet(&a, 1);
	autofree char *agent = boot_script(a.mac);
	CHECK("a host with work", strstr(agent, "vmlinuz"));
	server_bench_sql(&bench, "DELETE FROM flow_profile");
	autofree char *unknown = boot_script("52:54:00:00:09:09");
	CHECK("unknown", !strstr(unknown, "vmlinuz"));
	server_bench_sql(&bench, "ALTER TABLE host RENAME TO host_gone");
	autofree char *down = boot_script(a.mac);
	CHECK("store down", !strstr(down, "vmlinuz"));
	fake_agent_done(&a);
}

/* ---- a fleet that is being written -------------------------------------------------------------
 */

static int setup_fleet(void **state)
{
	(void)state;
	assert_int_equal(open_bench(by_itself), 0);
	for (unsigned i = 0; i < FLEET; i++) {
		meet(&fleet[i], i);
		assert_int_equal(fake_agent_next(&fleet[i], 2, bench.plan_key), 200);
		assert_int_equal(fleet[i].plan.kind, PLAN_STEP_IMAGE);
		assert_int_equal(fake_agent_permit(&fleet[i], NULL), 200);
	}
	return 0;
}

static int teardown_fleet(void **state)
{
	for (unsigned i = 0; i < FLEET; i++)
		fake_agent_done(&fleet[i]);
	return teardown(state);
}

static bool may_write(struct fake_agent *a)
{
	return fake_agent_heartbeat(a) == 200 &&
	       json_is_true(json_object_get(a->reply, "may_write"));
}

/* X-10, G14: the heartbeat after the order tells each of them; they come every 5 s. */
static void test_stop_all_twenty(void **state)
{
	struct timespec from, to;
	(void)state;
	for (unsigned i = 0; i < FLEET; i++)
		assert_true(may_write(&fleet[i]));
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(
		server_bench_admin(&bench, "POST", "/api/v1/stop-all", "{\"reason\":\"smoke\"}"),
		200);
	for (unsigned i = 0; i < FLEET; i++) {
		assert_false(may_write(&fleet[i]));
		assert_true(json_is_true(json_object_get(fleet[i].reply, "stop")));
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	CHECK("within 5 s, and 5 s until a heartbeat", to.tv_sec - from.tv_sec < 5);
	/* what a stopped server forgets, the store does not */
	server_bench_crash(&bench);
	for (unsigned i = 0; i < FLEET; i++)
		assert_false(may_write(&fleet[i]));
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM host WHERE state = 'imaging'"),
		FLEET);
}

/* D-11: yesterday's store, with twenty hosts in flight: nothing permitted since holds. */
static void test_restore_in_flight(void **state)
{
	struct err err = ERR_INIT;
	char backup[256];
	(void)state;
	if (!str_starts(bench.store, "sqlite:"))
		skip();
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/backups", "{}"), 201);
	const char *path = json_string_value(json_object_get(bench.reply, "path"));
	assert_true(path && str_copy(backup, sizeof(backup), path));
	server_bench_stop(&bench);
	assert_int_equal(backup_restore(backup, bench.store + strlen("sqlite:"),
					(int64_t)time(NULL) * 1000000, &err),
			 0);
	server_bench_start(&bench);
	assert_int_equal(server_bench_number(&bench, "SELECT generation FROM fleet_clock"), 2);
	for (unsigned i = 0; i < FLEET; i++) {
		assert_false(may_write(&fleet[i]));
		int status = fake_agent_permit(&fleet[i], NULL);
		CHECK("no permit", status >= 400);
	}
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM flow_arm WHERE ended_us = 0"), 0);
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM flow_plan WHERE ended_us = 0"),
		0);
	assert_int_equal(
		server_bench_number(&bench, "SELECT count(*) FROM host WHERE state = 'failed'"),
		FLEET);
	/* the agents boot anew: none gets an image by itself */
	for (unsigned i = 0; i < FLEET; i++) {
		autofree char *serial = xstrdup(fleet[i].serial);
		autofree char *mac = xstrdup(fleet[i].mac);
		fake_agent_done(&fleet[i]);
		fake_agent_boot(&fleet[i], bench.front, serial, mac);
		assert_int_equal(fake_agent_open(&fleet[i]), 201);
		if (fake_agent_next(&fleet[i], 0, bench.plan_key) == 200)
			assert_int_not_equal(fleet[i].plan.kind, PLAN_STEP_IMAGE);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define F(name) cmocka_unit_test_setup_teardown(name, setup_fleet, teardown_fleet)
	const struct CMUnitTest tests[] = {
		T(test_plan_hash),       T(test_same_disk),         T(test_in_service),
		T(test_small_disk),      T(test_server_itself),     T(test_local_boot),
		F(test_stop_all_twenty), F(test_restore_in_flight),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("guards", tests, NULL, NULL);
}
