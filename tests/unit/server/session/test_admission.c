/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in: a host that nobody expects, one that is ready, one with a placeholder for a
 * name, the server itself; and what those boot that may not.
 */
#include "tests/harness/check.h"

#include <dirent.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <server/flow/quota.h>
#include "tests/harness/host_walk.h"

static void test_admission(void **state)
{
	struct fake_agent a, other;
	struct server_bench *b = *state;

	assert_int_equal(server_bench_admin(b, "DELETE", "/api/v1/profiles/p", NULL), 204);
	fake_agent_boot(&a, b->front, "S1", MAC_A);
	need(fake_agent_open(&a), 403, &a, "unknown host");
	assert_string_equal(a.code, "enrol.refused");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 0);
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles", profile_auto), 201);
	fake_agent_done(&a);
	walk_to_ready(b, &a, "S1", MAC_A);
	fake_agent_done(&a);
	/* ready: its record does not move, whoever comes */
	fake_agent_boot(&a, b->front, "S1", MAC_A);
	need(fake_agent_open(&a), 409, &a, "ready host");
	assert_string_equal(a.code, "host.local_boot");
	assert_string_equal(server_bench_state(b, ""), "");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host WHERE state = 'ready'"),
			 1);
	fake_agent_done(&a);
	/* another machine with the same placeholders */
	fake_agent_boot(&a, b->front, "To Be Filled By O.E.M.", "52:54:00:00:00:0c");
	fake_agent_boot(&other, b->front, "To Be Filled By O.E.M.", "52:54:00:00:00:0d");
	(void)str_copy(a.uuid, sizeof(a.uuid), "00000000-0000-0000-0000-000000000000");
	(void)str_copy(other.uuid, sizeof(other.uuid), a.uuid);
	need(fake_agent_open(&a), 201, &a, "placeholder host");
	need(fake_agent_open(&other), 201, &other, "second placeholder host");
	assert_string_not_equal(a.host_id, other.host_id);
	fake_agent_done(&a);
	fake_agent_done(&other);
}

/* The nonce makes each plan of this boot its own: a short one could be met again. */
static void test_nonces_are_whole(void **state)
{
	static const struct {
		const char *name, *nonce;
	} rows[] = {
		{"one byte", "00"},
		{"a byte short", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"},
		{"half a byte short",
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"},
		{"not hex", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg"},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		fake_agent_boot(&a, b->front, "S1", MAC_A);
		(void)str_copy(a.nonce, sizeof(a.nonce), rows[i].nonce);
		CHECK_INT(rows[i].name, fake_agent_open(&a), 400);
		fake_agent_done(&a);
	}
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 0);
}

/* What the store knows of one host, as many times as the numbers 2 to last. */
static void copy_first_host(struct server_bench *b, int last)
{
	static const char *const tables[] = {"host", "flow_host"};
	static const char *const unlike[] = {"num = i_, id = id || i_, short_code = 'X' || i_",
					     "host_num = i_"};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		autofree char *copy = xasprintf(
			"CREATE TABLE spare AS WITH RECURSIVE n(i_) AS (VALUES (2) UNION ALL "
			"SELECT i_ + 1 FROM n WHERE i_ < %d) SELECT i_, t.* FROM n, %s t",
			last, tables[i]);
		autofree char *change = xasprintf("UPDATE spare SET %s", unlike[i]);
		autofree char *put = xasprintf("INSERT INTO %s SELECT * FROM spare", tables[i]);
		server_bench_sql(b, copy);
		server_bench_sql(b, change);
		server_bench_sql(b, "ALTER TABLE spare DROP COLUMN i_");
		server_bench_sql(b, put);
		server_bench_sql(b, "DROP TABLE spare");
	}
}

/* Strangers do not fill the store: so many wait for a person, then the next one waits outside. */
static void test_those_who_wait_have_a_cap(void **state)
{
	struct fake_agent first, a;
	struct server_bench *b = *state;

	walk_open(b, &first, "S1", MAC_A);
	server_bench_sql(b, "UPDATE flow_host SET approved = 0");
	copy_first_host(b, QUOTA_UNAPPROVED_HOSTS);
	fake_agent_boot(&a, b->front, "S2", MAC_B);
	need(fake_agent_open(&a), 403, &a, "one too many");
	assert_string_equal(a.code, "enrol.refused");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"),
			 QUOTA_UNAPPROVED_HOSTS);
	need(fake_agent_open(&first), 201, &first, "who waits already");
	server_bench_sql(b, "UPDATE flow_host SET approved = 1 WHERE host_num = 2");
	need(fake_agent_open(&a), 201, &a, "one was approved");
	fake_agent_done(&first);
	fake_agent_done(&a);
}

static const char profile_closed[] =
	"{\"name\":\"p\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":false}";

/* A profile that matches does not let a host in by that alone. */
static void test_a_profile_must_let_in(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	autofree char *open = walk_boot_script(b, MAC_A);
	CHECK("a profile that lets in", strstr(open, "vmlinuz"));
	assert_int_equal(server_bench_admin(b, "DELETE", "/api/v1/profiles/p", NULL), 204);
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles", profile_closed), 201);
	autofree char *closed = walk_boot_script(b, MAC_A);
	CHECK("a profile that does not", !strstr(closed, "vmlinuz"));
	fake_agent_boot(&a, b->front, "S1", MAC_A);
	need(fake_agent_open(&a), 403, &a, "not let in");
	assert_string_equal(a.code, "enrol.refused");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 0);
	fake_agent_done(&a);
}

/* I-06, W-06. */
static void test_session_belongs_to_its_key(void **state)
{
	struct fake_agent a, thief;
	struct server_bench *b = *state;

	walk_open(b, &a, "S1", MAC_A);
	fake_agent_boot(&thief, b->front, "S2", MAC_B);
	(void)str_copy(thief.link.session.session_id, sizeof(thief.link.session.session_id),
		       a.link.session.session_id);
	thief.link.session.epoch = a.link.session.epoch;
	need(fake_agent_heartbeat(&thief), 403, &thief, "stolen session");
	assert_string_equal(thief.code, "session.key");
	/* a second boot of the same host ends the first session */
	fake_agent_done(&thief);
	walk_reboot(b, &thief, "S1", MAC_A);
	assert_string_equal(thief.host_id, a.host_id);
	need(fake_agent_heartbeat(&a), 409, &a, "old session");
	assert_string_equal(a.code, "session.stale_epoch");
	(void)str_copy(a.link.session.session_id, sizeof(a.link.session.session_id), "nonsense");
	need(fake_agent_heartbeat(&a), 410, &a, "no session");
	assert_string_equal(a.code, "session.over");
	fake_agent_done(&a);
	fake_agent_done(&thief);
}

/* A row that serves or is written is not merged away: the other one may be. */
static void test_who_serves_is_not_merged_away(void **state)
{
	static const struct {
		const char *name, *sql, *code;
		int status;
	} rows[] = {
		{"in service", "UPDATE host SET state = 'in-service'", "guard.in_service", 403},
		{"being written", "UPDATE host SET state = 'imaging'", "state.conflict", 409},
		{"being erased", "UPDATE host SET state = 'erasing'", "state.conflict", 409},
		{"waiting for a person", "UPDATE host SET state = 'discovered'", "", 200},
	};
	struct server_bench *b = *state;
	struct fake_agent from, into;
	walk_to_discovered(b, &from, "S1", MAC_A);
	walk_to_discovered(b, &into, "S2", MAC_B);
	autofree char *path = xasprintf("/api/v1/hosts/%s/merge", from.host_id);
	autofree char *body = xasprintf("{\"into\":\"%s\"}", into.host_id);
	server_bench_sql(b, "UPDATE flow_host SET in_use = 1");
	assert_int_equal(server_bench_admin(b, "POST", path, body), 403); /* taken out for work */
	assert_string_equal(b->code, "guard.in_service");
	server_bench_sql(b, "UPDATE flow_host SET in_use = 0");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		server_bench_sql(b, rows[i].sql);
		CHECK_INT(rows[i].name, server_bench_admin(b, "POST", path, body), rows[i].status);
		CHECK_STR(rows[i].name, b->code, rows[i].code);
	}
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 1);
	fake_agent_done(&from);
	fake_agent_done(&into);
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

/* I-07: A stranger shows UUID and serial of a host in service: nothing is learned against it. */
static void test_stranger_with_the_papers_of_a_host_at_rest(void **state)
{
	struct fake_agent a, stranger;
	struct server_bench *b = *state;

	walk_to_ready(b, &a, "S1", MAC_A);
	fake_agent_boot(&stranger, b->front, "S1", MAC_B);
	(void)str_copy(stranger.uuid, sizeof(stranger.uuid), a.uuid);
	(void)str_copy(stranger.disk_serial, sizeof(stranger.disk_serial), "OTHER");
	need(fake_agent_open(&stranger), 409, &stranger, "stranger");
	assert_string_equal(stranger.code, "host.quarantined");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM evidence_shared"), 0);
	assert_int_equal(
		server_bench_number(
			b, "SELECT count(*) FROM host WHERE state = 'ready' AND review = ''"),
		1);
	assert_int_equal(
		server_bench_number(b, "SELECT count(*) FROM host WHERE state = 'quarantined'"), 1);
	/* nor, when its network card is shown as well, is the rest added to what is known of it */
	long before = server_bench_number(b, "SELECT count(*) FROM evidence");
	(void)str_copy(stranger.mac, sizeof(stranger.mac), a.mac);
	(void)str_copy(stranger.disk_serial, sizeof(stranger.disk_serial), "ONE-MORE");
	stranger.nonce[0] = stranger.nonce[0] == '0' ? '1' : '0';
	need(fake_agent_open(&stranger), 409, &stranger, "stranger with its card");
	assert_string_equal(stranger.code, "host.local_boot");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM evidence"), before);
	fake_agent_done(&stranger);
	fake_agent_done(&a);
}

/* The papers of a host, with cards and disks of its own. */
static int claim(struct fake_agent *stranger, const struct fake_agent *host, int i)
{
	(void)str_copy(stranger->serial, sizeof(stranger->serial), host->serial);
	(void)str_copy(stranger->uuid, sizeof(stranger->uuid), host->uuid);
	(void)snprintf(stranger->mac, sizeof(stranger->mac), "52:54:00:00:09:%02d", i);
	(void)snprintf(stranger->disk_serial, sizeof(stranger->disk_serial), "X%d", i);
	stranger->nonce[0] = (char)('0' + i);
	return fake_agent_open(stranger);
}

#define QUARANTINED "SELECT count(*) FROM host WHERE state = 'quarantined'"
#define DOUBTED     "SELECT count(*) FROM host WHERE review <> '' AND state <> 'quarantined'"

/* A host that a machine works for is not put in question by another machine's words: the newcomer waits
 * alone, and nothing counts as shared. When the machine is gone, nobody can tell which is which (I-02). */
static void test_who_works_is_not_put_in_question(void **state)
{
	static const struct {
		const char *name;
		long silent_ms;
		int quarantined, shared;
	} rows[] = {
		{"at work", 0, 1, 0},
		{"within its lease", 20000, 1, 0},
		{"silent", 31000, 2, 1},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent host, stranger;

		fake_agent_boot(&host, b->front, "V1", "52:54:00:00:08:01");
		fake_agent_boot(&stranger, b->front, "X", "52:54:00:00:09:00");
		need(fake_agent_open(&host), 201, &host, "host");
		server_bench_advance(b, rows[i].silent_ms);
		CHECK_INT(rows[i].name, claim(&stranger, &host, 1), 409);
		CHECK_STR(rows[i].name, stranger.code, "host.quarantined");
		CHECK_INT(rows[i].name, server_bench_number(b, QUARANTINED), rows[i].quarantined);
		CHECK_INT(rows[i].name, server_bench_number(b, DOUBTED), 0);
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(DISTINCT 1) FROM evidence_shared"),
			  rows[i].shared);
		fake_agent_done(&stranger);
		fake_agent_done(&host);
		walk_renew(b, profile_auto);
	}
}

/* Nor by a machine with another board that shows its network card and its disk. */
static void test_a_card_alone_puts_nothing_in_question(void **state)
{
	struct fake_agent host, stranger;
	struct server_bench *b = *state;

	fake_agent_boot(&host, b->front, "V1", "52:54:00:00:08:01");
	fake_agent_boot(&stranger, b->front, "X", "52:54:00:00:09:00");
	(void)str_copy(stranger.mac, sizeof(stranger.mac), host.mac);
	(void)str_copy(stranger.disk_serial, sizeof(stranger.disk_serial), host.disk_serial);
	need(fake_agent_open(&host), 201, &host, "host");
	need(fake_agent_open(&stranger), 409, &stranger, "stranger");
	assert_string_equal(stranger.code, "session.other_key");
	assert_int_equal(server_bench_number(b, QUARANTINED), 0);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host WHERE review <> ''"), 0);
	fake_agent_done(&stranger);
	fake_agent_done(&host);
}

/* One key puts two hosts in question in a while, not every host that it knows. */
static void test_conflicts_have_a_cap(void **state)
{
	struct fake_agent hosts[4], stranger;
	struct server_bench *b = *state;

	fake_agent_boot(&stranger, b->front, "X", "52:54:00:00:09:00");
	for (int i = 0; i < 4; i++) {
		char serial[8], mac[20];

		(void)snprintf(serial, sizeof(serial), "V%d", i);
		(void)snprintf(mac, sizeof(mac), "52:54:00:00:08:%02d", i);
		fake_agent_boot(&hosts[i], b->front, serial, mac);
		need(fake_agent_open(&hosts[i]), 201, &hosts[i], "victim");
	}
	server_bench_advance(b, 31000);
	for (int i = 0; i < 4; i++)
		need(claim(&stranger, &hosts[i], i), i < 2 ? 409 : 429, &stranger, "stranger");
	assert_int_equal(server_bench_number(b, QUARANTINED " AND serial LIKE 'V%'"),
			 4); /* two of the four, and the stranger's two rows */
	for (int i = 0; i < 4; i++)
		fake_agent_done(&hosts[i]);
	fake_agent_done(&stranger);
}

/* G13, X-08: the server is not a host. */
static void test_server_itself(void **state)
{
	struct fake_agent a;
	char mac[32];
	struct server_bench *b = *state;

	if (!own_mac(mac, sizeof(mac)))
		skip();
	fake_agent_boot(&a, b->front, "SELF", mac);
	assert_int_equal(fake_agent_open(&a), 403);
	assert_string_equal(a.code, "guard.self");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 0);
	fake_agent_done(&a);
}

/* P-10: G1: who is not known, and everybody while the store is down, boots the local disk. */
static void test_local_boot(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	autofree char *agent = walk_boot_script(b, a.mac);
	CHECK("a host with work", strstr(agent, "vmlinuz"));
	server_bench_sql(b, "DELETE FROM flow_profile");
	autofree char *unknown = walk_boot_script(b, "52:54:00:00:09:09");
	CHECK("unknown", !strstr(unknown, "vmlinuz"));
	server_bench_sql(b, "ALTER TABLE evidence RENAME TO evidence_gone");
	autofree char *down = walk_boot_script(b, a.mac);
	CHECK("store down", !strstr(down, "vmlinuz"));
	fake_agent_done(&a);
}

/* The console of a host's profile, also where iPXE does not say what the profile matches by; others
 * have the usual one. */
static void test_console_by_profile(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	autofree char *usual = walk_boot_script(b, a.mac);
	CHECK("usual", strstr(usual, " console=tty0 console=ttyS0,115200 "));
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles",
					    "{\"name\":\"c\",\"priority\":99,\"match\":"
					    "{\"serial\":\"S1\"},\"host\":{\"console\":"
					    "\"ttyS1,115200n8\"}}"),
			 201);
	autofree char *own = walk_boot_script(b, a.mac);
	CHECK("own", strstr(own, " console=tty0 console=ttyS1,115200n8 "));
	autofree char *other = walk_boot_script(b, "52:54:00:00:09:09");
	CHECK("another machine", !strstr(other, "ttyS1"));
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles",
					    "{\"name\":\"d\",\"match\":{\"serial\":\"S2\"},"
					    "\"host\":{\"console\":\"ttyS1 init=/bin/sh\"}}"),
			 400);
	fake_agent_done(&a);
}

/* N-10: a host at rest that netboots again and again gets its own disk, no arm and no line a boot. */
static void test_a_loop_of_netboots(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_ready(b, &a, "S1", MAC_A);
	long before = server_bench_number(b, "SELECT count(*) FROM event");
	for (int i = 0; i < 200; i++) {
		autofree char *script = walk_boot_script(b, a.mac);
		CHECK("its own disk", !strstr(script, "vmlinuz"));
	}
	assert_in_range(server_bench_number(b, "SELECT count(*) FROM event") - before, 0, 2);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host WHERE state = 'ready'"),
			 1);
	fake_agent_done(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_admission),
		T(test_nonces_are_whole),
		T(test_those_who_wait_have_a_cap),
		T(test_a_profile_must_let_in),
		T(test_console_by_profile),
		T(test_session_belongs_to_its_key),
		T(test_who_serves_is_not_merged_away),
		T(test_stranger_with_the_papers_of_a_host_at_rest),
		T(test_who_works_is_not_put_in_question),
		T(test_a_card_alone_puts_nothing_in_question),
		T(test_conflicts_have_a_cap),
		T(test_server_itself),
		T(test_local_boot),
		T(test_a_loop_of_netboots),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
