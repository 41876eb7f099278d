/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a machine may say whose key nobody has compared: nothing of a host that has work or is at rest.
 * And what it may be called: its serial is not another host's name. Nor is a host ready for a report
 * alone, nor does a clone come in where no profile lets it in.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

#define OPEN_ARMS "SELECT count(*) FROM flow_arm WHERE ended_us = 0"

static long drives_that_hold(struct server_bench *b, const char *text)
{
	autofree char *sql = xasprintf(
		"SELECT count(*) FROM flow_drives WHERE drives LIKE '%%%s%%'", text);

	return server_bench_number(b, sql);
}

/* A host that was imaged, and whose machine is off. */
static void at_rest(struct server_bench *b, const char *state)
{
	struct fake_agent a;
	autofree char *sql = xasprintf("UPDATE host SET state = '%s'", state);

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(walk_arm(b, &a, ",\"reason\":\"r\""), 201);
	need_step(b, &a, PLAN_STEP_IMAGE);
	server_bench_sql(b, sql);
	server_bench_sql(b, "DELETE FROM flow_key");
	server_bench_sql(b, "UPDATE flow_session SET closed_us = 1");
	server_bench_sql(b, "UPDATE flow_plan SET ended_us = 1");
	server_bench_sql(b, "UPDATE flow_arm SET ended_us = 1");
	fake_agent_done(&a);
}

static void armed_again(struct server_bench *b)
{
	struct fake_agent a;

	at_rest(b, "ready");
	fake_agent_boot(&a, b->front, "S1", MAC_A);
	(void)str_copy(a.host_id, sizeof(a.host_id), "S1");
	assert_int_equal(walk_arm(b, &a, ",\"reason\":\"again\""), 201);
	fake_agent_done(&a);
}

static void erased_next(struct server_bench *b)
{
	at_rest(b, "failed");
	assert_int_equal(
		server_bench_admin(b, "POST", "/api/v1/hosts/S1/erase",
				   "{\"reason\":\"r\",\"disk\":{\"serial\":\"DISK-00:0a\"}}"),
		201);
}

static void out_for_work(struct server_bench *b)
{
	at_rest(b, "in-service");
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/hosts/S1/maintain", "{}"), 200);
}

/* Its session is its own, and so are its words: they say nothing of the host. */
static void test_words_of_a_key_that_nobody_compared(void **state)
{
	static const struct {
		const char *name, *state;
		void (*walk)(struct server_bench *b);
		long arms;
	} rows[] = {
		{"armed again", "imaging", armed_again, 1},
		{"to be erased", "erasing", erased_next, 1},
		{"out for work", "maintenance", out_for_work, 0},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent thief;

		rows[i].walk(b);
		walk_open(b, &thief, "S1", MAC_A);
		need_step(b, &thief, PLAN_STEP_WAIT);
		(void)str_copy(thief.disk_serial, sizeof(thief.disk_serial), "NOT-ITS-DISK");
		CHECK_INT(rows[i].name, fake_agent_facts(&thief, "VMFS"), 200);
		CHECK_INT(rows[i].name, fake_agent_step_failed(&thief, "agent.disk_lost"), 200);
		CHECK_INT(rows[i].name, fake_agent_step_done(&thief, "ok"), 200);
		CHECK_STR(rows[i].name, server_bench_state(b, thief.host_id), rows[i].state);
		CHECK_INT(rows[i].name, drives_that_hold(b, "NOT-ITS-DISK"), 0);
		CHECK_INT(rows[i].name, server_bench_number(b, OPEN_ARMS), rows[i].arms);
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM fault WHERE state = 'open'"),
			  0);
		fake_agent_done(&thief);
		walk_renew(b, profile_by_hand);
	}
}

/* Words about a wait end nothing, whoever says them. */
static void test_a_wait_does_not_fail(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/hosts/S1/approve", "{}"), 200);
	need_step(b, &a, PLAN_STEP_WAIT);
	need_state(b, &a, "imaging");
	need(fake_agent_step_failed(&a, "image.read_back"), 200, &a, "words");
	need_state(b, &a, "imaging");
	fake_agent_done(&a);
}

/* A serial is any machine's word: it is not taken for the name that people gave to another host. */
static void test_a_serial_is_not_a_name(void **state)
{
	static const char *const paths[] = {"/api/v1/hosts/db-01/approve",
					    "/api/v1/hosts/db-01/retire",
					    "/api/v1/hosts/db-01/arm"};
	static const char *const bodies[] = {
		"{}", "{}", "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DS1\"}}"};
	struct fake_agent a, thief;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(server_bench_admin(b, "PATCH", "/api/v1/hosts/S1", "{\"name\":\"db-01\"}"),
			 200);
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/hosts/db-01", NULL), 200);
	walk_to_discovered(b, &thief, "db-01", MAC_B);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CHECK_INT(paths[i], server_bench_admin(b, "POST", paths[i], bodies[i]), 409);
		CHECK_STR(paths[i], b->code, "host.ambiguous");
	}
	need_state(b, &thief, "discovered");
	/* what we gave a host is not in doubt */
	autofree char *own = xasprintf("/api/v1/hosts/%s/approve", a.short_code);
	assert_int_equal(server_bench_admin(b, "POST", own, "{}"), 200);
	need_state(b, &a, "imaging");
	fake_agent_done(&a);
	fake_agent_done(&thief);
}

static const char closed[] = "{\"name\":\"p\",\"priority\":10,\"match\":{\"serial\":\"*\"}}";

/* Nor by the papers of a host that was let in. */
static void test_a_clone_must_be_let_in(void **state)
{
	struct fake_agent a, clone;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles", closed), 201);
	fake_agent_boot(&clone, b->front, "S1", MAC_B);
	(void)str_copy(clone.uuid, sizeof(clone.uuid), a.uuid);
	(void)str_copy(clone.disk_serial, sizeof(clone.disk_serial), "OTHER");
	need(fake_agent_open(&clone), 403, &clone, "clone");
	assert_string_equal(clone.code, "enrol.refused");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host WHERE review <> ''"), 0);
	fake_agent_done(&a);
	fake_agent_done(&clone);
}

#define TPM "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"

/* I-08, I-09: a TPM's key is a text that any machine can show. It opens no session of its host, and adds
 * nothing to what is known of it. */
static void test_a_tpm_proves_nothing_by_itself(void **state)
{
	static const struct {
		const char *name, *state, *code;
		bool papers; /* the stranger shows serial, UUID and card, too */
	} rows[] = {
		{"at work, the TPM alone", "discovered", "session.other_key", false},
		{"at work, and its papers", "discovered", "session.other_key", true},
		{"at rest, and its papers", "ready", "host.local_boot", true},
		{"at rest, the TPM alone", "in-service", "host.local_boot", false},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a, thief;
		autofree char *sql = xasprintf("UPDATE host SET state = '%s'", rows[i].state);

		fake_agent_boot(&a, b->front, "S1", MAC_A);
		a.tpm_ek = TPM;
		need(fake_agent_open(&a), 201, &a, "session");
		walk_inspect(b, &a, NULL);
		server_bench_sql(b, sql);
		long before = server_bench_number(b, "SELECT count(*) FROM evidence");
		fake_agent_boot(&thief, b->front, rows[i].papers ? "S1" : "S9",
				rows[i].papers ? MAC_A : MAC_B);
		thief.tpm_ek = TPM;
		CHECK_INT(rows[i].name, fake_agent_open(&thief), 409);
		CHECK_STR(rows[i].name, thief.code, rows[i].code);
		CHECK_INT(rows[i].name, server_bench_number(b, "SELECT count(*) FROM evidence"),
			  before);
		CHECK_INT(rows[i].name, server_bench_number(b, "SELECT count(*) FROM host"), 1);
		fake_agent_done(&a);
		fake_agent_done(&thief);
		walk_renew(b, profile_by_hand);
	}
}

/* The token alone makes no host ready: what was written and read back is in a receipt. */
static void test_no_first_boot_without_a_receipt(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;
	char token[SHA256_HEX_BYTES], digest[SHA256_HEX_BYTES];

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(walk_arm(b, &a, ",\"reason\":\"r\""), 201);
	need_step(b, &a, PLAN_STEP_IMAGE);
	(void)str_copy(token, sizeof(token), a.plan.image.first_boot_token);
	(void)str_copy(digest, sizeof(digest), a.plan.image.image_digest);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	need(fake_agent_first_boot(&a, token, digest), 409, &a, "nothing was written");
	assert_string_equal(a.code, "first_boot.receipt");
	need_state(b, &a, "imaging");
	/* no final report came from the agent, but its receipt did */
	need(fake_agent_receipt(&a), 200, &a, "receipt");
	need(fake_agent_first_boot(&a, token, digest), 200, &a, "first boot");
	need_state(b, &a, "ready");
	fake_agent_done(&a);
}

/* Another machine, of a key that is not made anew. */
static int ask_as(struct fake_agent *a, unsigned n, unsigned address)
{
	(void)snprintf(a->serial, sizeof(a->serial), "N%u", n);
	(void)snprintf(a->uuid, sizeof(a->uuid), "00000000-0000-4000-8000-%012u", n + 1);
	(void)snprintf(a->mac, sizeof(a->mac), "52:54:00:77:%02x:%02x", n / 256 % 256, n % 256);
	(void)snprintf(a->disk_serial, sizeof(a->disk_serial), "DN%u", n);
	(void)snprintf(a->address_header, sizeof(a->address_header), "X-Real-IP: 10.9.8.%u",
		       address);
	a->nonce[0] = '\0';
	return fake_agent_open(a);
}

/* So many sessions of strangers from an address, and so many of all addresses together. A host that is
 * known has a share of its own, and the agent that speaks for it already always comes in. */
static void test_known_hosts_come_first(void **state)
{
	struct fake_agent own, thief, a;
	struct server_bench *b = *state;
	unsigned n = 0;

	walk_open(b, &own, "S1", MAC_A);
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles", closed), 201);
	fake_agent_boot(&a, b->front, "N", MAC_B);
	while (n < 20)
		need(ask_as(&a, n++, 1), 403, &a, "a stranger");
	need(ask_as(&a, n++, 1), 503, &a, "one address");
	assert_string_equal(a.code, "server.busy");
	for (unsigned i = 21; i < 300; i++) /* the first one is of the known host */
		need(ask_as(&a, n++, i / 20 + 1), 403, &a, "another address");
	need(ask_as(&a, n++, 99), 503, &a, "all addresses");

	fake_agent_boot(&thief, b->front, "S1", MAC_A);
	for (int i = 0; i < 10; i++)
		need(fake_agent_open(&thief), 409, &thief, "the papers of a known host");
	need(fake_agent_open(&thief), 503, &thief, "too often");
	for (int i = 0; i < 12; i++) {
		own.nonce[0] = '\0';
		need(fake_agent_open(&own), 201, &own, "the agent of that host");
	}
	server_bench_advance(b, 60000);
	need(ask_as(&a, n++, 1), 403, &a, "a minute later");
	fake_agent_done(&own);
	fake_agent_done(&thief);
	fake_agent_done(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_by_hand, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_words_of_a_key_that_nobody_compared),
		T(test_a_wait_does_not_fail),
		T(test_a_serial_is_not_a_name),
		T(test_a_clone_must_be_let_in),
		T(test_a_tpm_proves_nothing_by_itself),
		T(test_known_hosts_come_first),
		T(test_no_first_boot_without_a_receipt),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("strangers", tests, NULL, NULL);
}
